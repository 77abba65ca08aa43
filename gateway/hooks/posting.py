"""Tell one hook one thing: a signed POST of JSON, one try at a time, with everything that may come back bounded."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from aiohttp import ClientConnectorCertificateError, ClientConnectorError, ClientError, ClientResponse

from channels.transport import retry_after
from gateway.api.answers import in_utc
from gateway.calls.breaker import Breaker
from gateway.calls.outgoing import Outgoing
from gateway.calls.posting import read_some
from gateway.hooks.reaching import NotPublic, PublicResolver
from gateway.hooks.signing import signed_headers
from gateway.settings_file import HookSettings
from storage.deliveries import OwedDelivery
from storage.values import Row

MAX_BODY_BYTES = 65_536  # of what a hook is told; longer data lacks its largest parts
SAYS = {"Content-Type": "application/json", "User-Agent": "Pointsman", "Accept-Encoding": "identity"}

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Taken:
    """The hook answered 2xx."""


@dataclass(frozen=True, slots=True)
class NotTaken:
    """It did not; ``error`` says why in our words. ``wait`` are the seconds that it asks for; ``down``: it is the hook
    that does not work, whatever it is told; ``gone``: it wants to be told nothing any more (410)."""

    error: str
    wait: float = 0.0
    down: bool = False
    gone: bool = False


Outcome = Taken | NotTaken


@dataclass
class Hook:
    """A hook of the settings. Reaches no private network unless its settings allow that."""

    name: str
    settings: HookSettings
    breaker: Breaker = field(default_factory=Breaker)
    _outgoing: Outgoing = field(init=False, repr=False)

    def __post_init__(self) -> None:
        resolver = None if self.settings.private else PublicResolver
        self._outgoing = Outgoing(self.settings.timeout, self.settings.at_once, resolver)

    def opens_at(self, now: datetime) -> datetime:
        """When it may be told something, as far as time goes: ``now``, or later."""
        return self.breaker.opens_at(now)

    def room(self, now: datetime, sending: int) -> int:
        """How many deliveries may be begun now while ``sending`` are under way."""
        return self.breaker.room(now, self.settings.at_once - sending)

    def begun(self) -> None:
        """A delivery was begun."""
        self.breaker = self.breaker.begun()

    def ended(self, outcome: Outcome, now: datetime) -> None:
        """A delivery that was begun came to its end."""
        before, down = self.breaker, isinstance(outcome, NotTaken) and outcome.down
        self.breaker = before.failed(now) if down else before.worked()
        if self.breaker.until and self.breaker.until != before.until:
            log.warning("hook_rests", hook=self.name, until=self.breaker.until.isoformat())
        elif before.until and not self.breaker.until:
            log.info("hook_answers_again", hook=self.name)

    def cut_off(self) -> None:
        """Deliveries that were begun were broken off by us, and others may be begun later."""
        self.breaker = self.breaker.cut_off()

    def kept(self) -> Row:
        """As `Guarded` has it."""
        return self.breaker.kept()

    def take(self, row: Row, now: datetime) -> None:
        """As `Guarded` has it."""
        self.breaker = Breaker.taken(row, now)

    async def send(self, delivery: OwedDelivery, now: datetime) -> Outcome:
        """Tell it, once. Raises nothing but cancellation, and mistakes of ours."""
        body = body_of(delivery)
        secrets = [secret for secret in (self.settings.secret, self.settings.secret_previous) if secret]
        signed = signed_headers([secret.get_secret_value() for secret in secrets], delivery.id, body, now)
        try:
            return await self._post(body, {**SAYS, **signed})
        except TimeoutError:
            return NotTaken(f"{self.name} did not answer within {self.settings.timeout:g} s", down=True)
        except ClientConnectorCertificateError:
            return NotTaken(f"{self.name} could not be reached: its certificate is not to be trusted", down=True)
        except ClientConnectorError as error:
            why = ": it is in a private network" if isinstance(error.os_error, NotPublic) else ""
            return NotTaken(f"{self.name} could not be reached{why}", down=True)
        except ClientError:
            return NotTaken(f"{self.name} did not answer as HTTP has it, or broke off", down=True)

    async def _post(self, body: bytes, headers: dict[str, str]) -> Outcome:
        async with self._outgoing.post(self.settings.url, body, headers) as answer:
            outcome = self._outcome(answer)
            await read_some(answer)  # so that the connection can be used again; what it says is of no interest
            return outcome

    def _outcome(self, answer: ClientResponse) -> Outcome:
        said = f"{self.name} answered {answer.status}"
        if answer.status < 300:
            return Taken()
        if answer.status < 400:
            return NotTaken(f"{said}, and redirects are not followed")
        down = answer.status == 429 or answer.status >= 500
        asked = retry_after(answer.headers.get("Retry-After", ""), default=0.0) if down else 0.0
        return NotTaken(said, asked, down=down, gone=answer.status == 410)

    async def close(self) -> None:
        """Let go of connections."""
        await self._outgoing.close()


def body_of(delivery: OwedDelivery) -> bytes:
    """What is sent, the same at every try. Where it would be longer than `MAX_BODY_BYTES` the largest parts of its
    data are left out, and named in ``left_out``."""
    data, left_out = dict(delivery.payload), list[str]()
    while len(body := _body(delivery, data)) > MAX_BODY_BYTES:
        largest = max(data.keys() - {"left_out"}, key=lambda name: len(json.dumps(data[name])))
        del data[largest]
        left_out.append(largest)
        data["left_out"] = left_out
    return body


def _body(delivery: OwedDelivery, data: dict[str, Any]) -> bytes:
    told = {"type": delivery.kind, "timestamp": in_utc(delivery.created_at), "data": data}
    return json.dumps(told, separators=(",", ":")).encode()
