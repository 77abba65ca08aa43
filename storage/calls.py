"""Calls to outside services and to the operator's functions: claimed, asked, answered; each answer is told once."""

from collections.abc import Collection, Mapping, Sequence
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
    select,
    text,
    tuple_,
    update,
)

from storage.bulk import insert_many
from storage.campaigns import ACTIVE
from storage.models import Call as CallRow
from storage.models import Campaign
from storage.statements import chunks, one_row, rows_of, table_of
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
RUNNING = select(CAMPAIGNS.c.name).where(CAMPAIGNS.c.status == ACTIVE)
IS_ASKING = and_(NOT_DONE, CALLS.c.state == ASKING)
IS_OPEN = and_(NOT_DONE, CALLS.c.state.in_((OWED, ASKING)))
IS_ANSWERED = and_(NOT_DONE, CALLS.c.state == ANSWERED)
IS_FREE, IS_HELD = CALLS.c.held.is_(False), CALLS.c.held.is_(True)
ANY_ANSWERED = select(CALLS.c.seq).where(IS_ANSWERED).limit(1)
ANY_FREE, ANY_HELD = ANY_ANSWERED.where(IS_FREE), ANY_ANSWERED.where(IS_HELD, CALLS.c.campaign == bindparam("of"))
ASKED = select(func.count()).select_from(CALLS).where(IS_ASKING)
TARGET = (CALLS.c.kind, CALLS.c.target)
FIRST_TARGET = select(*TARGET).where(IS_OWED).order_by(*TARGET).limit(1)
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
        insert_many(self._connection, CALLS, rows, "ON CONFLICT (id) DO NOTHING")

    def targets(self) -> list[tuple[str, str]]:
        """Who is owed a call: (kind, target), sorted. One look at an index for each."""
        found: list[tuple[str, str]] = []
        row = one_row(self._connection.execute(FIRST_TARGET))
        while row:
            found.append((row["kind"], row["target"]))
            beyond = tuple_(*TARGET) > tuple_(*(literal(part) for part in found[-1]))
            row = one_row(self._connection.execute(FIRST_TARGET.where(beyond)))
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
        """The call came to its end: with an answer, or with None and the reason in the operator's words. What was asked
        is not kept any longer."""
        ended = update(CALLS).where(CALLS.c.id == call, CALLS.c.state == ASKING)
        self._connection.execute(ended.values(state=ANSWERED, answer=answer, error=error, body={}))

    def take_answered(self, limit: int) -> list[AnsweredCall]:
        """Answers to be told now, at most so many, in the order in which their calls were placed; they are done, and
        not kept any longer.

        What is held stays until its campaign runs.
        """
        rows = [row for which in self._tellable() for row in self._first_answered(which, limit)]
        first = sorted(rows, key=lambda row: int(row["seq"]))[:limit]
        told = update(CALLS).where(CALLS.c.id == bindparam("of")).values(state=DONE, answer=None)
        if first:
            self._connection.execute(told, [{"of": row["id"]} for row in first])
        return [AnsweredCall(**{name: row[name] for name in AnsweredCall.__dataclass_fields__}) for row in first]

    def _tellable(self) -> list[ColumnElement[bool]]:
        """What is free, and what is held by each campaign that runs: an index leads to each, past whatever waits."""
        running = self._connection.execute(RUNNING).scalars()
        return [IS_FREE, *(and_(IS_HELD, CALLS.c.campaign == campaign) for campaign in running)]

    def _first_answered(self, which: ColumnElement[bool], limit: int) -> list[Row]:
        query = select(CALLS.c.seq, *ANSWERED_COLUMNS).where(IS_ANSWERED, which).order_by(CALLS.c.seq).limit(limit)
        return rows_of(self._connection.execute(query.with_for_update(skip_locked=True)))

    def untell(self, answers: Mapping[str, Row | None]) -> None:
        """These answers, by their calls, came while their campaign did not run: they wait, to be told again once it
        runs."""
        if answers:
            kept = update(CALLS).where(CALLS.c.id == bindparam("of"))
            back = kept.values(state=ANSWERED, answer=bindparam("said", type_=CALLS.c.answer.type))
            self._connection.execute(back, [{"of": call, "said": answer} for call, answer in answers.items()])

    def recover(self, except_for: Collection[str] = ()) -> int:
        """After a crash or an outage: what was being asked is owed again, ``except_for`` the calls that are being asked
        at this moment. Return how many there were.

        Only while no other process asks from this database.
        """
        broken = update(CALLS).where(IS_ASKING, CALLS.c.id.not_in(list(except_for)))
        return self._connection.execute(broken.values(state=OWED)).rowcount

    def asking_count(self) -> int:
        """How many calls are being asked at this moment."""
        return self._connection.execute(ASKED).scalar_one()

    def open_count(self) -> int:
        """How many calls have yet to come to their end."""
        return self._connection.execute(select(func.count()).select_from(CALLS).where(IS_OPEN)).scalar_one()

    def any_tellable(self) -> bool:
        """Whether `take_answered` finds something."""
        if self._connection.execute(ANY_FREE).first():
            return True
        running = self._connection.execute(RUNNING).scalars().all()
        return any(self._connection.execute(ANY_HELD, {"of": campaign}).first() for campaign in running)

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
