"""The values that a node hands over with `with:`: constants, or `{expr: ...}` for what is computed then."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

from pydantic import Field as Key

from rules.book import Field
from rules.expressions import Expression
from rules.loading.naming import check_key
from rules.loading.shape import Anything, Source, Spec
from rules.loading.site import Site
from rules.loading.words import describe
from rules.values import Value, ValueType

if TYPE_CHECKING:
    from rules.turn import Turn

MAX_GIVEN = 50  # values that one node hands over

With = Annotated[Anything, Key(max_length=MAX_GIVEN)]
"""The values as written, by name; each is read by `read_given` or `read_value`."""


@dataclass(frozen=True, slots=True)
class Given:
    """What is handed over, by name and in file order."""

    values: tuple[tuple[str, Value | Expression], ...] = ()

    def evaluate(self, turn: "Turn") -> dict[str, Value]:
        """The values now, None for those that are unset; what the expressions saw is kept for the log."""
        return {name: turn.evaluate(v) if isinstance(v, Expression) else v for name, v in self.values}


class Formula(Spec):
    """A computed value as written: `{expr: "..."}`."""

    expr: Source


_ALSO = {
    ValueType.STRING: (ValueType.ENUMERATION, ValueType.EMAIL, ValueType.PHONE),
    ValueType.ENUMERATION: (ValueType.STRING,),
    ValueType.EMAIL: (ValueType.STRING,),
    ValueType.PHONE: (ValueType.STRING,),
    ValueType.NUMERIC: (ValueType.INTEGER,),
    ValueType.DATETIME: (ValueType.DATE,),
}


def assignable_to(kind: ValueType) -> tuple[ValueType, ...]:
    """The types of expressions whose values such a field may take; each value is checked again when it is set."""
    return (kind, *_ALSO.get(kind, ()))


def read_given(site: Site, raw: Mapping[str, object], *path: str) -> Given:
    """Values of any type under any names."""
    for name in raw:
        check_key(site.mistakes, "the name", (*site.path, *path, name))
    return Given(tuple((name, read_value(site, value, None, *path, name)) for name, value in raw.items()))


def read_value(site: Site, raw: object, field: Field | None, *path: str) -> Value | Expression:
    """One value at ``path``: a constant of the field's type (without a field: any text, number, yes or no), a
    `Formula` of a type that may become the field's, or nothing, which is unset."""
    if isinstance(raw, dict):
        formula = site.read(Formula, raw, *path)
        wants = assignable_to(field.type) if field else ()
        return site.expression(formula.expr, *path, "expr", wants=wants) if formula else None
    if field:
        return site.value(field, raw, *path) if raw is not None else None
    if raw is None or isinstance(raw, str | bool | int | Decimal | date):
        return raw
    site.reject(path, "E106", f'"{path[-1]}" must be one value, but {describe(raw)}', "or compute it: {expr: ...}")
    return None
