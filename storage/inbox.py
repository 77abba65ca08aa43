"""Every event, exactly once."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, select, text, update

from storage.columnwise import Cells, add_columns, look_up
from storage.lanes import lanes_of
from storage.models import Inbox as InboxRow
from storage.statements import insert_into, rows_in, rows_of, table_of
from storage.values import NewEvent, NewEvents, Row, WaitingEvent, shard_of

INBOX = table_of(InboxRow)
IS_WAITING = text("inbox.state = 'waiting'")  # literals, or the partial indexes can't be used
IS_HELD = text("inbox.state = 'held'")
WAITING_COLUMNS = [INBOX.c[name] for name in WaitingEvent.__dataclass_fields__]


class Inbox:
    """The way in: events are kept once and leave the queue when they are decided or parked."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def keep(self, events: Sequence[NewEvent]) -> tuple[int | None, ...]:
        """Keep the events, numbered in the order given. Return each one's number, None where its key is kept already.

        Of two events with one key, the first is kept.
        """
        if not events:
            return ()
        insert = insert_into(self._connection, INBOX).on_conflict_do_nothing(index_elements=[INBOX.c.key])
        result = self._connection.execute(insert.returning(INBOX.c.key, INBOX.c.id), self._rows(events))
        kept: dict[str, int] = {row.key: row.id for row in result}
        return tuple(kept.pop(event.key, None) for event in events)

    def add(self, events: NewEvents) -> None:
        """Keep the events, numbered in the order given; where a key is kept already, nothing happens."""
        shards = [shard_of(lane) for lane in events.lanes]
        columns: dict[str, Cells] = {
            "key": events.keys,
            "lane": events.lanes,
            "shard": shards,
            "payload": events.payloads,
        }
        alike = {"kind": events.kind, "received_at": events.received_at}
        add_columns(self._connection, INBOX, columns, alike, unless="key")

    def numbers(self, keys: Collection[str]) -> dict[str, int]:
        """The number of each event that is kept, by key."""
        return look_up(self._connection, INBOX, "key", "id", keys)

    def keep_once(self, event: NewEvent) -> int:
        """Keep the event; its number, also where its key is kept already."""
        (number,) = self.keep([event])
        return self.numbers([event.key])[event.key] if number is None else number

    def keep_all(self, events: Sequence[NewEvent]) -> None:
        """Keep every one of the events: where its key is kept already, by the first of KEY:2, KEY:3 ... that is not. So
        whoever does the same again from the same database, as after a restore, gives the same keys."""
        left, times = tuple(events), 1
        while left:
            kept = self.keep(left if times == 1 else [replace(event, key=f"{event.key}:{times}") for event in left])
            left = tuple(event for event, number in zip(left, kept, strict=True) if number is None)
            times += 1

    def _rows(self, events: Sequence[NewEvent]) -> list[Row]:
        lanes = lanes_of(self._connection, [event.about for event in events])
        return [inbox_row(event, lanes[event.about]) for event in events]

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
        query = select(*WAITING_COLUMNS).where(IS_WAITING).order_by(INBOX.c.id).limit(limit)
        if include:
            query = query.where(INBOX.c.kind.in_(include))
        if exclude:
            query = query.where(INBOX.c.kind.not_in(exclude))
        if shards is not None:
            query = query.where(INBOX.c.shard.in_(shards))
        return [WaitingEvent(**row) for row in rows_of(self._connection.execute(query))]

    def decided(self, ids: Collection[int], at: datetime) -> None:
        """These events are decided; ``at`` is UTC."""
        if ids:
            change = update(INBOX).where(INBOX.c.id == bindparam("event")).values(state="decided", decided_at=at)
            self._connection.execute(change, [{"event": number} for number in ids])

    def hold(self, ids: Collection[int]) -> None:
        """These events can't be decided yet: they wait, and so does what follows in their lanes, until `release`."""
        if ids:
            change = update(INBOX).where(INBOX.c.id == bindparam("event")).values(state="held")
            self._connection.execute(change, [{"event": number} for number in ids])

    def held_lanes(self, lanes: Collection[str]) -> set[str]:
        """Those of these lanes in which an event is held."""
        query = select(INBOX.c.lane).where(IS_HELD).distinct()
        return {row["lane"] for row in rows_in(self._connection, query, INBOX.c.lane, lanes)}

    def release(self) -> int:
        """What was held waits again, in its old order. Return how many events that are."""
        return self._connection.execute(update(INBOX).where(IS_HELD).values(state="waiting")).rowcount

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
        query = select(INBOX.c.id).where(IS_WAITING).order_by(INBOX.c.id).with_for_update()
        rows = rows_in(self._connection, query, INBOX.c.id, [event.id for event in events])
        waiting = {row["id"] for row in rows}
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
        of_shards = INBOX.c.shard.in_({shard_of(lane) for lane in lanes})
        earlier = (IS_WAITING, of_shards, INBOX.c.id < max(others), INBOX.c.id.not_in(others))
        query = select(INBOX.c.lane, func.min(INBOX.c.id).label("first")).where(*earlier)
        query = query.where(INBOX.c.kind.not_in(exclude)).group_by(INBOX.c.lane)
        return {row["lane"]: row["first"] for row in rows_in(self._connection, query, INBOX.c.lane, lanes)}

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


def inbox_row(event: NewEvent, lane: str) -> Row:
    return {
        "key": event.key,
        "kind": event.kind,
        "lane": lane,
        "shard": shard_of(lane),
        "payload": event.payload,
        "received_at": event.received_at,
    }
