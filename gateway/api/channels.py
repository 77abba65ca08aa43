"""`GET /channels`: how each channel of the settings does."""

from collections.abc import Mapping
from typing import Any, Literal

from gateway.api.answers import Answer, Moment
from gateway.api.asked import Asked
from gateway.api.endpoints import Endpoint, NoQuery, Told
from gateway.api.scopes import Scope
from gateway.channel_health import ChannelHealth


class ChannelTrouble(Told):
    """Why the provider did not take a message, and when."""

    reason: str
    at: Moment


class ChannelState(Told):
    """A channel. ``status`` is ok, silent (the provider answers nothing, ``unanswered`` counts the sends) or refused
    (it refuses our account: campaigns stand in error). Until ``rests_until`` nothing is sent; ``owed`` messages wait to
    be, or are being sent (``sending``). ``identifier`` is the kind of identifier that is an address there, ``rate`` how
    many messages a second the provider takes, ``last_error`` the last one."""

    channel: str
    kind: str
    identifier: str
    status: Literal["ok", "silent", "refused"]
    rests_until: Moment | None
    unanswered: int
    owed: int
    sending: int
    rate: float
    last_error: ChannelTrouble | None


class Channels(Told):
    """The channels in the order of the settings."""

    channels: list[ChannelState]


async def list_channels(asked: Asked[NoQuery, None]) -> Answer:
    """How each channel does."""
    owed, healths = await asked.desk.read(lambda t: (t.lists.counting.owed(), asked.desk.channel_health(t)))
    return Answer(body=Channels(channels=[_told(one, owed) for one in healths]))


def _told(health: ChannelHealth, owed: Mapping[str, int]) -> ChannelState:
    channel, trouble = health.channel, health.trouble
    return ChannelState(
        channel=channel.name,
        kind=channel.kind,
        identifier=channel.identifier,
        status="refused" if health.refused else "silent" if health.rests_until else "ok",
        rests_until=health.rests_until,
        unanswered=health.unanswered,
        owed=owed.get(channel.name, 0),
        sending=health.sending,
        rate=health.per_second,
        last_error=ChannelTrouble(reason=trouble.reason, at=trouble.at) if trouble else None,
    )


ENDPOINTS: tuple[Endpoint[Any, Any], ...] = (
    Endpoint(
        method="GET",
        path="/channels",
        tag="channels",
        scope=Scope.READ,
        handler=list_channels,
        answers={200: Channels},
    ),
)
