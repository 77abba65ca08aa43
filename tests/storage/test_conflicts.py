"""Two processes on one PostgreSQL that add the same row at the same time."""

from collections.abc import Iterator

import pytest

from storage.database import Storage
from storage.transaction import Transaction
from tests.databases import PostgresServer
from tests.storage.rows import customer

PHONE = ("phone", "+4915112345601")


@pytest.fixture
def processes(postgres: PostgresServer, prepared: str) -> Iterator[tuple[Storage, Storage]]:
    with postgres.database(prepared) as url:
        ours, theirs = Storage(url), Storage(url)
        yield ours, theirs
        ours.close()
        theirs.close()


def enrol(transaction: Transaction, id: str) -> None:
    kind, value = PHONE
    transaction.people.add_customers([customer(id)])
    transaction.people.add_identifiers([{"kind": kind, "value": value, "customer": id}])


async def test_somebody_whom_another_process_adds_meanwhile_is_found_and_not_added_again(
    processes: tuple[Storage, Storage],
) -> None:
    ours, theirs = processes
    rivals = ["theirs"]

    def find_or_enrol(transaction: Transaction) -> str:
        known = transaction.people.by_identifiers([PHONE])
        while rivals:
            with theirs.transaction() as other:
                enrol(other, rivals.pop())
        if not known:
            enrol(transaction, "ours")
        return known.get(PHONE, "ours")

    assert await ours.run(find_or_enrol) == "theirs"
    assert set(await ours.read(lambda t: t.people.customers(["ours", "theirs"]))) == {"theirs"}
