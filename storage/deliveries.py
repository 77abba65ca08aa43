"""What is told to systems outside: owed, claimed, sent, and kept for a while so that it can be sent again."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, delete, func, literal, select, text, update

from storage.bulk import insert_many
from storage.models import Delivery
from storage.statements import one_row, rows_of, table_of
from storage.values import Row

DELIVERIES = table_of(Delivery)
OWED, SENDING, DELIVERED, FAILED = "owed", "sending", "delivered", "failed"
IS_OPEN = text("delivery.done_at IS NULL")  # as the partial index says it
BEING_SENT = select(func.count()).select_from(DELIVERIES).where(IS_OPEN, DELIVERIES.c.state == SENDING)
ANEW: dict[str, Any] = {"state": OWED, "attempts": 0, "error": "", "first_tried_at": None, "done_at": None}


@dataclass(frozen=True, slots=True)
class OwedDelivery:
    """One that was claimed. ``attempts`` counts the tries before; ``created_at`` (UTC) is when it happened."""

    id: str
    hook: str
    kind: str
    payload: Row
    attempts: int
    created_at: datetime


COLUMNS = [DELIVERIES.c[name] for name in OwedDelivery.__dataclass_fields__]


class Forgotten(NamedTuple):
    """How many deliveries are gone, and how many of them were still owed."""

    all: int
    owed: int


class Deliveries:
    """What hooks are told. Each one is sent at least once, or fails."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def owe(self, rows: Sequence[Row]) -> None:
        """Owe deliveries (id, hook, kind, customer, payload, created_at, next_at) in the order given."""
        insert_many(self._connection, DELIVERIES, rows)

    def next_due(self, hook: str) -> datetime | None:
        """When `claim` next finds one of this hook (UTC), unless others change it; None: not by itself."""
        first = claimable(hook).with_only_columns(DELIVERIES.c.next_at).limit(1)
        return self._connection.execute(first).scalar_one_or_none()

    def claim(self, hook: str, now: datetime, limit: int) -> list[OwedDelivery]:
        """Claim at most ``limit`` that are due, the longest due first; commit before they are sent."""
        due = claimable(hook).where(DELIVERIES.c.next_at <= now).limit(limit).with_for_update(skip_locked=True)
        claimed = [OwedDelivery(**row) for row in rows_of(self._connection.execute(due))]
        since = func.coalesce(DELIVERIES.c.first_tried_at, literal(now, DELIVERIES.c.first_tried_at.type))
        if claimed:
            moved = update(DELIVERIES).where(DELIVERIES.c.id.in_([one.id for one in claimed]))
            self._connection.execute(moved.values(state=SENDING, first_tried_at=since))
        return claimed

    def delivered(self, delivery: str, now: datetime) -> None:
        """It was taken."""
        self._end(delivery, {"state": DELIVERED, "error": "", "done_at": now})

    def failed(self, delivery: str, error: str, now: datetime) -> None:
        """It was sent in vain for the last time."""
        self._end(delivery, {"state": FAILED, "error": error, "done_at": now})

    def retry(self, delivery: str, error: str, next_at: datetime) -> None:
        """It was sent in vain, which is counted: send it again at ``next_at`` (UTC)."""
        self._end(delivery, {"state": OWED, "error": error, "next_at": next_at})

    def _end(self, delivery: str, values: Row) -> None:
        """What nobody sends any more, for its customer was erased meanwhile, stays as it is."""
        sent = update(DELIVERIES).where(DELIVERIES.c.id == delivery, DELIVERIES.c.state == SENDING)
        self._connection.execute(sent.values(attempts=DELIVERIES.c.attempts + 1, **values))

    def recover(self, hooks: Collection[str], except_for: Collection[str] = ()) -> int:
        """After a crash or an outage: what was being sent is owed again, ``except_for`` what is being sent at this
        moment. Return how many there were.

        Only while no other process sends from this database.
        """
        sent = (IS_OPEN, DELIVERIES.c.hook.in_(list(hooks)), DELIVERIES.c.state == SENDING)
        broken = update(DELIVERIES).where(*sent, DELIVERIES.c.id.not_in(list(except_for)))
        return self._connection.execute(broken.values(state=OWED)).rowcount

    def again(self, hook: str, delivery: str, now: datetime) -> None:
        """Send this one (anew), as if nobody had tried yet; what is being sent is left alone."""
        self._anew([DELIVERIES.c.hook == hook, DELIVERIES.c.id == delivery, DELIVERIES.c.state != SENDING], now)

    def failed_again(self, hook: str, now: datetime) -> int:
        """The same for all that have failed and still say something; how many there were."""
        return self._anew([DELIVERIES.c.hook == hook, DELIVERIES.c.state == FAILED, DELIVERIES.c.payload != {}], now)

    def _anew(self, which: Sequence[ColumnElement[bool]], now: datetime) -> int:
        return self._connection.execute(update(DELIVERIES).where(*which).values(next_at=now, **ANEW)).rowcount

    def due_now(self, hook: str, now: datetime) -> int:
        """What this hook is owed waits for nothing but its turn any more, in the order in which it happened; how many
        there were."""
        waiting = (IS_OPEN, DELIVERIES.c.hook == hook, DELIVERIES.c.state == OWED)
        return self._connection.execute(update(DELIVERIES).where(*waiting).values(next_at=now)).rowcount

    def get(self, hook: str, delivery: str) -> Row | None:
        """The delivery of this hook, or None."""
        named = (DELIVERIES.c.hook == hook, DELIVERIES.c.id == delivery)
        return one_row(self._connection.execute(select(DELIVERIES).where(*named)))

    def open_counts(self, hooks: Collection[str]) -> dict[str, int]:
        """How many are yet to be delivered, by hook."""
        query = select(DELIVERIES.c.hook, func.count()).where(IS_OPEN, DELIVERIES.c.hook.in_(list(hooks)))
        return {row[0]: row[1] for row in self._connection.execute(query.group_by(DELIVERIES.c.hook))}

    def sending_count(self) -> int:
        """How many are being sent at this moment."""
        return self._connection.execute(BEING_SENT).scalar_one()

    def forget(self, before: datetime, limit: int) -> Forgotten:
        """Forget those of the first ``limit`` that happened before that moment (UTC), whatever became of them, but for
        what is being sent."""
        first = select(DELIVERIES.c.seq, DELIVERIES.c.state, DELIVERIES.c.created_at)
        first = first.where(DELIVERIES.c.state != SENDING).order_by(DELIVERIES.c.seq).limit(limit)
        old = [row for row in self._connection.execute(first) if row.created_at < before]
        if old:
            self._connection.execute(delete(DELIVERIES).where(DELIVERIES.c.seq.in_([row.seq for row in old])))
        return Forgotten(len(old), sum(row.state == OWED for row in old))


def claimable(hook: str) -> Select[Any]:
    """What this hook is owed, the longest due first, and of that what happened first."""
    owed = (IS_OPEN, DELIVERIES.c.hook == hook, DELIVERIES.c.state == OWED)
    return select(*COLUMNS).where(*owed).order_by(DELIVERIES.c.next_at, DELIVERIES.c.seq)
