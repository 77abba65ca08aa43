"""Erase a person: what is theirs goes, or is emptied; the rows that the books count stay."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, case, delete, func, literal, or_, select, true, update

from storage.claims import DONE, NOT_DONE, SENDING
from storage.statements import chunks, rows_of
from storage.traces import (
    AUDIT,
    CALLS,
    COMMUNICATIONS,
    CUSTOMERS,
    DECISIONS,
    DELIVERIES,
    IDENTIFIERS,
    INBOX,
    MESSAGES,
    OPT_OUTS,
    OUTBOX,
    PARTICIPANTS,
    REPEATS,
    RUNS,
    TIMERS,
    UPLOAD_FAILURES,
    Person,
    Sighting,
    Traces,
    about,
    key_of,
    of,
)
from storage.uploads import Uploads
from storage.values import Row, shard_of

ERASED = "erased"  # why a communication ended, and the lane of strangers' events
UNDECIDED = ("waiting", "held", "parked")
SETTLED = ("decided", "dropped")
STILL_COUNTS = INBOX.c.state.in_(("waiting", "held"))  # a parked row of a contact list has been counted
REMOVED = (RUNS, TIMERS, IDENTIFIERS)
EMPTY: Mapping[Table, Mapping[str, Any]] = {
    CUSTOMERS: {"fields": {}},
    PARTICIPANTS: {"fields": {}, "held": []},
    COMMUNICATIONS: {"address": "", "thread": "", "talk": {}},
    MESSAGES: {"address": "", "thread": "", "text": "", "choices": [], "error": "", "media": []},
    OUTBOX: {"address": ""},
    CALLS: {"body": {}, "answer": None, "error": "", "state": DONE},
    DECISIONS: {"log": []},
    INBOX: {"payload": {}, "error": ""},
    AUDIT: {"before": {}, "after": {}},
    REPEATS: {"body": ""},
    DELIVERIES: {"payload": {}},
    UPLOAD_FAILURES: {"value": "", "reason": ERASED},
}
FULL = {  # what is emptied already is not written again
    INBOX: or_(INBOX.c.payload != {}, INBOX.c.state.in_(UNDECIDED)),
    DECISIONS: DECISIONS.c.log != [],
    MESSAGES: or_(MESSAGES.c.address != "", MESSAGES.c.text != "", MESSAGES.c.media != [], MESSAGES.c.error != ""),
    OUTBOX: OUTBOX.c.address != "",
}
OWED = select(OUTBOX.c.message).where(NOT_DONE, OUTBOX.c.message == MESSAGES.c.id).exists()


class Erasing:
    """Erases, table by table. To be done in one transaction while nobody else writes (`Storage.alone`)."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def sending(self, person: Person) -> int:
        """How many messages of theirs are being sent at this moment."""
        sent = select(OUTBOX.c.message).where(NOT_DONE, OUTBOX.c.state == SENDING)
        theirs = or_(of(MESSAGES, person.customer), MESSAGES.c.address.in_(person.addresses))
        query = select(func.count()).select_from(MESSAGES).where(MESSAGES.c.id.in_(sent), theirs)
        return self._connection.execute(query).scalar_one()

    def withdraw(self, seen: Sighting) -> dict[str, str]:
        """Nothing is owed to this person any more; return the messages that were, with their states in the outbox."""
        owed: dict[str, str] = {}
        for chunk in chunks(Traces(self._connection).now(seen)[MESSAGES]):
            theirs = and_(OUTBOX.c.message.in_(chunk), OUTBOX.c.state != DONE)
            query = select(OUTBOX.c.message, OUTBOX.c.state).where(theirs)
            owed |= {row.message: row.state for row in self._connection.execute(query)}
            self._connection.execute(update(OUTBOX).where(theirs).values(state=DONE))
        return owed

    def empty_settled(self, person: Person, events: Collection[int], messages: Collection[str], now: datetime) -> None:
        """Empty those of these events that are decided, and those messages that are owed no longer.

        It may be done before the erasure, a little at a time, while others write: then that is short.
        """
        done = and_(INBOX.c.id.in_(events), INBOX.c.state.in_(SETTLED), FULL[INBOX])
        self._empty_where(INBOX, done, self._values(INBOX, person, now))
        self._empty(DECISIONS, events, EMPTY[DECISIONS])
        sent = and_(OUTBOX.c.message.in_(messages), OUTBOX.c.state == DONE)
        self._empty_where(OUTBOX, sent, EMPTY[OUTBOX])
        said = and_(MESSAGES.c.id.in_(messages), ~OWED, FULL[MESSAGES])
        self._empty_where(MESSAGES, said, EMPTY[MESSAGES])

    def erase(self, seen: Sighting, now: datetime, *, canceled: str, forget_opt_outs: bool) -> dict[str, int]:
        """Erase what was seen of a person, and what came since, at ``now`` (UTC); how many rows there were, by table.

        Open communications become ``canceled``, undecided events are dropped. It is for the caller to see that nothing
        is owed to them any more.
        """
        person, rows = seen.person, Traces(self._connection).now(seen)
        rows |= {DECISIONS: rows[INBOX], OUTBOX: rows[MESSAGES]}  # each has the key of the other, as far as it is there
        self._fail_rows_of_uploads(rows[INBOX], now)
        for table in (*REMOVED, *((OPT_OUTS,) if forget_opt_outs else ())):
            self._connection.execute(delete(table).where(about(person)[table]))
        self._end_talks(rows[COMMUNICATIONS], canceled, now)
        for table in EMPTY:
            self._empty(table, rows[table], self._values(table, person, now))
        return {table.name: len(keys) for table, keys in rows.items()}

    def forget(self, events: Collection[int]) -> None:
        """Empty these events, and what was decided for them: they came late, of somebody who was erased."""
        self._empty(INBOX, events, EMPTY[INBOX])
        self._empty(DECISIONS, events, EMPTY[DECISIONS])

    def _empty(self, table: Table, keys: Collection[Any], values: Mapping[str, Any]) -> None:
        for chunk in chunks(keys):
            self._empty_where(table, and_(key_of(table).in_(chunk), FULL.get(table, true())), values)

    def _empty_where(self, table: Table, which: ColumnElement[bool], values: Mapping[str, Any]) -> None:
        self._connection.execute(update(table).where(which).values(**values))

    def _values(self, table: Table, person: Person, now: datetime) -> dict[str, Any]:
        return {**EMPTY[table], **self._also(table, person, now)}

    def _also(self, table: Table, person: Person, now: datetime) -> dict[str, Any]:
        """What else changes in the rows of a table."""
        lane = person.customer or ERASED
        if table is CUSTOMERS:
            return {"lane": lane, "erased_at": now, "version": CUSTOMERS.c.version + 1}
        if table is PARTICIPANTS or table is COMMUNICATIONS:
            return {"version": table.c.version + 1, "updated_at": now}
        if table is DELIVERIES:
            return given_up(now)
        if table is CALLS:
            return {"lane": lane}
        return dropped(now) | {"lane": lane, "shard": shard_of(lane)} if table is INBOX else {}

    def _end_talks(self, talks: Collection[str], canceled: str, now: datetime) -> None:
        ended = {"status": canceled, "is_open": False, "at": now}
        for chunk in chunks(talks):
            theirs = update(COMMUNICATIONS).where(COMMUNICATIONS.c.id.in_(chunk))
            self._connection.execute(theirs.where(COMMUNICATIONS.c.reason.not_in(("", ERASED))).values(reason=""))
            self._connection.execute(theirs.where(COMMUNICATIONS.c.is_open).values(reason=ERASED, **ended))

    def _fail_rows_of_uploads(self, events: Collection[int], now: datetime) -> None:
        """A row of a contact list that is dropped undecided counts as failed, or its upload would never end."""
        uploads, given = Uploads(self._connection), INBOX.c.kind == "participant"
        for chunk in chunks(events):
            waiting = select(INBOX.c.key, INBOX.c.payload).where(INBOX.c.id.in_(chunk), given, STILL_COUNTS)
            for row in rows_of(self._connection.execute(waiting)):
                if upload := row["payload"].get("upload"):
                    uploads.report_failures(upload, [failed_row(row["key"])])
                    uploads.finish_when_counted(upload, now)


def dropped(now: datetime) -> dict[str, Any]:
    undecided = INBOX.c.state.in_(UNDECIDED)
    since = case((undecided, literal(now, INBOX.c.decided_at.type)), else_=INBOX.c.decided_at)
    return {"state": case((undecided, "dropped"), else_=INBOX.c.state), "decided_at": since}


def given_up(now: datetime) -> dict[str, Any]:
    """What was to be told outside is not told any more."""
    is_open = DELIVERIES.c.done_at.is_(None)
    return {
        "state": case((is_open, "failed"), else_=DELIVERIES.c.state),
        "error": case((is_open, ERASED), else_=DELIVERIES.c.error),
        "done_at": case((is_open, literal(now, DELIVERIES.c.done_at.type)), else_=DELIVERIES.c.done_at),
    }


def failed_row(key: str) -> Row:
    """The error of a row of a contact list, by the key of its event."""
    return {"row": int(key.rpartition(":")[2]), "field": "", "value": "", "reason": ERASED}
