"""What a simulated world stands on: its gateway's parts, its rule files and its time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from channels.base import Channel as Adapter
from channels.base import Incoming
from gateway.clock import ManualClock
from gateway.decided import Decided
from gateway.incoming import new_event
from gateway.rulebooks import Rulebooks
from gateway.simulation.adapters import SimulatedSlack, SimulatedSms
from gateway.simulation.outside import SimulatedFunctions, SimulatedService
from gateway.simulation.parts import Parts
from gateway.simulation.providers import Providers
from gateway.simulation.refusing import YEARS, CannotDo, StuckWorld, in_reach
from gateway.simulation.rule_files import put_in_force, rooms_in
from rules.diagnostics import Diagnostic
from storage.memory import MemoryStorage
from storage.transaction import Transaction

MOST_ROUNDS = 2_000  # of all parts without the clock moving: past that, something goes on for ever
MOST_MOMENTS = 50_000  # at which something happens while time passes in one step

T = TypeVar("T")


@dataclass
class Ground:
    """``texts`` are the rule files by name; ``zone`` is that of local times in scenarios and in what is printed.
    ``on_decided`` is told of each batch of decisions."""

    storage: MemoryStorage
    clock: ManualClock
    rulebooks: Rulebooks
    providers: Providers
    services: Mapping[str, SimulatedService]
    functions: SimulatedFunctions
    zone: ZoneInfo
    texts: dict[str, bytes]
    on_decided: Callable[[Sequence[Decided]], None] = lambda decided: None

    def __post_init__(self) -> None:
        self.parts = self._parts()

    def _parts(self) -> Parts:
        adapters = {name: self._adapter(name, kind) for name, kind in self.providers.kinds.items()}
        outside = (self.services, self.functions)
        return Parts(self.storage, self.rulebooks, self.clock, adapters, *outside, lambda batch: self.on_decided(batch))

    def _adapter(self, name: str, kind: str) -> Adapter:
        if kind == "sms":
            return SimulatedSms(name, self.providers.sms(name))
        return SimulatedSlack(name, self.providers.slack(name))

    @property
    def now(self) -> datetime:
        """The moment (UTC)."""
        return self.clock.now()

    def shown(self, moment: datetime) -> str:
        """A moment as the clocks of this world show it."""
        return f"{moment.astimezone(self.zone):%Y-%m-%d %H:%M}"

    async def read(self, work: Callable[[Transaction], T]) -> T:
        """Do ``work`` in one reading transaction."""
        return await self.storage.read(work)

    async def load(self) -> tuple[Diagnostic, ...]:
        """Put in force what is sound among the rule files, and all that is to be said of them."""
        for room in rooms_in(self.texts) - set(self.providers.rooms):
            self.providers.add_room(room)
        changes = await put_in_force(self.rulebooks, self.storage, self.texts, self.now)
        await self.quiet()
        return changes.diagnostics

    async def edit(self, file: str, text: bytes) -> tuple[Diagnostic, ...]:
        """The operator saves a rule file; if it is sound, it comes into force. All that is to be said of it."""
        self.texts[file] = text
        return tuple(found for found in await self.load() if found.position.file == file)

    async def restart(self) -> None:
        """The gateway's process ends, and another one takes up what it left; people and providers go on meanwhile."""
        self.rulebooks = Rulebooks(self.rulebooks.project, self.rulebooks.channels)
        await self.storage.run(self.rulebooks.restore)
        self.parts = self._parts()
        await self.load()

    async def passes(self, seconds: float) -> None:
        """So much time passes, with everything that happens meanwhile."""
        try:
            moment = self.now + timedelta(seconds=seconds)
        except OverflowError:
            moment = self.now.replace(year=YEARS.stop)
        await self.go_to(moment)

    async def go_to(self, moment: datetime) -> None:
        """Let everything happen that happens until ``moment`` (aware), each thing at its time."""
        if in_reach(moment) < self.now:
            raise CannotDo(f"it is {self.shown(self.now)} already")
        for _ in range(MOST_MOMENTS):
            due = await self.quiet()
            if due is None or due > moment:
                return self.clock.advance_to(moment.astimezone(UTC))
            self.clock.advance_to(due)
        raise StuckWorld(f"at more than {MOST_MOMENTS:,} moments until {self.shown(moment)} something happens")

    async def quiet(self) -> datetime | None:
        """Let everything happen that does not wait for the clock; when something next happens by itself (UTC, None:
        never). Raises `StuckWorld`."""
        for _ in range(MOST_ROUNDS):
            await self.take_in(list(self.providers.told()))
            dues = (await self.parts.work(), self.providers.next_due())
            due = min((due for due in dues if due is not None), default=None)
            if due is None or due > self.now:
                return due
        raise StuckWorld(f"something goes on and on at {self.shown(self.now)}")

    async def take_in(self, told: Sequence[tuple[str, Incoming]]) -> None:
        """Keep what providers tell, with the names of their channels, as the gateway's public edge does."""
        events = [new_event(self.rulebooks.channels[channel], item, self.now) for channel, item in told]
        if events:
            await self.storage.run(lambda t: t.inbox.keep(events))
