"""Many processes on one database: their start makes what they need, and whatever they do at once, no event is lost."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from threading import Barrier
from time import monotonic

import pytest
from sqlalchemy import text

from storage.database import Storage
from storage.errors import LeaseLost, SchemaMismatch, StaleVersion, StorageUnavailable
from storage.transaction import Transaction
from storage.waking import QUEUE, Names
from tests.databases import PostgresServer
from tests.storage.rows import NOON
from tests.storage.sharing import FIVE, LANE_OF, SIX, armed, ask, event, jobs, keep, run, sharing, take, tell

STRANDED = 20.0  # seconds after which nobody comes any more
POP = text(
    "DELETE FROM pgqueuer WHERE id = (SELECT id FROM pgqueuer ORDER BY id FOR UPDATE SKIP LOCKED LIMIT 1)"
    " RETURNING payload"
)


@pytest.fixture
def shared(shared_url: str) -> Iterator[Storage]:
    with closing(sharing(shared_url)) as storage:
        yield storage


def test_two_writers_that_arm_the_same_shards_at_once_wake_one_worker_for_each(shared_url: str) -> None:
    """In whatever order their events come, they lock shards in one order: nobody waits in a circle."""
    rounds, writers = 30, 4
    with ExitStack() as open_ones:
        storages = [open_ones.enter_context(closing(sharing(shared_url))) for _ in range(writers)]
        together = Barrier(writers)

        def write(number: int) -> None:
            lanes = list(LANE_OF.values())[:40]
            for turn in range(rounds):
                together.wait()
                mine = lanes if (number + turn) % 2 else lanes[::-1]
                keep(storages[number], *(event(f"{number}-{turn}-{lane}", lane) for lane in mine))
                if together.wait() == 0:
                    assert len(jobs(storages[number])) == 40
                    tell(storages[number], "DELETE FROM pgqueuer")
                    tell(storages[number], "UPDATE shard SET armed = false")

        with ThreadPoolExecutor(writers) as threads:
            for done in [threads.submit(write, number) for number in range(writers)]:
                done.result()


def test_whatever_comes_between_arming_and_disarming_no_event_is_stranded(shared_url: str) -> None:
    """Writers leave events without end; takers disarm and read, as fast as they can, and nothing sweeps: at the end
    every event was read by a taker that was woken for it or after it."""
    writers, takers, events = 3, 3, 60
    with ExitStack() as open_ones:
        storages = [open_ones.enter_context(closing(sharing(shared_url))) for _ in range(writers + takers)]

        def write(number: int) -> None:
            for one in range(events):
                keep(storages[number], event(f"{number}-{one}", FIVE if one % 3 else SIX))

        def work(number: int) -> None:
            storage = storages[writers + number]
            until = monotonic() + STRANDED
            while ask(storage, "SELECT count(*) FROM inbox WHERE state <> 'waiting'")[0][0] < writers * events:
                assert monotonic() < until, "an event is stranded"
                if (shard := pop_job(storage)) is not None:
                    decide(storage, shard, f"turn {number}")

        with ThreadPoolExecutor(writers + takers) as threads:
            works = [threads.submit(write, n) for n in range(writers)] + [
                threads.submit(work, n) for n in range(takers)
            ]
            for done in works:
                done.result(timeout=20)
        assert (jobs(storages[0]), armed(storages[0])) == ([], []) or set(jobs(storages[0])) == set(armed(storages[0]))


def pop_job(storage: Storage) -> int | None:
    with storage.transaction() as t:
        payload = t.inbox._connection.execute(POP).scalar_one_or_none()
    return None if payload is None else int(payload)


def decide(storage: Storage, shard: int, turn: str) -> None:
    """Take the shard, then decide what waits there at this moment."""
    while not take(storage, shard, turn):
        pass
    with storage.reading() as t:
        waiting = [one.id for one in t.inbox.waiting(1_000, shards=[shard])]
    try:
        with storage.transaction() as t:
            t.shards.confirm([shard], turn)
            t.inbox.decided(waiting, NOON)
    except LeaseLost:
        return


def test_two_processes_that_start_at_once_make_the_tables_once(postgres: PostgresServer) -> None:
    with postgres.database() as url, ExitStack() as open_ones:
        storages = [open_ones.enter_context(closing(sharing(url))) for _ in range(2)]
        with ThreadPoolExecutor(2) as threads:
            list(threads.map(Storage.migrate, storages))
        for storage in storages:
            storage.check_version()
        keep(storages[0], event("a", FIVE))
        assert jobs(storages[1]) == [5]


def test_a_database_that_nobody_has_shared_is_refused_without_migrations(
    postgres: PostgresServer, prepared: str
) -> None:
    with postgres.database(prepared) as url, closing(sharing(url)) as storage:
        with pytest.raises(SchemaMismatch, match="PGQueuer"):
            storage.check_version()
        storage.migrate()
        storage.check_version()
        tell(storage, "DELETE FROM shard WHERE id = 7")
        with pytest.raises(SchemaMismatch, match="no-migrate"):
            storage.check_version()


def test_tables_are_made_where_a_loop_runs_already(postgres: PostgresServer) -> None:
    async def start() -> None:
        storage.migrate()

    with postgres.database() as url, closing(sharing(url)) as storage:
        asyncio.run(start())
        storage.check_version()


def test_a_file_is_not_shared() -> None:
    with closing(Storage("sqlite:///never.db")) as storage, pytest.raises(ValueError, match="PostgreSQL"):
        storage.share()


def test_who_stands_still_in_a_transaction_loses_it_and_what_it_holds(
    shared: Storage, shared_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with shared.transaction() as t:
        limit = t.inbox._connection.execute(text("SHOW idle_in_transaction_session_timeout")).scalar_one()
    assert limit == "5s"
    monkeypatch.setattr("storage.engines.IDLE_SECONDS", 0.05)
    take(shared, 5, "mine")
    with closing(sharing(shared_url)) as still, pytest.raises(StorageUnavailable):
        stand_still(still, shared)


def stand_still(storage: Storage, other: Storage) -> None:
    """In the middle of a batch, until another can take the shard; then go on."""
    until = monotonic() + STRANDED
    with storage.transaction() as t:
        t.shards.confirm([5], "mine")
        while not take(other, 5, "another's"):
            assert monotonic() < until, "it is held for ever"
        t.shards.confirm([5], "mine")


def test_the_tables_of_jobs_are_tidied_often_and_as_an_administrator_says(shared: Storage) -> None:
    def told(table: str) -> list[str]:
        return list(ask(shared, f"SELECT reloptions FROM pg_class WHERE relname = '{table}'")[0][0])  # noqa: S608

    assert "autovacuum_vacuum_scale_factor=0" in told("pgqueuer")
    assert "autovacuum_vacuum_threshold=20000" in told("pgqueuer_log")
    tell(shared, "ALTER TABLE pgqueuer RESET (fillfactor, autovacuum_vacuum_scale_factor)")
    tell(shared, "ALTER TABLE pgqueuer_log SET (autovacuum_vacuum_threshold = 7)")
    before = told("pgqueuer")
    shared.migrate()
    assert told("pgqueuer") == before
    assert "autovacuum_vacuum_threshold=7" in told("pgqueuer_log")


def test_jobs_that_come_before_their_tables_were_tidied_are_tidied_from_the_next_start_on(shared: Storage) -> None:
    tell(shared, "ALTER TABLE pgqueuer RESET (fillfactor, autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold)")
    tell(shared, "ALTER TABLE pgqueuer RESET (autovacuum_vacuum_cost_delay)")
    shared.migrate()
    assert ask(shared, "SELECT reloptions IS NULL FROM pg_class WHERE relname = 'pgqueuer'")[0][0] is False


def test_what_the_environment_says_for_others_is_not_what_jobs_are_kept_under(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes of one gateway run on hosts with different environments, and hear and wake one another all the same."""
    for name in ("CHANNEL", "TRIGGER", "QUEUE_TABLE", "PGQUEUER_CHANNEL", "PGQUEUER_PREFIX", "PGQUEUER_SCHEMA"):
        monkeypatch.setenv(name, "another")
    told = Names()
    assert (told.channel, told.trigger, told.qualified.queue_table) == ("ch_pgqueuer", "tg_pgqueuer_changed", QUEUE)


def test_old_notes_of_jobs_are_forgotten(shared: Storage) -> None:
    keep(shared, event("a", FIVE))
    tell(shared, "UPDATE pgqueuer_log SET created = now() - interval '11 minutes'")
    keep(shared, event("b", SIX))
    with shared.transaction() as t:
        t.shards.forget()
    assert ask(shared, "SELECT count(*) FROM pgqueuer_log")[0][0] == 1


def test_a_lone_process_does_without_pgqueuer() -> None:
    loaded = "import gateway.app, gateway.shards, sys; sys.exit('pgqueuer' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", loaded], check=False).returncode == 0  # noqa: S603


def test_a_lost_transaction_retries_with_its_fence(shared: Storage) -> None:
    """Nothing is written by who was put off between two tries."""
    tries: list[Transaction] = []
    take(shared, 5, "mine")

    class Fence:
        def __call__(self, t: Transaction) -> None:
            t.shards.confirm([5], "mine")

        def holds(self) -> bool:
            return True

    def work(t: Transaction) -> None:
        tries.append(t)
        if len(tries) == 1:
            raise StaleVersion("changed meanwhile")

    asyncio.run(run(shared.fenced(Fence()), work))
    assert len(tries) == 2
    take(shared, 5, "another's")
    with pytest.raises(LeaseLost):
        asyncio.run(run(shared.fenced(Fence()), work))
    assert len(tries) == 2
