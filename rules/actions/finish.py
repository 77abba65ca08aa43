"""`do: finish`: record the participant's outcome and end this path."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from rules.book import Action
from rules.loading.shape import NodeSpec, Words
from rules.loading.site import Site

if TYPE_CHECKING:
    from rules.turn import Turn


@dataclass(frozen=True, kw_only=True)
class Finish(Action):
    """``outcome`` is free text, shown wherever the participant is."""

    outcome: str = ""

    def visit(self, turn: "Turn") -> str:
        turn.finish(self.outcome)
        turn.say_result(self.outcome)
        return ""


class FinishSpec(NodeSpec):
    """The node as written; the path ends here, so there is no `next`."""

    do: Literal["finish"]
    outcome: Words = ""

    def build(self, site: Site) -> Finish:
        return Finish(**site.node, outcome=self.outcome)
