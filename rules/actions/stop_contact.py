"""`do: stop_contact`: nothing more is sent to the participant, as if the person had asked for it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from rules.book import Action
from rules.communications import end
from rules.effects import StopContact as Stopped
from rules.loading.shape import ActionSpec, Names
from rules.loading.site import Site
from rules.statuses import CommunicationStatus

if TYPE_CHECKING:
    from rules.turn import Turn

STOPPED = "stopped by the rules"


@dataclass(frozen=True, kw_only=True)
class StopContact(Action):
    """The participant's addresses on ``channels`` are opted out, and what is open or planned there ends."""

    channels: tuple[str, ...]

    def visit(self, turn: "Turn") -> str:
        for channel in self.channels:
            turn.say_result(f"{channel}: {_stop(turn, channel)}")
        return self.next


def _stop(turn: "Turn", channel: str) -> str:
    """What came of it."""
    identifier = turn.rulebook.channels[channel].identifier
    address = turn.scene.customer.identifiers.get(identifier, "")
    opted_out = (channel, address) in turn.scene.opted_out
    if address and not opted_out:
        turn.put(Stopped(channel, address))
    for communication in turn.scene.communications:
        if communication.is_open and communication.channel == channel:
            end(turn, communication, CommunicationStatus.CANCELED, STOPPED)
    return f"no {identifier}" if not address else "opted out before" if opted_out else "opted out"


class StopContactSpec(ActionSpec):
    """The node as written; without ``channel`` all of the project are meant."""

    do: Literal["stop_contact"]
    channel: Names = Field(default=[])

    def build(self, site: Site) -> StopContact:
        named = [site.channel(name, "channel", number) for number, name in enumerate(self.channel)]
        channels = tuple(dict.fromkeys(named or site.known.channels))
        return StopContact(**site.node, next=self.next or "", channels=channels)
