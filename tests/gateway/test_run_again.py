"""A part that was cut off, since another process was to go on, goes on itself when it is its turn again."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from gateway.parts import Part
from gateway.sweeping import Sweeper
from storage.transaction import Transaction
from tests.gateway.asking import ASK, outcomes
from tests.gateway.example_rules import ADA, ECHO
from tests.gateway.running import START, World, running, until
from tests.gateway.service import Outside, falls_silent, listening, says, write_service_project
from tests.gateway.test_sweeping import sweeping_project


async def cut_off(world: World, name: str) -> None:
    """As when its lease is lost."""
    tasks = [task for task in world.gateway.tasks if task.get_name() == name]
    assert tasks
    for task in tasks:
        task.cancel()
        world.gateway.tasks.remove(task)
    await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def again(part: Part) -> AsyncIterator[None]:
    task = asyncio.create_task(part.run())
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_call_that_was_cut_off_is_asked_again_under_the_same_id(tmp_path: Path) -> None:
    outside = Outside(next=[falls_silent, says({"outcome": "paid"})])
    write_service_project(tmp_path, outside, ASK)
    async with listening(outside), running(tmp_path) as world:
        await world.start("ask")
        row = {"phone": ADA, "fields": {"order_no": "A1"}}
        async with world.api("PUT", "campaigns/ask/participants", json.dumps([row]).encode()) as answer:
            assert answer.status == 200

        async def is_asked() -> bool:
            return bool(outside.asked)

        await until(is_asked)
        await cut_off(world, "Caller")
        async with again(world.gateway.caller):

            async def is_over() -> bool:
                return await outcomes(world) == ["paid"]

            await until(is_over)
        assert len(outside.keys) == 2
        assert len({*outside.keys}) == 1


async def test_a_sweep_goes_on_from_where_others_have_come_to(tmp_path: Path) -> None:
    sweeping_project(tmp_path, ECHO)
    async with running(tmp_path) as world:
        await world.quiet()
        await cut_off(world, "Sweeper")
        sweeper: Sweeper = world.gateway.sweepers[0]
        sweeper._left_off = (START - timedelta(hours=1), "")  # among talks, long ago
        await world.gateway.storage.run(lambda t: t.progress.put(sweeper.name, at=START - timedelta(minutes=9)))
        async with again(sweeper):
            await until(lambda: world.gateway.storage.read(swept(sweeper)))


def swept(sweeper: Sweeper) -> Callable[[Transaction], bool]:
    def is_so(t: Transaction) -> bool:
        return t.progress.moment(sweeper.name) == START

    return is_so


async def test_retention_begins_anew_where_others_may_have_gone_on(tmp_path: Path) -> None:
    async with running(tmp_path, ECHO) as world:
        await cut_off(world, "Retaining")
        retaining = world.gateway.retaining
        retaining._after["retention/events"], retaining._next = 10**9, START + timedelta(days=9)
        async with again(retaining):

            async def is_done() -> bool:
                return retaining._next == START + timedelta(hours=1)

            await until(is_done)
