"""What `if` holds: one condition, or several, of which all, any or none must hold."""

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import BeforeValidator, Field, WithJsonSchema

from rules.expressions import Expression
from rules.loading.shape import WRITTEN_SOURCE, Source, Spec, one_or_several, read_list, read_source
from rules.loading.site import Site
from rules.loading.words import describe, quoted
from rules.values import ValueType

MAX_LINES = 50  # of one `if`
_HINT = "write one expression, or several: {all: [...]}, {any: [...]} or {none: [...]}"

Condition = Annotated[object, BeforeValidator(read_source)]
"""An expression, or what `LinesSpec` reads."""

Lines = Annotated[
    list[Source],
    BeforeValidator(read_list),
    Field(min_length=1, max_length=MAX_LINES),
    WithJsonSchema(one_or_several(WRITTEN_SOURCE, MAX_LINES)),
]
"""Expressions, each yes or no."""


class LinesSpec(Spec):
    """Several conditions as written, one a line; of the three keys one is there."""

    meant: ClassVar[Mapping[str, str]] = {"and": "all", "or": "any", "not": "none", "every": "all", "some": "any"}

    all: Lines = Field(default=[])
    any: Lines = Field(default=[])
    none: Lines = Field(default=[])


def read_lines(site: Site, written: object) -> tuple[str, tuple[Expression, ...]]:
    """What `if` holds: how many of the lines must hold (all, any, none), and the lines."""
    if isinstance(written, str):
        return "all", (site.expression(written, "if", wants=(ValueType.BOOLEAN,)),)
    if not isinstance(written, dict):
        site.reject(("if",), "E106", f'"if" must be an expression, but {describe(written)}', _HINT)
        return "all", ()
    spec = site.read(LinesSpec, written, "if")
    ways = [how for how in LinesSpec.model_fields if how in written]
    if spec is None or not _is_one(site, ways, written):
        return "all", ()
    wants, lines = (ValueType.BOOLEAN,), enumerate(getattr(spec, ways[0]))
    return ways[0], tuple(site.expression(line, "if", ways[0], n, wants=wants) for n, line in lines)


def _is_one(site: Site, ways: list[str], written: dict[object, object]) -> bool:
    """Whether one of the keys is there; none or several are noted."""
    if len(ways) > 1:
        message = f'"if" has {" and ".join(map(quoted, ways))}'
        site.reject(("if",), "E109", message, "ask for one of them, and lead on to a second node for the other")
    elif not written:
        site.reject(("if",), "E109", '"if" is empty', _HINT)
    return len(ways) == 1
