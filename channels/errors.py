"""What can go wrong with a provider. Adapters classify, the outbox decides."""


class ChannelError(Exception):
    """The root of this tree."""


class WebhookRefused(ChannelError):
    """A webhook that is not kept; ``status`` is the HTTP status the sender gets (403 forged, 400 malformed)."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class SendRefused(ChannelError):
    """The provider said no for good: this message will never be sent. Safe to record as final.

    ``skipped``: it was no failure but a reason not to send (opted out). ``told`` are the provider's own words where we
    have none for the code: they may quote a number or a text, so they are kept with the message and never logged.
    """

    def __init__(self, code: str, reason: str, *, skipped: bool = False, told: str = "") -> None:
        super().__init__(f"{code} {reason}".strip())
        self.code = code
        self.reason = reason
        self.skipped = skipped
        self.told = told


class Withheld(SendRefused):
    """We ourselves said no: the provider was not asked."""


class SendThrottled(ChannelError):
    """The provider did not take the message now and says so: send it again after ``retry_after`` seconds."""

    def __init__(self, retry_after: float, code: str = "") -> None:
        super().__init__(f"{code} not now, again after {retry_after:g} s".strip())
        self.retry_after = retry_after
        self.code = code


class Unreachable(SendThrottled):
    """There was no connection: nothing left us, and nothing will until the provider can be reached again."""


class SendUnknown(ChannelError):
    """No one can say whether the provider took the message: never send it again blindly.

    ``answered``: the provider can be reached and was asked for the message, but its answer settles nothing.
    """

    def __init__(self, reason: str, *, answered: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.answered = answered


class ChannelDown(ChannelError):
    """The account is at fault (credentials, suspension), not the message: nothing was sent; stop sending and tell.

    ``told`` as for `SendRefused`.
    """

    def __init__(self, code: str, reason: str, *, told: str = "") -> None:
        super().__init__(f"{code} {reason}".strip())
        self.code = code
        self.reason = reason
        self.told = told
