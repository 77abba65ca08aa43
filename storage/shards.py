"""Shards: which process is told that events wait in one, and whose turn it is to decide them.

A shard that is *armed* has a job waiting in PGQueuer's queue, so whoever leaves events there need not tell it again. A
worker that takes shards gets a *turn* for them, and the last one that was given is the only one that counts: every
transaction that decides events of a shard begins with `Shards.confirm`, which holds the turn until the transaction
ends. So what two processes decide of one shard never mixes, whoever was stopped, cut off or believed dead.

A row of `shard` is locked for a moment at the end of a transaction that leaves events, one of `shard_turn` for as long
as a batch takes. Turns are locked before all else, rows of `shard` after all else, both in the order of their numbers:
so nobody waits for somebody who waits for them.
"""

from collections.abc import Collection, Sequence
from typing import Protocol

from sqlalchemy import Connection, text

from storage.errors import SchemaMismatch, ShardsLost, StorageError
from storage.values import SHARDS

LOOKED_AT = 100  # events at the head of a shard among which one is looked for that a worker decides
READ_FIRST = "request"  # the kind of events that no worker decides: the reader makes others of them

NUMBERS = f"FROM generate_series(0, {SHARDS - 1}) AS number ON CONFLICT (id) DO NOTHING"
ENSURE = (
    text(f"INSERT INTO shard (id, armed) SELECT number, false {NUMBERS}"),
    text(f"INSERT INTO shard_turn (id, turn) SELECT number, '' {NUMBERS}"),
)
COUNT = text("SELECT (SELECT count(*) FROM shard), (SELECT count(*) FROM shard_turn)")
TAKE = text(
    "UPDATE shard_turn SET turn = :turn WHERE id = ANY(ARRAY("
    " SELECT id FROM shard_turn WHERE id = ANY(:shards) ORDER BY id FOR UPDATE SKIP LOCKED)) RETURNING id"
)
DISARM = text(
    "UPDATE shard SET armed = false WHERE id = ANY(ARRAY("
    " SELECT id FROM shard WHERE id = ANY(:shards) AND armed ORDER BY id FOR NO KEY UPDATE))"
)
CONFIRM = text("SELECT id, turn FROM shard_turn WHERE id = ANY(:shards) ORDER BY id FOR UPDATE")
LOCK = text("SELECT id, armed FROM shard WHERE id = ANY(:shards) ORDER BY id FOR NO KEY UPDATE")
ARM = text("UPDATE shard SET armed = true WHERE id = ANY(:shards)")

# PostgreSQL has no loose index scan: this steps from one shard to the next, whatever waits in each.
WAITING = text(
    "WITH RECURSIVE found (shard) AS ("
    " (SELECT shard FROM inbox WHERE state = 'waiting' ORDER BY shard LIMIT 1)"
    " UNION ALL"
    " SELECT (SELECT shard FROM inbox WHERE state = 'waiting' AND shard > found.shard ORDER BY shard LIMIT 1)"
    " FROM found WHERE found.shard IS NOT NULL)"
    " SELECT shard FROM found WHERE shard IS NOT NULL AND EXISTS ("
    " SELECT FROM (SELECT kind FROM inbox WHERE state = 'waiting' AND shard = found.shard ORDER BY id LIMIT :head)"
    " AS head WHERE kind <> :read_first)"
).bindparams(head=LOOKED_AT, read_first=READ_FIRST)


class Queue(Protocol):
    """What wakes worker processes (see `storage.waking`)."""

    def enqueue(self, connection: Connection, shards: Sequence[int]) -> None:
        """Wake one process for each of these shards, if the transaction is committed."""

    def told(self, connection: Connection) -> set[int]:
        """The shards for which one is woken and not done yet."""

    def forget(self, connection: Connection) -> None:
        """Forget what was noted of those who are done."""


class Shards:
    """The shards as one transaction sees them. Where there is only one process (no queue), `left` is all there is."""

    def __init__(self, connection: Connection, queue: Queue | None) -> None:
        self._connection = connection
        self._queue = queue
        self._ours: set[int] = set()
        self.left: set[int] = set()  # where this transaction has left events that wait

    def take(self, shards: Collection[int], turn: str) -> set[int]:
        """Give these shards to ``turn``, and disarm them: events that come from now on wake somebody anew. Whoever had
        them before writes nothing there any more.

        Returns those given: not one in which another is in the middle of a batch, of which nothing has happened. Events
        are to be read after this is committed, or one that was left meanwhile would be seen by nobody.
        """
        taken = set(self._connection.execute(TAKE, {"shards": list(shards), "turn": turn}).scalars())
        self._connection.execute(DISARM, {"shards": list(taken)})
        return taken

    def confirm(self, shards: Collection[int], turn: str) -> None:
        """These shards are ``turn``'s still, and remain so until this transaction ends. Raises `ShardsLost`.

        What the transaction leaves in them wakes nobody: whoever has the turn looks again.
        """
        held = {row.id for row in self._connection.execute(CONFIRM, {"shards": list(shards)}) if row.turn == turn}
        if lost := set(shards) - held:
            raise ShardsLost(lost)
        self._ours.update(held)

    def leave(self, shards: Collection[int]) -> None:
        """Whoever has the turn looks no more: others are to be woken for what waits there."""
        self._ours.difference_update(shards)
        self.left.update(shards)

    def tell(self) -> None:
        """Arm every shard in which this transaction has left events, and wake a worker for each that was not armed: the
        last thing that a transaction does.

        A shard that is armed is locked, too: who disarms it waits until our events are there to be read.
        """
        if self._queue is None or not (left := sorted(self.left - self._ours)):
            return
        rows = self._connection.execute(LOCK, {"shards": left}).all()
        self._wake([row.id for row in rows if not row.armed], self._queue)

    def unheard(self) -> list[int]:
        """Shards in which events wait and for which nobody is woken: left by a process that has no queue, or by one
        that failed. To be asked in one unchanging view. (One where 100 requests for the reader come first is not
        among them.)"""
        waiting = self._connection.execute(WAITING).scalars().all()
        return sorted(set(waiting) - self._known().told(self._connection)) if waiting else []

    def wake(self, shards: Collection[int]) -> None:
        """Wake somebody for each of these shards for which nobody is woken, armed or not."""
        rows = self._connection.execute(LOCK, {"shards": sorted(shards)}).all()
        told = self._known().told(self._connection)
        self._wake([row.id for row in rows if row.id not in told], self._known())

    def forget(self) -> None:
        """Forget what was noted of wake-ups that are long done."""
        self._known().forget(self._connection)

    def ensure(self) -> None:
        """There is a row for each shard."""
        for statement in ENSURE:
            self._connection.execute(statement)

    def check(self) -> None:
        """Raise `SchemaMismatch` unless there is a row for each shard."""
        if tuple(self._connection.execute(COUNT).one()) != (SHARDS, SHARDS):
            raise SchemaMismatch("no process has shared this database yet: start one without --no-migrate")

    def _wake(self, shards: Sequence[int], queue: Queue) -> None:
        if shards:
            self._connection.execute(ARM, {"shards": shards})
            queue.enqueue(self._connection, shards)

    def _known(self) -> Queue:
        if self._queue is None:
            raise StorageError("this process does not share its database: see Storage.share")
        return self._queue
