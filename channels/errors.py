"""What can go wrong with a provider. Adapters classify, the outbox decides."""

from dataclasses import dataclass


class ChannelError(Exception):
    """The root of this tree."""


class WebhookRefused(ChannelError):
    """A webhook that is not kept; ``status`` is the HTTP status the sender gets (403 forged, 400 malformed)."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass
class SendRefused(ChannelError):
    """The provider said no for good: this message will never be sent. Safe to record as final.

    ``skipped``: it was no failure but a reason not to send (opted out).
    """

    code: str
    reason: str
    skipped: bool = False


@dataclass
class SendThrottled(ChannelError):
    """The provider did not take the message now and says so: send it again after ``retry_after`` seconds."""

    retry_after: float
    code: str = ""


@dataclass
class SendUnknown(ChannelError):
    """No one can say whether the provider took the message: never send it again blindly."""

    reason: str


@dataclass
class ChannelDown(ChannelError):
    """The account is at fault (credentials, suspension), not the message: nothing was sent; stop sending and tell."""

    code: str
    reason: str
