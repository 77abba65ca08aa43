"""A provider under a machine's thumb: what becomes of the next request is told beforehand."""

from collections import defaultdict
from dataclasses import dataclass, field

from channels.base import OutboundMessage, Sent
from channels.errors import ChannelDown, SendRefused, SendThrottled, SendUnknown, Unreachable

TAKEN, REFUSED, THROTTLED, DOWN, UNREACHABLE = "taken", "refused", "throttled", "down", "unreachable"
LOST, TAKEN_IN_SILENCE, LATE = "lost", "taken in silence", "late"
FATES = (TAKEN, REFUSED, THROTTLED, DOWN, UNREACHABLE, LOST, TAKEN_IN_SILENCE, LATE)


@dataclass
class Provider:
    """Takes messages, remembers them by our id, and finds them by it, unless it is ``mute``."""

    name: str = "sms"
    kind: str = "sms"
    fate: str = TAKEN
    mute: bool = False
    taken: dict[str, list[OutboundMessage]] = field(default_factory=lambda: defaultdict(list))
    asked: list[OutboundMessage] = field(default_factory=list)
    on_their_way: list[OutboundMessage] = field(default_factory=list)

    async def send(self, message: OutboundMessage) -> Sent:
        """One request, and what becomes of it."""
        self.asked.append(message)
        match self.fate:
            case "taken":
                return self.take(message)
            case "refused":
                raise SendRefused("21211", "not a phone number")
            case "throttled":
                raise SendThrottled(2.0, "429")
            case "down":
                raise ChannelDown("20003", "wrong password")
            case "unreachable":
                raise Unreachable(0.0)
            case "taken in silence":
                self.take(message)
            case "late":
                self.on_their_way.append(message)
        raise SendUnknown("no answer")

    async def find(
        self, message: OutboundMessage, since: object, known: object, *, redone: bool = False
    ) -> Sent | None:
        """The message, if it was taken."""
        if self.mute:
            raise SendUnknown("no answer")
        taken = any(one.id == message.id for one in self.taken[message.to])
        return Sent(f"SM-{message.id}", "sent") if taken else None

    def take(self, message: OutboundMessage) -> Sent:
        self.taken[message.to].append(message)
        return Sent(f"SM-{message.id}", "queued")

    def arrive(self) -> None:
        """Requests that we gave up, and that nobody could stop any more, come to their end."""
        for message in self.on_their_way:
            self.take(message)
        self.on_their_way.clear()
