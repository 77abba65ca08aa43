"""Journeys (`tests.journeys.reading`), played on a running gateway as they are written.

What somebody hears is everything new since they last heard; a text that ends in ... is a beginning. At the end nobody
may have heard more than was told. The steps are those of `STEPS`.
"""

import re
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from channels.sandbox import Webhooks
from gateway.recorded import Versions
from gateway.scenarios.checking import FAULTS
from gateway.simulation.standing import as_text as written
from tests.gateway.replayed import otherwise
from tests.gateway.running import SETTINGS, World, running, write_project
from tests.journeys.reading import COOKBOOK, Journey
from tests.journeys.services import Service, holds, listening

SPAN = re.compile(r"(\d+) ?(s|m|h|d)")
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
BOTH = ("phone", "slack", "room")
CHANNELS = {"by SMS": ("phone",), "on Slack": ("slack",), None: BOTH}
Look = Callable[[World], Awaitable[None]]


@dataclass
class Teller:
    """Plays one journey; ``heard`` counts what was told of what each address heard, ``asked`` each service's calls."""

    journey: Journey
    folder: Path
    database: str
    stack: AsyncExitStack
    world: World
    services: Mapping[str, Service]
    heard: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)
    threads: dict[str, str] = field(default_factory=dict)

    async def tell(self) -> None:
        for number, (step, value) in enumerate(self.journey.story, 1):
            try:
                await self.take(step, value)
            except AssertionError as error:
                raise AssertionError(f"step {number}, {step}: {error}") from error
        everybody = (*self.journey.people, *self.journey.rooms)
        unheard = {name: new for name in everybody if (new := self.new_for(name))}
        assert not unheard, f"nobody told of {unheard}"

    async def take(self, step: str, value: Any) -> None:
        for pattern, action in STEPS:
            if found := re.fullmatch(pattern, step):
                await action(self, *found.groups(), value)
                return
        raise AssertionError("no such step")

    def new_for(self, name: str, kinds: tuple[str, ...] = BOTH) -> list[str]:
        """What this person or room has heard since they were last asked, oldest first."""
        new = [line for address in self.addresses(name, kinds) for line in self.said_to(address)[self.heard[address] :]]
        return [line["text"] for line in sorted(new, key=lambda line: line["at"])]

    def addresses(self, name: str, kinds: tuple[str, ...]) -> list[str]:
        known = self.journey.people.get(name, {"room": f"#{name}"})
        return [address for kind, address in known.items() if kind in kinds]

    def said_to(self, address: str) -> list[dict[str, Any]]:
        return [line for line in self.world.lines(address) if line["direction"] == "outbound"]

    async def hears(self, name: str, where: str | None, told: str | list[str]) -> None:
        wanted, kinds = [told] if isinstance(told, str) else told, CHANNELS[where]
        new = self.new_for(name, kinds)
        assert len(new) == len(wanted) and all(map(fits, new, wanted)), f"{name} heard {new}"  # noqa: PT018
        self.heard.update(
            {address: len(self.said_to(address)) - self.heard[address] for address in self.addresses(name, kinds)}
        )

    async def hears_nothing(self, name: str, _: str) -> None:
        await self.hears(name, None, [])

    async def says(self, name: str, text: str) -> None:
        phone = self.journey.people[name].get("phone")
        await (self.world.texts(phone, text) if phone else self.says_on_slack(name, text))

    async def says_on_slack(self, name: str, text: str) -> None:
        await self.world.writes(self.journey.people[name]["slack"], text)

    async def mentions(self, name: str, room: str, text: str) -> None:
        self.threads[room] = await self.world.mentions(self.journey.people[name]["slack"], text, room)

    async def says_in_room(self, name: str, room: str, text: str) -> None:
        self.threads[room] = await self.world.writes(self.journey.people[name]["slack"], text, room)

    async def says_in_thread(self, name: str, room: str, text: str) -> None:
        await self.world.writes(self.journey.people[name]["slack"], text, room, self.threads[room])

    async def presses(self, name: str, label: str) -> None:
        user = self.journey.people[name]["slack"]
        offered = [line for line in self.world.lines(user) if line["buttons"]]
        self.world.sandbox.slack("slack").press(user, f"D{user[1:]}", offered[-1]["id"], label)
        await self.world.quiet()

    async def given(self, name: str, campaign: str, fields: Mapping[str, Any]) -> None:
        results = await self.world.give(campaign, {**self.journey.people[name], **(fields or {})})
        assert results[0]["status"] != "failed", results

    async def starts(self, campaign: str, _: str) -> None:
        await self.world.start(campaign)

    async def stops(self, campaign: str, _: str) -> None:
        await self.world.stop(campaign)

    async def later(self, span: str, _: str) -> None:
        spans = SPAN.findall(span)
        assert spans, "a time such as 3h or 1d 2h"
        await self.world.passes(**{UNITS[unit]: float(number) for number, unit in spans})

    async def it_is(self, local: str, _: str) -> None:
        left = self.journey.at(local) - self.world.clock.now()
        assert left.total_seconds() > 0, f"it is {self.world.clock.now().astimezone(self.journey.clock)} already"
        await self.world.passes(seconds=left.total_seconds())

    async def was_asked(self, name: str, told: Any) -> None:
        """The service's new calls, in order, each with a part of it that is told."""
        calls, wanted = list(self.services[name].asked.values())[self.asked[name] :], told if told else []
        fitting = all(holds(as_text(call), part) for call, part in zip(calls, wanted, strict=False))
        assert fitting and len(calls) == len(wanted), f"{name} was asked {calls}"  # noqa: PT018
        self.asked[name] += len(calls)

    async def misbehaves(self, channel: str, told: Mapping[str, str]) -> None:
        self.world.sandbox.channel(channel).behaviour.add(FAULTS.validate_python(told))

    async def shuffles(self, channel: str, _: str) -> None:
        self.world.sandbox.channel(channel).behaviour.webhooks = Webhooks(twice=True, shuffled=True)

    async def rules_become(self, number: str, text: str) -> None:
        await self.world.edit(int(number), text)

    async def restarts(self, _: str) -> None:
        now = self.world.clock.now()
        await self.stack.aclose()
        self.world = await self.stack.enter_async_context(running(self.folder, database=self.database, at=now))
        await self.world.quiet()

    async def stands(self, name: str, campaign: str, wanted: Mapping[str, Any]) -> None:
        found = await self.standing(name, campaign)
        assert {key: found.get(key, "") for key in wanted} == {key: value or "" for key, value in wanted.items()}, found

    async def standing(self, name: str, campaign: str) -> dict[str, Any]:
        """Fields, outcome, talks (the last of each node) and where paths wait, of a person in a campaign, as text."""
        kind, value = next(iter(self.journey.people[name].items()))
        owner = (await self.world.read(lambda t: t.people.by_identifiers([(kind, value)]))).get((kind, value))
        people = [row for row in await self.world.people(campaign) if row["customer"] == owner]
        talks = [talk for talk in await self.world.talks(campaign) if talk["customer"] == owner]
        fields = {name: written(value) for row in people for name, value in row["fields"].items()}
        ended = {talk["node"].partition(".")[2]: talk["status"] for talk in talks}
        waits = {"waits at": await self.waiting_nodes(owner, campaign)} if people else {}
        return {**fields, **ended, **waits, "outcome": "".join(row["outcome"] for row in people)}

    async def waiting_nodes(self, customer: str | None, campaign: str) -> str:
        runs = await self.world.read(lambda t: t.runs.of_customers([customer or ""]))
        return ", ".join(sorted(run["node"].partition(".")[2] for run in runs if run["campaign"] == campaign))

    async def is_nobody(self, name: str, campaign: str, _: str) -> None:
        assert await self.standing(name, campaign) == {"outcome": ""}


Step = Callable[..., Awaitable[None]]
STEPS: tuple[tuple[str, Step], ...] = (
    (r"the campaign (\w+) starts", Teller.starts),
    (r"the campaign (\w+) is stopped", Teller.stops),
    (r"(\w+) is given to (\w+)", Teller.given),
    (r"(\w+) hears(?: (by SMS|on Slack))?", Teller.hears),
    (r"(\w+) hears nothing", Teller.hears_nothing),
    (r"(\w+) says", Teller.says),
    (r"(\w+) says on Slack", Teller.says_on_slack),
    (r"(\w+) mentions us in (\w+)", Teller.mentions),
    (r"(\w+) says in (\w+)", Teller.says_in_room),
    (r"(\w+) says in the thread in (\w+)", Teller.says_in_thread),
    (r"(\w+) presses", Teller.presses),
    (r"((?:\d+ ?[smhd] ?)+) later", Teller.later),
    (r"it is (\d{4}-\d\d-\d\d \d\d:\d\d)", Teller.it_is),
    (r"the service (\w+) was asked", Teller.was_asked),
    (r"the provider of (\w+) misbehaves", Teller.misbehaves),
    (r"the provider of (\w+) shuffles and repeats its callbacks", Teller.shuffles),
    (r"rule file (\d) becomes", Teller.rules_become),
    (r"the gateway restarts", Teller.restarts),
    (r"(\w+) now has in (\w+)", Teller.stands),
    (r"(\w+) is nobody in (\w+)", Teller.is_nobody),
)


def fits(text: str, wanted: str) -> bool:
    beginning = wanted.removesuffix("...")
    return text == wanted if beginning == wanted else text.startswith(beginning)


def as_text(value: Any) -> Any:
    """JSON as the files of journeys hold it: every value is text."""
    if isinstance(value, Mapping):
        return {name: as_text(part) for name, part in value.items()}
    return written(value)


async def tell(journey: Journey, folder: Path, database: str, look: Look | None = None) -> None:
    """Play a journey from its beginning on an empty database; then ``look`` at the gateway, if given.

    Raises AssertionError with the step that went wrong, or with decisions that are not the same when made again.
    """
    services = {name: Service(name, rows) for name, rows in journey.services.items()}
    write_files(journey, folder, services)
    async with listening(services), AsyncExitStack() as stack:
        world = await stack.enter_async_context(running(folder, database=database, at=journey.starts))
        teller = Teller(journey, folder, database, stack, world, services)
        for service in services.values():
            service.now = lambda: teller.world.clock.now()
        await teller.tell()
        gateway = teller.world.gateway
        assert otherwise(gateway.storage, Versions(gateway.rulebooks.project, gateway.rulebooks.version)) == []
        if look is not None:
            await look(teller.world)


def write_files(journey: Journey, folder: Path, services: Mapping[str, Service]) -> None:
    """The project that the journey is played in."""
    users = "".join(f'{{name = "{n}", slack = "{p["slack"]}"}},' for n, p in journey.people.items() if "slack" in p)
    write_project(folder, *journey.rules, sandbox=f"rooms = {list(journey.rooms)}\npeople = [{users}]\n")
    actions = f'[actions]\nfolder = "{COOKBOOK / "actions"}"\nallow = {list(journey.allow)}\ntime_limit = 30\n'
    tables = [service.settings for service in services.values()] + [actions] * bool(journey.allow)
    (folder / "pointsman.toml").write_text("\n".join([SETTINGS, *tables]))
