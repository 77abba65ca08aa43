"""A chat from its first line to its last."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from gateway.chat.orders import obey
from gateway.chat.outside import Outside
from gateway.chat.reading import Lines
from gateway.chat.someone import NAME, fields_of, identifiers_of
from gateway.chat.stage import Stage
from gateway.chat.talk import PROMPT, Talk
from gateway.recording.story import Story
from gateway.simulation import CannotDo, World, world
from rules.book import Rulebook

LOOK = 0.5  # seconds between two looks at the rule file while nobody writes
HELP = "write to the campaign, or /help"

Echo = Callable[[str], None]


async def chat(stage: Stage, given: Mapping[str, str], starts: datetime | None, stranger: bool, echo: Echo) -> None:
    """Talk until the input ends or the person leaves. ``given`` are identifiers and fields of the person, who is given
    to the campaign unless a ``stranger``; it ``starts`` then (local where the campaign is), None: now.

    Raises `CannotDo`, and `RulesWrong` where the rule file has errors at the beginning.
    """
    async with talking(stage, given, starts) as talk:
        _tell(echo, [f"-- {stage.campaign} ({stage.file.name}); {HELP} --"])
        _tell(echo, [*await begin(talk, given, stranger), *await talk.put_aside()])
        lines = Lines()
        while not talk.ended and (line := await _next(talk, lines, echo)) is not None:
            if not lines.interactive:
                echo(f"{PROMPT}{line}")
            _tell(echo, await take(talk, line))


@asynccontextmanager
async def talking(stage: Stage, given: Mapping[str, str], starts: datetime | None) -> AsyncIterator[Talk]:
    """A talk on the stage, before anything has happened."""
    text, people, zone = stage.read(), {NAME: identifiers_of(given)}, stage.zone
    begins = datetime.now(UTC).replace(second=0, microsecond=0) if starts is None else starts
    async with world(
        {stage.file.name: text},
        people,
        begins if begins.tzinfo else begins.replace(tzinfo=zone),
        zone,
        services={name: [] for name in stage.services},
        channels=stage.channels,
        functions={name: [] for name in stage.functions},
        actions=stage.actions,
        allowed=stage.allowed,
    ) as made:
        story = Story(people, made.now, zone)
        yield Talk(made, stage, story, Outside(made, stage), text.decode("utf-8", "replace"), text)


def _book(made: World, stage: Stage) -> Rulebook:
    return made.rulebooks.of(stage.campaign)


async def begin(talk: Talk, given: Mapping[str, str], stranger: bool) -> list[str]:
    """The campaign starts and, unless a stranger, the person is given to it."""
    campaign = talk.stage.campaign
    await talk.world.start(campaign)
    talk.story.add(f"the campaign {campaign} starts")
    if stranger:
        return [*talk.moved(talk.world.now), *talk.heard()]
    fields = fields_of(_book(talk.world, talk.stage), given, talk.world.now)
    await talk.world.give(NAME, campaign, fields)
    talk.story.add(f"{NAME} is given to {campaign}", fields)
    told = ", ".join(f"{name} = {'' if value is None else value}" for name, value in fields.items())
    return [*talk.moved(talk.world.now), *([f"given with {told}"] if told else []), *talk.heard()]


async def take(talk: Talk, line: str) -> list[str]:
    """What comes of a line that was written."""
    found = await talk.reload()
    try:
        if line.strip():
            found += await (obey(talk, line) if line.startswith("/") else talk.says(line))
    except CannotDo as problem:
        found.append(f"! {problem}")
    return [*found, *await talk.put_aside()]


async def _next(talk: Talk, lines: Lines, echo: Echo) -> str | None:
    """The next line; the rule file is looked at while nobody writes."""
    lines.want()
    while True:
        try:
            return await lines.next(LOOK)
        except TimeoutError:
            if told := await talk.reload():
                _tell(echo, ["", *told])
                if lines.interactive:
                    print(PROMPT, end="", flush=True)


def _tell(echo: Echo, lines: Iterable[str]) -> None:
    for line in lines:
        echo(line)
