"""`GET /customers`: the people, whatever campaigns they are in."""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.api.answers import Answer, Moment
from gateway.api.asked import Asked
from gateway.api.endpoints import Endpoint, NoQuery, Told
from gateway.api.listing import Participant, participants_in_full
from gateway.api.persons import WRONG, IdentifierQuery, owner_of
from gateway.api.problems import Problem
from gateway.api.queries import IdPage, cursor
from gateway.api.scopes import Scope
from gateway.ids import is_id
from storage.listing.pages import Page
from storage.transaction import Transaction
from storage.values import Row


class Customer(Told):
    """A person, shared by all campaigns: identifiers by kind, and the fields that all campaigns share. Of one that was
    erased nothing personal is left."""

    customer: str
    identifiers: dict[str, str]
    fields: dict[str, Any]
    created_at: Moment
    erased_at: Moment | None


class Customers(Told):
    """A page of them."""

    customers: list[Customer]
    next: str | None


class CustomerInFull(Customer):
    """A person with their place in each campaign."""

    participants: list[Participant]


class CustomersQuery(IdPage, IdentifierQuery):
    """Which customers."""


async def list_customers(asked: Asked[CustomersQuery, None]) -> Answer:
    """A page of the customers, by id.

    With identifiers: the one who has all of them, or nobody.
    """
    return Answer(body=await asked.desk.read(lambda t: _customers(t, asked.query)))


async def get_customer(asked: Asked[NoQuery, None]) -> Answer:
    """One customer, with a participant for each campaign that they are in."""
    return Answer(body=await asked.desk.read(lambda t: _in_full(t, asked.path["customer"])))


def _customers(t: Transaction, query: CustomersQuery) -> Customers:
    page = _found(t, query) if query.identifiers else t.lists.customers.page(query.key, query.limit)
    return Customers(customers=_told_all(t, page.rows), next=cursor(page.next))


def _found(t: Transaction, query: CustomersQuery) -> Page:
    owner = owner_of(t, query)
    return Page(list(t.people.customers([owner] if owner else []).values()), None)


def _in_full(t: Transaction, id: str) -> CustomerInFull:
    row = t.people.customers([id]).get(id) if is_id(id) else None
    if row is None:
        raise Problem(404, "unknown-customer", "Unknown customer", "there is no customer of this id")
    told = _told(row, t.people.identifiers([id])[id])
    return CustomerInFull(**told, participants=participants_in_full(t, t.people.participants([id])))


def _told_all(t: Transaction, rows: Sequence[Row]) -> list[Customer]:
    identifiers = t.people.identifiers([row["id"] for row in rows])
    return [Customer(**_told(row, identifiers[row["id"]])) for row in rows]


def _told(row: Row, identifiers: Mapping[str, str]) -> Row:
    kept = {name: row[name] for name in ("fields", "created_at", "erased_at")}
    return {"customer": row["id"], "identifiers": dict(sorted(identifiers.items())), **kept}


ENDPOINTS: tuple[Endpoint[Any, Any], ...] = (
    Endpoint(
        method="GET",
        path="/customers",
        tag="customers",
        scope=Scope.READ,
        handler=list_customers,
        query=CustomersQuery,
        answers={200: Customers},
        problems=WRONG,
    ),
    Endpoint(
        method="GET",
        path="/customers/{customer}",
        tag="customers",
        scope=Scope.READ,
        handler=get_customer,
        answers={200: CustomerInFull},
    ),
)
