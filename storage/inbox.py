"""Every event, exactly once."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from itertools import repeat
from typing import Any

from sqlalchemy import Connection, Select, SmallInteger, func, literal, select, text, true, update
from sqlalchemy.dialects.postgresql import ARRAY

from storage.bulk import Cells, insert_columns, update_many
from storage.lanes import lanes_of
from storage.models import Inbox as InboxRow
from storage.raw_sql import fetch
from storage.shards import READ_FIRST
from storage.statements import rows_in, rows_of, table_of
from storage.types import EPOCH, MICROSECOND, json_text
from storage.values import NewEvent, NewEvents, Row, WaitingEvent, shard_of

INBOX = table_of(InboxRow)
IS_WAITING = text("inbox.state = 'waiting'")  # literals, or the partial indexes can't be used
IN_QUEUE = text("inbox.state = 'waiting' AND inbox.key <> ''")  # by number, of all shards (see `models.work`)
IS_HELD = text("inbox.state = 'held'")
KEPT_ONCE = "ON CONFLICT (key) DO NOTHING"
NUMBERS = "SELECT key, id FROM inbox WHERE key {}"
STATES = "SELECT id, state FROM inbox WHERE id {} ORDER BY id"
FIRST = (
    "SELECT lane, min(id) FROM inbox WHERE state = 'waiting' AND shard {} AND id < {} AND NOT id {} AND NOT kind {} "
    "AND lane {} GROUP BY lane"
)
WAITING_COLUMNS = [INBOX.c[name] for name in WaitingEvent.__dataclass_fields__]


class Inbox:
    """The way in: events are kept once and leave the queue when they are decided or parked."""

    def __init__(self, connection: Connection, left: set[int]) -> None:
        """``left`` comes to hold every shard in which events are left to be decided."""
        self._connection = connection
        self._left = left

    def keep(self, events: Sequence[NewEvent]) -> tuple[int | None, ...]:
        """Keep the events, numbered in the order given. Return each one's number, None where its key is kept already.

        Of two events with one key, the first is kept.
        """
        if not events:
            return ()
        lanes = lanes_of(self._connection, [event.about for event in events])
        columns: dict[str, Cells] = {
            "key": [event.key for event in events],
            "kind": [event.kind for event in events],
            "lane": [lanes[event.about] for event in events],
            "payload": [json_text(event.payload) for event in events],
            "received_at": [(event.received_at - EPOCH) // MICROSECOND for event in events],
        }
        numbers = dict(self._add(columns, {}, told=("key", "id")))
        return tuple([numbers.pop(event.key, None) for event in events])

    def add(self, events: NewEvents) -> None:
        """Keep the events, numbered in the order given; where a key is kept already, nothing happens."""
        columns: dict[str, Cells] = {"key": events.keys, "lane": events.lanes, "payload": events.payloads}
        self._add(columns, {"kind": events.kind, "received_at": events.received_at})

    def _add(self, columns: dict[str, Cells], alike: Row, told: tuple[str, ...] = ()) -> Iterable[Any]:
        """However events are kept, they are kept here."""
        shards = [shard_of(str(lane)) for lane in columns["lane"]]
        kinds = columns.get("kind") or repeat(alike.get("kind"))
        self._left.update(shard for shard, kind in zip(shards, kinds, strict=False) if kind != READ_FIRST)
        all_columns = {**columns, "shard": shards}
        return insert_columns(self._connection, INBOX, all_columns, alike, conflict=KEPT_ONCE, returning=told)

    def numbers(self, keys: Collection[str]) -> dict[str, int]:
        """The number of each event that is kept, by key."""
        return dict(fetch(self._connection, NUMBERS, keys)) if keys else {}

    def keep_once(self, event: NewEvent) -> int:
        """Keep the event; its number, also where its key is kept already."""
        (number,) = self.keep([event])
        return self.numbers([event.key])[event.key] if number is None else number

    def keep_all(self, events: Sequence[NewEvent]) -> None:
        """Keep every one of the events: where its key is kept already, by the first of KEY:2, KEY:3 ... that is not. So
        whoever does the same again from the same database, as after a restore, gives the same keys."""
        left, times = tuple(events), 1
        while left:
            kept = self.keep(left if times == 1 else [event._replace(key=f"{event.key}:{times}") for event in left])
            left = tuple(event for event, number in zip(left, kept, strict=True) if number is None)
            times += 1

    def waiting(
        self,
        limit: int,
        *,
        include: Collection[str] = (),
        exclude: Collection[str] = (),
        shards: Collection[int] | None = None,
    ) -> list[WaitingEvent]:
        """The first undecided events, oldest first: of the kinds ``include`` (if any are named), none of ``exclude``,
        and of these shards only (None: of all)."""
        query = select(*WAITING_COLUMNS).where(IN_QUEUE if shards is None else IS_WAITING)
        if include:
            query = query.where(INBOX.c.kind.in_(include))
        if exclude:
            query = query.where(INBOX.c.kind.not_in(exclude))
        query = query.order_by(INBOX.c.id).limit(limit)
        if shards is not None:
            query = self._in_shards(query, shards, limit)
        return [WaitingEvent(**row) for row in rows_of(self._connection.execute(query))]

    def _in_shards(self, query: Select[Any], shards: Collection[int], limit: int) -> Select[Any]:
        """The same of some shards. PostgreSQL would sort all that waits there: it is led to the first of each."""
        if self._connection.dialect.name == "sqlite":
            return query.where(INBOX.c.shard.in_(shards))
        numbers = func.unnest(literal(list(shards), ARRAY(SmallInteger)))
        asked = numbers.table_valued("shard").render_derived("asked")
        first = query.where(INBOX.c.shard == asked.c.shard).lateral("first")
        return select(*first.c).join_from(asked, first, true()).order_by(first.c.id).limit(limit)

    def decided(self, ids: Collection[int], at: datetime) -> None:
        """These events are decided; ``at`` is UTC."""
        rows = [{"id": number, "state": "decided", "decided_at": at} for number in ids]
        update_many(self._connection, INBOX, rows, ("id",))

    def hold(self, ids: Collection[int]) -> None:
        """These events can't be decided yet: they wait, and so does what follows in their lanes, until `release`."""
        update_many(self._connection, INBOX, [{"id": number, "state": "held"} for number in ids], ("id",))

    def held_lanes(self, lanes: Collection[str]) -> set[str]:
        """Those of these lanes in which an event is held."""
        query = select(INBOX.c.lane).where(IS_HELD).distinct()
        return {row["lane"] for row in rows_in(self._connection, query, INBOX.c.lane, lanes)}

    def release(self) -> int:
        """What was held waits again, in its old order. Return how many events that are."""
        change = update(INBOX).where(IS_HELD).values(state="waiting").returning(INBOX.c.shard)
        shards = self._connection.execute(change).scalars().all()
        self._left.update(shards)
        return len(shards)

    def park(self, event: int, error: str, at: datetime) -> None:
        """Put an event aside that can't be decided, with the reason in words; later events of its lane go on."""
        change = update(INBOX).where(INBOX.c.id == event)
        self._connection.execute(change.values(state="parked", error=error, decided_at=at))

    def attempted(self, event: int, error: str) -> None:
        """One more try to decide this event has failed."""
        change = update(INBOX).where(INBOX.c.id == event)
        self._connection.execute(change.values(attempts=INBOX.c.attempts + 1, error=error))

    def states(self, ids: Collection[int]) -> dict[int, str]:
        """waiting, held, decided, parked or dropped, for each of these events that exists."""
        rows = rows_in(self._connection, select(INBOX.c.id, INBOX.c.state), INBOX.c.id, ids)
        return {row["id"]: row["state"] for row in rows}

    def still_waiting(self, events: Sequence[WaitingEvent]) -> list[WaitingEvent]:
        """Those that nobody has decided, or dropped with the person they are about, since they were read.

        Nobody else can change them until the transaction ends.
        """
        if not events:
            return []
        locked = "" if self._connection.dialect.name == "sqlite" else " FOR UPDATE"
        rows = fetch(self._connection, STATES + locked, [event.id for event in events])
        waiting = {number for number, state in rows if state == "waiting"}  # PostgreSQL, asked so, may read the queue
        return [event for event in events if event.id in waiting]

    def in_turn(self, events: Sequence[WaitingEvent], exclude: Collection[str] = ()) -> list[WaitingEvent]:
        """Those of `still_waiting` before which nothing else waits in their lanes, but for the kinds ``exclude``: an
        earlier event may have been released or taken back since they were read."""
        ours = self.still_waiting(events)
        first = self._first_waiting({event.lane for event in ours}, {event.id for event in ours}, exclude)
        return [event for event in ours if event.id < first.get(event.lane, event.id + 1)]

    def _first_waiting(self, lanes: Collection[str], others: Collection[int], exclude: Collection[str]) -> Row:
        """The first event that waits in each of these lanes and before the last of ``others``, which do not count."""
        if not others:
            return {}
        shards = {shard_of(lane) for lane in lanes}
        return dict(fetch(self._connection, FIRST, shards, max(others), others, exclude, lanes))

    def undecided_in(self, lanes: Collection[str], kind: str) -> list[WaitingEvent]:
        """The events of this kind in these lanes that wait or are held, in no order."""
        of_kind = select(*WAITING_COLUMNS).where(INBOX.c.kind == kind)
        waiting = of_kind.where(IS_WAITING, INBOX.c.shard.in_({shard_of(lane) for lane in lanes}))
        queries = (waiting, of_kind.where(IS_HELD))
        return [
            WaitingEvent(**row) for query in queries for row in rows_in(self._connection, query, INBOX.c.lane, lanes)
        ]

    def waiting_count(self) -> int:
        """How many events are to be decided now: neither decided yet nor held."""
        return self._connection.execute(select(func.count()).select_from(INBOX).where(IS_WAITING)).scalar_one()

    def latest_time(self) -> datetime | None:
        """When the event kept last was received, UTC; None if there is none."""
        newest = select(INBOX.c.received_at).order_by(INBOX.c.id.desc()).limit(1)
        return self._connection.execute(newest).scalar_one_or_none()
