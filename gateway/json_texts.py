"""Values of `rules` as JSON text, written at once: what `gateway.explaining.plain` makes of them, without making it.

A decision's log holds a hundred values. How each type is written is found once.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, fields
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from json.encoder import encode_basestring as quoted
from operator import attrgetter
from typing import Any

from gateway.explaining import is_empty, names_of
from storage.types import TO_JSON, JsonText

Writer = Callable[[Any], str]
ALWAYS = object()  # in place of a property's default: it has none


class Writers(dict[type, Writer]):
    """How values of a type are written."""

    def __missing__(self, kind: type) -> Writer:
        self[kind] = write = writer_of(kind)
        return write


def text_of(value: Any) -> str:
    """The value as JSON; properties that are empty are left out."""
    return WRITERS[type(value)](value)


def object_of(value: Any, kind: str) -> str:
    """As `text_of`, of an object; its first property, of that name, tells its type."""
    of_kind: type = type(value)
    members = members_of(of_kind)(value)
    return f'{{"{kind}":"{of_kind.__name__}"{"," if members else ""}{members}}}'


def differing(value: Any, **instead: str) -> str:
    """A dataclass as an object of those properties that are not as by default; ``instead`` is JSON of some of these."""
    return f"{{{members_differing(value, **instead)}}}"


def members_differing(value: Any, **instead: str) -> str:
    """These properties, with commas between them."""
    kind: type = type(value)
    parts = attrs_of(kind)(value)
    if instead:
        names = names_of(kind) or ()
        parts = [JsonText(instead[name]) if name in instead else part for name, part in zip(names, parts, strict=True)]
    told = zip(heads_of(kind), defaults_of(kind), parts, strict=True)
    return ",".join([head + WRITERS[type(part)](part) for head, default, part in told if part != default])


def joined(parts: Mapping[str, str]) -> str:
    """An object of these properties, whose values are JSON already; those that are "" are left out."""
    return f"{{{','.join([quoted(name) + ':' + part for name, part in parts.items() if part])}}}"


def listed(values: Iterable[Any]) -> str:
    return f"[{','.join([WRITERS[type(value)](value) for value in values])}]"


def mapping(value: Mapping[Any, Any]) -> str:
    return f"{{{','.join([f'{quoted(str(name))}:{WRITERS[type(part)](part)}' for name, part in value.items()])}}}"


def writer_of(kind: type) -> Writer:
    if names_of(kind) is not None:
        members = members_of(kind)
        return lambda value: f"{{{members(value)}}}"
    return next((write for kinds, write in BY_BASE if issubclass(kind, kinds)), TO_JSON)


@cache
def members_of(kind: type) -> Writer:
    """The properties of a dataclass or a named tuple that are not empty, with commas between them."""
    heads, attributes = heads_of(kind), attrs_of(kind)

    def members(value: Any) -> str:
        told = zip(heads, attributes(value), strict=True)
        return ",".join([head + WRITERS[type(part)](part) for head, part in told if part or not is_empty(part)])

    return members


@cache
def attrs_of(kind: type) -> Callable[[Any], Iterable[Any]]:
    """What takes all properties of such a value."""
    names = names_of(kind) or ()
    if issubclass(kind, tuple):
        return iter
    if len(names) > 1:
        return attrgetter(*names)
    return lambda value: [getattr(value, name) for name in names]


@cache
def heads_of(kind: type) -> tuple[str, ...]:
    return tuple(f'"{name}":' for name in names_of(kind) or ())


@cache
def defaults_of(kind: type) -> tuple[object, ...]:
    """The default of each property of a dataclass."""
    return tuple(map(default_of, fields(kind)))


def default_of(field: Any) -> object:
    if field.default_factory is not MISSING:
        return field.default_factory()
    return ALWAYS if field.default is MISSING else field.default


BY_BASE: tuple[tuple[type | tuple[type, ...], Writer], ...] = (
    (Mapping, mapping),
    (frozenset, lambda value: listed(sorted(value))),
    ((tuple, list, set), listed),
    ((date, Decimal, timedelta), lambda value: quoted(str(value))),
)
WRITERS = Writers(
    {
        str: quoted,
        bool: lambda value: "true" if value else "false",
        int: int.__repr__,
        JsonText: str,
    }
)
