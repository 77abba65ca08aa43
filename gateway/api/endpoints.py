"""One request of the API: its address, who may ask it, what it takes and what it answers.

All there are stand in `gateway.api.site.ENDPOINTS`; serving them (`gateway.api.serving`) and describing them
(`gateway.api.openapi`) both start from here, so that what is described is what is served.
"""

import inspect
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, cast

from pydantic import BaseModel, ConfigDict

from gateway.api.answers import Answer
from gateway.api.asked import Asked
from gateway.api.scopes import Scope

JSON = "application/json"
PARAMETER = re.compile(r"\{(\w+)\}")

Q = TypeVar("Q", bound=BaseModel)
B = TypeVar("B", bound=BaseModel | None)


class Given(BaseModel):
    """What a request gives, as query or as body: nothing that is not declared."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Told(BaseModel):
    """What an answer tells."""

    model_config = ConfigDict(frozen=True)


class NoQuery(Given):
    """No query at all."""


@dataclass(frozen=True, kw_only=True)
class Endpoint(Generic[Q, B]):
    """``path`` is below `/api/v1`, with parameters in braces; ``tag`` the noun it belongs to.

    ``answers`` maps each status of success to what its body is, None for an empty one. ``body`` is validated and handed
    over; one that is only ``described`` the handler reads itself. ``media`` is the body's type, ``also_taken`` are
    others. ``problems`` are the statuses that it may refuse with besides those that any request may meet. The first
    line of the handler's docstring is its summary, all of it its description. ``answer_media`` and ``other_media`` are
    the types that its answer may have; it is ``streamed`` where it is JSON of any length. ``matches``: it obeys
    `If-Match`, which all other changes refuse. ``secret``: its answer must not be kept, so it knows no
    `Idempotency-Key`.
    """

    method: str
    path: str
    tag: str
    scope: Scope
    handler: Callable[[Asked[Q, B]], Awaitable[Answer]]
    answers: Mapping[int, type[BaseModel] | None]
    query: type[Q] = NoQuery  # type: ignore[assignment]
    body: type[B] | None = None
    described: type[BaseModel] | None = None
    media: str = JSON
    also_taken: tuple[str, ...] = ()
    answer_media: str = JSON
    other_media: tuple[str, ...] = ()
    problems: Mapping[int, str] = field(default_factory=dict)
    streamed: bool = False
    matches: bool = False
    secret: bool = False

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names in braces, in order."""
        return tuple(PARAMETER.findall(self.path))

    @property
    def methods(self) -> tuple[str, ...]:
        """Those that it is served by: what can be got can be asked about (RFC 9110, 9.3.2)."""
        return (self.method,) if self.changes else (self.method, "HEAD")

    @property
    def tagged(self) -> bool:
        """Whether its answer has an entity tag: not one that is sent while it is made."""
        return self.answer_media == JSON and not self.streamed

    @property
    def name(self) -> str:
        """Unique among all: the handler's name."""
        return self.handler.__name__

    @property
    def summary(self) -> str:
        return self.description.partition("\n")[0].rstrip(".")

    @property
    def description(self) -> str:
        return inspect.cleandoc(self.handler.__doc__ or "")

    @property
    def takes(self) -> type[BaseModel] | None:
        """What its body is, None for none or for one that is no JSON."""
        return cast("type[BaseModel] | None", self.body) or self.described

    @property
    def takes_json(self) -> bool:
        return self.takes is not None and self.media == JSON

    @property
    def repeats(self) -> bool:
        """Whether an Idempotency-Key makes it once: not where a file comes, for its request is known by its address
        and body, and nobody has read a file by then."""
        return self.changes and not self.secret and self.media == JSON

    @property
    def changes(self) -> bool:
        """Whether it changes anything, so that it is audited and may be repeated by its key."""
        return self.method != "GET"


AnyEndpoint = Endpoint[Any, Any]
