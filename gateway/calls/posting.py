"""Ask one outside service: a signed POST of JSON, one try at a time, with everything that may come back bounded."""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from aiohttp import ClientConnectorCertificateError, ClientConnectorError, ClientError, ClientResponse

from channels.transport import retry_after
from gateway.calls.breaker import Breaker
from gateway.calls.outcomes import MAX_ANSWER_BYTES, Outcome, Refused, Unanswered, read_answer
from gateway.calls.outgoing import Outgoing
from gateway.calls.signing import signed_headers
from gateway.restraint import TOLD_PAUSE, at_most
from gateway.settings_file import ServiceSettings
from storage.values import OwedCall, Row

SLOTS = 10  # calls of one service in flight at once
MINUTE = 60.0
SAYS = {"Content-Type": "application/json", "Accept": "application/json", "Accept-Encoding": "identity"}

log = structlog.get_logger()


@dataclass
class Service:
    """A service of the settings.

    Without its secret it is not asked: what it is owed waits for a gateway that has it.
    """

    name: str
    settings: ServiceSettings
    breaker: Breaker = field(default_factory=Breaker)
    _next: datetime | None = None  # when its pace allows the next call
    _outgoing: Outgoing = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._outgoing = Outgoing(self.settings.timeout, SLOTS)

    def opens_at(self, now: datetime) -> datetime | None:
        if self.settings.secret is None:
            return None
        return self.breaker.opens_at(max(now, self._next) if self._next else now)

    def room(self, now: datetime, asking: int) -> int:
        if self.opens_at(now) != now:
            return 0
        return self.breaker.room(now, min(1, SLOTS - asking) if self.settings.per_minute else SLOTS - asking)

    def claimed(self, now: datetime) -> None:
        self._next = now + self._pause if self._pause else None

    def begun(self, now: datetime) -> None:
        self.breaker = self.breaker.begun()

    @property
    def _pause(self) -> timedelta:
        """Between two calls, at least."""
        return timedelta(seconds=MINUTE / self.settings.per_minute) if self.settings.per_minute else timedelta()

    def ended(self, outcome: Outcome, now: datetime) -> None:
        before = self.breaker
        self.breaker = before.failed(now) if isinstance(outcome, Unanswered) else before.worked()
        if self.breaker.until and self.breaker.until != before.until:
            log.warning("service_rests", service=self.name, until=self.breaker.until.isoformat())
        elif before.until and not self.breaker.until:
            log.info("service_answers_again", service=self.name)

    def cut_off(self) -> None:
        self.breaker = self.breaker.cut_off()

    def kept(self) -> Row:
        """As `Guarded` has it."""
        return self.breaker.kept(self._next if self._pause.total_seconds() >= TOLD_PAUSE else None)

    def take(self, row: Row, now: datetime) -> None:
        """As `Guarded` has it."""
        self.breaker, self._next = Breaker.taken(row, now), at_most(row["next_at"], now + self._pause)

    async def ask(self, call: OwedCall, now: datetime) -> Outcome:
        assert self.settings.secret is not None  # noqa: S101 - there is no room without one
        body = json.dumps(call.body, separators=(",", ":")).encode()
        headers = signed_headers(self.settings.secret.get_secret_value(), call.id, body, now)
        try:
            return await self._post(body, {**SAYS, **headers})
        except TimeoutError:
            return Unanswered(f"{self.name} did not answer within {self.settings.timeout:g} s")
        except ClientConnectorCertificateError:
            return Unanswered(f"{self.name} could not be reached: its certificate is not to be trusted")
        except ClientConnectorError:
            return Unanswered(f"{self.name} could not be reached")
        except ClientError:
            return Unanswered(f"{self.name} did not answer as HTTP has it, or broke off")

    async def _post(self, body: bytes, headers: dict[str, str]) -> Outcome:
        async with self._outgoing.post(self.settings.url, body, headers) as answer:
            return await self._read(answer)

    async def _read(self, answer: ClientResponse) -> Outcome:
        wait = retry_after(answer.headers.get("Retry-After", ""), default=0.0)
        if refused := refusal(self.name, answer.status, wait):
            return refused
        return read_answer(self.name, await read_some(answer))

    async def close(self) -> None:
        await self._outgoing.close()


def refusal(service: str, status: int, wait: float) -> Refused | Unanswered | None:
    """What an answer of this HTTP status means; None where its body counts. ``wait`` are the seconds it asks for."""
    said = f"{service} answered {status}"
    if status == 429 or status >= 500:
        return Unanswered(said, wait)
    if status >= 400:
        return Refused(said)
    return Refused(f"{said}, and redirects are not followed") if status >= 300 else None


async def read_some(answer: ClientResponse) -> bytes:
    """The answer's body, or so much of it that it is known to be too long."""
    body = bytearray()
    while len(body) <= MAX_ANSWER_BYTES and (part := await answer.content.readany()):
        body += part
    return bytes(body[: MAX_ANSWER_BYTES + 1])


@dataclass(frozen=True)
class NeverAsked:
    """Stands in for a service that must not be asked: every call fails at once, for this reason."""

    reason: str

    def opens_at(self, now: datetime) -> datetime:
        return now

    def room(self, now: datetime, asking: int) -> int:
        return SLOTS - asking

    def claimed(self, now: datetime) -> None:
        """Nothing counts them."""

    def begun(self, now: datetime) -> None:
        """Nothing counts them."""

    async def ask(self, call: OwedCall, now: datetime) -> Outcome:
        return Refused(self.reason)

    def ended(self, outcome: Outcome, now: datetime) -> None:
        """Nothing counts them."""

    def cut_off(self) -> None:
        """Nothing counts them."""

    async def close(self) -> None:
        """It holds nothing."""
