"""Where a decision would first be otherwise, and why."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from gateway.recorded import Recorded
from gateway.replay.answers import with_names
from gateway.replay.cases import Case, Otherwise
from gateway.replay.effects import blamed, pairs_of, shown, words_of
from rules.difference.causes import Causes
from storage.values import Row

STARTS, SILENT = "starts its flow", "does not start its flow"
ENDS = "ends"


class Differing(NamedTuple):
    """A case, and of this one decision the values seen at its node, and what was and would be asked for."""

    case: Case
    saw: Mapping[str, Any] = {}
    was: str = ""
    now: str = ""


def differing(one: Recorded, new: Row, causes: Causes) -> list[Differing]:
    """Every way in which ``new`` (see `reaction_log`) first goes otherwise than what is kept; where it goes no other
    way, what else it asks for."""
    stored, new = (with_names(part, causes.difference.renamed) for part in (one.part, new))
    ways = next(filter(None, map(list, _facts(one, stored, new, causes))), [])
    return ways or [_effects(one, stored, new, causes)]


def effects_more(one: Recorded, new: Row) -> Counter[str]:
    """How many effects of each kind more there would be; below 0 for less."""
    more = Counter(effect["effect"] for effect in new["effects"])
    more.subtract(effect["effect"] for effect in one.part["effects"])
    return Counter({name: number for name, number in more.items() if number})


def _facts(one: Recorded, stored: Row, new: Row, causes: Causes) -> Iterator[Iterator[Differing]]:
    """Fact by fact, for as long as the same facts are worked off."""
    for was, now in zip(stored.get("facts", ()), new["facts"], strict=False):
        if (was["fact"], was.get("run")) != (now["fact"], now.get("run")):
            return
        yield _activations(one, _by_trigger(was), _by_trigger(now), causes)


def _by_trigger(fact: Row) -> dict[str, Row]:
    return {activation["trigger"]: activation for activation in fact.get("activations", ())}


def _activations(one: Recorded, was: Mapping[str, Row], now: Mapping[str, Row], causes: Causes) -> Iterator[Differing]:
    for trigger in dict.fromkeys((*was, *now)):
        if trigger in was and trigger in now:
            yield from _visits(one, was[trigger]["visits"], now[trigger]["visits"], causes)
        else:
            words = (STARTS, SILENT) if trigger in was else (SILENT, STARTS)
            yield Differing(Case(one.campaign, Otherwise.FLOW, trigger, *words, causes.of(trigger)))


def _visits(one: Recorded, was: Sequence[Row], now: Sequence[Row], causes: Causes) -> Iterator[Differing]:
    """The first node that is left by another way."""
    for before, after in zip(was, now, strict=False):
        ways = before.get("next", ""), after.get("next", "")
        if ways[0] != ways[1]:
            node = after["node"]
            led = tuple(way or ENDS for way in ways)
            case = Case(one.campaign, Otherwise.WAY, node, led[0], led[1], causes.of(node))
            yield Differing(case, after.get("saw", {}))
            return


def _effects(one: Recorded, stored: Row, new: Row, causes: Causes) -> Differing:
    if stored["applied"] != new["applied"]:
        case = Case(one.campaign, Otherwise.EFFECT, "", "", f"it is {new['applied']}", causes.of_all())
        return Differing(case, {}, stored["applied"], new["applied"])
    pairs = pairs_of(one, stored["effects"], new["effects"])
    node, saw, because = blamed(one, new, pairs, causes)
    return Differing(Case(one.campaign, Otherwise.EFFECT, node, "", words_of(pairs), because), saw, *shown(pairs))
