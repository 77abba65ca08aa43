"""What a flow takes: the values that To Another Flow hands over, which the flow names `input.NAME`."""

from collections.abc import Iterator, Mapping
from keyword import iskeyword

from pydantic import Field as Key

from rules.book import Field
from rules.facts import Trigger
from rules.loading.campaign import MAX_VALUES, FieldSpec
from rules.loading.headings import Heading, build_field
from rules.loading.known import Flows, NodePiece
from rules.loading.mistakes import Mistakes
from rules.loading.naming import check_key, check_values
from rules.loading.nodes import FromAnotherFlowSpec
from rules.loading.reading import read
from rules.loading.shape import FieldType, Spec, Words
from rules.loading.words import quoted
from rules.marks import Path
from rules.names import NameInfo
from rules.values import ValueType

Takes = Mapping[str, Field | None]
"""The values by name; one that is declared wrongly is there as None: it exists, nothing else is known."""


class TakenSpec(Spec):
    """One entry of `takes`."""

    type: FieldType
    description: Words = ""
    required: bool = False
    default: object = None
    values: list[Words] = Key(default=[], max_length=MAX_VALUES)


def read_takes(flows: Flows, heading: Heading, mistakes: Mistakes) -> dict[str, Takes]:
    """What each flow takes that can be entered from another one."""
    return {
        name: dict(_read(piece, heading, mistakes))
        for name, nodes in flows.items()
        for piece in nodes.values()
        if piece.kind == Trigger.FROM_ANOTHER_FLOW
    }


def input_names(takes: Takes) -> dict[str, NameInfo]:
    """The names under which a flow has what it takes."""
    return {
        f"input.{name}": NameInfo(field.type, field.values) if field else NameInfo(ValueType.ANY)
        for name, field in takes.items()
    }


def _read(piece: NodePiece, heading: Heading, mistakes: Mistakes) -> Iterator[tuple[str, Field | None]]:
    entries = piece.spec.takes if isinstance(piece.spec, FromAnotherFlowSpec) else {}
    for name, data in entries.items():
        yield name, _read_one(str(name), data, (*piece.path, "takes", name), heading, mistakes)


def _read_one(name: str, data: object, path: Path, heading: Heading, mistakes: Mistakes) -> Field | None:
    before = mistakes.count
    check_key(mistakes, "the name", path)
    if iskeyword(name):
        message = f"a value cannot be named {quoted(name)}: the language uses that word"
        mistakes.at_key(path, "E208", message, f"try {name}_")
    spec = read(TakenSpec, data, path, mistakes)
    if spec is None:
        return None
    if mistakes.count == before:
        check_values(mistakes, spec.type, spec.values, path)
    if spec.required and spec.default is not None:
        message = f"{quoted(name)} cannot be required and have a default"
        mistakes.at_key((*path, "required"), "E109", message, "remove one of the two")
    field = build_field(name, FieldSpec(**spec.model_dump()), path, heading, mistakes)
    return field if mistakes.count == before else None
