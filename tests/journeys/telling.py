"""Journeys: whole conversations in YAML, played on a running gateway as they are written.

A file holds `people` (a phone number, a Slack user id, or both), `rules` (rule files as text) or `rule_file` (one of
the project's own), and `story`, a list of steps. What somebody hears is everything new since they last heard; a text
that ends in ... is a beginning. At the end nobody may have heard more than was told. The steps are those of `STEPS`.
"""

import re
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from channels.sandbox import Fault, Webhooks
from tests.gateway.running import START, World, running, write_project

FOLDER = Path(__file__).parent
ROOT = FOLDER.parent.parent
SPAN = re.compile(r"(\d+) ?(s|m|h|d)")
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
ROOMS = ("general", "billing")


@dataclass(frozen=True)
class Journey:
    """One file, read."""

    name: str
    people: Mapping[str, Mapping[str, str]]
    rules: tuple[str, ...]
    story: tuple[tuple[str, Any], ...]

    def __str__(self) -> str:
        return self.name


def read_journeys() -> list[Journey]:
    return [read_journey(path) for path in sorted(FOLDER.glob("*.yaml"))]


def read_journey(path: Path) -> Journey:
    data = yaml.load(path.read_text("utf-8"), Loader=yaml.BaseLoader)  # noqa: S506 - builds nothing but text
    rules = [(ROOT / data["rule_file"]).read_text("utf-8")] if "rule_file" in data else data["rules"]
    people = {name: identifiers_of(given) for name, given in data["people"].items()}
    story = tuple(next(iter(step.items())) if isinstance(step, dict) else (step, "") for step in data["story"])
    return Journey(path.stem, people, tuple(rules), story)


def identifiers_of(given: str | Mapping[str, str]) -> Mapping[str, str]:
    if isinstance(given, str):
        return {"phone" if given.startswith("+") else "slack": given}
    return given


@dataclass
class Teller:
    """Plays one journey; ``heard`` counts what each person and room has been told of."""

    journey: Journey
    folder: Path
    database: str
    stack: AsyncExitStack
    world: World
    heard: Counter[str] = field(default_factory=Counter)
    threads: dict[str, str] = field(default_factory=dict)

    async def tell(self) -> None:
        for number, (step, value) in enumerate(self.journey.story, 1):
            try:
                await self.take(step, value)
            except AssertionError as error:
                raise AssertionError(f"step {number}, {step}: {error}") from error
        unheard = {name: new for name in (*self.journey.people, *ROOMS) if (new := self.new_for(name))}
        assert not unheard, f"nobody told of {unheard}"

    async def take(self, step: str, value: Any) -> None:
        for pattern, action in STEPS:
            if found := re.fullmatch(pattern, step):
                await action(self, *found.groups(), value)
                return
        raise AssertionError("no such step")

    def new_for(self, name: str) -> list[str]:
        """What this person or room has heard since they were last asked."""
        addresses = self.journey.people.get(name, {"room": f"#{name}"}).values()
        lines = sorted((line for a in addresses for line in self.world.lines(a)), key=lambda line: line["at"])
        texts = [line["text"] for line in lines if line["direction"] == "outbound"]
        return texts[self.heard[name] :]

    async def hears(self, name: str, told: str | list[str]) -> None:
        wanted, new = [told] if isinstance(told, str) else told, self.new_for(name)
        assert len(new) == len(wanted) and all(map(fits, new, wanted)), f"{name} heard {new}"  # noqa: PT018
        self.heard[name] += len(new)

    async def hears_nothing(self, name: str, _: str) -> None:
        await self.hears(name, [])

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

    async def misbehaves(self, channel: str, told: Mapping[str, str]) -> None:
        values = {name: yaml.safe_load(value) for name, value in told.items()}
        self.world.sandbox.channel(channel).behaviour.add(Fault(**values))

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
        assert {key: found[key] for key in wanted} == wanted, found

    async def standing(self, name: str, campaign: str) -> dict[str, Any]:
        """Fields, outcome and talks (the last of each node) of a person in a campaign, as text."""
        kind, value = next(iter(self.journey.people[name].items()))
        owner = (await self.world.read(lambda t: t.people.by_identifiers([(kind, value)]))).get((kind, value))
        people = [row for row in await self.world.people(campaign) if row["customer"] == owner]
        talks = [talk for talk in await self.world.talks(campaign) if talk["customer"] == owner]
        fields = {name: str(value).lower() for row in people for name, value in row["fields"].items()}
        ended = {talk["node"].partition(".")[2]: talk["status"] for talk in talks}
        return {**fields, **ended, "outcome": "".join(row["outcome"] for row in people)}

    async def is_nobody(self, name: str, campaign: str, _: str) -> None:
        assert await self.standing(name, campaign) == {"outcome": ""}


Step = Callable[..., Awaitable[None]]
STEPS: tuple[tuple[str, Step], ...] = (
    (r"the campaign (\w+) starts", Teller.starts),
    (r"the campaign (\w+) is stopped", Teller.stops),
    (r"(\w+) is given to (\w+)", Teller.given),
    (r"(\w+) hears", Teller.hears),
    (r"(\w+) hears nothing", Teller.hears_nothing),
    (r"(\w+) says", Teller.says),
    (r"(\w+) says on Slack", Teller.says_on_slack),
    (r"(\w+) mentions us in (\w+)", Teller.mentions),
    (r"(\w+) says in (\w+)", Teller.says_in_room),
    (r"(\w+) says in the thread in (\w+)", Teller.says_in_thread),
    (r"(\w+) presses", Teller.presses),
    (r"((?:\d+ ?[smhd] ?)+) later", Teller.later),
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


async def tell(journey: Journey, folder: Path, database: str, at: datetime = START) -> None:
    """Play a journey from its beginning on an empty database. Raises AssertionError with the step that went wrong."""
    users = "".join(f'{{name = "{n}", slack = "{p["slack"]}"}},' for n, p in journey.people.items() if "slack" in p)
    write_project(folder, *journey.rules, sandbox=f'rooms = ["general", "billing"]\npeople = [{users}]\n')
    async with AsyncExitStack() as stack:
        world = await stack.enter_async_context(running(folder, database=database, at=at))
        await Teller(journey, folder, database, stack, world).tell()
