"""Whom validated rows are about: customers who are known, and those who are new by them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from gateway.identity import IdentityConflict, Pair, resolve
from gateway.ids import derived_id, new_id
from gateway.intake import ReadyRow, RowProblem, missing_problems
from storage.transaction import Transaction
from storage.values import Row


@dataclass(frozen=True, slots=True)
class Placed:
    """A row and whom it is about; ``changed`` are the kinds of identifiers that it gives a known customer anew."""

    given: ReadyRow
    customer: str
    participant: str
    changed: tuple[str, ...] = ()


@dataclass
class Register:
    """Who is known so far, the rows placed already included; ``now`` is when those came who are new, UTC."""

    campaign: str
    now: datetime
    known: dict[Pair, str]
    participants: dict[str, str]  # customer to participant, of this campaign
    has: Mapping[str, frozenset[str]]  # fields that a customer brings from other campaigns
    new: dict[str, None] = field(default_factory=dict)  # customers, in order
    owned: dict[tuple[str, str], str] = field(default_factory=dict)  # (customer, kind) to the value as of now
    claimed: dict[tuple[str, str], str] = field(default_factory=dict)  # (customer, kind) to a value that is new
    problems: list[RowProblem] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.owned = {(customer, kind): value for (kind, value), customer in self.known.items()}

    def place(self, row: ReadyRow) -> Placed | None:
        """Whom this row is about, made if nobody has its identifiers; None where the row can't be kept."""
        try:
            customer = resolve(row.identifiers, self.known)
        except IdentityConflict as conflict:
            second = conflict.second
            self.problems.append(RowProblem(row.row, second.kind, second.value, str(conflict)))
            return None
        if row.missing and self._lacks(row, customer):
            return None
        known_before = customer is not None
        customer = customer or self._new_customer()
        changed = self._claim(customer, row.identifiers)
        return Placed(row, customer, self._participant(customer), tuple(changed) if known_before else ())

    def _lacks(self, row: ReadyRow, customer: str | None) -> bool:
        """Whether somebody new to the campaign would lack required fields, which is reported then."""
        if customer in self.participants:
            return False
        missing = [name for name in row.missing if name not in self.has.get(customer or "", ())]
        self.problems += missing_problems(row.row, missing)
        return bool(missing)

    def _new_customer(self) -> str:
        customer = new_id()
        self.new[customer] = None
        return customer

    def _participant(self, customer: str) -> str:
        if customer not in self.participants:
            self.participants[customer] = derived_id("participant", customer, self.campaign)
        return self.participants[customer]

    def _claim(self, customer: str, identifiers: Mapping[str, str]) -> list[str]:
        """The customer has these identifiers from now on; the kinds that are new or other than before."""
        changed = [kind for kind, value in identifiers.items() if (kind, value) not in self.known]
        for kind in changed:
            of_kind, value = (customer, kind), identifiers[kind]
            if before := self.owned.get(of_kind):
                self.known.pop((kind, before), None)
            self.known[kind, value] = customer
            self.owned[of_kind] = self.claimed[of_kind] = value
        return changed

    def write(self, t: Transaction) -> None:
        """Write who is new, and who has which identifier now: what is given up first, for another may have it then."""
        t.people.add_new(tuple(self.new), self.now)
        t.people.release_identifiers([pair for pair in self.claimed if pair[0] not in self.new])
        t.people.identify(self.claimed)

    def lanes(self, t: Transaction, placed: Sequence[Placed]) -> list[str]:
        """The lane of each row's customer; a new one's bears the customer's id."""
        known = t.people.lanes({row.customer for row in placed if row.customer not in self.new})
        return [known.get(row.customer, row.customer) for row in placed]


def look_up(t: Transaction, campaign: str, rows: Collection[ReadyRow], now: datetime) -> Register:
    """What is known of the people whom these rows may be about; ``now`` is UTC."""
    known = t.people.by_identifiers({pair for row in rows for pair in row.identifiers.items()})
    participants = t.people.places(campaign, set(known.values()))
    lacking = {known[pair] for row in rows if row.missing for pair in row.identifiers.items() if pair in known}
    leaving = _leaving(t, campaign, lacking & set(participants))
    staying = {customer: id for customer, id in participants.items() if customer not in leaving}
    customers = t.people.customers(lacking - set(staying))
    has = {id: frozenset(row["fields"]) for id, row in customers.items()}
    return Register(campaign, now, known, staying | _joining(t, campaign, customers.values(), leaving), has)


def _leaving(t: Transaction, campaign: str, customers: set[str]) -> dict[str, int]:
    """Those of ``customers`` whose removal from the campaign waits to be decided, with the number of its event."""
    lanes = t.people.lanes(customers).values()
    removed = sorted(t.inbox.undecided_in(lanes, "removed"), key=lambda event: event.id) if customers else []
    return {event.payload["customer"]: event.id for event in removed if event.payload["campaign"] == campaign}


def _joining(t: Transaction, campaign: str, customers: Iterable[Row], leaving: Mapping[str, int]) -> dict[str, str]:
    """Those of ``customers`` who were given to the campaign by rows that wait to be decided, after whatever takes them
    out of it, with their participants: how fast the worker is makes no difference to what a row must bring."""
    lanes = [row["lane"] for row in customers]
    waiting = ((event.id, event.payload) for event in t.inbox.undecided_in(lanes, "participant"))
    given = (row for id, row in waiting if row.get("joins", True) and id > leaving.get(row["customer"], 0))
    return {row["customer"]: row["participant"] for row in given if row["campaign"] == campaign and row["participant"]}
