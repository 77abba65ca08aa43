"""Keep validated rows: find or make their customers and leave one inbox event for each."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from gateway.identity import IdentityConflict, Pair, resolve
from gateway.ids import new_id
from gateway.intake import Given, RowProblem, missing_problems
from rules.fields import to_json
from storage.transaction import Transaction
from storage.values import About, NewEvent, Row


@dataclass(frozen=True, slots=True)
class KeptRow:
    """A row that is on disk. ``event`` is None where the same row of the same upload had been kept before."""

    row: int
    event: int | None
    customer: str
    participant: str


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of the rows of one transaction."""

    rows: tuple[KeptRow, ...]
    problems: tuple[RowProblem, ...]


@dataclass
class _Batch:
    """Who is known so far, rows of this batch included."""

    now: datetime
    known: dict[Pair, str]
    participants: dict[str, str]  # customer to participant, of this campaign
    customers: list[Row] = field(default_factory=list)
    identifiers: list[Row] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)

    def place(self, given: Given) -> str | None:
        """The customer of this row, made if nobody has its identifiers; None where the row can't be kept."""
        try:
            customer = resolve(given.identifiers, self.known)
        except IdentityConflict as conflict:
            second = conflict.second
            self.problems.append(RowProblem(given.row, second.kind, second.value, str(conflict)))
            return None
        if customer not in self.participants and given.missing:
            self.problems += missing_problems(given)
            return None
        customer = customer or self._new_customer()
        self.participants.setdefault(customer, new_id())
        self._claim(customer, given.identifiers)
        return customer

    def _new_customer(self) -> str:
        customer = new_id()
        row = {"id": customer, "lane": customer, "fields": {}, "version": 1, "created_at": self.now}
        self.customers.append(row)
        return customer

    def _claim(self, customer: str, identifiers: Mapping[str, str]) -> None:
        for kind, value in identifiers.items():
            if (kind, value) not in self.known:
                self.known[kind, value] = customer
                self.identifiers.append({"kind": kind, "value": value, "customer": customer})


def keep_participants(
    t: Transaction, campaign: str, givens: Sequence[Given], *, source: str, upload: str = "", now: datetime
) -> Kept:
    """Keep one event for each row, in order, all in ``t``: customers and identifiers that are new are added.

    ``source`` is import or api; ``upload`` names the upload the rows belong to, which makes keeping them again a
    no-op. Rows whose identifiers belong to two customers, and new participants who lack required fields, are
    reported and not kept. ``now`` is UTC.
    """
    batch = _look_up(t, campaign, givens, now)
    placed = [(given, customer) for given in givens if (customer := batch.place(given))]
    t.people.add_customers(batch.customers)
    t.people.add_identifiers(batch.identifiers)
    events = [_event(campaign, given, customer, batch, source, upload) for given, customer in placed]
    ids = t.inbox.keep(events)
    rows = tuple(
        KeptRow(given.row, event, customer, batch.participants[customer])
        for (given, customer), event in zip(placed, ids, strict=True)
    )
    return Kept(rows, tuple(batch.problems))


def _look_up(t: Transaction, campaign: str, givens: Collection[Given], now: datetime) -> _Batch:
    pairs = {pair for given in givens for pair in given.identifiers.items()}
    known = t.people.by_identifiers(pairs)
    rows = t.people.participants(set(known.values()))
    return _Batch(now, dict(known), {r["customer"]: r["id"] for r in rows if r["campaign"] == campaign})


def _event(campaign: str, given: Given, customer: str, batch: _Batch, source: str, upload: str) -> NewEvent:
    return NewEvent(
        key=f"upload:{upload}:{given.row}" if upload else f"participant:{campaign}:{new_id()}",
        kind="participant",
        about=About("customer", customer),
        payload={
            "campaign": campaign,
            "customer": customer,
            "participant": batch.participants[customer],
            "source": source,
            "fields": {name: to_json(value) for name, value in given.fields.items()},
            "upload": upload,
        },
        received_at=batch.now,
    )
