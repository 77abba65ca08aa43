"""How each channel does: whether it rests, and what its provider said last."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from gateway.patience import Trouble
from gateway.sender import Sender
from rules.book import Channel


@dataclass(frozen=True, slots=True)
class ChannelHealth:
    """A channel of the settings. Until ``rests_until`` (UTC) nothing is sent there: its provider refuses our account
    (``refused``), or answered none of the last ``unanswered`` sends. ``trouble`` is why a message was not taken last,
    since the gateway runs; ``per_second`` how many messages the provider takes."""

    channel: Channel
    per_second: float
    rests_until: datetime | None
    refused: bool
    unanswered: int
    sending: int
    trouble: Trouble | None


def channel_health(channels: Mapping[str, Channel], senders: Mapping[str, Sender]) -> tuple[ChannelHealth, ...]:
    """How each channel does now, in the order of the settings."""
    return tuple(_health(channels[name], sender) for name, sender in senders.items())


def _health(channel: Channel, sender: Sender) -> ChannelHealth:
    rests = [until for until in (sender.rests_until, sender.silence.until) if until is not None]
    return ChannelHealth(
        channel=channel,
        per_second=sender.per_second,
        rests_until=max((until for until in rests if until > sender.clock.now()), default=None),
        refused=sender.rests_until is not None,
        unanswered=sender.silence.sends,
        sending=sender.sending,
        trouble=sender.silence.trouble,
    )
