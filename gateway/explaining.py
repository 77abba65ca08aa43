"""The decision log as JSON: what a reaction saw, where it went and what it asked for."""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache, partial
from typing import Any

from rules.reaction import Reaction


def reaction_log(campaign: str, reaction: Reaction) -> dict[str, Any]:
    """One campaign's part of a decision."""
    return {
        "campaign": campaign,
        "applied": str(reaction.applied),
        "note": reaction.note,
        "facts": [plain(considered) for considered in reaction.log],
        "effects": [{"effect": type(effect).__name__, **plain(effect)} for effect in reaction.effects],
    }


def plain(value: Any) -> Any:
    """A value of `rules` as JSON; empty properties are left out, since most facts leave most of them empty."""
    kind: type = type(value)
    write = writer_of(kind)
    return value if write is None else write(value)


def is_plain(stored: Any, value: Any, others: int = 0) -> bool:
    """Whether ``stored`` is what `plain` makes of the value; of an object so many ``others`` of its properties are left
    alone. Nothing is made for that: where much is alike, it takes two thirds of the time."""
    kind: type = type(value)
    names = names_of(kind)
    if names is None:
        return bool(stored == plain(value))
    if type(stored) is not dict:
        return False
    told = others
    for name in names:
        part = getattr(value, name)
        if type(part) is str:
            if part and stored.get(name) != part:
                return False
            told += bool(part)
        elif part or not is_empty(part):
            if name not in stored or not is_plain(stored[name], part):
                return False
            told += 1
    return told == len(stored)


@cache
def writer_of(kind: type) -> Callable[[Any], Any] | None:
    """How values of this type are written, None where they are JSON already; found once, for logs are long."""
    if (names := names_of(kind)) is not None:
        return partial(properties, names)
    return next((write for kinds, write in WRITERS if issubclass(kind, kinds)), None)


@cache
def names_of(kind: type) -> tuple[str, ...] | None:
    """The properties of a dataclass or a named tuple; None for any other type."""
    if is_dataclass(kind):
        return tuple(field.name for field in fields(kind))
    return getattr(kind, "_fields", None)


def properties(names: tuple[str, ...], value: Any) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for name in names:
        part = getattr(value, name)
        if type(part) is str:  # most are: a third of the time
            if part:
                told[name] = part
        elif part or not is_empty(part):
            told[name] = plain(part)
    return told


def mapping(value: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(name): plain(part) for name, part in value.items()}


def ordered(value: frozenset[Any]) -> list[Any]:
    return [plain(part) for part in sorted(value)]


def listed(value: Any) -> list[Any]:
    return [plain(part) for part in value]


WRITERS: tuple[tuple[type | tuple[type, ...], Callable[[Any], Any]], ...] = (
    (Mapping, mapping),
    (frozenset, ordered),
    ((tuple, list, set), listed),
    ((date, Decimal, timedelta), str),
)


def is_empty(part: Any) -> bool:
    kind: type = type(part)
    return part is None or (not part and is_left_out(kind))


@cache
def is_left_out(kind: type) -> bool:
    """Whether values of this type are left out where they are empty; 0 and no are not."""
    return issubclass(kind, (str, tuple, frozenset, Mapping))
