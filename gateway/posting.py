"""One message is tried: looked for where it may be at the provider already, then sent."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from time import monotonic
from typing import TypeVar

import structlog

from channels.base import Channel, OutboundMessage, Sent
from channels.errors import ChannelDown, SendRefused, SendThrottled, SendUnknown, Withheld
from gateway.clock import Clock
from gateway.log_context import tell_of_message
from gateway.patience import Outcome, arrival_of
from storage.database import Storage
from storage.values import Owed

KNOWN_BEFORE = timedelta(days=1)  # clocks differ: how far before a send an equal message is still looked up as known

log = structlog.get_logger()
T = TypeVar("T")


@dataclass(frozen=True)
class Posting:
    """How messages are tried on one channel. See `gateway.sender.Sender` for ``resend_unknown`` and ``on_sent``."""

    channel: Channel
    storage: Storage
    clock: Clock
    resend_unknown: bool
    on_sent: Callable[[Owed, Outcome, float], None]

    async def tried(self, owed: Owed) -> tuple[Owed, Outcome]:
        """Look where that is needed, then send; what became of it. Of a message that was sent nothing else is unknown
        any more than this very send.

        Raises CancelledError, and has not asked the provider, where this channel is another process's by now.
        """
        tell_of_message(owed)
        looked = await self._outcome(owed, self._look(owed)) if is_looked_at(owed) else None
        if looked is not None:
            return owed, looked
        if owed.was_unknown:
            now = self.clock.now()
            owed = replace(owed, was_unknown=False, doubted=False, redone=False, attempts=0, first_tried_at=now)
        begun = monotonic()
        self._require_lease()
        outcome = await self._outcome(owed, self.channel.send(message_of(owed)))
        self.on_sent(owed, outcome, monotonic() - begun)
        return owed, outcome

    def _require_lease(self) -> None:
        """Whoever was stopped for a while, and goes on now, finds that another one has settled what it was about to do
        and goes on from there."""
        if not self.storage.holds():
            raise asyncio.CancelledError("another process speaks to this provider now")

    async def _outcome(self, owed: Owed, doing: Awaitable[T]) -> T | Outcome:
        try:
            return await doing
        except (SendRefused, SendThrottled, SendUnknown, ChannelDown) as outcome:
            return outcome
        except Exception as error:  # whatever it was, the message may have left: settle it, never send it blindly
            log.exception("send_failed", message=owed.message, channel=self.channel.name)
            return SendUnknown(type(error).__name__)

    async def _look(self, owed: Owed) -> Sent | None:
        """What the provider has of the message already; None where it is to be sent now. Raises why it is not."""
        if owed.was_unknown and (found := await self._found(owed)):
            return found
        if owed.opted_out:
            raise Withheld("opted_out", "opted out", skipped=True)
        if owed.withdrawn:
            raise Withheld("withdrawn", "its communication ended before it was sent", skipped=True)
        if owed.was_unknown and not owed.doubted and not self.resend_unknown:
            raise Withheld("unknown", "the provider does not have it, and it must not be sent again")
        if owed.stands:
            raise SendThrottled(0.0)  # it waits for its campaign, and is in nobody's way any more
        return None

    async def _found(self, owed: Owed) -> Sent | None:
        """What the provider has of a message whose sending has no known end: told by a callback, or in its list."""
        if owed.status:
            return Sent(owed.provider_id, owed.status)
        since = owed.first_tried_at - KNOWN_BEFORE
        to = (owed.channel, owed.address, since, owed.thread)
        known = await self.storage.read(lambda t: t.messages.provider_ids(*to))
        self._require_lease()
        found = await self.channel.find(message_of(owed), owed.first_tried_at, known, redone=owed.redone)
        if not found and self.clock.now() < arrival_of(owed):
            raise SendUnknown("it may still be on its way to the provider", answered=True)
        return found


def is_looked_at(owed: Owed) -> bool:
    """Whether there is anything to find out, or to say, before it is sent. Nearly never."""
    return owed.was_unknown or owed.opted_out or owed.withdrawn or owed.stands


def message_of(owed: Owed) -> OutboundMessage:
    return OutboundMessage(owed.message, owed.address, owed.text, owed.thread, owed.choices)
