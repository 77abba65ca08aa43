"""What PGQueuer is told of its queue: enough to look for jobs in time, and no more than it can take."""

import asyncio

from sqlalchemy import make_url

from storage.sessions import session
from storage.waking import CHANGED, Lines, Seldom
from tests.databases import PostgresServer

PATIENCE = 20.0  # seconds


async def heard(told: list[str], number: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while len(told) < number:  # noqa: ASYNC110 - what is waited for is a clock's
            await asyncio.sleep(0.001)


async def test_of_many_notices_of_the_queue_the_first_is_heard_at_once_and_one_for_all_others() -> None:
    told: list[str] = []
    seldom = Seldom(lambda notice: told.append(str(notice)))
    seldom(f"{CHANGED} 1")
    await heard(told, 1)
    for number in range(100):
        seldom(f"{CHANGED} {number}")
    await heard(told, 2)
    seldom("the last")
    assert told == [f"{CHANGED} 1", f"{CHANGED} 0", "the last"]


async def test_what_is_not_of_the_queue_is_heard_at_once() -> None:
    told: list[str] = []
    seldom = Seldom(lambda notice: told.append(str(notice)))
    for _ in range(2):
        seldom("health_check_event")
    assert told == ["health_check_event"] * 2


async def test_what_is_told_to_oneself_waits_until_it_can_be_heard(postgres: PostgresServer) -> None:
    told: list[str] = []
    url = make_url(postgres.url("postgres"))
    async with session(url) as asking, session(url) as listening, Lines(asking, listening) as lines:
        telling = asyncio.create_task(lines.notify("words", "is anybody there"))
        await asyncio.wait([telling], timeout=0.2)
        assert not telling.done()
        await lines.add_listener("words", lambda notice: told.append(str(notice)))
        await heard(told, 1)
    assert told == ["is anybody there"]
