"""What tests of shards look at and do, as one of many processes on a database."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import text

from storage.database import Storage
from storage.transaction import Transaction
from storage.values import About, NewEvent, shard_of
from tests.storage.rows import NOON

LANES = [f"lane {number}" for number in range(2_000)]
LANE_OF = {shard_of(lane): lane for lane in LANES}
FIVE, SIX = LANE_OF[5], LANE_OF[6]


def sharing(url: str) -> Storage:
    storage = Storage(url)
    storage.share()
    return storage


def event(key: str, lane: str, kind: str = "message") -> NewEvent:
    return NewEvent(key, kind, About("lane", lane), {}, NOON)


def keep(storage: Storage, *events: NewEvent) -> None:
    with storage.transaction() as t:
        t.inbox.keep(events)


def jobs(storage: Storage) -> list[int]:
    """The shards for which there is a job, one for each."""
    rows = ask(storage, "SELECT payload FROM pgqueuer ORDER BY id")
    return [int(row[0]) for row in rows]


def armed(storage: Storage) -> list[int]:
    return [row[0] for row in ask(storage, "SELECT id FROM shard WHERE armed ORDER BY id")]


def ask(storage: Storage, query: str) -> Any:
    with storage.reading() as t:
        return t.inbox._connection.execute(text(query)).all()


def tell(storage: Storage, statement: str) -> None:
    with storage.transaction() as t:
        t.inbox._connection.execute(text(statement))


async def run(storage: Storage, work: Callable[[Transaction], None]) -> None:
    await storage.run(work)


def take(storage: Storage, shard: int, turn: str) -> bool:
    with storage.transaction() as t:
        return t.shards.take([shard], turn) == {shard}


def unheard(storage: Storage) -> list[int]:
    with storage.reading() as t:
        return t.shards.unheard()
