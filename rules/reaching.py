"""Where a communication can reach the person: on its own channel, or on one of those it may fall back to."""

from rules.communications import OPTED_OUT
from rules.copies import replace
from rules.scene import Communication
from rules.turn import Turn


def first_reached(turn: Turn, communication: Communication, channels: tuple[str, ...]) -> tuple[Communication, str]:
    """The communication on the first of these channels on which it may be sent, and ""; where there is none, as it
    is, and why not. Its own channel is tried at the address that the customer has by now."""
    refusals = []
    for channel in channels:
        there = _moved(turn, communication, channel)
        refusal = _refusal(turn, there)
        if not refusal:
            return there, ""
        refusals.append(refusal)
    return communication, ", ".join(dict.fromkeys(refusals))


def address_on(turn: Turn, channel: str) -> str:
    """The customer's address there; "" where they have none, or the project no such channel."""
    used = turn.present.channels.get(channel)
    return turn.scene.customer.identifiers.get(used.identifier, "") if used else ""


def _moved(turn: Turn, communication: Communication, channel: str) -> Communication:
    """A talk in a thread stays at its address; one that changes its channel leaves the thread and its retries."""
    if channel != communication.channel:
        return replace(communication, channel=channel, address=address_on(turn, channel), thread="", retried=0)
    return communication if communication.thread else replace(communication, address=address_on(turn, channel))


def _refusal(turn: Turn, communication: Communication) -> str:
    """Why nothing may be sent there; "" where it may."""
    channel = turn.present.channels.get(communication.channel)
    if channel is None:
        return f"channel {communication.channel} is no longer in the rule file"
    if not communication.address:
        return f"no {channel.identifier}"
    return OPTED_OUT if (channel.name, communication.address) in turn.scene.opted_out else ""
