"""`DELETE /customers/{customer}`: erase what is kept of a person."""

import asyncio

from gateway.api.answers import Answer
from gateway.api.asked import Asked
from gateway.api.endpoints import Endpoint, Given, Told
from gateway.api.problems import Problem
from gateway.api.scopes import Scope
from gateway.customers import Erased
from gateway.erasing import Erasure
from gateway.ids import is_id
from gateway.imports.desk import forget_read_files
from storage.spool_visit import visiting
from storage.traces import Person
from storage.transaction import Transaction


class ErasureQuery(Given):
    """Whether it is forgotten, too, that the person must not be written to."""

    forget_opt_outs: bool = False


class ErasedCustomer(Told):
    """What there was, by table; how many messages that were owed are not sent; how many are given up of which nobody
    knows yet whether the provider has them; and which lists are being imported, from which the person may come anew."""

    customer: str
    rows: dict[str, int]
    withdrawn: int
    in_doubt: int
    being_imported: list[str]


async def erase_customer(asked: Asked[ErasureQuery, None]) -> Answer:
    """Erase what is kept of a person, in the spool and in the trail of changes, too.

    Open talks are canceled without a word, and no rule hears of it. That the person opted out stays, so that nobody
    writes to them again, unless `forget_opt_outs` says otherwise. Messages that are being sent come to their end first,
    which may take 20 seconds.
    """
    customer = asked.path["customer"]
    known = await asked.desk.storage.read(lambda t: t.people.customers([customer])) if is_id(customer) else {}
    if not known:
        raise Problem(404, "unknown-customer", "Unknown customer", "there is no customer of this id")
    async with asked.desk.erasing:
        erased = await asyncio.to_thread(_erase, asked, customer)
    asked.desk.ring()
    files = await asyncio.to_thread(forget_read_files, asked.desk.storage, asked.desk.uploads.folder)
    body = ErasedCustomer(
        customer=customer,
        rows=dict(erased.rows),
        withdrawn=erased.withdrawn,
        in_doubt=erased.in_doubt,
        being_imported=files,
    )
    return Answer(body=body)


def _erase(asked: Asked[ErasureQuery, None], customer: str) -> Erased:
    """In a thread of its own: nobody else writes meanwhile, and sends are waited for."""
    storage = asked.desk.storage

    def tell(t: Transaction, person: Person) -> None:
        t.audit.add([asked.entry("erase_customer", f"customer/{person.customer}")])

    with visiting(asked.desk.spool) as spool:
        erasure = Erasure(storage, spool, asked.desk.now, tell, asked.repeat)
        with storage.reading() as t:
            person = t.traces.customer(customer)
        if person is not None:
            erasure.wait_for_sends(person)
        return erasure.erase(customer, forget_opt_outs=asked.query.forget_opt_outs)


ENDPOINTS = (
    Endpoint(
        method="DELETE",
        path="/customers/{customer}",
        tag="customers",
        scope=Scope.ADMIN,
        handler=erase_customer,
        query=ErasureQuery,
        answers={200: ErasedCustomer},
    ),
)
