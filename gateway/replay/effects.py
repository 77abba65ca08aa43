"""How what a decision asks for differs from what was asked for: which properties, told on one line, and why."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, zip_longest
from typing import Any, NamedTuple

from gateway.intake import printable
from gateway.recorded import Recorded
from gateway.replay.answers import effects_of
from gateway.replay.cases import EFFECTS
from rules.calling import shortened
from rules.difference import Change
from rules.difference.causes import Causes
from rules.effects import SetFields
from storage.values import Row

SHOWN = 160  # characters of what an effect says
LEFT_OUT = ("effect", "id", "rules")
SAME = "in another order"


class Pair(NamedTuple):
    """An effect that was asked for, and the one in its place; None where there is none."""

    was: Row | None
    now: Row | None

    @property
    def kind(self) -> str:
        return str((self.now or self.was or {})["effect"])

    @property
    def values(self) -> tuple[Row, Row]:
        """What differs, as it was and as it would be, by the names of properties."""
        was, now = flat(self.was or {}), flat(self.now or {})
        names = [name for name in {**was, **now} if was.get(name) != now.get(name)]
        return {n: was[n] for n in names if n in was}, {n: now[n] for n in names if n in now}

    @property
    def words(self) -> str:
        """`message: text`; of one that is new or gone, that it is."""
        name = EFFECTS[self.kind][0]
        if self.was is None or self.now is None:
            return f"{name} {'more' if self.was is None else 'less'}"
        was, now = self.values
        return f"{name}: {', '.join({**was, **now})}"


def pairs_of(one: Recorded, stored: Sequence[Row], new: Sequence[Row]) -> list[Pair]:
    """The effects that differ: the first of each kind beside the first of that kind, and so on."""
    kinds: dict[str, tuple[list[Row], list[Row]]] = defaultdict(lambda: ([], []))
    for side, effects in enumerate((stored, new)):
        for effect in effects_of(one, effects):
            kinds[effect["effect"]][side].append(effect)
    pairs = (Pair(*pair) for sides in kinds.values() for pair in zip_longest(*sides))
    return [pair for pair in pairs if pair.was != pair.now]


def flat(effect: Mapping[str, Any]) -> Row:
    """Its properties and those of what it is about, each by its own name."""
    found: Row = {}
    for name, value in effect.items():
        if name not in LEFT_OUT:
            found |= flat(value) if isinstance(value, dict) else {name: value}
    return found


def words_of(pairs: Sequence[Pair]) -> str:
    """Which properties of which effects would be otherwise."""
    return ", ".join(dict.fromkeys(pair.words for pair in pairs)) or SAME


def shown(pairs: Sequence[Pair]) -> tuple[str, str]:
    """What differs in the first pair in which properties do, as it was and as it would be."""
    both = (pair for pair in pairs if pair.was and pair.now)
    was, now = next(both, pairs[0]).values if pairs else ({}, {})
    return _one_line(was), _one_line(now)


def _one_line(values: Row) -> str:
    told = ", ".join(f"{name}: {_value(value)}" for name, value in values.items())
    return shortened(printable(" ".join(told.split())), SHOWN)


def _value(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "unset" if value is None else json.dumps(value, ensure_ascii=False)


def blamed(one: Recorded, new: Row, pairs: Sequence[Pair], causes: Causes) -> tuple[str, Row, tuple[Change, ...]]:
    """The node that the difference comes from ("": none), what it saw, and the changes that it depends on."""
    visits = [visit for fact in new["facts"] for a in fact.get("activations", ()) for visit in a["visits"]]
    saw = {visit["node"]: visit.get("saw", {}) for visit in visits}
    if because := tuple(chain.from_iterable(causes.of_fields(_fields(pair)) for pair in pairs)):
        others = [pair for pair in pairs if pair.kind != SetFields.__name__]
        talked = chain.from_iterable(map(causes.of, _talked(one, new, others)))
        return "", {}, tuple(dict.fromkeys((*because, *talked)))
    for node in (*_talked(one, new, pairs), *reversed(saw)):
        if because := causes.of(node):
            return node, saw.get(node, {}), because
    return "", {}, causes.of_all()


def _fields(pair: Pair) -> Sequence[str]:
    """The fields that would be set otherwise."""
    was, now = pair.values
    return tuple({**was, **now}) if pair.kind == SetFields.__name__ else ()


def _talked(one: Recorded, new: Row, pairs: Sequence[Pair]) -> Iterator[str]:
    """The nodes whose communications the effects are about."""
    abouts = [effect.get("communication") for effect in (*one.part["effects"], *new["effects"])]
    known = (*one.part["given"]["scene"].get("communications", ()), *(a for a in abouts if isinstance(a, dict)))
    nodes = {about["id"]: about["node"] for about in known}
    for effect in (effect for pair in pairs for effect in pair if effect):
        about = effect.get("communication")
        id = about["id"] if isinstance(about, dict) else about or effect.get("subject")
        if id in nodes:
            yield nodes[id]
