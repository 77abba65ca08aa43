"""What the pieces of a rule file are made of: the value shapes that every spec uses."""

import re
from abc import abstractmethod
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from rules.marks import Path

if TYPE_CHECKING:
    from rules.agents.base import Agent
    from rules.book import Action, Node
    from rules.loading.site import Site
    from rules.names import NameInfo

MAX_NAMES = 50  # where one name or a list of names may stand
MAX_WORDS = 500  # characters of a text that is no template, such as a title
MAX_DURATION = timedelta(days=366)
_DURATION = re.compile(r"([0-9]{1,6})(m|h|d|w)")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class Spec(BaseModel):
    """One piece of a rule file as written: unknown keys and other types than the stated ones are errors."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    elsewhere: ClassVar[tuple[str, ...]] = ()
    """Keys that only related pieces take; named so that the error can say it."""

    meant: ClassVar[Mapping[str, str]] = MappingProxyType({})
    """Keys of other languages, and the key that is meant by each."""

    misplaced: ClassVar[Mapping[str, str]] = MappingProxyType({})
    """Keys of other pieces, and where each of them is written."""


def _read_duration(value: object) -> timedelta:
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise PydanticCustomError("duration", "not a duration")
    length = timedelta(**{_UNITS[match[2]]: int(match[1])})
    if not timedelta(0) < length <= MAX_DURATION:
        raise PydanticCustomError("duration_size", "too short or too long")
    return length


def read_list(value: object) -> object:
    """A single value as a list of one."""
    return value if isinstance(value, list) else [value]


def one_or_several(item: dict[str, Any], most: int) -> dict[str, Any]:
    """The JSON Schema of a value that may stand alone or in a list of at most ``most``."""
    return {"anyOf": [item, {"type": "array", "items": item, "minItems": 1, "maxItems": most}]}


def read_source(value: object) -> object:
    """An expression as text, where YAML read it as a number or as true or false."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | Decimal) else value


WRITTEN_SOURCE = {"type": ["string", "number", "boolean"]}
_WRITTEN_DURATION = {"type": "string", "pattern": f"^{_DURATION.pattern}$"}

Duration = Annotated[timedelta, BeforeValidator(_read_duration), WithJsonSchema(_WRITTEN_DURATION)]
"""A length of time: a whole number and m, h, d or w, such as 30m, 24h, 2d."""

Names = Annotated[
    list[str],
    BeforeValidator(read_list),
    Field(min_length=1, max_length=MAX_NAMES),
    WithJsonSchema(one_or_several({"type": "string"}, MAX_NAMES)),
]
"""One value or a list of values."""

Words = Annotated[str, Field(max_length=MAX_WORDS)]
"""A text that is shown to operators only."""

Source = Annotated[str, BeforeValidator(read_source), WithJsonSchema(WRITTEN_SOURCE)]
"""An expression; one that YAML reads as a number or as true/false is meant as written."""

Message = Annotated[str, Field(min_length=1)]
"""A text that people get to read; `rules.templates` limits its length."""

Anything = dict[Any, Any]
"""A mapping whose keys and values are read piece by piece."""


FieldType = Literal["string", "integer", "numeric", "boolean", "date", "datetime", "enumeration", "email", "phone"]
"""The types a field or a result may have."""


class NodeSpec(Spec):
    """A node as written."""

    def ways(self) -> dict[Path, str]:
        """The edges: the path of the key below the node, and the node it names."""
        return {}

    @abstractmethod
    def build(self, site: "Site") -> "Node":
        """The node; what is wrong with it is noted at the site, and then the node is never used."""


class ActionSpec(NodeSpec):
    """A node that begins with `do`; ``next`` may be left out."""

    do: str
    next: str | None = None

    def ways(self) -> dict[Path, str]:
        return {} if self.next is None else {("next",): self.next}

    @abstractmethod
    def build(self, site: "Site") -> "Action": ...


class AgentSpec(Spec):
    """An agent as written."""

    kind: str

    @abstractmethod
    def build(self, site: "Site") -> "Agent":
        """The agent; what is wrong with it is noted at the site, and then the agent is never used."""

    def results(self) -> list[tuple[Path, str, "NameInfo"]]:
        """What it may record: the path of the key that names it, the name, its type."""
        return []


def literal_of(spec: type[Spec], key: str) -> str:
    """The one word that ``key`` must hold for this spec to be meant, such as `reply` for `do`."""
    word: str = get_args(spec.model_fields[key].annotation)[0]
    return word
