"""Which lane an event belongs to."""

from collections.abc import Callable, Collection, Iterable

from sqlalchemy import Connection, select

from storage.models import Customer, Identifier, Message
from storage.statements import grouped, rows_in, table_of
from storage.values import CUSTOMER, LANE, MESSAGE, PROVIDER, About

CUSTOMERS, IDENTIFIERS, MESSAGES = table_of(Customer), table_of(Identifier), table_of(Message)


def lanes_of(connection: Connection, abouts: Collection[About]) -> dict[About, str]:
    """The lane of each: that of the customer it is about, else a lane of its own named ``kind:value``.

    One query per kind (and, for provider ids, per channel), however many there are.
    """
    lanes: dict[tuple[str, str], str] = {}
    for kind, values in grouped((about.kind, about.value) for about in abouts).items():
        known = {value: value for value in values} if kind == LANE else found(connection, kind, values)
        lanes.update({(kind, value): known.get(value, f"{kind}:{value}") for value in values})
    return {about: lanes[about.kind, about.value] for about in abouts}


def found(connection: Connection, kind: str, values: list[str]) -> dict[str, str]:
    search = SEARCHES.get(kind)
    return search(connection, values) if search else by_identifier(connection, kind, values)


def by_customer(connection: Connection, ids: list[str]) -> dict[str, str]:
    query = select(CUSTOMERS.c.id.label("value"), CUSTOMERS.c.lane)
    return as_lanes(rows_in(connection, query, CUSTOMERS.c.id, ids))


def by_message(connection: Connection, ids: list[str]) -> dict[str, str]:
    query = select(MESSAGES.c.id.label("value"), CUSTOMERS.c.lane).join(
        CUSTOMERS, CUSTOMERS.c.id == MESSAGES.c.customer
    )
    return as_lanes(rows_in(connection, query, MESSAGES.c.id, ids))


def by_provider(connection: Connection, values: list[str]) -> dict[str, str]:
    lanes: dict[str, str] = {}
    for channel, provider_ids in grouped(split(value) for value in values).items():
        query = (
            select(MESSAGES.c.provider_id.label("value"), CUSTOMERS.c.lane)
            .join(CUSTOMERS, CUSTOMERS.c.id == MESSAGES.c.customer)
            .where(MESSAGES.c.channel == channel, MESSAGES.c.provider_id != "")
        )
        known = as_lanes(rows_in(connection, query, MESSAGES.c.provider_id, provider_ids))
        lanes.update({f"{channel}/{provider_id}": lane for provider_id, lane in known.items()})
    return lanes


def by_identifier(connection: Connection, kind: str, values: list[str]) -> dict[str, str]:
    query = (
        select(IDENTIFIERS.c.value, CUSTOMERS.c.lane)
        .join(CUSTOMERS, CUSTOMERS.c.id == IDENTIFIERS.c.customer)
        .where(IDENTIFIERS.c.kind == kind)
    )
    return as_lanes(rows_in(connection, query, IDENTIFIERS.c.value, values))


def split(value: str) -> tuple[str, str]:
    channel, _, provider_id = value.partition("/")
    return channel, provider_id


def as_lanes(rows: Iterable[dict[str, str]]) -> dict[str, str]:
    return {row["value"]: row["lane"] for row in rows}


SEARCHES: dict[str, Callable[[Connection, list[str]], dict[str, str]]] = {
    CUSTOMER: by_customer,
    MESSAGE: by_message,
    PROVIDER: by_provider,
}
