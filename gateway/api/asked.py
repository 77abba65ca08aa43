"""What a handler gets: the request, read and validated, and who sent it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from aiohttp import web

from gateway.api.desk import ApiDesk
from gateway.ids import derived_id, new_id
from storage.audit import Entry

Q = TypeVar("Q")
B = TypeVar("B")


@dataclass(frozen=True, kw_only=True)
class Asked(Generic[Q, B]):
    """One request. ``path`` are the parameters of its address, ``who`` names the token that it came with, ``repeat``
    is what makes its Idempotency-Key unique, "" without one; ``id`` the request's own id; ``raw`` the body as it came,
    but for one that is no JSON: that the handler reads from ``http`` by itself.
    """

    desk: ApiDesk
    path: Mapping[str, str]
    query: Q
    body: B
    who: str
    id: str
    raw: bytes
    http: web.Request
    repeat: str = ""
    _ids: list[str] = field(default_factory=list)

    def entry(self, what: str, subject: str, **changes: Any) -> Entry:
        """A line of the audit trail: this request changed ``subject`` (`noun/id`); see `storage.audit.Entry`."""
        return Entry(at=self.desk.now(), who=self.who, what=what, subject=subject, request=self.id, **changes)

    def new_id(self) -> str:
        """An id for what this request makes: the same, in order, each time that it is repeated with its key; so what
        was made by a request that was cut off is found, and not made again."""
        made = derived_id("api", self.repeat, str(len(self._ids))) if self.repeat else new_id()
        self._ids.append(made)
        return made
