"""Pages neither lose nor repeat a row while others are added."""

from pathlib import Path
from typing import Any

import pytest

from tests.gateway.api.reading import read, read_all
from tests.gateway.example_rules import HELLO
from tests.gateway.running import World, running

FIRST = [f"+491511234560{n}" for n in range(5)]
LATER = [f"+491511234561{n}" for n in range(5)]
LISTS = {
    "campaigns/hello/participants": ("participants", "participant"),
    "customers": ("customers", "customer"),
    "communications": ("communications", "communication"),
    "messages": ("messages", "message"),
    "events": ("events", "event"),
}


async def hello(world: World, phones: list[str]) -> None:
    await world.give("hello", *({"phone": phone, "name": "You"} for phone in phones))


@pytest.mark.parametrize("path", LISTS)
async def test_what_was_there_when_one_began_to_read_is_read_once(tmp_path: Path, path: str) -> None:
    noun, key = LISTS[path]
    async with running(tmp_path, HELLO) as world:
        await world.start("hello")
        await hello(world, FIRST)
        there = {row[key] for row in await read_all(world, path, noun)}
        page = await read(world, path, limit=2)
        found: list[Any] = page[noun]
        await hello(world, LATER)
        while page["next"]:
            page = await read(world, path, limit=2, after=page["next"])
            found += page[noun]

    keys = [row[key] for row in found]
    assert len(keys) == len(set(keys))
    assert there <= set(keys)


async def test_who_is_changed_meanwhile_comes_again_at_the_end(tmp_path: Path) -> None:
    """So whoever asks for what changed since misses nothing."""
    async with running(tmp_path, HELLO.replace(", level: customer", "")) as world:
        await world.start("hello")
        since, path = world.clock.now().isoformat(), "campaigns/hello/participants"
        await hello(world, FIRST)
        page = await read(world, path, limit=2, updated_since=since)
        await world.passes(minutes=1)
        changed = page["participants"][0]
        await world.give("hello", {"phone": changed["identifiers"]["phone"], "name": "Me"})
        rest = await read_all(world, path, "participants", updated_since=since, after=page["next"], limit=2)

    assert len(rest) == 4
    assert rest[-1]["participant"] == changed["participant"]
    assert rest[-1]["updated_at"] > changed["updated_at"]
