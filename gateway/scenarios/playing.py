"""Play scenarios: each story in a world of its own, step by step, with what was said and what was not as expected."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from time import perf_counter

from gateway.scenarios.doing import DEEDS, Missed
from gateway.scenarios.values import Scenario, Step, Story, Surroundings
from gateway.simulation import CannotDo, Line, World, world
from rules.book import Rulebook
from storage.values import Row

NOTHING, DONE, PARKED = "nothing", "that this happens", "events put aside"


@dataclass(frozen=True)
class Played:
    """One step that was taken: when (UTC, as it began), all that was said meanwhile, what is wrong, if anything, and a
    ``remark`` on what came of it."""

    step: Step
    at: datetime
    lines: tuple[Line, ...] = ()
    missed: Missed | None = None
    remark: str = ""


@dataclass(frozen=True)
class Told:
    """One story that was played. ``ends`` are what is wrong at its end; ``decisions`` are all that were made, ``books``
    the rulebooks in force then, by campaign; ``seconds`` is how long it took."""

    scenario: Scenario
    story: Story
    steps: tuple[Played, ...]
    ends: tuple[Missed, ...] = ()
    decisions: Sequence[Row] = field(default=(), repr=False)
    books: Mapping[str, Rulebook] = field(default_factory=dict, repr=False)
    seconds: float = 0.0

    @property
    def name(self) -> str:
        """The story's name, with its file's."""
        return f"{self.scenario.file}: {self.story.name}" if self.story.name else self.scenario.file

    @property
    def missed(self) -> tuple[Missed, ...]:
        """All that was not as expected."""
        return (*(played.missed for played in self.steps if played.missed), *self.ends)

    @property
    def expected(self) -> int:
        """How many steps expected something."""
        return sum(played.step.form in EXPECTING for played in self.steps)

    @property
    def met(self) -> int:
        """How many of them were as expected."""
        return sum(played.step.form in EXPECTING and not played.missed for played in self.steps)


EXPECTING = frozenset(form for form, deed in DEEDS.items() if deed.expects)


async def play(scenario: Scenario, story: Story, around: Surroundings) -> Told:
    """Play one story to its end, or up to a step that can't be taken. Raises nothing but cancellation."""
    begun, steps, ends = perf_counter(), list[Played](), list[Missed]()
    async with world_of(scenario, story, around) as w:
        for step in story.steps:
            played, goes_on = await take(w, step)
            steps.append(played)
            if not goes_on:
                break
        else:
            ends += unheard(w, story)
        ends += [Missed(story.steps[-1].position, PARKED, NOTHING, reason) for reason in await w.parked()]
        decisions, books = await w.decisions(), dict(w.rulebooks.active)
    return Told(scenario, story, tuple(steps), tuple(ends), decisions, books, perf_counter() - begun)


@asynccontextmanager
async def world_of(scenario: Scenario, story: Story, around: Surroundings) -> AsyncIterator[World]:
    """The world that a story begins in."""
    async with world(
        scenario.rules,
        scenario.people,
        story.starts,
        scenario.zone,
        scenario.services,
        around.channels,
        rooms=scenario.rooms,
        functions=scenario.functions,
        actions=scenario.actions,
        allowed=scenario.allowed,
    ) as w:
        yield w


async def take(w: World, step: Step) -> tuple[Played, bool]:
    """Take one step; whether the story can go on after it."""
    at, before = w.now, len(w.lines)
    came, goes_on = None, True
    try:
        came = await DEEDS[step.form].do(w, step)
    except CannotDo as error:
        came, goes_on = Missed(step.position, step.text, DONE, f"it can't be: {error}"), False
    missed, remark = (came, "") if isinstance(came, Missed) else (None, came or "")
    return Played(step, at, tuple(w.lines[before:]), missed, remark), goes_on


def unheard(w: World, story: Story) -> list[Missed]:
    """Whatever was said in the end and no step told of, by who heard it."""
    heard: dict[str, list[str]] = {}
    for line in w.unheard():
        heard.setdefault(line.place, []).append(line.text)
    return [Missed(story.steps[-1].position, f"{who} hears at the end", NOTHING, was) for who, was in heard.items()]
