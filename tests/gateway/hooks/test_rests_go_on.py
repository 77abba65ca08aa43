"""A hook that rests is left alone across the end of a process, whatever process comes next."""

from datetime import timedelta
from pathlib import Path

from gateway.calls.breaker import FAILURES_IN_A_ROW
from tests.gateway.example_rules import HELLO
from tests.gateway.hooks.receiver import Receiver, listening, says, write_hook_project
from tests.gateway.hooks.test_delivering import PHONES, deliveries, give
from tests.gateway.running import START, running

SECOND = timedelta(seconds=1)


async def test_a_hook_that_rests_is_left_alone_by_the_next_process_which_then_tries_once(
    tmp_path: Path, database_url: str
) -> None:
    receiver = Receiver(otherwise=says(503))
    write_hook_project(tmp_path, receiver, HELLO)
    async with listening(receiver):
        async with running(tmp_path, database=database_url) as world:
            await give(world, *PHONES)
            assert len(receiver.ids) == FAILURES_IN_A_ROW
        async with running(tmp_path, database=database_url, at=START + 10 * SECOND) as world:
            await world.passes(seconds=19)
            assert len(receiver.ids) == FAILURES_IN_A_ROW
            await world.passes(seconds=1)
            assert len(receiver.ids) == FAILURES_IN_A_ROW + 1
        async with running(tmp_path, database=database_url, at=START + 40 * SECOND) as world:
            await world.passes(seconds=19)
            assert len(receiver.ids) == FAILURES_IN_A_ROW + 1
            receiver.otherwise = says(204)
            await world.passes(hours=1)
            assert {one["state"] for one in await deliveries(world)} == {"delivered"}
