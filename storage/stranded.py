"""What waits for something that will not come: paths and communications without a timer, a call or a message owed.

In a database that only this program writes there is none; a drop, a fault or a hand in the tables may leave some.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, case, delete, exists, func, or_, select, text, update

from storage.calls import ANSWERED, DONE
from storage.models import Call, Communication, Customer, Message, Run, Timer
from storage.models import Inbox as InboxRow
from storage.models import Outbox as OutboxRow
from storage.statements import chunks, insert_into, rows_in, rows_of, table_of
from storage.values import Row, shard_of

CALLS, COMMUNICATIONS, CUSTOMERS = table_of(Call), table_of(Communication), table_of(Customer)
INBOX, MESSAGES, OUTBOX = table_of(InboxRow), table_of(Message), table_of(OutboxRow)
RUNS, TIMERS = table_of(Run), table_of(Timer)

PAGE = 5_000  # paths looked at in one transaction; of communications, those of so many at least
IS_OPEN = text("communication.is_open")  # literals, or the partial indexes can't be used
NOT_DONE = text("outbox.state <> 'done'")
UNDECIDED = (text("inbox.state = 'waiting'"), text("inbox.state = 'held'"), text("inbox.state = 'parked'"))
MOVES_RUNS = frozenset({"timer", "answer", "settled"})
MOVES_TALKS = MOVES_RUNS | {"receipt", "message"}
TOLD = "stranded"  # the kind of event that tells of one; its key holds the subject


class Stranded(NamedTuple):
    """A path or communication that waits in vain: for the answer to ``call``, or, where that is "", for a time."""

    subject: str
    customer: str
    campaign: str
    lane: str
    call: str
    held: bool


class Page(NamedTuple):
    """What was found among so many, and after what the next page begins; None: there is none."""

    found: list[Stranded]
    next: Any


class StrandedWaits:
    """Finds what waits in vain, page by page, and makes room for what it is to wait for."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def runs(self, after: int = 0) -> Page:
        """Among the next `PAGE` paths after this number. To be asked in one unchanging view."""
        page = select(RUNS.c.seq).where(RUNS.c.seq > after).order_by(RUNS.c.seq).limit(PAGE).subquery()
        last, number = self._end_of(page.c.seq)
        if not number:
            return Page([], None)
        timeless = and_(RUNS.c.call == "", RUNS.c.due.is_not(None), ~timed(RUNS.c.id))
        unanswered = and_(RUNS.c.call != "", ~exists(select(CALLS.c.id).where(is_open_call(RUNS.c.call))))
        rows = self._rows(RUNS, RUNS.c.call, RUNS.c.seq > after, RUNS.c.seq <= last, or_(timeless, unanswered))
        found = [stranded(row, row["call"], held=True) for row in rows]
        return Page(self._in_vain(found, MOVES_RUNS), last if number == PAGE else None)

    def talks(self, after: str = "") -> Page:
        """Among the open communications of the next customers after this one. To be asked in one unchanging view."""
        customer = COMMUNICATIONS.c.customer
        page = select(customer).where(IS_OPEN, customer > after).order_by(customer).limit(PAGE).subquery()
        last, number = self._end_of(page.c.customer)
        if not number:
            return Page([], None)
        owed = select(OUTBOX.c.seq).join(MESSAGES, MESSAGES.c.id == OUTBOX.c.message)
        owes = exists(owed.where(NOT_DONE, MESSAGES.c.communication == COMMUNICATIONS.c.id))
        idle = (IS_OPEN, customer > after, customer <= last, ~timed(COMMUNICATIONS.c.id), ~owes)
        rows = self._rows(COMMUNICATIONS, COMMUNICATIONS.c.talk, *idle)
        asked = {row["id"]: str(row["talk"].get("asked", "")) for row in rows}
        open_calls = self._open_calls(set(asked.values()) - {""})
        found = [stranded(row, asked[row["id"]], held=False) for row in rows if asked[row["id"]] not in open_calls]
        return Page(self._in_vain(found, MOVES_TALKS), last if number == PAGE else None)

    def _end_of(self, column: ColumnElement[Any]) -> tuple[Any, int]:
        """The last value of a page, and how many there are in it."""
        row = self._connection.execute(select(func.max(column), func.count())).one()
        return row[0], row[1]

    def _rows(self, table: Any, also: ColumnElement[Any], *which: Any) -> list[Row]:
        columns = (table.c.id, table.c.customer, table.c.campaign, CUSTOMERS.c.lane, also)
        query = select(*columns).join(CUSTOMERS, CUSTOMERS.c.id == table.c.customer).where(*which)
        return rows_of(self._connection.execute(query))

    def _open_calls(self, calls: Collection[str]) -> set[str]:
        query = select(CALLS.c.id).where(CALLS.c.state != DONE)
        return {row["id"] for row in rows_in(self._connection, query, CALLS.c.id, calls)}

    def _in_vain(self, found: list[Stranded], moves: Collection[str]) -> list[Stranded]:
        """Those that no event moves which is still to be decided, or parked: that is for the operator to decide."""
        undecided = self._undecided({one.lane for one in found})
        told = {told for words in undecided.values() for told in words}
        return [one for one in found if one.subject not in told and not undecided[one.lane] & set(moves)]

    def _undecided(self, lanes: Collection[str]) -> Mapping[str, set[str]]:
        """By lane, the kinds of its events that are not decided; of those that tell of one, the subject."""
        words: defaultdict[str, set[str]] = defaultdict(set)
        key = case((INBOX.c.kind == TOLD, INBOX.c.key), else_="")
        for which in UNDECIDED:
            for chunk in chunks(lanes):
                shards = INBOX.c.shard.in_({shard_of(lane) for lane in chunk})
                query = select(INBOX.c.lane, INBOX.c.kind, key).where(which, shards, INBOX.c.lane.in_(chunk))
                for lane, kind, named in self._connection.execute(query.distinct()):
                    words[lane].add(named.split(":")[1] if named else kind)
        return words

    def clear_fired(self, subjects: Collection[str]) -> None:
        """What fired for these and was never told is out of the way."""
        for chunk in chunks(subjects):
            self._connection.execute(delete(TIMERS).where(TIMERS.c.subject.in_(chunk), TIMERS.c.fired))

    def clear_timer(self, subject: str, name: str, due: str) -> bool:
        """Take away the timer that fired for this, if it still stands; ``due`` as ISO 8601. Whether it did."""
        named = (TIMERS.c.subject == subject, TIMERS.c.name == name, TIMERS.c.fired)
        standing = self._connection.execute(select(TIMERS.c.due).where(*named)).scalar_one_or_none()
        if standing is None or standing.isoformat() != due:
            return False
        self._connection.execute(delete(TIMERS).where(*named))
        return True

    def fail_calls(self, lost: Sequence[Stranded], error: str, at: datetime) -> None:
        """The answers to these calls are lost: each is told as a failure for this reason, from ``at`` (UTC) on, as soon
        as its campaign runs."""
        if not lost:
            return
        insert = insert_into(self._connection, CALLS)
        failed = {"state": ANSWERED, "answer": None, "error": insert.excluded.error}
        lost_ones = insert.on_conflict_do_update(index_elements=[CALLS.c.id], set_=failed, where=CALLS.c.state == DONE)
        self._connection.execute(lost_ones, [call_row(one, error, at) for one in lost])

    def end(self, subject: str, reason: str, at: datetime) -> None:
        """The path is no more, the communication has failed at ``at`` (UTC); no rule hears of it."""
        self._connection.execute(delete(TIMERS).where(TIMERS.c.subject == subject))
        self._connection.execute(delete(RUNS).where(RUNS.c.id == subject))
        ended = {"status": "failed", "is_open": False, "reason": reason, "updated_at": at}
        change = update(COMMUNICATIONS).where(COMMUNICATIONS.c.id == subject, IS_OPEN)
        self._connection.execute(change.values(**ended, version=COMMUNICATIONS.c.version + 1))


def timed(subject: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether a timer of this subject will fire; one that has is told of by an event."""
    return exists(select(TIMERS.c.subject).where(TIMERS.c.subject == subject, TIMERS.c.fired.is_(False)))


def is_open_call(call: ColumnElement[str]) -> ColumnElement[bool]:
    return and_(CALLS.c.id == call, CALLS.c.state != DONE)


def stranded(row: Row, call: str, *, held: bool) -> Stranded:
    return Stranded(row["id"], row["customer"], row["campaign"], row["lane"], call, held)


def call_row(lost: Stranded, error: str, at: datetime) -> Row:
    """A call that was answered, and how: whom it asked nobody knows any more."""
    return {
        "id": lost.call,
        "kind": "",
        "target": "",
        "subject": lost.subject,
        "lane": lost.lane,
        "customer": lost.customer,
        "campaign": lost.campaign,
        "held": lost.held,
        "state": ANSWERED,
        "answer": None,
        "error": error,
        "next_at": at,
    }
