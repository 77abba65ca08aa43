"""What the queries of lists have in common: ids, names, moments, and the cursors that lead from page to page.

Each cursor is written so that whatever its pattern lets through can be read: it is a place in the list's order, and
names a row that may be gone by now.
"""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field

from gateway.api.endpoints import Given
from gateway.api.paging import PageQuery
from storage.listing.pages import Key

MAX_NAME = 200
MAX_PAIR = 1_000  # bytes
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
MICROSECOND = timedelta(microseconds=1)
EVER = datetime(1970, 1, 1, tzinfo=UTC)
NEVER = datetime(9999, 12, 31, tzinfo=UTC)

Id = Annotated[str, Field(pattern=r"^([0-9a-f]{32})?$")]
Name = Annotated[str, Field(max_length=MAX_NAME, pattern=r"^[^\x00]*$")]
Whether = Literal["", "true", "false"]


def no_number(given: Any) -> Any:
    """Neither a day nor a moment is told by a number."""
    if isinstance(given, str) and not DATE.match(given):
        raise ValueError("must begin as 2027-03-01 does")
    return given


ADay = Annotated[date, BeforeValidator(no_number)]
Moment = Annotated[AwareDatetime, BeforeValidator(no_number)]
Since = Annotated[Moment, Field(description="of this moment or later")]
Until = Annotated[Moment, Field(description="before this moment")]


def is_cursor(pattern: str) -> AfterValidator:
    """That it is a cursor of this form, or none."""
    shape = re.compile(f"({pattern})?", re.ASCII)

    def check(given: str) -> str:
        if not shape.fullmatch(given):
            raise ValueError("must be the cursor that the page before gave as next")
        return given

    return AfterValidator(check)


def told(pattern: str) -> Any:
    """The same, told in the description of the API."""
    shown: dict[str, Any] = {"pattern": f"^({pattern})?$"}
    return Field(description="the cursor: `next` of the page before", json_schema_extra=shown)


ID, MOMENT, NUMBER = r"[0-9a-f]{32}", r"[0-9]{1,16}-[0-9a-f]{32}", r"[0-9]{1,18}"
PAIR = rf"([0-9a-f]{{2}}){{1,{MAX_PAIR}}}"
ID_OR_MOMENT = r"([0-9]{1,16}-)?[0-9a-f]{32}"
IdAfter = Annotated[str, is_cursor(ID), told(ID)]
MomentAfter = Annotated[str, is_cursor(MOMENT), told(MOMENT)]
NumberAfter = Annotated[str, is_cursor(NUMBER), told(NUMBER)]
PairAfter = Annotated[str, is_cursor(PAIR), told(PAIR)]
EitherAfter = Annotated[str, is_cursor(ID_OR_MOMENT), told(ID_OR_MOMENT)]


class IdPage(PageQuery):
    """A page of a list that is ordered by id."""

    after: IdAfter = ""

    @property
    def key(self) -> Key | None:
        return (self.after,) if self.after else None


class MomentPage(PageQuery):
    """A page of a list that is ordered by a moment, and by id."""

    after: MomentAfter = ""

    @property
    def key(self) -> Key | None:
        return moment_key(self.after)


class Span(Given):
    """A span of time."""

    since: Since = EVER
    until: Until = NEVER


class NumberPage(PageQuery):
    """A page of a list that is ordered by a number."""

    after: NumberAfter = ""

    @property
    def key(self) -> Key | None:
        return (int(self.after),) if self.after else None


class PairPage(PageQuery):
    """A page of a list that is ordered by two texts."""

    after: PairAfter = ""

    @property
    def key(self) -> Key | None:
        first, _, second = bytes.fromhex(self.after).decode("utf-8", "replace").partition("\0")
        return (first, second.replace("\0", "")) if self.after else None


def given(moment: datetime) -> datetime | None:
    """The moment, None where it limits nothing."""
    return None if moment in (EVER, NEVER) else moment


def moment_key(after: str) -> Key | None:
    """The key that a cursor of a moment and an id stands for."""
    moment, _, id = after.partition("-")
    return (EVER + int(moment) * MICROSECOND, id) if after else None


def cursor(key: Key | None) -> str | None:
    """The cursor of a key, None at the end of a list."""
    if key is None:
        return None
    if len(key) == 2 and isinstance(key[0], str):
        return "\0".join(key).encode().hex()
    return "-".join(str((part - EVER) // MICROSECOND if isinstance(part, datetime) else part) for part in key)


def either(whether: Whether) -> bool | None:
    """True, False, or None where it does not matter."""
    return None if whether == "" else whether == "true"
