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


@cache
def writer_of(kind: type) -> Callable[[Any], Any] | None:
    """How values of this type are written, None where they are JSON already; found once, for logs are long."""
    if is_dataclass(kind):
        return partial(properties, tuple(field.name for field in fields(kind)))
    if names := getattr(kind, "_fields", None):  # a named tuple
        return partial(properties, names)
    return next((write for kinds, write in WRITERS if issubclass(kind, kinds)), None)


def properties(names: tuple[str, ...], value: Any) -> dict[str, Any]:
    parts = ((name, getattr(value, name)) for name in names)
    return {name: plain(part) for name, part in parts if part or not is_empty(part)}


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
    return part is None or (isinstance(part, (str, tuple, frozenset, Mapping)) and not part)
