"""What a handler answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, PlainSerializer


def in_utc(time: datetime) -> str:
    """A time as RFC 3339, UTC."""
    there = time if time.tzinfo is UTC else time.astimezone(UTC)
    return f"{there.isoformat()[:-6]}Z"


Moment = Annotated[datetime, PlainSerializer(in_utc, return_type=str, when_used="json")]
"""An instant of an answer's body."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """``body`` is None for an empty one. A handler that writes its answer by itself (a file, a stream) gives it as
    ``written``."""

    body: BaseModel | None = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    written: web.StreamResponse | None = None
