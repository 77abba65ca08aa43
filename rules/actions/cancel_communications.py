"""`do: cancel_communications`: what is planned for the participant and not yet sent is not sent."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from rules.book import Action
from rules.communications import cancel
from rules.loading.shape import ActionSpec, Names
from rules.loading.site import Site

if TYPE_CHECKING:
    from rules.turn import Turn


@dataclass(frozen=True, kw_only=True)
class CancelCommunications(Action):
    """Cancels the planned communications of the nodes ``of`` (full names), or all where ``of`` is empty."""

    of: tuple[str, ...] = ()

    def visit(self, turn: "Turn") -> str:
        turn.say_result(f"{cancel(turn, self.of)} canceled")
        return self.next


class CancelCommunicationsSpec(ActionSpec):
    """The node as written; ``of`` names communicate nodes of this flow, or of another as `flow.node`."""

    do: Literal["cancel_communications"]
    of: Names = Field(default=[])

    def build(self, site: Site) -> CancelCommunications:
        of = (site.communication(name, "of", number) for number, name in enumerate(self.of))
        return CancelCommunications(**site.node, next=self.next or "", of=tuple(dict.fromkeys(of)))
