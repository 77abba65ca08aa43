"""Wake-ups that are rows: a restart loses none."""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, select, text, tuple_, update

from storage.bulk import delete_many, insert_many, read_many
from storage.models import Campaign, Timer
from storage.statements import rows_of, table_of
from storage.values import DueTimer, Row

CAMPAIGNS, TIMERS = table_of(Campaign), table_of(Timer)
NAME = (TIMERS.c.subject, TIMERS.c.name)
REPLACED = ("due", "lane", "customer", "campaign", "fired", "held", "event")
REPLACE = f"ON CONFLICT (subject, name) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in REPLACED)}"
COLUMNS = ("subject", "name", "due", "lane", "customer", "campaign", "event")
FREE = text("NOT fired AND NOT held")  # as the partial indexes say it, or they can't be used
HELD = text("NOT fired AND held")
IN_ORDER = (TIMERS.c.due, TIMERS.c.event)
FIRST_FREE = select(TIMERS.c.due).where(FREE).order_by(*IN_ORDER).limit(1)  # asked after each turn: made once


class Timers:
    """At most one timer per subject and name."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def set(self, rows: Sequence[Row]) -> None:
        """Set the timers (whole rows); one of the same subject and name is replaced, the last given wins."""
        last = {(row["subject"], row["name"]): {**row, "fired": False} for row in rows}
        insert_many(self._connection, TIMERS, list(last.values()), REPLACE)

    def clear(self, pairs: Collection[tuple[str, str]]) -> None:
        """Remove timers by (subject, name); they may not exist."""
        delete_many(self._connection, TIMERS, [{"subject": subject, "name": name} for subject, name in pairs])

    def take_due(self, now: datetime, limit: int) -> list[DueTimer]:
        """Fire and return at most ``limit`` timers due by ``now`` (UTC) that no campaign holds, the longest due first.

        A fired timer stays, never to fire again, until it is cleared or set anew: so whoever acts on it can see
        whether it still stands.
        """
        return self._fire(select(*NAME).where(FREE, TIMERS.c.due <= now).order_by(*IN_ORDER).limit(limit))

    def take_held(self, campaign: str, name: str, now: datetime, limit: int) -> list[DueTimer]:
        """As `take_due`, for timers of this name that stand still while their campaign does not run. It is for the
        caller to see that it runs."""
        due = (HELD, TIMERS.c.campaign == campaign, TIMERS.c.name == name, TIMERS.c.due <= now)
        return self._fire(select(*NAME).where(*due).order_by(*IN_ORDER).limit(limit))

    def _fire(self, first: Select[Any]) -> list[DueTimer]:
        these = tuple_(*NAME).in_(first.with_for_update(skip_locked=True))
        fired = update(TIMERS).where(these).values(fired=True).returning(*(TIMERS.c[name] for name in COLUMNS))
        rows = sorted(rows_of(self._connection.execute(fired)), key=lambda row: (row["due"], row["event"]))
        return [DueTimer(**row) for row in rows]

    def standing(self, subjects: Collection[str]) -> dict[tuple[str, str], datetime]:
        """When the timers of these subjects are (or were) due, UTC, by subject and name, fired ones included."""
        rows = read_many(self._connection, TIMERS, "subject", subjects, names=("subject", "name", "due"))
        return {(row["subject"], row["name"]): row["due"] for row in rows}

    def next_due(self) -> datetime | None:
        """When the next timer that no campaign holds is due, UTC; None if there is none."""
        return self._connection.execute(FIRST_FREE).scalar_one_or_none()

    def next_held(self, names: Collection[str]) -> dict[tuple[str, str], datetime]:
        """When the first held timer of each of these names is due (UTC) in the campaigns that run, by campaign and
        name. One query, whatever waits."""
        rows = self._connection.execute(firsts_held(tuple(names)))
        found = ((row[0], name, due) for row in rows for name, due in zip(names, row[1:], strict=True))
        return {(campaign, name): due for campaign, name, due in found if due is not None}


@cache
def firsts_held(names: tuple[str, ...]) -> Select[Any]:
    firsts = [first_held(name).label(name) for name in names]
    return select(CAMPAIGNS.c.name, *firsts).where(CAMPAIGNS.c.status == "active")


def first_held(name: str) -> ColumnElement[datetime]:
    of_name = (HELD, TIMERS.c.campaign == CAMPAIGNS.c.name, TIMERS.c.name == name)
    return select(func.min(TIMERS.c.due)).where(*of_name).correlate(CAMPAIGNS).scalar_subquery()
