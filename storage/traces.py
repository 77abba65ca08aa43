"""Where a person's data is: in each table, the rows that are about one customer, or about an address of theirs."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Table, Text, and_, false, func, or_, select, text, type_coerce

from storage.lanes import lanes_of
from storage.models import (
    Audit,
    Call,
    Communication,
    Customer,
    Decision,
    Delivery,
    Identifier,
    Inbox,
    Message,
    OptOut,
    Outbox,
    Participant,
    Repeat,
    Run,
    Timer,
    UploadFailure,
)
from storage.statements import chunks, rows_in, rows_of, table_of
from storage.values import About, Row, shard_of

AUDIT, REPEATS = table_of(Audit), table_of(Repeat)
CALLS, COMMUNICATIONS, CUSTOMERS = table_of(Call), table_of(Communication), table_of(Customer)
DECISIONS, IDENTIFIERS, INBOX = table_of(Decision), table_of(Identifier), table_of(Inbox)
DELIVERIES = table_of(Delivery)
MESSAGES, OPT_OUTS, OUTBOX = table_of(Message), table_of(OptOut), table_of(Outbox)
PARTICIPANTS, RUNS, TIMERS = table_of(Participant), table_of(Run), table_of(Timer)
UPLOAD_FAILURES = table_of(UploadFailure)

NOBODY = ""  # in place of a customer's id: whose address nobody has
WRITTEN_TO = ("phone", "slack", "email")  # the kinds of identifiers that are addresses

SETTLED = ("decided", "dropped")
UNDECIDED = tuple(text(f"inbox.state = '{state}'") for state in ("waiting", "held", "parked"))  # as indexes say it
HAS_CONTENT = text("(message.text <> '' OR message.media <> '[]')")
CLOCKS_DIFFER = timedelta(hours=1)
NONE: frozenset[Any] = frozenset()

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Person:
    """A customer with their ``identifiers`` (kind, value), or with ``customer`` `NOBODY` whoever wrote from them.

    ``addresses`` are where they are and were written to and wrote from, unless those belong to somebody else now;
    ``lanes`` those of their events, from before they were a customer, too.
    """

    customer: str
    identifiers: tuple[Pair, ...]
    addresses: tuple[str, ...]
    lanes: tuple[str, ...]

    @property
    def named(self) -> frozenset[str]:
        """Everything that names them."""
        return frozenset(self.addresses) | {value for _, value in self.identifiers}

    def is_still(self, earlier: "Person") -> bool:
        """Whether this is whom was seen earlier, with the same identifiers."""
        return (self.customer, self.identifiers) == (earlier.customer, earlier.identifiers)


@dataclass(frozen=True, slots=True)
class Sighting:
    """Which rows are about a person, as they were ``at`` (UTC), by table; events up to number ``last_event``.

    To find them takes a look through whole tables; what came since, indexes lead to (`Traces.now`).
    """

    person: Person
    rows: Mapping[Table, frozenset[Any]]
    last_event: int
    at: datetime


class Traces:
    """Finds what is kept of a person."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def customer(self, id: str) -> Person | None:
        """The customer of this id; None where there is none."""
        row = rows_in(self._connection, select(CUSTOMERS), CUSTOMERS.c.id, [id])
        if not row:
            return None
        owned = rows_in(self._connection, select(IDENTIFIERS), IDENTIFIERS.c.customer, [id])
        identifiers = tuple(sorted((one["kind"], one["value"]) for one in owned))
        current = {value for kind, value in identifiers if kind in WRITTEN_TO}
        addresses = current | self._free(self._earlier_addresses(id))
        lanes = {id, row[0]["lane"]} | self._unowned(lanes_of_addresses(addresses), id)
        return Person(id, identifiers, tuple(sorted(addresses)), tuple(sorted(lanes)))

    def stranger(self, pairs: Collection[Pair]) -> Person:
        """Whoever wrote from these addresses (kind, value), none of which a customer has."""
        identifiers = tuple(sorted(pair for pair in pairs if pair[0] in WRITTEN_TO))
        lanes = self._unowned((f"{kind}:{value}" for kind, value in identifiers), NOBODY)
        return Person(NOBODY, identifiers, tuple(value for _, value in identifiers), tuple(sorted(lanes)))

    def theirs(self, person: Person, abouts: Collection[About]) -> set[About]:
        """Those of these whose events would come into their lanes."""
        lanes = lanes_of(self._connection, abouts)
        return {about for about, lane in lanes.items() if lane in person.lanes}

    def look(self, person: Person, at: datetime) -> Sighting:
        """Everything that is about this person; ``at`` is now (UTC)."""
        rows = {table: self._keys(table, which) for table, which in about(person).items()}
        rows[INBOX] |= self._requests(person)
        rows[UPLOAD_FAILURES] = frozenset(row["seq"] for row in self._failures(person))
        last = self._connection.execute(select(func.coalesce(func.max(INBOX.c.id), 0))).scalar_one()
        return Sighting(person, rows, last, at)

    def now(self, seen: Sighting) -> dict[Table, frozenset[Any]]:
        """What was seen of a person, and what came since."""
        since = {table: self._keys(table, *which) for table, which in lately(seen).items()}
        return {table: keys | since.get(table, frozenset()) for table, keys in seen.rows.items()}

    def _keys(self, table: Table, *queries: ColumnElement[bool]) -> frozenset[Any]:
        found = (self._connection.execute(select(key_of(table)).where(which)).scalars() for which in queries)
        return frozenset(key for keys in found for key in keys)

    def _requests(self, person: Person) -> frozenset[int]:
        """What a channel kept whole and is read already, in whosever lane, where it names an address of theirs."""
        read = and_(INBOX.c.kind == "request", INBOX.c.state.in_(SETTLED))
        return self._keys(INBOX, and_(read, holds(INBOX.c.payload, person.addresses))) if person.addresses else NONE

    def rows(self, person: Person) -> dict[str, list[Row]]:
        """All columns of all rows that are about this person, by table."""
        wanted = about(person)
        found = {table.name: self._rows(table, which) for table, which in wanted.items()}
        return found | {UPLOAD_FAILURES.name: self._failures(person)}

    def _failures(self, person: Person) -> list[Row]:
        """Everything that is wrong with those rows of contact lists of which something that is wrong names them."""
        naming = [row for row in self._rows(UPLOAD_FAILURES, about(person)[UPLOAD_FAILURES]) if names(row, person)]
        rows = sorted({(row["upload"], row["row"]) for row in naming})
        return [found for upload, row in rows for found in self._rows(UPLOAD_FAILURES, of_row(upload, row))]

    def _rows(self, table: Table, which: ColumnElement[bool]) -> list[Row]:
        return rows_of(self._connection.execute(select(table).where(which).order_by(*table.primary_key)))

    def _earlier_addresses(self, customer: str) -> set[str]:
        """Where they were spoken with: what rules notified others of them went to others."""
        spoken = select(COMMUNICATIONS.c.address).where(of_customer(customer))
        in_talks = or_(MESSAGES.c.direction == "in", MESSAGES.c.communication != "")  # of campaigns left since, too
        heard = select(MESSAGES.c.address).where(MESSAGES.c.customer == customer, in_talks)
        return set(self._connection.execute(spoken.union(heard)).scalars()) - {""}

    def _free(self, addresses: set[str]) -> set[str]:
        """Those that are no customer's now."""
        return addresses - self._known(select(IDENTIFIERS.c.value), IDENTIFIERS.c.value, addresses)

    def _unowned(self, lanes: Iterable[str], customer: str) -> set[str]:
        """Those lanes that are no other customer's: who began as a stranger keeps the lane of the address."""
        wanted = set(lanes)
        others = select(CUSTOMERS.c.lane).where(CUSTOMERS.c.id != customer)
        return wanted - self._known(others, CUSTOMERS.c.lane, wanted)

    def _known(self, query: Any, column: Column[Any], values: Iterable[str]) -> set[str]:
        found: set[str] = set()
        for chunk in chunks(values):
            found |= set(self._connection.execute(query.where(column.in_(chunk))).scalars())
        return found


def lanes_of_addresses(addresses: Iterable[str]) -> set[str]:
    """The lanes that events of these addresses have as long as nobody has them."""
    return {f"{kind}:{address}" for address in addresses for kind in WRITTEN_TO}


def about(person: Person) -> Mapping[Table, ColumnElement[bool]]:
    """Which rows of each table are about a person; of failures of uploads, those that may name them."""
    theirs, addresses, lanes = person.customer, person.addresses, person.lanes
    messages = or_(of(MESSAGES, theirs), MESSAGES.c.address.in_(addresses))
    talks = or_(of(COMMUNICATIONS, theirs), COMMUNICATIONS.c.address.in_(addresses))
    decided = select(DECISIONS.c.event).where(of(DECISIONS, theirs))
    events = select(INBOX.c.id).where(INBOX.c.lane.in_(lanes))
    return {
        CUSTOMERS: CUSTOMERS.c.id == theirs,
        IDENTIFIERS: of(IDENTIFIERS, theirs),
        OPT_OUTS: OPT_OUTS.c.address.in_(addresses),
        PARTICIPANTS: of(PARTICIPANTS, theirs),
        COMMUNICATIONS: talks,
        MESSAGES: messages,
        OUTBOX: OUTBOX.c.message.in_(select(MESSAGES.c.id).where(messages)),
        RUNS: of(RUNS, theirs),
        TIMERS: or_(of(TIMERS, theirs), TIMERS.c.subject.in_(select(COMMUNICATIONS.c.id).where(talks))),
        CALLS: of(CALLS, theirs),
        INBOX: or_(INBOX.c.lane.in_(lanes), INBOX.c.id.in_(decided)),
        DECISIONS: or_(of(DECISIONS, theirs), DECISIONS.c.event.in_(events)),
        UPLOAD_FAILURES: or_(
            UPLOAD_FAILURES.c.value.in_(person.named), holds(UPLOAD_FAILURES.c.reason, person.addresses)
        ),
        AUDIT: or_(of(AUDIT, theirs), of_nobody(person)),
        REPEATS: tells_of(person),
        DELIVERIES: or_(of(DELIVERIES, theirs), of_an_address(person)),
    }


def lately(seen: Sighting) -> Mapping[Table, tuple[ColumnElement[bool], ...]]:
    """Which rows are a customer's, and which of a person's came after they were seen; each condition has an index."""
    person = seen.person
    theirs, lanes = person.customer, person.lanes
    decided = select(DECISIONS.c.event).where(of(DECISIONS, theirs))
    new = and_(HAS_CONTENT, MESSAGES.c.created_at >= seen.at - CLOCKS_DIFFER)
    return {
        COMMUNICATIONS: (of_customer(theirs),),
        MESSAGES: (of(MESSAGES, theirs), and_(new, MESSAGES.c.address.in_(person.addresses))),
        RUNS: (of(RUNS, theirs),),
        PARTICIPANTS: (of(PARTICIPANTS, theirs),),
        AUDIT: (of(AUDIT, theirs), of_nobody(person)),
        REPEATS: (and_(REPEATS.c.at >= seen.at - CLOCKS_DIFFER, tells_of(person)),),
        DELIVERIES: (of(DELIVERIES, theirs), of_an_address(person)),
        INBOX: (
            and_(INBOX.c.id > seen.last_event, INBOX.c.lane.in_(lanes)),
            INBOX.c.id.in_(decided),
            *(and_(state, INBOX.c.shard.in_(shards_of(lanes)), INBOX.c.lane.in_(lanes)) for state in UNDECIDED),
        ),
    }


def shards_of(lanes: Iterable[str]) -> set[int]:
    return {shard_of(lane) for lane in lanes}


def of_customer(customer: str) -> ColumnElement[bool]:
    """Their communications: an index leads to those of a participant."""
    return COMMUNICATIONS.c.participant.in_(select(PARTICIPANTS.c.id).where(of(PARTICIPANTS, customer)))


def key_of(table: Table) -> Column[Any]:
    """The column that tells a row of the table, or the first of those that do."""
    return OUTBOX.c.message if table is OUTBOX else next(iter(table.primary_key))


def of(table: Table, customer: str) -> ColumnElement[bool]:
    """The rows of a customer; none of `NOBODY`, of whom many strangers' rows are."""
    return table.c.customer == customer if customer else false()


def tells_of(person: Person) -> ColumnElement[bool]:
    """Answers of the API, kept for when they are asked for again, in which the customer or what names them stands."""
    others = {f'"{value}"' for kind, value in person.identifiers if kind not in WRITTEN_TO}
    return holds(REPEATS.c.body, {*person.addresses, *others, *filter(None, [person.customer])})


def of_nobody(person: Person) -> ColumnElement[bool]:
    """Lines of the trail about an address of theirs that was nobody's then."""
    said = or_(holds(AUDIT.c.before, person.addresses), holds(AUDIT.c.after, person.addresses))
    return and_(AUDIT.c.customer == "", AUDIT.c.subject.startswith("opt-out/"), said)


def of_an_address(person: Person) -> ColumnElement[bool]:
    """What was told outside of an address of theirs that was nobody's then."""
    return and_(DELIVERIES.c.customer == "", holds(DELIVERIES.c.payload, person.addresses))


def holds(column: Column[Any], words: Iterable[str]) -> ColumnElement[bool]:
    """Whether a document has one of these words in it, as far as its text goes."""
    document = type_coerce(column, Text)
    return or_(false(), *(document.contains(word, autoescape=True) for word in sorted(words)))


def of_row(upload: str, row: int) -> ColumnElement[bool]:
    """What is wrong with this row of a contact list."""
    return and_(UPLOAD_FAILURES.c.upload == upload, UPLOAD_FAILURES.c.row == row)


def names(error: Row, person: Person) -> bool:
    own = {*person.identifiers, *((kind, address) for address in person.addresses for kind in WRITTEN_TO)}
    said = str(error["reason"]).replace(",", " ").split()
    return (error["field"], error["value"]) in own or any(address in said for address in person.addresses)
