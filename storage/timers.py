"""Wake-ups that are rows: a restart loses none."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, or_, select, text, tuple_, update

from storage.models import Campaign, Timer
from storage.statements import insert_into, rows_in, rows_of, table_of
from storage.values import DueTimer, Row

CAMPAIGNS, TIMERS = table_of(Campaign), table_of(Timer)
NAME = (TIMERS.c.subject, TIMERS.c.name)
REPLACED = ("due", "lane", "customer", "campaign", "fired")
COLUMNS = ("subject", "name", "due", "lane", "customer", "campaign")
NOT_FIRED = text("NOT fired")  # as the partial index says it, or it can't be used


class Timers:
    """At most one timer per subject and name."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def set(self, rows: Sequence[Row]) -> None:
        """Set the timers (whole rows); one of the same subject and name is replaced, the last given wins."""
        if rows:
            insert = insert_into(self._connection, TIMERS)
            replaced = {name: insert.excluded[name] for name in REPLACED}
            change = insert.on_conflict_do_update(index_elements=NAME, set_=replaced)
            self._connection.execute(change, [{**row, "fired": False} for row in rows])

    def clear(self, pairs: Collection[tuple[str, str]]) -> None:
        """Remove timers by (subject, name); they may not exist."""
        if pairs:
            named = (TIMERS.c.subject == bindparam("of"), TIMERS.c.name == bindparam("called"))
            self._connection.execute(delete(TIMERS).where(*named), [{"of": of, "called": name} for of, name in pairs])

    def take_due(self, now: datetime, limit: int, held: str = "") -> list[DueTimer]:
        """Fire and return at most ``limit`` timers due by ``now`` (UTC), the longest due first.

        A fired timer stays, never to fire again, until it is cleared or set anew: so whoever acts on it can see
        whether it still stands. Timers named ``held`` do not fire while their campaign does not run.
        """
        first = select(*NAME).where(TIMERS.c.due <= now, free(held)).order_by(TIMERS.c.due).limit(limit)
        these = tuple_(*NAME).in_(first.with_for_update(skip_locked=True))
        fired = update(TIMERS).where(these).values(fired=True).returning(*(TIMERS.c[name] for name in COLUMNS))
        due = [DueTimer(**row) for row in rows_of(self._connection.execute(fired))]
        return sorted(due, key=lambda timer: (timer.due, timer.subject, timer.name))

    def standing(self, subjects: Collection[str]) -> dict[tuple[str, str], datetime]:
        """When the timers of these subjects are (or were) due, UTC, by subject and name, fired ones included."""
        rows = rows_in(self._connection, select(*NAME, TIMERS.c.due), TIMERS.c.subject, subjects)
        return {(row["subject"], row["name"]): row["due"] for row in rows}

    def next_due(self, held: str = "") -> datetime | None:
        """When the next timer that is not held is due, UTC; None if there is none."""
        first = select(TIMERS.c.due).where(free(held)).order_by(TIMERS.c.due).limit(1)
        return self._connection.execute(first).scalar_one_or_none()


def free(held: str) -> ColumnElement[bool]:
    """Timers that have not fired, of another name or of a campaign that runs."""
    running = select(CAMPAIGNS.c.name).where(CAMPAIGNS.c.status == "active")
    return and_(NOT_FIRED, or_(TIMERS.c.name != held, TIMERS.c.campaign.in_(running)))
