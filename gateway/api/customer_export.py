"""`GET /customers/{customer}/export`: everything that is kept of a person."""

import asyncio
import json
from collections.abc import AsyncGenerator, Iterator
from itertools import islice
from typing import Any

from gateway.api.answers import Answer, Moment
from gateway.api.asked import Asked
from gateway.api.endpoints import JSON, Endpoint, NoQuery, Told
from gateway.api.problems import Problem, busy
from gateway.api.scopes import Scope
from gateway.api.streams import begun
from gateway.customers import dossier, in_spool
from gateway.ids import is_id
from storage.spool_visit import visiting
from storage.transaction import Transaction

TOKENS = 2_000  # of JSON that are written at once
ENCODER = json.JSONEncoder()


class Dossier(Told):
    """Everything about a person: all columns of all rows, by table, and what waits in the spool."""

    format: str
    written_at: Moment
    customer: str
    tables: dict[str, list[dict[str, Any]]]


async def export_customer(asked: Asked[NoQuery, None]) -> Answer:
    """Everything that is kept of a person, as `pointsman customer export` writes it.

    It is looked for in whole tables, one person at a time. It is compressed where `Accept-Encoding` asks for gzip.
    """
    customer = asked.path["customer"]
    known = await asked.desk.storage.read(lambda t: t.people.customers([customer])) if is_id(customer) else {}
    if not known:
        raise _unknown()
    return Answer(written=await begun(_pieces(asked, customer), JSON, f"customer-{customer}.json"))


async def _pieces(asked: Asked[NoQuery, None], customer: str) -> AsyncGenerator[bytes, None]:
    """Nothing is given out that is not noted. Nobody waits for their turn here, so that nobody can have others wait."""
    if asked.desk.erasing.locked():
        raise busy("everything about another person is being looked for or erased; ask again later")
    async with asked.desk.erasing:
        found = await asyncio.to_thread(_found, asked, customer)
    await asked.desk.storage.run(lambda t: _note(t, asked, customer))
    written = pieces_of(found)
    while piece := await asyncio.to_thread(next, written, b""):
        yield piece


def _found(asked: Asked[NoQuery, None], customer: str) -> dict[str, Any]:
    """In a thread of its own, for it may take long."""
    with visiting(asked.desk.spool) as spool, asked.desk.storage.reading() as t:
        person = t.traces.customer(customer)
        if person is None:
            raise _unknown()
        return dossier(t, person, in_spool(t, spool, person).values(), asked.desk.now())


def _unknown() -> Problem:
    return Problem(404, "unknown-customer", "Unknown customer", "there is no customer of this id")


def pieces_of(document: Any) -> Iterator[bytes]:
    """The document as JSON, piece by piece."""
    tokens = ENCODER.iterencode(document)
    while piece := "".join(islice(tokens, TOKENS)):
        yield piece.encode()


def _note(t: Transaction, asked: Asked[NoQuery, None], customer: str) -> None:
    t.audit.add([asked.entry("export_customer", f"customer/{customer}", customer=customer)])


ENDPOINTS: tuple[Endpoint[Any, Any], ...] = (
    Endpoint(
        method="GET",
        path="/customers/{customer}/export",
        tag="customers",
        scope=Scope.READ,
        handler=export_customer,
        answers={200: Dossier},
        streamed=True,
    ),
)
