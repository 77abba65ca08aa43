"""Where a person's data is: in each table, the rows that are about one customer, or about an address of theirs."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Table, Text, and_, false, func, or_, select, text, type_coerce

from storage.lanes import lanes_of
from storage.models import (
    Call,
    Communication,
    Customer,
    Decision,
    Identifier,
    Inbox,
    Message,
    OptOut,
    Outbox,
    Participant,
    Run,
    Timer,
    Upload,
)
from storage.statements import chunks, rows_in, rows_of, table_of
from storage.values import About, Row, shard_of

CALLS, COMMUNICATIONS, CUSTOMERS = table_of(Call), table_of(Communication), table_of(Customer)
DECISIONS, IDENTIFIERS, INBOX = table_of(Decision), table_of(Identifier), table_of(Inbox)
MESSAGES, OPT_OUTS, OUTBOX = table_of(Message), table_of(OptOut), table_of(Outbox)
PARTICIPANTS, RUNS, TIMERS, UPLOADS = table_of(Participant), table_of(Run), table_of(Timer), table_of(Upload)

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
        uploads = ((row, mentions(row["errors"], person)) for row in found.pop(UPLOADS.name))
        found[UPLOADS.name] = [
            {"id": row["id"], "campaign": row["campaign"], "file": row["file"], "errors": errors}
            for row, errors in uploads
            if errors
        ]
        return found

    def _rows(self, table: Table, which: ColumnElement[bool]) -> list[Row]:
        return rows_of(self._connection.execute(select(table).where(which).order_by(*table.primary_key)))

    def _earlier_addresses(self, customer: str) -> set[str]:
        """Where they were spoken with: what rules notified others of them went to others."""
        spoken = select(COMMUNICATIONS.c.address).where(of_customer(customer))
        heard = select(MESSAGES.c.address).where(MESSAGES.c.customer == customer, MESSAGES.c.direction == "in")
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
    """Which rows of each table are about a person; of uploads, those among whose errors theirs may be."""
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
        UPLOADS: holds(UPLOADS.c.errors, person.named),
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


def holds(column: Column[Any], words: Iterable[str]) -> ColumnElement[bool]:
    """Whether a document has one of these words in it, as far as its text goes."""
    document = type_coerce(column, Text)
    return or_(false(), *(document.contains(word, autoescape=True) for word in sorted(words)))


def mentions(errors: Iterable[Row], person: Person) -> list[Row]:
    """All errors of those rows of a contact list whose errors name the person."""
    listed = list(errors)
    rows = {error["row"] for error in listed if names(error, person)}
    return [error for error in listed if error["row"] in rows]


def names(error: Row, person: Person) -> bool:
    own = {*person.identifiers, *((kind, address) for address in person.addresses for kind in WRITTEN_TO)}
    said = str(error["reason"]).replace(",", " ").split()
    return (error["field"], error["value"]) in own or any(address in said for address in person.addresses)
