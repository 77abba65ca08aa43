"""`do: reply`: answer the message that started this flow, on the same channel and in the same thread."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from rules.book import Action
from rules.loading.shape import ActionSpec, Message
from rules.loading.site import Site
from rules.saying import say
from rules.templates import Template

if TYPE_CHECKING:
    from rules.turn import Turn


@dataclass(frozen=True, kw_only=True)
class Reply(Action):
    """Sends one message to where the triggering message came from; nothing where the flow began otherwise."""

    text: Template

    def visit(self, turn: "Turn") -> str:
        message = turn.message
        if message is not None:
            turn.say_result(say(turn, self.text, message.channel, message.address, message.thread))
        else:
            turn.say_result("not sent: no message started this")
        return self.next


class ReplySpec(ActionSpec):
    """The node as written."""

    do: Literal["reply"]
    text: Message

    def build(self, site: Site) -> Reply:
        return Reply(**site.node, next=self.next or "", text=site.template(self.text, "text"))
