"""What the tables' columns and partial indexes have in common."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import BigInteger, Integer, text
from sqlmodel import Field

from storage.packing import Packed
from storage.types import Json, UtcDateTime

BIG_ID = BigInteger().with_variant(Integer, "sqlite")


def moment(**options: Any) -> Any:
    """A column holding a UTC time."""
    return Field(sa_type=UtcDateTime, **options)


def document(**options: Any) -> Any:
    """A column holding a JSON document."""
    return Field(sa_type=Json, **options)


def packed(**options: Any) -> Any:
    """A column holding a JSON document, packed."""
    return Field(sa_type=Packed, **options)


def added(default: Any, stored: str) -> Any:
    """A column of a later migration; rows that were there before it hold ``stored`` (SQL), which is the default."""
    return Field(default=default, sa_column_kwargs={"server_default": text(stored)})


def where(condition: str) -> dict[str, Any]:
    """Options of an index of only those rows, on both databases."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


def added_document(factory: Callable[[], Any], stored: str) -> Any:
    """A JSON column of a later migration; rows that were there before it hold ``stored`` (SQL)."""
    return document(default_factory=factory, sa_column_kwargs={"server_default": text(stored)})
