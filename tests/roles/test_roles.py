"""A gateway of several processes: every conversation goes through all of them, and none hangs on one that is killed."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.books import Books, drawn_up
from tests.chaos.load import Load
from tests.chaos.processes import Stuck, until
from tests.databases import PostgresServer
from tests.roles.fleet import Fleet, fleet

LOAD_SECONDS = 3.0
PATIENCE = 120.0  # seconds: a lease of a process that was killed runs out, and its sends are looked up
INGRESS, BEHIND = ("ingress",), ("worker", "sender", "timers")


@pytest.fixture
def database(postgres: PostgresServer, prepared: str) -> Iterator[str]:
    with postgres.database(prepared) as url:
        yield url


async def test_a_conversation_goes_through_four_processes_of_one_role_each(tmp_path: Path, database: str) -> None:
    async with fleet(tmp_path, database, (INGRESS, *((role,) for role in BEHIND))) as (made, load):
        await load.start()
        await asyncio.sleep(LOAD_SECONDS)
        await the_books_balance(made, load)


async def test_of_two_processes_for_everything_one_of_each_is_killed_and_the_others_go_on(
    tmp_path: Path, database: str
) -> None:
    async with fleet(tmp_path, database, (INGRESS, INGRESS, BEHIND, BEHIND)) as (made, load):
        await load.start()
        await asyncio.sleep(LOAD_SECONDS)
        await made.members[1].child.kill()
        await made.holder_of("sender/sms").child.kill()
        await asyncio.sleep(LOAD_SECONDS)
        await the_books_balance(made, load)


async def the_books_balance(made: Fleet, load: Load) -> None:
    """Everybody who was answered gets what they are promised, and nobody hears anything twice."""
    await load.finish()
    promised = load.ledger.least()
    assert promised
    await until(lambda: not promised - made.seen(), "everything that was promised to be said", PATIENCE, look=0.3)

    def books() -> Books:
        return drawn_up(made.project, load.ledger, "several processes")

    try:
        await until(lambda: books().balance, "books that balance", PATIENCE, look=1.0)
    except Stuck:
        raise AssertionError(str(books())) from None
