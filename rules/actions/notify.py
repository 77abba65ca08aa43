"""`do: notify`: tell somebody who is not the participant, such as a Slack channel of the team."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from rules.book import Action
from rules.loading.shape import ActionSpec, Message
from rules.loading.site import Site
from rules.saying import say
from rules.templates import Template

if TYPE_CHECKING:
    from rules.turn import Turn

MAX_ADDRESS = 200  # characters


@dataclass(frozen=True, kw_only=True)
class Notify(Action):
    """Sends one message to ``to``, an address on ``channel`` (a Slack channel, a phone number)."""

    channel: str
    to: str
    text: Template

    def visit(self, turn: "Turn") -> str:
        turn.say_result(say(turn, self.text, self.channel, self.to))
        return self.next


class NotifySpec(ActionSpec):
    """The node as written."""

    do: Literal["notify"]
    channel: str
    to: Annotated[str, Field(min_length=1, max_length=MAX_ADDRESS)]
    text: Message

    def build(self, site: Site) -> Notify:
        channel, text = site.channel(self.channel, "channel"), site.template(self.text, "text")
        return Notify(**site.node, next=self.next or "", channel=channel, to=self.to, text=text)
