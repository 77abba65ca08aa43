"""W306: a word that belongs to the carrier of SMS, used as a keyword or as an answer.

Twilio takes a message of just one of these words for a word of consent ("Twilio support for opt-out keywords"): after
those of the first group it sends nothing more to that number, after those of the second it does again, and it answers
those of the third itself. The first and the third never reach a flow or a form here; YES does, and stays without a
warning, for it changes something only after a STOP.
"""

from collections.abc import Iterator

from rules.agents.answers import plain
from rules.agents.form import Form
from rules.book import SwitchNode, TriggerNode
from rules.facts import Trigger
from rules.lint.ground import Ground, path_of
from rules.lint.keywords import NAME as KEYWORD
from rules.lint.segments import may_hear_sms, spoken_by_sms
from rules.marks import Path

CODE = "W306"
STOP = ("STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT")
START = ("START", "YES", "UNSTOP")
HELP = ("HELP", "INFO")
YES = "YES"
_HINT = "choose another word"


def check_carrier_words(ground: Ground) -> None:
    """Notes each keyword and each choice of a form that the carrier takes for its own, where SMS may bring it."""
    for path, word in _keywords(ground):
        if fate := _fate(word):
            ground.notes.at_value(path, CODE, f'by SMS, "{word}" alone {fate}', _HINT)
    for path, word in _cases(ground):
        if word in STOP + HELP:
            ground.notes.at_key(path, CODE, f'by SMS, "{word}" alone {_fate(word)}', _HINT)
    for path, word in _choices(ground):
        if word in STOP + HELP:
            ground.notes.at_value(path, CODE, f'who answers "{word}" by SMS is not heard: it {_fate(word)}', _HINT)


def _fate(word: str) -> str:
    """What becomes of the word; "" for one that simply arrives."""
    if word in STOP:
        return "unsubscribes the person at the carrier and reaches no flow"
    if word in HELP:
        return "is answered by the carrier and reaches no flow"
    return "also opts the person in again, and the carrier answers it" if word in START and word != YES else ""


def _keywords(ground: Ground) -> Iterator[tuple[Path, str]]:
    for node in ground.triggers(Trigger.INCOMING_SESSION):
        if may_hear_sms(ground, node):
            for number, word in enumerate(node.narrowing.get("keyword", ())):
                yield path_of(node, "keyword", number), word


def _cases(ground: Ground) -> Iterator[tuple[Path, str]]:
    """The cases of a switch over the keyword that a message by SMS may come to."""
    hearing = _hearing(ground)
    for name, node in ground.nodes.items():
        if isinstance(node, SwitchNode) and node.subject.source.strip() == KEYWORD and name in hearing:
            yield from ((path_of(node, "cases", str(value)), str(value)) for value, _ in node.cases)


def _hearing(ground: Ground) -> set[str]:
    """The nodes that an incoming message may come to."""
    return ground.reached(t.full_name for t in ground.triggers(Trigger.INCOMING_SESSION) if _any_word(ground, t))


def _any_word(ground: Ground, trigger: TriggerNode) -> bool:
    return may_hear_sms(ground, trigger) and "keyword" not in trigger.narrowing


def _choices(ground: Ground) -> Iterator[tuple[Path, str]]:
    for agent in spoken_by_sms(ground):
        for number, question in enumerate(agent.questions if isinstance(agent, Form) else ()):
            for place, choice in enumerate(question.choices):
                yield ("agents", agent.name, "questions", number, "values", place), plain(choice).upper()
