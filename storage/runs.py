"""Paths that wait at a node."""

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, func, select

from storage.bulk import insert_many, read_many
from storage.models import Run
from storage.statements import drop_guarded, save_guarded, table_of
from storage.values import Row

RUNS = table_of(Run)
COLUMNS = [column for column in RUNS.c if column.name != "seq"]
PAGE = 500


class Runs:
    """What waits, for a time, an answer or a change of data. Rows hold all columns but their number; what is saved or
    dropped must carry the version it was read at."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of_customers(self, customers: Collection[str]) -> list[Row]:
        """Everything that waits for these customers, oldest first."""
        rows = read_many(self._connection, RUNS, "customer", customers)
        in_order = sorted(rows, key=lambda row: int(row["seq"]))
        return [{name: value for name, value in row.items() if name != "seq"} for row in in_order]

    def versions(self) -> list[str]:
        """The content hashes of the rule files that waiting paths began with."""
        return list(self._connection.execute(select(RUNS.c.rules).distinct()).scalars())

    def counts(self, campaign: str) -> dict[tuple[str, str], int]:
        """How many wait in the campaign, by node and content hash of the rule file."""
        query = select(RUNS.c.node, RUNS.c.rules, func.count().label("number")).where(RUNS.c.campaign == campaign)
        found = self._connection.execute(query.group_by(RUNS.c.node, RUNS.c.rules))
        return {(row.node, row.rules): row.number for row in found}

    def people_at(self, campaign: str) -> dict[str, int]:
        """How many participants of the campaign wait, by node."""
        people = func.count(RUNS.c.participant.distinct()).label("number")
        query = select(RUNS.c.node, people).where(RUNS.c.campaign == campaign).group_by(RUNS.c.node)
        return {row.node: row.number for row in self._connection.execute(query)}

    def customers_at(self, campaign: str, nodes: Collection[str], after: str = "", limit: int = PAGE) -> list[str]:
        """One page of the customers for whom a path waits at one of these nodes, by id, those after ``after``."""
        found: set[str] = set()
        for node in nodes:  # one after another: an index has the customers of each in order
            there = (RUNS.c.campaign == campaign, RUNS.c.node == node, RUNS.c.customer > after)
            query = select(RUNS.c.customer).distinct().where(*there).order_by(RUNS.c.customer).limit(limit)
            found.update(self._connection.execute(query).scalars())
        return sorted(found)[:limit]

    def add(self, rows: Sequence[Row]) -> None:
        """These paths wait, in the order given; an id that exists is a `Conflict`."""
        insert_many(self._connection, RUNS, rows)

    def save(self, rows: Sequence[Row]) -> None:
        """Write runs back. Raises `StaleVersion` if one has changed, or is gone, since it was read."""
        save_guarded(self._connection, RUNS, rows)

    def drop(self, rows: Sequence[Row]) -> None:
        """These wait no longer. Raises `StaleVersion` if one has changed, or is gone, since it was read."""
        drop_guarded(self._connection, RUNS, rows)
