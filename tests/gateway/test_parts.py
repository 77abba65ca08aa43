"""A gateway that has lost one of its parts does not go on answering as if nothing were."""

import asyncio
from pathlib import Path

import pytest

from gateway.parts import PartEnded
from tests.gateway.example_rules import HELLO
from tests.gateway.running import running


async def test_a_gateway_goes_on_until_a_stop_is_asked_for(tmp_path: Path) -> None:
    async with running(tmp_path, HELLO) as world:
        asked = asyncio.Event()
        work = asyncio.create_task(world.gateway.work_until(asked))
        await world.quiet()
        assert not work.done()
        asked.set()
        await work


async def test_a_part_that_ends_by_itself_ends_the_gateway_with_a_word(tmp_path: Path) -> None:
    async with running(tmp_path, HELLO) as world:
        world.gateway.worker_bell.close()
        with pytest.raises(PartEnded, match="Worker has ended by itself"):
            await world.gateway.work_until(asyncio.Event())
