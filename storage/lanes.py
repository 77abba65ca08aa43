"""Which lane an event belongs to."""

from collections.abc import Collection

from sqlalchemy import Connection

from storage.raw_sql import fetch
from storage.statements import grouped
from storage.values import CUSTOMER, LANE, MESSAGE, PROVIDER, About

OF_CUSTOMERS = "SELECT id, lane FROM customer WHERE id {}"
OF_MESSAGES = (
    "SELECT message.id, customer.lane FROM message JOIN customer ON customer.id = message.customer WHERE message.id {}"
)
OF_PROVIDER_IDS = (
    "SELECT message.provider_id, customer.lane FROM message JOIN customer ON customer.id = message.customer "
    "WHERE message.channel = {} AND message.provider_id <> '' AND message.provider_id {}"
)
OF_IDENTIFIERS = (
    "SELECT identifier.value, customer.lane FROM identifier JOIN customer ON customer.id = identifier.customer "
    "WHERE identifier.kind = {} AND identifier.value {}"
)


def lanes_of(connection: Connection, abouts: Collection[About]) -> dict[About, str]:
    """The lane of each: that of the customer it is about, else a lane of its own named ``kind:value``.

    One query per kind (and, for provider ids, per channel), however many there are.
    """
    lanes: dict[tuple[str, str], str] = {}
    for kind, values in grouped((about.kind, about.value) for about in abouts).items():
        known = known_lanes(connection, kind, values)
        lanes.update({(kind, value): known.get(value, f"{kind}:{value}") for value in values})
    return {about: lanes[about.kind, about.value] for about in abouts}


def known_lanes(connection: Connection, kind: str, values: list[str]) -> dict[str, str]:
    """The lanes of those that are about somebody known."""
    if kind == LANE:
        return {value: value for value in values}
    if kind == CUSTOMER:
        return dict(fetch(connection, OF_CUSTOMERS, values))
    if kind == MESSAGE:
        return dict(fetch(connection, OF_MESSAGES, values))
    if kind == PROVIDER:
        return of_provider_ids(connection, values)
    return dict(fetch(connection, OF_IDENTIFIERS, kind, values))


def of_provider_ids(connection: Connection, values: list[str]) -> dict[str, str]:
    lanes: dict[str, str] = {}
    for channel, provider_ids in grouped(split(value) for value in values).items():
        known = dict(fetch(connection, OF_PROVIDER_IDS, channel, provider_ids))
        lanes.update({f"{channel}/{provider_id}": lane for provider_id, lane in known.items()})
    return lanes


def split(value: str) -> tuple[str, str]:
    channel, _, provider_id = value.partition("/")
    return channel, provider_id
