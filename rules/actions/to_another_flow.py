"""`do: to_another_flow`: send the participant through another flow of the same campaign."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from pydantic import Field as Key

from rules.book import Action, Field
from rules.expressions import Expression
from rules.facts import Trigger
from rules.fields import FieldError, coerce
from rules.loading.given import Given, With, read_value
from rules.loading.shape import ActionSpec
from rules.loading.site import Site
from rules.loading.words import hint_for, quoted
from rules.local import placed
from rules.values import Value

if TYPE_CHECKING:
    from rules.turn import Turn


@dataclass(frozen=True, kw_only=True)
class ToAnotherFlow(Action):
    """Raises From Another Flow for ``target``, which ``takes`` what is ``given``; this path goes on at ``next`` if
    there is one. There is no return.
    """

    target: str
    given: Given = field(default_factory=Given)
    takes: Mapping[str, Field] = field(default_factory=dict)

    def visit(self, turn: "Turn") -> str:
        turn.say_result(self.target)
        turn.enter_flow(self.target, dict(self._inputs(turn)) if self.takes else {})
        return self.next

    def _inputs(self, turn: "Turn") -> Iterator[tuple[str, Value]]:
        given = self.given.evaluate(turn)
        for name, taken in self.takes.items():
            value = _fitting(turn, taken, given.get(name))
            if value is None and taken.required:
                turn.say_result(f"{name} is unset")
            yield name, value


def _fitting(turn: "Turn", taken: Field, value: Value) -> Value:
    """The value as the flow takes it; what it has by default where there is none, or none that fits."""
    try:
        fitting = None if value is None else coerce(taken, value, turn.rulebook.region, turn.scope.zone)
    except FieldError as problem:
        turn.say_result(f"{taken.name} is not handed over: {problem}")
        fitting = None
    return placed(taken.default, turn.scope.zone) if fitting is None else fitting


class ToAnotherFlowSpec(ActionSpec):
    """The node as written."""

    do: Literal["to_another_flow"]
    flow: str
    given: With = Key(default={}, alias="with")

    def build(self, site: Site) -> ToAnotherFlow:
        target = site.flow_named(self.flow, "flow")
        if target in site.known.flows and not _can_be_entered(site, target):
            message = f'the flow "{target}" cannot be entered from another flow'
            site.reject(("flow",), "E211", message, f'"{target}" needs a node with "when: from_another_flow"')
        takes = site.known.takes.get(target, {})
        if _is_sound(site, target):
            self._check_names(site, target, takes)
        given = tuple((str(name), _value(site, name, raw, takes.get(name))) for name, raw in self.given.items())
        known = {name: taken for name, taken in takes.items() if taken}
        return ToAnotherFlow(**site.node, next=self.next or "", target=target, given=Given(given), takes=known)

    def _check_names(self, site: Site, target: str, takes: Mapping[str, Field | None]) -> None:
        """Notes what is handed over and not taken, and what is needed and not handed over."""
        for name in self.given:
            if name not in takes:
                hint = hint_for(str(name), takes, "values taken") if takes else "let its trigger take it: takes: {...}"
                message = f'the flow "{target}" takes no {quoted(str(name))}'
                site.mistakes.at_key((*site.path, "with", name), "E107", message, hint)
        for name, taken in takes.items():
            if taken and taken.required and self.given.get(name) is None and site.whole:
                self._note_missing(site, target, name)

    def _note_missing(self, site: Site, target: str, name: str) -> None:
        message = f'the flow "{target}" needs a value for "{name}"'
        path = ("with",) if self.given else ("flow",)
        site.mistakes.at_key((*site.path, *path), "E108", message, f"hand one over: with: {{{name}: ...}}")


def _value(site: Site, name: str, raw: object, taken: Field | None) -> Value | Expression:
    return read_value(site, raw, taken, "with", name)


def _is_sound(site: Site, flow: str) -> bool:
    """Whether all is known of what the flow takes."""
    triggers = [p for p in site.known.flows.get(flow, {}).values() if p.kind == Trigger.FROM_ANOTHER_FLOW]
    return bool(triggers) and all(piece.whole for piece in triggers)


def _can_be_entered(site: Site, flow: str) -> bool:
    """A node whose kind is not known might be the trigger, and that a flow has none at all is a mistake of its own."""
    starts = [node.kind for node in site.known.flows[flow].values() if node.word in ("", "when")]
    return not starts or "" in starts or Trigger.FROM_ANOTHER_FLOW in starts
