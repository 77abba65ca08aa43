"""Customers, what identifies them, and their places in campaigns."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, delete, select

from storage.bulk import insert_columns, insert_many, read_many
from storage.models import Customer, Identifier, Participant
from storage.raw_sql import fetch
from storage.statements import by, drop_guarded, grouped, one_row, rows_of, save_guarded, table_of
from storage.values import Row

CUSTOMERS, IDENTIFIERS, PARTICIPANTS = table_of(Customer), table_of(Identifier), table_of(Participant)
IDENTIFIED = "SELECT value, customer FROM identifier WHERE kind = {} AND value {}"
LANES = "SELECT id, lane FROM customer WHERE id {}"
PLACES = "SELECT customer, id FROM participant WHERE campaign = {} AND customer {}"
PAGE = 1_000


class People:
    """Who there is. Rows hold all columns; what is saved must carry the version it was read at."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def by_identifiers(self, pairs: Collection[tuple[str, str]]) -> dict[tuple[str, str], str]:
        """The customer's id for each known (kind, value); one query per kind."""
        known: dict[tuple[str, str], str] = {}
        for kind, values in grouped(pairs).items():
            found = fetch(self._connection, IDENTIFIED, kind, values)
            known.update({(kind, value): customer for value, customer in found})
        return known

    def customers(self, ids: Collection[str]) -> dict[str, Row]:
        """The customers that exist, by id."""
        return by("id", read_many(self._connection, CUSTOMERS, "id", ids))

    def identifiers(self, ids: Collection[str]) -> dict[str, dict[str, str]]:
        """Values by kind for each of these customers; {} for one without."""
        found: dict[str, dict[str, str]] = {customer: {} for customer in ids}
        rows = read_many(self._connection, IDENTIFIERS, "customer", ids)
        for row in rows:
            found[row["customer"]][row["kind"]] = row["value"]
        return found

    def participants(self, customers: Collection[str]) -> list[Row]:
        """The places of these customers in all campaigns, by campaign and id."""
        rows = read_many(self._connection, PARTICIPANTS, "customer", customers)
        return sorted(rows, key=lambda row: (row["campaign"], row["id"]))

    def participant(self, id: str) -> Row | None:
        """The participant of this id; None where there is none."""
        return next(iter(read_many(self._connection, PARTICIPANTS, "id", [id])), None)

    def lanes(self, customers: Collection[str]) -> dict[str, str]:
        """The lane of each of these customers that exists."""
        return dict(fetch(self._connection, LANES, customers)) if customers else {}

    def places(self, campaign: str, customers: Collection[str]) -> dict[str, str]:
        """The participant of each of these customers who takes part in the campaign."""
        return dict(fetch(self._connection, PLACES, campaign, customers)) if customers else {}

    def lock(self, customer: str) -> Row | None:
        """The customer, whom nobody else locks until the transaction ends; None where there is none."""
        row = self._connection.execute(select(CUSTOMERS).where(CUSTOMERS.c.id == customer).with_for_update())
        return one_row(row)

    def participants_of(self, campaign: str, after_id: str = "", limit: int = PAGE) -> list[Row]:
        """One page of a campaign's participants by id, those after ``after_id``."""
        return self._page(campaign, after_id, limit)

    def held_up(self, campaign: str, after_id: str = "", limit: int = PAGE) -> list[Row]:
        """One page of those for whom something happened while the campaign was stopped, by id, those after
        ``after_id``."""
        return self._page(campaign, after_id, limit, PARTICIPANTS.c.held != [])

    def _page(self, campaign: str, after_id: str, limit: int, *only: ColumnElement[Any]) -> list[Row]:
        after = (PARTICIPANTS.c.campaign == campaign, PARTICIPANTS.c.id > after_id)
        query = select(PARTICIPANTS).where(*after, *only).order_by(PARTICIPANTS.c.id).limit(limit)
        return rows_of(self._connection.execute(query))

    def add_customers(self, rows: Sequence[Row]) -> None:
        """Add customers; an id that exists is a `Conflict`."""
        insert_many(self._connection, CUSTOMERS, rows)

    def add_new(self, customers: Sequence[str], now: datetime) -> None:
        """Add customers of whom nothing is known yet but their ids, each in a lane of its own; an id that exists is a
        `Conflict`."""
        insert_columns(self._connection, CUSTOMERS, {"id": customers, "lane": customers}, {"created_at": now})

    def identify(self, owned: Mapping[tuple[str, str], str]) -> None:
        """Customers have these identifiers from now on: values by customer and kind. One that belongs to somebody
        already is a `Conflict`."""
        customers, kinds = zip(*owned, strict=True) if owned else ((), ())
        columns = {"kind": kinds, "value": tuple(owned.values()), "customer": customers}
        insert_columns(self._connection, IDENTIFIERS, columns)

    def add_identifiers(self, rows: Sequence[Row]) -> None:
        """Add identifiers; one that belongs to somebody already is a `Conflict`."""
        insert_many(self._connection, IDENTIFIERS, rows)

    def release_identifiers(self, pairs: Collection[tuple[str, str]]) -> None:
        """Take from customers what they have of a kind: pairs of a customer's id and the kind."""
        if pairs:
            same_kind = (IDENTIFIERS.c.customer == bindparam("of"), IDENTIFIERS.c.kind == bindparam("of_kind"))
            released = [{"of": customer, "of_kind": kind} for customer, kind in pairs]
            self._connection.execute(delete(IDENTIFIERS).where(*same_kind), released)

    def add_participants(self, rows: Sequence[Row]) -> None:
        """Add participants; a second place of a customer in one campaign is a `Conflict`."""
        insert_many(self._connection, PARTICIPANTS, rows)

    def remove_participants(self, rows: Sequence[Row]) -> None:
        """These take part no more. Raises `StaleVersion` if one has changed since it was read."""
        drop_guarded(self._connection, PARTICIPANTS, rows)

    def save_customers(self, rows: Sequence[Row]) -> None:
        """Write customers back. Raises `StaleVersion` if one has changed since it was read."""
        save_guarded(self._connection, CUSTOMERS, rows)

    def save_participants(self, rows: Sequence[Row]) -> None:
        """Write participants back. Raises `StaleVersion` if one has changed since it was read."""
        save_guarded(self._connection, PARTICIPANTS, rows)
