"""Keep validated rows: find or make their customers and leave one inbox event for each."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from gateway.identity import IdentityConflict, Pair, resolve
from gateway.ids import derived_id, new_id
from gateway.intake import Given, RowProblem, missing_problems
from rules.fields import to_json
from storage.transaction import Transaction
from storage.values import About, NewEvent, Row


@dataclass(frozen=True, slots=True)
class KeptRow:
    """A row that is on disk."""

    row: int
    event: int
    customer: str
    participant: str


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of the rows of one transaction."""

    rows: tuple[KeptRow, ...]
    problems: tuple[RowProblem, ...]


@dataclass(frozen=True, slots=True)
class Placed:
    """A row and whom it is about; ``changed`` are the kinds of identifiers that it gives a known customer anew."""

    given: Given
    customer: str
    changed: tuple[str, ...]


@dataclass
class _Batch:
    """Who is known so far, rows of this batch included."""

    campaign: str
    now: datetime
    known: dict[Pair, str]
    participants: dict[str, str]  # customer to participant, of this campaign
    has: dict[str, frozenset[str]]  # fields that a customer brings from other campaigns
    customers: list[Row] = field(default_factory=list)
    owned: dict[tuple[str, str], str] = field(default_factory=dict)  # (customer, kind) to the value as of now
    claimed: dict[tuple[str, str], str] = field(default_factory=dict)  # (customer, kind) to a value that is new
    problems: list[RowProblem] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.owned = {(customer, kind): value for (kind, value), customer in self.known.items()}

    def place(self, given: Given) -> Placed | None:
        """Whom this row is about, made if nobody has its identifiers; None where the row can't be kept."""
        try:
            customer = resolve(given.identifiers, self.known)
        except IdentityConflict as conflict:
            second = conflict.second
            self.problems.append(RowProblem(given.row, second.kind, second.value, str(conflict)))
            return None
        missing = [name for name in given.missing if name not in self.has.get(customer or "", ())]
        if customer not in self.participants and missing:
            self.problems += missing_problems(given.row, missing)
            return None
        known_before = customer is not None
        customer = customer or self._new_customer()
        self.participants.setdefault(customer, derived_id("participant", customer, self.campaign))
        changed = self._claim(customer, given.identifiers)
        return Placed(given, customer, tuple(changed) if known_before else ())

    def _new_customer(self) -> str:
        customer = new_id()
        row = {"id": customer, "lane": customer, "fields": {}, "version": 1, "created_at": self.now}
        self.customers.append(row)
        return customer

    def _claim(self, customer: str, identifiers: Mapping[str, str]) -> list[str]:
        """The customer has these identifiers from now on; the kinds that are new or other than before."""
        changed = [kind for kind, value in identifiers.items() if (kind, value) not in self.known]
        for kind in changed:
            self.known.pop((kind, self.owned.get((customer, kind), "")), None)
            self.known[kind, identifiers[kind]] = customer
            self.owned[customer, kind] = self.claimed[customer, kind] = identifiers[kind]
        return changed

    def claim(self, t: Transaction) -> None:
        """Write who has which identifier now: what is given up first, for another may have it then."""
        new = {row["id"] for row in self.customers}
        t.people.release_identifiers([pair for pair in self.claimed if pair[0] not in new])
        t.people.add_identifiers(
            [{"kind": kind, "value": value, "customer": customer} for (customer, kind), value in self.claimed.items()]
        )


def keep_participants(
    t: Transaction, campaign: str, givens: Sequence[Given], *, source: str, upload: str = "", now: datetime
) -> Kept:
    """Keep one event for each row, in order, all in ``t``: customers that are new are added, and identifiers that are
    new to a customer take the place of those of the same kind.

    ``source`` is import or api; ``upload`` names the upload the rows belong to, none of which were kept before. Rows
    whose identifiers belong to two customers, and new participants who lack required fields, are reported and not
    kept. ``now`` is UTC.
    """
    batch = _look_up(t, campaign, givens, now)
    placed = [row for given in givens if (row := batch.place(given))]
    t.people.add_customers(batch.customers)
    batch.claim(t)
    ids = t.inbox.keep([_event(row, batch, source, upload) for row in placed])
    rows = tuple(
        KeptRow(row.given.row, event, row.customer, batch.participants[row.customer])
        for row, event in zip(placed, ids, strict=True)
        if event is not None
    )
    return Kept(rows, tuple(batch.problems))


def _look_up(t: Transaction, campaign: str, givens: Collection[Given], now: datetime) -> _Batch:
    known = t.people.by_identifiers({pair for given in givens for pair in given.identifiers.items()})
    rows = t.people.participants(set(known.values()))
    participants = {row["customer"]: row["id"] for row in rows if row["campaign"] == campaign}
    lacking = {known[pair] for given in givens if given.missing for pair in given.identifiers.items() if pair in known}
    customers = t.people.customers(lacking - set(participants))
    has = {id: frozenset(row["fields"]) for id, row in customers.items()}
    return _Batch(campaign, now, dict(known), participants | _joining(t, campaign, customers.values()), has)


def _joining(t: Transaction, campaign: str, customers: Iterable[Row]) -> dict[str, str]:
    """Those of ``customers`` who were given to the campaign by rows that wait to be decided, with their participants:
    how fast the worker is makes no difference to what a row must bring."""
    lanes = [row["lane"] for row in customers]
    given = (event.payload for event in t.inbox.undecided_in(lanes, "participant"))
    return {row["customer"]: row["participant"] for row in given if row["campaign"] == campaign and row["participant"]}


def _upload_key(upload: str, given: Given) -> str:
    return f"upload:{upload}:{given.row}"


def row_of(key: str) -> int:
    """The number of the row of a contact list, by the key of its event. Raises ValueError for any other key."""
    return int(key.rpartition(":")[2])


def _event(placed: Placed, batch: _Batch, source: str, upload: str) -> NewEvent:
    given, customer = placed.given, placed.customer
    return NewEvent(
        key=_upload_key(upload, given) if upload else f"participant:{batch.campaign}:{new_id()}",
        kind="participant",
        about=About("customer", customer),
        payload={
            "campaign": batch.campaign,
            "customer": customer,
            "participant": batch.participants[customer],
            "source": source,
            "identifiers": list(placed.changed),
            "fields": {name: to_json(value) for name, value in given.fields.items()},
            "upload": upload,
        },
        received_at=batch.now,
    )
