"""Column types that mean the same on SQLite and PostgreSQL."""

import json
from abc import abstractmethod
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import BigInteger, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

V = TypeVar("V")
W = TypeVar("W")

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
TO_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode  # `json.dumps` would make one each time


def is_utf8(text: str) -> bool:
    """Whether every character of ``text`` can be written as UTF-8."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


class JsonText(str):
    """JSON that is written already: in a column of documents it is the document."""

    __slots__ = ()


def json_text(value: Any) -> str:
    """The value as JSON that can be written as UTF-8: half a surrogate pair (Slack can send one) is escaped."""
    text = value if type(value) is JsonText else TO_JSON(value)
    return text if is_utf8(text) else json.dumps(json.loads(text), separators=(",", ":"))


class ByColumn(TypeDecorator[Any]):
    """A type whose values are turned into what the database holds, and back, many at a time (see `storage.bulk`)."""

    __abstract__ = True
    cache_ok = True

    @abstractmethod
    def stored(self, values: Sequence[Any]) -> list[Any]:
        """These values as the database holds them."""

    @abstractmethod
    def told(self, values: Sequence[Any]) -> list[Any]:
        """What the database holds as values."""


class UtcDateTime(ByColumn):
    """An aware UTC datetime, stored as microseconds since 1970: it sorts and compares alike on every database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else (value - EPOCH) // MICROSECOND

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else EPOCH + value * MICROSECOND

    def stored(self, values: Sequence[datetime | None]) -> list[int | None]:
        """Rows that are written together mostly have one moment: it is worked out once."""
        return memoized(values, lambda at: (at - EPOCH) // MICROSECOND)

    def told(self, values: Sequence[int | None]) -> list[datetime | None]:
        return memoized(values, lambda at: EPOCH + at * MICROSECOND)


def memoized(values: Sequence[V | None], turn: Callable[[V], W]) -> list[W | None]:
    """What each value is turned into, once for equal ones; None stays."""
    known: dict[V | None, W | None] = {None: None}
    for value in values:
        if value not in known and value is not None:
            known[value] = turn(value)
    return [known[value] for value in values]


class Json(ByColumn):
    """A JSON document, stored as text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:
        return json_text(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)

    def stored(self, values: Sequence[Any]) -> list[str]:
        return list(map(json_text, values))

    def told(self, values: Sequence[str | None]) -> list[Any]:
        """All of them are read as one document."""
        return list(json.loads(f"[{','.join(['null' if text is None else text for text in values])}]"))
