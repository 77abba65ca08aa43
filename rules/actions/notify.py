"""`do: notify`: tell somebody who is not the participant, such as a Slack channel of the team."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from rules.book import Action
from rules.loading.shape import ActionSpec, Message
from rules.loading.site import Site
from rules.loading.words import reason_and_hint
from rules.readers import FieldError
from rules.saying import say
from rules.templates import Template
from rules.texts import read_phone, read_slack_place

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
        to = _address(site, channel, self.to)
        return Notify(**site.node, next=self.next or "", channel=channel, to=to, text=text)


def _address(site: Site, channel: str, written: str) -> str:
    """The address in the form in which the channel's kind has it: a phone number as E.164."""
    kind = site.known.channels[channel].kind if channel in site.known.channels else ""
    try:
        if kind == "sms":
            return read_phone(written, site.known.region)
        return read_slack_place(written) if kind == "slack" else written
    except FieldError as error:
        reason, hint = reason_and_hint(error)
        site.reject(("to",), "E109", reason, hint)
        return written
