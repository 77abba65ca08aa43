"""A gateway in memory with its people and providers: who says what, what is heard, and how everybody stands."""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from channels.base import Receipt
from channels.sandbox import SayRefused
from gateway.campaigns import CampaignStart, CannotRun, stop
from gateway.clock import ManualClock
from gateway.hindrances import Hindrances
from gateway.intake import Given, RowProblem, read_row
from gateway.keeping import keep_participants
from gateway.rulebooks import NoRulebook
from gateway.simulation.ground import Ground
from gateway.simulation.network import no_network
from gateway.simulation.outside import Answers, Rows, SimulatedFunctions, SimulatedService
from gateway.simulation.people import ADDRESSES, Line, SimulatedPerson
from gateway.simulation.providers import Providers
from gateway.simulation.refusing import CannotDo, RulesWrong, in_reach
from gateway.simulation.rule_files import CHANNELS, rooms_in, rulebooks_for
from gateway.simulation.standing import Standing, customer_of, history, standing_of
from gateway.stepping import in_steps
from rules.fields import IDENTIFIER_KINDS
from storage.memory import MemoryStorage
from storage.values import Row

START = datetime(2027, 3, 1, 8, tzinfo=UTC)  # a Monday
PAGE = 1_000

People = Mapping[str, Mapping[str, str]]


@dataclass
class World(Ground):
    """People act, time passes, and anybody may look at what became of it. Whatever can't be done raises `CannotDo`.

    Before each method returns, all has happened that does not wait for the clock.
    """

    threads: dict[str, str] = field(default_factory=dict)  # by room, what somebody wrote there last and in no thread
    _heard: set[int] = field(default_factory=set)  # which of `lines` were asked about

    @property
    def people(self) -> Mapping[str, SimulatedPerson]:
        """Everybody, by name."""
        return self.providers.people

    @property
    def lines(self) -> list[Line]:
        """All that was said so far, by whomever, in order."""
        return self.providers.lines

    async def start(self, campaign: str) -> None:
        """The campaign runs from now on."""
        starting = CampaignStart(campaign, self.now, Hindrances(self.rulebooks, {}).of)
        try:
            await in_steps(self.storage, starting.begin, starting.wake)
        except CannotRun as error:
            raise CannotDo(str(error)) from error
        await self.quiet()

    async def stop(self, campaign: str) -> None:
        """The campaign's triggers fire no more, and what it planned stands still."""
        await self.storage.run(lambda t: stop(t, campaign, self.now))
        await self.quiet()

    async def give(self, person: str, campaign: str, fields: Mapping[str, object] | None = None) -> None:
        """The operator's system gives somebody to a campaign, or changes their fields there (None clears one)."""
        try:
            known, told = self.person(person).identifiers, fields or {}
            identifiers = {**known, **{kind: told[kind] for kind in IDENTIFIER_KINDS if kind in told}}
            values = {name: value for name, value in told.items() if name not in IDENTIFIER_KINDS}
            given = read_row(self.rulebooks.of(campaign), 1, identifiers, values)
        except NoRulebook as error:
            raise CannotDo(str(error)) from error
        if not isinstance(given, Given):
            raise CannotDo(reasons(given))
        kept = await self.storage.run(lambda t: keep_participants(t, campaign, [given], source="api", now=self.now))
        if kept.problems:
            raise CannotDo(reasons(kept.problems))
        await self.quiet()

    async def say(
        self, person: str, text: str, *, kind: str = "", room: str = "", mention: bool = False, in_thread: bool = False
    ) -> None:
        """Somebody writes: by SMS or on Slack (``kind``, sms or slack; by default the first where they can be
        reached), to us or in a ``room``; there naming us (``mention``), or ``in_thread`` below what was last written
        there."""
        kind = kind or ("slack" if room else self.first_kind(person))
        address, thread = self.address(person, kind), self.threads.get(room, "") if in_thread else ""
        try:
            if kind == "sms":
                self.providers.sms(self.channel_of(kind)).say(address, text)
            else:
                provider = self.providers.slack(self.channel_of(kind))
                post = (provider.mention if mention else provider.say)(address, text, room, thread)
                if post and not thread:
                    self.threads[room] = post.ts
        except SayRefused as refused:
            raise CannotDo(str(refused)) from refused
        await self.quiet()

    async def press(self, person: str, label: str) -> None:
        """Somebody presses a button below the last message to them that has any."""
        offers = [line for line in self.lines if line.place == person and line.choices]
        if not offers:
            raise CannotDo(f"{person} has no buttons to press")
        user, last = self.address(person, "slack"), offers[-1]
        try:
            self.providers.slack(last.channel).press(user, user, last.id, label)
        except SayRefused as refused:
            raise CannotDo(f"{refused}: there are {', '.join(last.choices)}") from refused
        await self.quiet()

    async def status(self, person: str, status: str, error: str = "") -> None:
        """The provider tells how the last message to this person fares: sent, delivered, read, undelivered or failed,
        that with the provider's code as ``error``."""
        customer = await self.customer(person)
        rows = await self.read(lambda t: t.messages.of_customers([customer]))
        sent = [row for row in rows if row["direction"] == "out" and row["provider_id"]]
        if not sent:
            raise CannotDo(f"nothing was sent to {person} yet")
        last = max(sent, key=lambda row: row["updated_at"])
        told = Receipt(f"{last['provider_id']}:{status}:told", last["id"], last["provider_id"], status, error)
        await self.take_in([(last["channel"], told)])
        await self.quiet()

    def end(self, person: str, status: str, code: int = 0) -> None:
        """From now on SMS to this person end so: sent, delivered, undelivered or failed, with this code of Twilio's."""
        self.providers.end(self.address(person, "sms"), status, code)

    def heard(self, place: str, kinds: Iterable[str] = tuple(ADDRESSES)) -> list[Line]:
        """What we said to this person, or in this room (``#name``), that was not asked about yet, oldest first."""
        new = [number for number in self._unheard() if self.lines[number].place == place]
        wanted = [number for number in new if self.lines[number].kind in kinds]
        self._heard.update(wanted)
        return [self.lines[number] for number in wanted]

    def unheard(self) -> list[Line]:
        """All that we said to anybody and that was not asked about yet; it still is not."""
        return [self.lines[number] for number in self._unheard()]

    def _unheard(self) -> list[int]:
        lines = enumerate(self.lines)
        return [number for number, line in lines if line.ours and line.arrives and number not in self._heard]

    def person(self, name: str) -> SimulatedPerson:
        """The person of this name."""
        if name not in self.people:
            raise CannotDo(f"there is nobody called {name}")
        return self.people[name]

    def first_kind(self, name: str) -> str:
        """The kind of channel on which this person writes unless told otherwise: sms before slack."""
        found = next((kind for kind in ADDRESSES if self.person(name).address(kind)), "")
        if not found:
            raise CannotDo(f"{name} has neither a phone number nor a Slack user id")
        return found

    def address(self, name: str, kind: str) -> str:
        """Where this person is reached on channels of this kind."""
        if not (found := self.person(name).address(kind)):
            raise CannotDo(f"{name} has no {'phone number' if kind == 'sms' else 'Slack user id'}")
        return found

    def channel_of(self, kind: str) -> str:
        """The first channel of this kind."""
        if not (found := next((name for name, its in self.providers.kinds.items() if its == kind), "")):
            raise CannotDo(f"there is no channel of kind {kind}")
        return found

    async def customer(self, name: str) -> str:
        """The id of the customer that this person is; "" where we know of none."""
        identifiers = self.person(name).identifiers
        return await self.read(lambda t: customer_of(t, identifiers))

    async def standing(self, name: str, campaign: str) -> Standing:
        """How this person stands in the campaign."""
        customer = await self.customer(name)
        return await self.read(lambda t: standing_of(t, campaign, customer))

    async def decisions(self, after: int = 0) -> list[Row]:
        """All decisions so far, in order, with their events; only those of events ``after`` the one of this number."""
        return await self.read(lambda t: history(t, after, PAGE))

    async def parked(self) -> list[str]:
        """Why events were put aside, oldest first."""
        return [str(row["error"]) for row in await self.read(lambda t: t.parked.after(0, limit=PAGE))]


def reasons(problems: Iterable[RowProblem]) -> str:
    return "; ".join(f"{problem.field} {problem.reason}".strip() for problem in problems)


@asynccontextmanager
async def world(
    rules: Mapping[str, bytes],
    people: People,
    starts: datetime = START,
    zone: ZoneInfo | None = None,
    services: Mapping[str, Rows] | None = None,
    channels: Mapping[str, str] = CHANNELS,
    *,
    rooms: Iterable[str] = (),
    functions: Mapping[str, Rows] | None = None,
    actions: Path | None = None,
    allowed: Iterable[str] = (),
) -> AsyncIterator[World]:
    """A world until the block ends, in which nothing reaches a network.

    ``rules`` are rule files by name, ``people`` identifiers by kind for each name, ``starts`` is when it begins
    (aware), ``channels`` are kinds (sms, slack) by name. What each of ``services`` answers are rows (see
    `gateway.simulation.outside`), and so for ``functions``; others that are ``allowed`` run from the folder
    ``actions``. Slack rooms are ``rooms`` and those that the rules name. No campaign runs yet. Raises `RulesWrong`
    where a rule file has errors, and `CannotDo` where it can't begin then.
    """
    answers = {name: Answers(rows) for name, rows in (functions or {}).items()}
    desks = {name: SimulatedService(name, Answers(rows)) for name, rows in (services or {}).items()}
    clock = ManualClock(in_reach(starts).astimezone(UTC))
    folks = {name: SimulatedPerson(name, dict(identifiers)) for name, identifiers in people.items()}
    providers = Providers(clock, dict(channels), folks, tuple(sorted({*rooms, *rooms_in(rules)})))
    may_run = frozenset(allowed) | frozenset(answers)
    rulebooks = rulebooks_for(channels, frozenset(desks), may_run)
    outside = (desks, SimulatedFunctions(actions, frozenset(allowed), answers))
    storage = MemoryStorage()
    made = World(storage, clock, rulebooks, providers, *outside, zone or ZoneInfo("UTC"), dict(rules))
    try:
        with no_network():
            found = await made.load()
            if any(one.level == "error" for one in found):
                raise RulesWrong(found)
            yield made
    finally:
        await made.functions.close()
        storage.close()
