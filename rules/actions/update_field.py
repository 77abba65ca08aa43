"""`do: update_field`: write values to fields of the participant or the customer."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pydantic import Field as Key

from rules.book import Action
from rules.expressions import Expression
from rules.fields import FieldError, coerce
from rules.loading.given import read_value
from rules.loading.shape import ActionSpec, Anything
from rules.loading.site import Site
from rules.participants import write_fields
from rules.values import Value

if TYPE_CHECKING:
    from rules.turn import Turn


@dataclass(frozen=True, kw_only=True)
class UpdateField(Action):
    """Sets each named field to a constant (of its type already, moments may be local) or to what is computed."""

    set: tuple[tuple[str, Value | Expression], ...]

    def visit(self, turn: "Turn") -> str:
        values: dict[str, Value] = {}
        for name, wanted in self.set:
            try:
                values[name] = _computed(turn, name, wanted) if isinstance(wanted, Expression) else wanted
            except FieldError as problem:
                turn.say_result(f"{name} left as it is: {problem}")
        changed = write_fields(turn, values)
        turn.say_result(f"changed {', '.join(sorted(changed))}" if changed else "nothing changed")
        return self.next


def _computed(turn: "Turn", name: str, wanted: Expression) -> Value:
    """The value now, as the field's type; raises FieldError."""
    field, value = turn.rulebook.fields[name], turn.evaluate(wanted)
    fitting = None if value is None else coerce(field, value, turn.rulebook.region, turn.scope.zone)
    if fitting is None and field.required:
        raise FieldError("it is required, and the new value is unset")
    return fitting


class UpdateFieldSpec(ActionSpec):
    """The node as written; ``set`` holds constants, `Formula`s, or nothing (which clears the field)."""

    do: Literal["update_field"]
    set: Anything = Key(min_length=1)

    def build(self, site: Site) -> UpdateField:
        values = tuple((name, _value(site, name, raw)) for name, raw in self.set.items())
        return UpdateField(**site.node, next=self.next or "", set=values)


def _value(site: Site, name: str, raw: object) -> Value | Expression:
    field = site.field_at_key("set", name)
    if field and field.required and raw is None:
        hint = "give a value; only a field that is not required can be cleared"
        site.reject(("set", name), "E109", f'the field "{name}" is required and cannot be cleared', hint)
    return read_value(site, raw, field, "set", name) if field or isinstance(raw, dict) else None
