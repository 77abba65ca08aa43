"""How a look-alike misbehaves when told to. Told in code or by POST /sandbox/control; forgotten with the process."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import ClassVar, Literal, Protocol
from zlib import crc32

from channels.sandbox.wire import Drop, Hang, Reply, SandboxResponse

MAX_FAULTS = 100
MAX_ENDINGS = 10_000
MAX_SECONDS = 3_600.0

Touching = Literal["send", "read"]


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to the next ``times`` requests (None: to all until cleared).

    ``refuse`` is a provider that knows our credentials no longer, in its own words.
    ``accept``: the request is carried out, then its answer is lost or replaced; else nothing is carried out.
    ``seconds`` are real seconds of hang or slow; ``retry_after`` are the seconds a throttled caller is told to wait.
    ``code`` is the provider's error code; ``on`` says whether sends or reads are hit, ``to`` hits one address only.
    """

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    kind: Literal["hang", "drop", "fail", "throttle", "slow", "refuse"]
    accept: bool = False
    times: int | None = 1
    seconds: float = 30.0
    status: int = 500
    code: str = ""
    retry_after: int = 1
    on: Literal["send", "read", "any"] = "send"
    to: str = ""


@dataclass(frozen=True, slots=True)
class Webhooks:
    """How a look-alike's webhooks leave: ``delays`` are seconds from the acceptance to queued, sent and the end.

    ``late`` seconds are added to each; ``twice`` delivers each two times; ``shuffled`` swaps the status callbacks of
    one message among their times, never leaving them in order. ``lost``: those never leave, as if every try had found
    nobody: inbound is what people say (on Slack press and command, too), status is how our messages fare.
    """

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    delays: tuple[float, float, float] = (0.1, 0.4, 1.0)
    late: float = 0.0
    twice: bool = False
    shuffled: bool = False
    lost: tuple[Literal["inbound", "status"], ...] = ()


@dataclass(frozen=True, slots=True)
class Ending:
    """The last status of every message to ``number`` from now on, and its Twilio error code (0: none)."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    number: str
    status: Literal["delivered", "undelivered", "failed", "sent"]
    code: int = 0


class Refusals(Protocol):
    """How a provider words its errors."""

    def failure(self, status: int, code: str) -> SandboxResponse:
        """An error answer."""

    def throttled(self, retry_after: int) -> SandboxResponse:
        """429 with Retry-After, in seconds."""

    def unauthorized(self) -> SandboxResponse:
        """The answer to wrong credentials."""


@dataclass
class Behaviour:
    """What one look-alike was told to do."""

    webhooks: Webhooks = field(default_factory=Webhooks)
    endings: dict[str, Ending] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def add(self, fault: Fault) -> None:
        """Let this happen after the faults told before. Raises ValueError past the limits."""
        if len(self.faults) >= MAX_FAULTS:
            raise ValueError(f"more than {MAX_FAULTS} faults wait")
        if not 0 <= fault.seconds <= MAX_SECONDS:
            raise ValueError(f"a fault takes 0 to {MAX_SECONDS:.0f} seconds")
        if fault.times is not None and fault.times < 1:
            raise ValueError("times must be 1 or more")
        self.faults.append(fault)

    def end(self, ending: Ending) -> None:
        """Let messages to this number end so."""
        if len(self.endings) >= MAX_ENDINGS:
            raise ValueError(f"more than {MAX_ENDINGS} endings")
        self.endings[ending.number] = ending

    def clear(self) -> None:
        """Behave again."""
        self.webhooks = Webhooks(self.webhooks.delays)
        self.endings.clear()
        self.faults.clear()

    def take(self, touching: Touching, to: str) -> Fault | None:
        """The fault that hits this request, used up by one."""
        for place, fault in enumerate(self.faults):
            if fault.on in (touching, "any") and fault.to in ("", to):
                self._use(place, fault)
                return fault
        return None

    def _use(self, place: int, fault: Fault) -> None:
        if fault.times is None:
            return
        if fault.times == 1:
            del self.faults[place]
        else:
            self.faults[place] = replace(fault, times=fault.times - 1)


def answer_under(fault: Fault | None, carry_out: Callable[[], SandboxResponse], words: Refusals) -> Reply:
    """The answer as this fault leaves it; ``carry_out`` is called only where the request is accepted."""
    if fault is None:
        return carry_out()
    if fault.kind == "slow":
        return replace(carry_out(), after=fault.seconds)
    if fault.accept:
        carry_out()
    match fault.kind:
        case "hang":
            return Hang(fault.seconds)
        case "drop":
            return Drop()
        case "throttle":
            return words.throttled(fault.retry_after)
        case "refuse":
            return words.unauthorized()
    return words.failure(fault.status, fault.code)


def shuffled(seed: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """The names in an order that depends on the seed alone and is never the one given (with two or more)."""
    mixed = tuple(sorted(names, key=lambda name: crc32(f"{seed}:{name}".encode())))
    return mixed if mixed != names else mixed[::-1]
