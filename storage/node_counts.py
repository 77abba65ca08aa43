"""How many came by each node, and which way they went: added up hour by hour as it is decided, and later day by day."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, func, select

from storage.bulk import insert_many
from storage.models import NodeCount
from storage.statements import rows_of, table_of
from storage.values import Row

COUNTS = table_of(NodeCount)
KEY = (COUNTS.c.campaign, COUNTS.c.node, COUNTS.c.way, COUNTS.c.at, COUNTS.c.daily)
NAMES = tuple(column.name for column in KEY)
ADD = f"ON CONFLICT ({', '.join(NAMES)}) DO UPDATE SET number = node_count.number + excluded.number"
SUM = func.sum(COUNTS.c.number).label("number")


class NodeCounts:
    """Numbers by campaign, node, way and hour."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, rows: Sequence[Row]) -> None:
        """Add ``number`` to what was counted of this campaign, node, way and hour (``at``).

        Rows are written in the order of their keys: writers who do so never wait for one another in a circle.
        """
        numbers: Counter[tuple[object, ...]] = Counter()
        for row in rows:
            numbers[_key({"daily": False} | row)] += row["number"]
        summed = [{**dict(zip(NAMES, key, strict=True)), "number": number} for key, number in sorted(numbers.items())]
        insert_many(self._connection, COUNTS, summed, ADD)

    def since(self, campaign: str) -> datetime | None:
        """When the first hour (or day) began of which anything is counted (UTC); None: nothing is."""
        query = select(func.min(COUNTS.c.at)).where(COUNTS.c.campaign == campaign)
        first: datetime | None = self._connection.execute(query).scalar()
        return first

    def totals(self, campaign: str, since: datetime | None = None) -> dict[str, dict[str, int]]:
        """By node and way how many there were, in hours and days that began at ``since`` (UTC; None: ever) or later."""
        query = select(COUNTS.c.node, COUNTS.c.way, SUM).where(COUNTS.c.campaign == campaign)
        query = query if since is None else query.where(COUNTS.c.at >= since)
        found: dict[str, dict[str, int]] = {}
        for row in self._connection.execute(query.group_by(COUNTS.c.node, COUNTS.c.way)):
            found.setdefault(row.node, {})[row.way] = int(row.number)
        return found

    def over_time(self, campaign: str, since: datetime, until: datetime, flow: str = "") -> list[Row]:
        """node, way, at, daily and number of the hours and days that began in this span, in the order of ``at``; of the
        nodes of one ``flow``, if one is named."""
        span = (COUNTS.c.campaign == campaign, COUNTS.c.at >= since, COUNTS.c.at < until)
        query = select(COUNTS.c.node, COUNTS.c.way, COUNTS.c.at, COUNTS.c.daily, COUNTS.c.number).where(*span)
        query = query.where(COUNTS.c.node.startswith(f"{flow}.", autoescape=True)) if flow else query
        return rows_of(self._connection.execute(query.order_by(COUNTS.c.at, COUNTS.c.node, COUNTS.c.way)))

    def merge(self, before: datetime, limit: int, day_of: Callable[[str, datetime], datetime]) -> int:
        """Add the hours before that moment (UTC), the oldest ``limit`` of them, to their days; how many there were.

        ``day_of`` tells of a campaign and an hour when that day began (UTC).
        """
        hours = self._old_hours(before, limit)
        if hours:
            these = delete(COUNTS).where(*(column == bindparam(f"of_{column.name}") for column in KEY))
            self._connection.execute(
                these, [{f"of_{column.name}": row[column.name] for column in KEY} for row in hours]
            )
        days: dict[tuple[object, ...], Row] = {}
        for row in hours:
            day = row | {"at": day_of(row["campaign"], row["at"]), "daily": True}
            known = days.setdefault(_key(day), day | {"number": 0})
            known["number"] += row["number"]
        self.add(list(days.values()))
        return len(hours)

    def _old_hours(self, before: datetime, limit: int) -> list[Row]:
        old = select(*KEY, COUNTS.c.number).where(~COUNTS.c.daily, COUNTS.c.at < before)
        return rows_of(self._connection.execute(old.order_by(COUNTS.c.at, *KEY[:3]).limit(limit)))


def _key(row: Row) -> tuple[object, ...]:
    return tuple(row[name] for name in NAMES)
