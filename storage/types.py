"""Column types that mean the same on SQLite and PostgreSQL."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def is_utf8(text: str) -> bool:
    """Whether every character of ``text`` can be written as UTF-8."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def json_text(value: Any) -> str:
    """The value as JSON that can be written as UTF-8: half a surrogate pair (Slack can send one) is escaped."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text if is_utf8(text) else json.dumps(value, separators=(",", ":"))


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC datetime, stored as microseconds since 1970: it sorts and compares alike on every database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else (value - EPOCH) // MICROSECOND

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else EPOCH + value * MICROSECOND


class Json(TypeDecorator[Any]):
    """A JSON document, stored as text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:
        return json_text(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)
