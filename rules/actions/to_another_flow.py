"""`do: to_another_flow`: send the participant through another flow of the same campaign."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from rules.book import Action
from rules.facts import Trigger
from rules.loading.shape import ActionSpec
from rules.loading.site import Site

if TYPE_CHECKING:
    from rules.turn import Turn


@dataclass(frozen=True, kw_only=True)
class ToAnotherFlow(Action):
    """Raises From Another Flow for ``target``; this path goes on at ``next`` if there is one. There is no return."""

    target: str

    def visit(self, turn: "Turn") -> str:
        turn.enter_flow(self.target)
        turn.say_result(self.target)
        return self.next


class ToAnotherFlowSpec(ActionSpec):
    """The node as written."""

    do: Literal["to_another_flow"]
    flow: str

    def build(self, site: Site) -> ToAnotherFlow:
        target = site.flow_named(self.flow, "flow")
        if target in site.known.flows and not _can_be_entered(site, target):
            message = f'the flow "{target}" cannot be entered from another flow'
            site.reject(("flow",), "E211", message, f'"{target}" needs a node with "when: from_another_flow"')
        return ToAnotherFlow(**site.node, next=self.next or "", target=target)


def _can_be_entered(site: Site, flow: str) -> bool:
    """A node whose kind is not known might be the trigger, and that a flow has none at all is a mistake of its own."""
    starts = [node.kind for node in site.known.flows[flow].values() if node.word in ("", "when")]
    return not starts or "" in starts or Trigger.FROM_ANOTHER_FLOW in starts
