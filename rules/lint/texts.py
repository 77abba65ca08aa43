"""The texts of a rulebook: where each stands in the file, and how it looks at its shortest."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from rules.agents.base import Agent
from rules.agents.question import Question
from rules.book import Field, Node
from rules.lint.ground import Ground, field_of, path_of
from rules.marks import Path
from rules.names import NameInfo, Scope
from rules.outputs import Output
from rules.templates import Choice, Template
from rules.values import Value, ValueType

_SHORTEST: Mapping[ValueType, Value] = {
    ValueType.STRING: "x",
    ValueType.INTEGER: 1,
    ValueType.NUMERIC: Decimal(1),
    ValueType.BOOLEAN: False,
    ValueType.DATE: date(2027, 5, 1),
    ValueType.DATETIME: datetime(2027, 5, 1, 12, tzinfo=UTC),
    ValueType.EMAIL: "a@b.de",
    ValueType.PHONE: "+49301234",
    ValueType.DURATION: timedelta(days=1),
}
_NOW = datetime(2027, 5, 1, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Text:
    """One text; ``path`` is where it stands, ``asked`` the names that it depends on whether it is said at all."""

    template: Template
    path: Path
    asked: tuple[str, ...] = ()


def texts_of(agent: Agent) -> Iterator[Text]:
    """Everything an agent may say, in file order."""
    yield from _within(agent, ("agents", agent.name))


def texts_at(node: Node) -> Iterator[Text]:
    """Everything a node says itself."""
    yield from _within(node, path_of(node))


def _within(piece: object, path: Path) -> Iterator[Text]:
    condition = piece.condition if isinstance(piece, Question) else None
    for field in fields(piece):  # type: ignore[arg-type]
        value = getattr(piece, field.name)
        if isinstance(value, Template):
            yield Text(value, (*path, field.name), condition.names if condition else ())
        elif field.name == "questions":
            for number, question in enumerate(value):
                yield from _within(question, (*path, "questions", number))


def shortest(ground: Ground, template: Template) -> str:
    """The text at its longest branch, with the shortest values that its names may have.

    Numbers and texts of one character, dates in May, the shortest value of an enumeration, nothing for a field that may
    be unset: each branch is somebody's text, and nobody's is shorter.
    """
    fields = ground.book.fields
    values = {
        name: _value(fields.get(field_of(name)), ground.names[name]) for name in template.names if name in ground.names
    }
    return "".join(_shown(template.pieces, Scope(values, _NOW)))


def _value(field: Field | None, info: NameInfo) -> Value:
    if field is not None and not field.required and field.default is None:
        return None
    return min(info.values, key=len) if info.values else _SHORTEST.get(info.type)


def _shown(pieces: tuple[str | Output | Choice, ...], scope: Scope) -> Iterator[str]:
    for piece in pieces:
        if isinstance(piece, str):
            yield piece
        elif isinstance(piece, Output):
            yield piece.text(scope)
        else:
            yield max(("".join(_shown(inner, scope)) for _, inner in piece.branches), key=len, default="")
