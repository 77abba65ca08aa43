"""Calls to outside services and to the operator's functions: claimed, asked, answered; each answer is told once."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    exists,
    func,
    literal,
    or_,
    select,
    text,
    tuple_,
    update,
)

from storage.models import Call as CallRow
from storage.models import Campaign
from storage.statements import add_rows, chunks, insert_into, one_row, rows_of, table_of
from storage.values import AnsweredCall, OwedCall, Row

CALLS, CAMPAIGNS = table_of(CallRow), table_of(Campaign)
EARLIER = CALLS.alias("earlier")
OWED, ASKING, ANSWERED, DONE = "owed", "asking", "answered", "done"

IS_OWED = text("call.state = 'owed'")  # literals, or the partial indexes can't be used
NOT_DONE = text("call.state <> 'done'")
EARLIER_NOT_DONE = text("earlier.state <> 'done'")
NOTHING_EARLIER = ~exists(
    select(EARLIER.c.seq).where(EARLIER_NOT_DONE, EARLIER.c.subject == CALLS.c.subject, EARLIER.c.seq < CALLS.c.seq)
)
RUNNING = select(CAMPAIGNS.c.name).where(CAMPAIGNS.c.status == "active")
IS_ASKING = and_(NOT_DONE, CALLS.c.state == ASKING)
TELLABLE = and_(NOT_DONE, CALLS.c.state == ANSWERED, or_(CALLS.c.held.is_(False), CALLS.c.campaign.in_(RUNNING)))
TARGET = (CALLS.c.kind, CALLS.c.target)
OWED_COLUMNS = [CALLS.c[name] for name in OwedCall.__dataclass_fields__]
ANSWERED_COLUMNS = [CALLS.c[name] for name in AnsweredCall.__dataclass_fields__]


class Calls:
    """Who is asked, and what came back. A row is owed, asking while somebody asks, answered, then done.

    The calls of one subject are asked one after another, in the order in which they were placed.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def place(self, rows: Sequence[Row]) -> None:
        """Owe calls (id, kind, target, subject, body, held, lane, customer, campaign, next_at) in the order given; of
        two with one id the first counts."""
        placed = insert_into(self._connection, CALLS).on_conflict_do_nothing(index_elements=[CALLS.c.id])
        add_rows(self._connection, placed, rows)

    def targets(self) -> list[tuple[str, str]]:
        """Who is owed a call: (kind, target), sorted. One look at an index for each."""
        found: list[tuple[str, str]] = []
        query = select(*TARGET).where(IS_OWED).order_by(*TARGET).limit(1)
        row = one_row(self._connection.execute(query))
        while row:
            found.append((row["kind"], row["target"]))
            beyond = tuple_(*TARGET) > tuple_(*(literal(part) for part in found[-1]))
            row = one_row(self._connection.execute(query.where(beyond)))
        return found

    def next_due(self, kind: str, target: str) -> datetime | None:
        """When `claim` next finds a call of this target (UTC), unless others change it; None: not by itself."""
        first = claimable(kind, target).with_only_columns(CALLS.c.next_at).limit(1)
        return self._connection.execute(first).scalar_one_or_none()

    def claim(self, now: datetime, limit: int, kind: str, target: str) -> list[OwedCall]:
        """Claim at most ``limit`` calls of this target that are due, one per subject at most; commit before asking."""
        first = claimable(kind, target).where(CALLS.c.next_at <= now).limit(limit)
        calls = [OwedCall(**row) for row in rows_of(self._connection.execute(first.with_for_update(skip_locked=True)))]
        self._move([call.id for call in calls], ASKING)
        return calls

    def retry(self, call: str, next_at: datetime) -> None:
        """It was asked in vain, which is counted: ask again at ``next_at`` (UTC)."""
        again = update(CALLS).where(CALLS.c.id == call, CALLS.c.state == ASKING)
        self._connection.execute(again.values(state=OWED, next_at=next_at, attempts=CALLS.c.attempts + 1))

    def answered(self, call: str, answer: Row | None, error: str) -> None:
        """The call came to its end: with an answer, or with None and the reason in the operator's words."""
        ended = update(CALLS).where(CALLS.c.id == call, CALLS.c.state == ASKING)
        self._connection.execute(ended.values(state=ANSWERED, answer=answer, error=error))

    def take_answered(self, limit: int) -> list[AnsweredCall]:
        """Answers to be told now, at most so many, in the order in which their calls were placed; they are done.

        What is held stays until its campaign runs.
        """
        first = select(CALLS.c.seq, *ANSWERED_COLUMNS).where(TELLABLE).order_by(CALLS.c.seq).limit(limit)
        rows = rows_of(self._connection.execute(first.with_for_update(skip_locked=True)))
        self._move([row["id"] for row in rows], DONE)
        return [AnsweredCall(**{name: row[name] for name in AnsweredCall.__dataclass_fields__}) for row in rows]

    def untell(self, calls: Collection[str]) -> None:
        """These answers came while their campaign did not run: they wait, to be told again once it runs."""
        self._move(calls, ANSWERED)

    def recover(self, except_for: Collection[str] = ()) -> int:
        """After a crash or an outage: what was being asked is owed again, ``except_for`` the calls that are being asked
        at this moment. Return how many there were.

        Only while no other process asks from this database.
        """
        broken = update(CALLS).where(IS_ASKING, CALLS.c.id.not_in(list(except_for)))
        return self._connection.execute(broken.values(state=OWED)).rowcount

    def asking_count(self) -> int:
        """How many calls are being asked at this moment."""
        return self._count(IS_ASKING)

    def tellable_count(self) -> int:
        """How many answers `take_answered` finds."""
        return self._count(TELLABLE)

    def _count(self, which: ColumnElement[bool]) -> int:
        return self._connection.execute(select(func.count()).select_from(CALLS).where(which)).scalar_one()

    def states(self, calls: Collection[str]) -> dict[str, str]:
        """owed, asking, answered or done, for each of these calls that exists."""
        found: dict[str, str] = {}
        for chunk in chunks(dict.fromkeys(calls)):
            rows = self._connection.execute(select(CALLS.c.id, CALLS.c.state).where(CALLS.c.id.in_(chunk)))
            found |= {row.id: row.state for row in rows}
        return found

    def _move(self, calls: Collection[str], state: str) -> None:
        if calls:
            moved = update(CALLS).where(CALLS.c.id == bindparam("of")).values(state=state)
            self._connection.execute(moved, [{"of": call} for call in calls])


def claimable(kind: str, target: str) -> Select[Any]:
    """Calls of one target that wait for nothing but their time, the longest due first."""
    of_target = (IS_OWED, CALLS.c.kind == kind, CALLS.c.target == target, NOTHING_EARLIER)
    return select(*OWED_COLUMNS).where(*of_target).order_by(CALLS.c.next_at, CALLS.c.seq)
