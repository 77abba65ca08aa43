"""How each channel does: whether it rests, and what its provider said last."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from gateway.patience import Trouble
from gateway.restraint import Restraint
from gateway.sender import Sender
from rules.book import Channel
from storage.transaction import Transaction


@dataclass(frozen=True, slots=True)
class ChannelHealth:
    """A channel of the settings. Until ``rests_until`` (UTC) nothing is sent there: its provider refuses our account
    (``refused``), or answered none of the last ``unanswered`` sends. ``trouble`` is why a message was not taken last;
    ``per_second`` how many messages the provider takes."""

    channel: Channel
    per_second: float
    rests_until: datetime | None
    refused: bool
    unanswered: int
    sending: int
    trouble: Trouble | None


def channel_health(
    t: Transaction,
    channels: Mapping[str, Channel],
    rates: Mapping[str, float],
    senders: Mapping[str, Sender],
    now: datetime,
) -> tuple[ChannelHealth, ...]:
    """How each channel does now (UTC), in the order of the settings; ``rates`` are messages a second. Of a channel on
    which no sender of this process is at work, as it was left in the database."""
    found = restraints(t, rates, senders, now)
    sending = sends(t, senders)
    return tuple(_health(channels[name], found[name], sending.get(name, 0), now) for name in rates)


def restraints(
    t: Transaction, rates: Mapping[str, float], senders: Mapping[str, Sender], now: datetime
) -> dict[str, Restraint]:
    """What holds each channel back."""
    kept = t.channel_states.all()
    found = {name: Restraint(name, rate) for name, rate in rates.items()}
    for name in kept.keys() & found.keys():
        found[name].take(kept[name], now)
    return found | {name: sender.restraint for name, sender in senders.items() if sender.at_work}


def sends(t: Transaction, senders: Mapping[str, Sender]) -> dict[str, int]:
    """How many messages are being sent on each channel; those of which there are none may be left out."""
    return t.lists.counting.sending() | {name: sender.sending for name, sender in senders.items() if sender.at_work}


def _health(channel: Channel, restraint: Restraint, sending: int, now: datetime) -> ChannelHealth:
    rests = [until for until in (restraint.rests_until, restraint.silence.until) if until is not None]
    return ChannelHealth(
        channel=channel,
        per_second=restraint.per_second,
        rests_until=max((until for until in rests if until > now), default=None),
        refused=restraint.rests_until is not None,
        unanswered=restraint.silence.sends,
        sending=sending,
        trouble=restraint.silence.trouble,
    )
