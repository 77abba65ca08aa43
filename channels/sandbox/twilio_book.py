"""Twilio's memory: messages per phone, and which phones said STOP."""

from collections import deque
from collections.abc import Iterator

from channels.sandbox.entries import Sms

MAX_KEPT_MESSAGES = 50_000
MAX_PHONES = 20_000

STOP_WORDS = frozenset(("STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"))
START_WORDS = frozenset(("START", "YES", "UNSTOP"))
HELP_WORDS = frozenset(("HELP", "INFO"))


class TwilioBook:
    """The newest `MAX_KEPT_MESSAGES` messages; older ones are forgotten, as are no opt-outs."""

    def __init__(self) -> None:
        self.phones: dict[str, deque[Sms]] = {}
        self.stopped: set[str] = set()
        self._messages: dict[str, Sms] = {}

    def add_phone(self, number: str) -> None:
        """A phone without messages yet."""
        self.phones.setdefault(number, deque())

    def add(self, sms: Sms) -> None:
        """One more message; a STOP or START in it counts."""
        self._messages[sms.sid] = sms
        self.phones.setdefault(sms.phone, deque()).append(sms)
        if sms.inbound:
            self._consent(sms)
        if len(self._messages) > MAX_KEPT_MESSAGES:
            oldest = self._messages.pop(next(iter(self._messages)))
            self.phones[oldest.phone].popleft()

    def find(self, sid: str) -> Sms | None:
        """The message with this sid."""
        return self._messages.get(sid)

    def newest_first(self, phone: str = "") -> Iterator[Sms]:
        """Messages of this phone, or of all."""
        return reversed(self.phones.get(phone, deque())) if phone else reversed(self._messages.values())

    def _consent(self, sms: Sms) -> None:
        if keyword(sms.text) in STOP_WORDS:
            self.stopped.add(sms.phone)
        elif keyword(sms.text) in START_WORDS:
            self.stopped.discard(sms.phone)


def keyword(text: str) -> str:
    """The text as Twilio compares it with its opt-out words: a single word, any case."""
    return text.strip().upper()
