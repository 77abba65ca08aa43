"""Wake-ups that are rows: a restart loses none."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, bindparam, delete, or_, select, tuple_

from storage.models import Campaign, Timer
from storage.statements import insert_into, rows_of, table_of
from storage.values import DueTimer, Row

CAMPAIGNS, TIMERS = table_of(Campaign), table_of(Timer)
NAME = (TIMERS.c.subject, TIMERS.c.name)
REPLACED = ("due", "lane", "customer", "campaign")


class Timers:
    """At most one timer per subject and name."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def set(self, rows: Sequence[Row]) -> None:
        """Set the timers (whole rows); one of the same subject and name is replaced, the last given wins."""
        if rows:
            insert = insert_into(self._connection, TIMERS)
            replaced = {name: insert.excluded[name] for name in REPLACED}
            self._connection.execute(insert.on_conflict_do_update(index_elements=NAME, set_=replaced), list(rows))

    def clear(self, pairs: Collection[tuple[str, str]]) -> None:
        """Remove timers by (subject, name); they may not exist."""
        if pairs:
            named = (TIMERS.c.subject == bindparam("of"), TIMERS.c.name == bindparam("called"))
            self._connection.execute(delete(TIMERS).where(*named), [{"of": of, "called": name} for of, name in pairs])

    def take_due(self, now: datetime, limit: int, held: str = "") -> list[DueTimer]:
        """Remove and return at most ``limit`` timers due by ``now`` (UTC), the longest due first.

        Timers named ``held`` stay while their campaign does not run.
        """
        first = select(*NAME).where(TIMERS.c.due <= now, free(held)).order_by(TIMERS.c.due).limit(limit)
        taken = delete(TIMERS).where(tuple_(*NAME).in_(first.with_for_update(skip_locked=True))).returning(TIMERS)
        due = [DueTimer(**row) for row in rows_of(self._connection.execute(taken))]
        return sorted(due, key=lambda timer: (timer.due, timer.subject, timer.name))

    def next_due(self, held: str = "") -> datetime | None:
        """When the next timer that is not held is due, UTC; None if there is none."""
        first = select(TIMERS.c.due).where(free(held)).order_by(TIMERS.c.due).limit(1)
        return self._connection.execute(first).scalar_one_or_none()


def free(held: str) -> ColumnElement[bool]:
    """Timers of another name, or of a campaign that runs."""
    running = select(CAMPAIGNS.c.name).where(CAMPAIGNS.c.status == "active")
    return or_(TIMERS.c.name != held, TIMERS.c.campaign.in_(running))
