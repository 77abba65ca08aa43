"""What expressions and texts may name, and the values those names have at one moment."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import NamedTuple

from rules.values import Value, ValueType

TYPE_WORDS: Mapping[ValueType, str] = {
    ValueType.STRING: "a text",
    ValueType.INTEGER: "a whole number",
    ValueType.NUMERIC: "a number",
    ValueType.BOOLEAN: "a yes or no",
    ValueType.DATE: "a date",
    ValueType.DATETIME: "a date with a time",
    ValueType.ENUMERATION: "one of a list of values",
    ValueType.EMAIL: "an email address",
    ValueType.PHONE: "a phone number",
    ValueType.DURATION: "a length of time",
    ValueType.LIST: "a list",
    ValueType.ANY: "a value of any type",
}

_COVERED: Mapping[ValueType, ValueType] = {
    ValueType.INTEGER: ValueType.NUMERIC,
    ValueType.DATETIME: ValueType.DATE,
    **dict.fromkeys((ValueType.EMAIL, ValueType.PHONE, ValueType.ENUMERATION), ValueType.STRING),
}


def words_of(types: Iterable[ValueType]) -> str:
    """What a place takes, in few words: `a number` for both kinds of numbers, `a text` for all kinds of text."""
    wanted = tuple(types)
    shown = dict.fromkeys(TYPE_WORDS[kind] for kind in wanted if _COVERED.get(kind) not in wanted)
    return " or ".join(shown)


@dataclass(frozen=True, slots=True)
class NameInfo:
    """What is known of a name before it has a value. ``values`` are the allowed ones of an enumeration."""

    type: ValueType
    values: tuple[str, ...] = ()


class NameRefused(KeyError):
    """A name that cannot be used, and why; ``hint`` tells what to write instead."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


class Scope(NamedTuple):
    """The values of all names at one moment.

    ``values`` is flat, with dotted keys (``participant.payment_status``, ``results.will_pay``, ``first_name``); a
    name that is missing or None is unset. ``now`` is aware; ``zone`` is the participant's time zone, ``region`` (ISO
    3166, or "") the campaign's: there phone numbers are national ones. ``hear`` is told what conditions come to (see
    `rules.watching.watched`), where somebody watches.
    """

    values: Mapping[str, Value]
    now: datetime
    zone: tzinfo = UTC
    region: str = ""
    hear: Callable[..., None] | None = None
