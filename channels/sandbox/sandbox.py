"""The sandbox: the look-alikes, their common journal, their people, and the courier that carries what they owe."""

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from channels.base import Clock
from channels.sandbox.agenda import Agenda
from channels.sandbox.courier import Courier
from channels.sandbox.desk import Desk, LookAlike, SayRefused
from channels.sandbox.entries import Delivery, Entry, Plan
from channels.sandbox.journal import Journal
from channels.sandbox.people import Cast, Person
from channels.sandbox.slack import SandboxSlack
from channels.sandbox.twilio import SandboxTwilio
from channels.sandbox.wire import Drop, Reply, SandboxRequest, json_answer

_log = logging.getLogger(__name__)


def _real_time() -> datetime:
    return datetime.now(UTC)


class Sandbox:
    """Providers to play with. `load` reads the journal, `start` goes on where it ended; an instance lives once."""

    def __init__(
        self,
        public_url: str,
        channels: tuple[SandboxTwilio | SandboxSlack, ...],
        journal_path: Path | None,
        clock: Clock,
        *,
        people: tuple[Person, ...] = (),
        wall_time: Callable[[], datetime] = _real_time,
    ) -> None:
        """``public_url`` reaches the gateway's /webhooks and our /sandbox; ``wall_time`` is for signatures."""
        self._clock, self._cast, self._journal = clock, Cast(people), Journal(journal_path)
        self._channels: Mapping[str, LookAlike] = {channel.name: channel for channel in channels}
        self._agenda = Agenda()
        self._courier = Courier(self._agenda, clock, self._sign, self._act, self._settle)
        self._pending: dict[str, Delivery | Plan] = {}
        self._lost = 0
        self._state: Literal["new", "open", "closed"] = "new"
        desk = Desk(clock, wall_time, public_url.rstrip("/"), self._cast, self._keep)
        for channel in channels:
            channel.attach(desk)

    def load(self) -> None:
        """Read the journal and be ready to answer; once only, called again it does nothing. Raises `JournalBroken`."""
        if self._state != "new":
            return
        for entry in self._journal.open():
            self._apply(entry)
        for thing in self._pending.values():
            self._agenda.add(thing)
        self._state = "open"

    async def start(self) -> None:
        """Load, carry what is owed, and let the people begin. Best called when the gateway already answers.

        Raises `JournalBroken`, and `PeopleWrong` where a person speaks on a channel that is not there.
        """
        self.load()
        kinds = {name: channel.kind for name, channel in self._channels.items()}
        openings = self._cast.openings(kinds, self._clock.now())
        if openings:
            self._keep(Entry(plans=openings))
        await self._courier.start()

    async def close(self) -> None:
        """Stop within a second. What is owed stays owed in the journal; requests are dropped from now on, not accepted.

        Best called while the gateway still answers what is in flight.
        """
        self._state = "closed"
        await self._courier.stop()
        self._journal.close()

    def answer(self, request: SandboxRequest) -> Reply:
        """Answer a request to a look-alike's API: /sandbox/twilio/{name}/... or /sandbox/slack/{name}/..."""
        if self._state != "open":
            return Drop()
        parts = request.path.split("/")
        channel = self._channels.get(parts[3]) if len(parts) > 4 else None
        if channel is None or parts[2] != {"sms": "twilio"}.get(channel.kind, channel.kind):
            return json_answer(404, {"error": "no such channel in the sandbox"})
        return channel.answer(request)

    def channel(self, name: str) -> LookAlike:
        """The look-alike of this name. Raises `SayRefused`."""
        if name not in self._channels:
            raise SayRefused(f"the sandbox has no channel {name!r}")
        return self._channels[name]

    def twilio(self, name: str) -> SandboxTwilio:
        """The Twilio of this name. Raises `SayRefused`."""
        found = self.channel(name)
        if not isinstance(found, SandboxTwilio):
            raise SayRefused(f"{name!r} is no SMS channel")
        return found

    def slack(self, name: str) -> SandboxSlack:
        """The Slack of this name. Raises `SayRefused`."""
        found = self.channel(name)
        if not isinstance(found, SandboxSlack):
            raise SayRefused(f"{name!r} is no Slack channel")
        return found

    @property
    def owed(self) -> int:
        """How many webhooks and planned answers are still to come."""
        return len(self._pending)

    def idle(self) -> bool:
        """Whether nothing is in flight and nothing is due at this moment of the clock."""
        due = self._agenda.next_due()
        return self._agenda.out == 0 and (due is None or due > self._clock.now())

    def next_due(self) -> datetime | None:
        """When the next thing is due that is not in flight; None when nothing is."""
        return self._agenda.next_due()

    def snapshot(self, people: int = 1_000_000, messages: int = 1_000_000) -> dict[str, Any]:
        """All conversations as a person would see them now, or those of the newest ``people``, cut to ``messages``."""
        return {
            "now": self._clock.now().isoformat(),
            "owed": self.owed,
            "lost": self._lost,
            "channels": [channel.snapshot(people, messages) for channel in self._channels.values()],
        }

    def transcript(self, address: str) -> tuple[dict[str, Any], ...]:
        """What this phone number or Slack user id (direct message) or Slack channel name wrote and got, oldest first.

        Each line has ``direction`` (inbound: the person wrote; outbound: the gateway did), ``text`` and ``at``.
        """
        places = [
            place
            for channel in self.snapshot()["channels"]
            for place in (*channel.get("phones", ()), *channel.get("rooms", ()))
            if address in (place.get("number"), place.get("user"), place["name"], f"#{place['name']}")
        ]
        return tuple(sorted((line for place in places for line in place["messages"]), key=lambda line: line["at"]))

    def _keep(self, entry: Entry) -> None:
        self._journal.keep(entry)
        self._apply(entry)
        for thing in _things(entry):
            self._agenda.add(thing)
        self._courier.wake()

    def _apply(self, entry: Entry) -> None:
        self._cast.apply(entry)
        if entry.channel in self._channels:
            self._channels[entry.channel].apply(entry)
        self._pending.update({thing.id: thing for thing in _things(entry)})
        self._pending.pop(entry.done or entry.lost, None)
        self._lost += bool(entry.lost)

    def _sign(self, delivery: Delivery, tries: int) -> Mapping[str, str]:
        return self._channels[delivery.channel].sign(delivery, tries)

    def _act(self, plan: Plan) -> None:
        try:
            self.channel(plan.channel).act(plan)
        except SayRefused as refused:
            _log.warning("a scripted person could not do %s: %s", plan.key, refused)
            self._keep(Entry(plan.channel, lost=plan.id))

    def _settle(self, delivery: Delivery, answered: bool) -> None:
        name = delivery.channel
        self._keep(Entry(name, done=delivery.id) if answered else Entry(name, lost=delivery.id))


def _things(entry: Entry) -> tuple[Delivery | Plan, ...]:
    return (*entry.owed, *entry.plans)
