"""Hours, days of the week and holidays as operators write them, and lists that may be a single value."""

import re
from collections.abc import Iterable
from datetime import date, time
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from rules.hours import EVERY_DAY, Hours
from rules.loading.shape import Duration, Spec, one_or_several, read_list

DAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MAX_DELAYS = 10  # retries on one channel
MAX_FALLBACKS = 10
MAX_SPANS = 10
MAX_HOLIDAYS = 500
LEAP_YEAR = 2024  # 02-29 comes every year that has one
_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_DAY = f"(?:{'|'.join(f'[{n[0]}{n[0].upper()}]{n[1:]}' for n in DAY_NAMES)})"
_TO = r" ?[-\u2013\u2014] ?"  # a word processor makes a long dash of it
_SPAN = re.compile(rf"({_CLOCK}){_TO}({_CLOCK}|24:00)")
_DAYS = re.compile(rf"({_DAY})(?:{_TO}({_DAY}))?")
_HOLIDAY = re.compile(r"(?:([0-9]{4})-)?([0-9]{2})-([0-9]{2})")


def not_so(hint: str) -> PydanticCustomError:
    """The value is not written as it must be: the error that carries how it must."""
    return PydanticCustomError("form", "not so", {"hint": hint})


def _read_span(value: object) -> tuple[time, time]:
    match = _SPAN.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise not_so('hours are written "09:00-18:00", from 00:00 to 24:00')
    begins, ends = (time.fromisoformat(clock.replace("24:00", "00:00")) for clock in match.groups())
    if begins == ends:
        raise not_so("the hours must begin and end at different times; for the whole day leave them out")
    return begins, ends


def _read_days(value: object) -> frozenset[int]:
    match = _DAYS.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise not_so(f"days are {', '.join(DAY_NAMES)}; several in a row are written mon-fri")
    first, last = (DAY_NAMES.index(name.lower()) for name in (match[1], match[2] or match[1]))
    return frozenset((first + number) % 7 for number in range((last - first) % 7 + 1))


def _read_holiday(value: object) -> date | tuple[int, int]:
    """A day, or a month and a day of every year."""
    match = _HOLIDAY.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise not_so("a holiday is written 2026-12-25, or 12-25 for every year")
    try:
        day = date(int(match[1] or LEAP_YEAR), int(match[2]), int(match[3]))
    except ValueError:
        raise not_so("there is no such day; write year-month-day, or month-day for every year") from None
    return day if match[1] else (day.month, day.day)


_WRITTEN_SPAN = {"type": "string", "pattern": f"^{_SPAN.pattern}$"}
_WRITTEN_DAYS = {"type": "string", "pattern": f"^{_DAYS.pattern}$"}
_WRITTEN_HOLIDAY = {"type": "string", "pattern": f"^{_HOLIDAY.pattern}$"}
_WRITTEN_DURATION = {"type": "string", "pattern": "^[0-9]{1,6}[mhdw]$"}

Span = Annotated[tuple[time, time], BeforeValidator(_read_span), WithJsonSchema(_WRITTEN_SPAN)]
"""Hours of the day, such as "09:00-18:00"; they may pass midnight."""

Spans = Annotated[
    list[Span],
    BeforeValidator(read_list),
    Field(min_length=1, max_length=MAX_SPANS),
    WithJsonSchema(one_or_several(_WRITTEN_SPAN, MAX_SPANS)),
]

Days = Annotated[
    list[Annotated[frozenset[int], BeforeValidator(_read_days)]],
    BeforeValidator(read_list),
    Field(min_length=1, max_length=len(DAY_NAMES)),
    WithJsonSchema(one_or_several(_WRITTEN_DAYS, len(DAY_NAMES))),
]
"""Days of the week: `sat`, `mon-fri`, `[mon, wed, sun]`; 0 is Monday."""

Holidays = Annotated[
    list[Annotated[Any, BeforeValidator(_read_holiday)]],
    BeforeValidator(read_list),
    Field(min_length=1, max_length=MAX_HOLIDAYS),
    WithJsonSchema(one_or_several(_WRITTEN_HOLIDAY, MAX_HOLIDAYS)),
]
"""Days, as dates, and those of every year, as (month, day)."""

Delays = Annotated[
    list[Duration],
    BeforeValidator(read_list),
    Field(min_length=1, max_length=MAX_DELAYS),
    WithJsonSchema(one_or_several(_WRITTEN_DURATION, MAX_DELAYS)),
]
"""One length of time or a list of them."""

Channels = Annotated[
    list[str],
    BeforeValidator(read_list),
    Field(min_length=1, max_length=MAX_FALLBACKS),
    WithJsonSchema(one_or_several({"type": "string"}, MAX_FALLBACKS)),
]

_COUNTED = frozenset({"times", "count", "max", "every", "delay", "interval"})  # as others write retries
_HOW_RETRIES = "write how long after each attempt the next is made: {after: [4h, 1d]}"
_TRIED = ["failed", "no_response"]
_LEFT = ["failed", "skipped", "no_response"]


class RetriesSpec(Spec):
    """`retries` as written: how long after an attempt the next is made, and after which."""

    after: Delays
    on: Annotated[
        list[Literal["failed", "no_response"]],
        BeforeValidator(read_list),
        Field(min_length=1, max_length=len(_TRIED)),
        WithJsonSchema(one_or_several({"enum": _TRIED}, len(_TRIED))),
    ] = Field(default=["failed", "no_response"])


class FallbackSpec(Spec):
    """`fallback` as written in full: the channels that are tried in turn, and after what."""

    channel: Channels
    on: Annotated[
        list[Literal["failed", "skipped", "no_response"]],
        BeforeValidator(read_list),
        Field(min_length=1, max_length=len(_LEFT)),
        WithJsonSchema(one_or_several({"enum": _LEFT}, len(_LEFT))),
    ] = Field(default=["failed", "skipped"])


def _in_full(value: object) -> object:
    if not isinstance(value, str | list | dict):
        raise not_so("name a channel, a list of channels, or both channels and when: {channel: sms, on: failed}")
    return value if isinstance(value, dict) else {"channel": value}


def _with_delays(value: object) -> object:
    """`{times: 2, every: 4h}` and the like are one mistake, not one for each key."""
    if not isinstance(value, dict):
        raise not_so(_HOW_RETRIES)
    if "after" not in value and not _COUNTED.isdisjoint(value):
        raise PydanticCustomError("no_key", "a key is missing", {"key": "after", "hint": _HOW_RETRIES})
    return value


Retries = Annotated[RetriesSpec, BeforeValidator(_with_delays)]
Fallback = Annotated[FallbackSpec, BeforeValidator(_in_full)]
"""A channel, a list of channels, or a `FallbackSpec`."""


def hours_of(span: tuple[time, time] | None, days: Iterable[frozenset[int]]) -> Hours:
    """These hours on these days; every day, or whole days, where nothing is said of them."""
    begins, ends = span or (time(), time())
    return Hours(begins=begins, ends=ends, days=frozenset().union(*days) or EVERY_DAY)
