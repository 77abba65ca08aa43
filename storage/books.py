"""The books: what came in and what is owed, counted, and what of it does not fit together.

    accepted = decided + waiting + held + parked + dropped          (events of the inbox)
    owed     = done + queued + sending + unknown + doubted          (messages of the outbox)

Every event that is decided has its decision, every message owed is there, and whatever waits waits for something that
will come. `read_books` counts all this in one view of the database, while others write or not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Select, and_, exists, func, inspect, literal, or_, select

from storage.models import (
    Call,
    Communication,
    Customer,
    Decision,
    Identifier,
    Inbox,
    Message,
    Outbox,
    Participant,
    Run,
    Timer,
)
from storage.statements import table_of

UNDECIDED = ("waiting", "held", "parked")
EVENT_STATES = ("decided", *UNDECIDED, "dropped")
OWED_STATES = ("done", "queued", "sending", "unknown", "doubted")
TOLD_STATES = OWED_STATES[:-1]  # told though there are none; the last one there is only after a restore
FULL_NAMES = {"": "no word yet"}  # of a message's status
WIDTH = 12  # characters that a number takes, with its separators

CALLS, COMMUNICATIONS, CUSTOMERS = table_of(Call), table_of(Communication), table_of(Customer)
DECISIONS, IDENTIFIERS, INBOX = table_of(Decision), table_of(Identifier), table_of(Inbox)
MESSAGES, OUTBOX, PARTICIPANTS = table_of(Message), table_of(Outbox), table_of(Participant)
RUNS, TIMERS = table_of(Run), table_of(Timer)


@dataclass(frozen=True, slots=True)
class Books:
    """What is in the database at one moment. A later program that counts more gives it a default, for backups have
    those of the program that wrote them.

    ``events`` counts the inbox by state, ``owed`` the outbox by state, ``said`` the messages that went (or are to go)
    out by status, "" where no provider has spoken of one. ``faults`` are sentences, each with how many rows it is true
    of; none is 0.
    """

    events: Mapping[str, int]
    decisions: int
    owed: Mapping[str, int]
    said: Mapping[str, int]
    heard: int
    faults: Mapping[str, int]

    @property
    def accepted(self) -> int:
        """How many events were ever kept."""
        return sum(self.events.values())

    @property
    def open_events(self) -> int:
        """How many of them are still to be decided: they wait, or are held."""
        return self.events.get("waiting", 0) + self.events.get("held", 0)

    @property
    def open_messages(self) -> int:
        """How many messages are owed and not done."""
        return sum(self.owed.values()) - self.owed.get("done", 0)

    @property
    def balance(self) -> bool:
        """Whether everything fits together."""
        return not self.faults

    def lines(self) -> list[str]:
        """All of it for a reader."""
        rows = [("events accepted", self.accepted, sums(self.events, EVENT_STATES))]
        rows.append(("decisions", self.decisions, ""))
        rows.append(("messages owed", sum(self.owed.values()), sums(self.owed, TOLD_STATES)))
        rows.append(("messages out", sum(self.said.values()), sums(self.said, sorted(self.said))))
        rows.append(("messages in", self.heard, ""))
        told = [f"{name:<16}{number:>{WIDTH},}{f'  = {of}' if of else ''}" for name, number, of in rows]
        wrong = [f"wrong: {number:,} {sentence}" for sentence, number in self.faults.items()]
        return [*told, *wrong, "the books do not balance" if wrong else "the books balance"]


def sums(counts: Mapping[str, int], names: Any) -> str:
    """The parts of a sum: those that belong to it, and any that is there besides."""
    parts = dict.fromkeys((*names, *counts))
    return " + ".join(f"{counts.get(name, 0):,} {FULL_NAMES.get(name, name)}" for name in parts)


def read_books(connection: Connection) -> Books:
    """Count everything, in the connection's transaction: one view, if that is one. Reads each table once or twice."""
    heard, said = MESSAGES.c.direction == "in", MESSAGES.c.direction == "out"
    events = counted(connection, INBOX.c.state)
    return Books(
        events=events,
        decisions=number_of(connection, select(DECISIONS.c.event)),
        owed=counted(connection, OUTBOX.c.state),
        said=counted(connection, MESSAGES.c.status, said),
        heard=number_of(connection, select(MESSAGES.c.id).where(heard)),
        faults=faults(connection, quiet=set(events) <= {"decided"}),
    )


def counted(connection: Connection, column: Column[Any], *which: Any) -> dict[str, int]:
    """How many rows there are by a column, in its order."""
    query = select(column, func.count()).where(*which).group_by(column).order_by(column)
    return {row[0]: row[1] for row in connection.execute(query)}


def number_of(connection: Connection, query: Select[Any]) -> int:
    return connection.execute(select(func.count()).select_from(query.subquery())).scalar_one()


def faults(connection: Connection, *, quiet: bool) -> dict[str, int]:
    """What is wrong, and how often. ``quiet``: every event is decided, so nothing is on its way."""
    there = set(inspect(connection).get_table_names())
    checks = EVENT_CHECKS | MESSAGE_CHECKS | PEOPLE_CHECKS | TIMER_CHECKS
    checks |= RUN_CHECKS if RUNS.name in there else {}
    checks |= QUIET_CHECKS if quiet else {}
    found = {sentence: number_of(connection, query) for sentence, query in checks.items()}
    return {sentence: number for sentence, number in found.items() if number}


def without(column: Column[Any], parent: Column[Any], *which: Any) -> Select[Any]:
    """The rows whose ``column`` names a row that does not exist: one with it in ``parent``, of those ``which``."""
    return select(column).where(~exists(select(parent).where(parent == column, *which)))


def untold(kind: str, *parts: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether no event of this kind with the key ``KIND:PART:...``, or that and a number (see `Inbox.keep_all`), is
    still to be decided, be it by the operator (who has parked ones)."""
    key: ColumnElement[str] = literal(kind)
    for part in parts:
        key = key + ":" + part
    undecided = select(INBOX.c.key).where(INBOX.c.kind == kind, INBOX.c.state.in_(UNDECIDED))
    numbered = undecided.where(func.substr(INBOX.c.key, 1, func.length(key) + 1) == key + ":")
    return and_(key.not_in(undecided), ~exists(numbered))


IS_DECIDED = and_(INBOX.c.state == "decided", INBOX.c.kind != "request")  # a request is replaced by what it says
OWED_ROW = exists(select(OUTBOX.c.seq).where(OUTBOX.c.message == MESSAGES.c.id))
TOLD = and_(CALLS.c.id == RUNS.c.call, or_(CALLS.c.state != "done", ~untold("answer", CALLS.c.id)))

EVENT_CHECKS = {
    "events are in a state that does not exist": select(INBOX.c.id).where(INBOX.c.state.not_in(EVENT_STATES)),
    "decided events have no decision": without(INBOX.c.id, DECISIONS.c.event).where(IS_DECIDED),
    "decisions are of no event that is decided": without(
        DECISIONS.c.event, INBOX.c.id, INBOX.c.state.in_(("decided", "dropped"))
    ),
}
MESSAGE_CHECKS = {
    "messages are owed in a state that does not exist": select(OUTBOX.c.seq).where(OUTBOX.c.state.not_in(OWED_STATES)),
    "messages are owed that do not exist": without(OUTBOX.c.message, MESSAGES.c.id, MESSAGES.c.direction == "out"),
    "messages to go out were neither owed nor canceled": select(MESSAGES.c.id).where(
        MESSAGES.c.direction == "out", MESSAGES.c.status != "canceled", ~OWED_ROW
    ),
    "messages are of communications that do not exist": without(MESSAGES.c.communication, COMMUNICATIONS.c.id).where(
        MESSAGES.c.communication != ""
    ),
}
PEOPLE_CHECKS = {
    "identifiers are of customers that do not exist": without(IDENTIFIERS.c.customer, CUSTOMERS.c.id),
    "participants are of customers that do not exist": without(PARTICIPANTS.c.customer, CUSTOMERS.c.id),
    "communications are of customers that do not exist": without(COMMUNICATIONS.c.customer, CUSTOMERS.c.id),
    "communications go on with participants that do not exist": without(
        COMMUNICATIONS.c.participant, PARTICIPANTS.c.id
    ).where(COMMUNICATIONS.c.is_open),
}
TIMER_CHECKS = {
    "timers have fired and no event tells of it": select(TIMERS.c.subject).where(
        TIMERS.c.fired, untold("timer", TIMERS.c.subject, TIMERS.c.name)
    ),
}
RUN_CHECKS = {
    "paths are of participants that do not exist": without(RUNS.c.participant, PARTICIPANTS.c.id),
    "paths wait for a time that will not come": without(RUNS.c.id, TIMERS.c.subject).where(RUNS.c.due.is_not(None)),
    "paths wait for an answer that will not come": select(RUNS.c.id).where(
        RUNS.c.call != "", ~exists(select(CALLS.c.id).where(TOLD))
    ),
}
QUIET_CHECKS = {  # an event that is still to be decided may tell the outcome
    "messages are done and nobody knows how they ended": select(OUTBOX.c.message)
    .join(MESSAGES, MESSAGES.c.id == OUTBOX.c.message)
    .where(OUTBOX.c.state == "done", MESSAGES.c.status == ""),
}
