"""Why a trigger did not fire, for people: the engine only says what fires. Nothing of it is kept with a decision, for
it follows from the fact and the version of the rule file."""

from rules.book import Rulebook, TriggerNode
from rules.facts import Fact
from rules.reaction import NotFired


def silent(rulebook: Rulebook, fact: Fact) -> tuple[NotFired, ...]:
    """The trigger nodes of the fact's kind that it does not fire, in file order, each with the first of its narrowings
    that the fact does not meet."""
    candidates = rulebook.triggers_by_kind[fact.trigger]
    return tuple(found for node in candidates if (found := why_not(node, fact)) is not None)


def why_not(trigger: TriggerNode, fact: Fact) -> NotFired | None:
    """The first narrowing of a trigger of the fact's type that the fact does not meet; None where it fires."""
    for name, wanted, words in trigger.conditions:
        if name == "field":
            if wanted.isdisjoint(fact.changed):
                return NotFired(trigger.full_name, name, words, ", ".join(sorted(fact.changed)))
        elif (saw := getattr(fact, name)) not in wanted:
            return NotFired(trigger.full_name, name, words, saw)
    return None
