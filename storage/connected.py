"""Transactions on a connection of their own."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Engine

from storage.transaction import Transaction
from storage.troubles import conflicts_told, unavailable_told

if TYPE_CHECKING:
    from storage.waking import Waking


@dataclass(slots=True)
class Commits:
    """How many transactions were committed: counted together by all views of one storage."""

    number: int = 0


@contextmanager
def connected(engine: Engine, waking: "Waking | None") -> Iterator[Transaction]:
    """One transaction: committed at the end of the block, rolled back if it raises."""
    with unavailable_told(), conflicts_told(), engine.begin() as connection:
        transaction = Transaction(connection, waking)
        yield transaction
        transaction.shards.tell()
