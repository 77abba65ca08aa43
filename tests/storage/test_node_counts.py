"""Counts by node, way and hour: they add up, also when several write them, and old hours become days."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from storage.database import Storage
from storage.values import Row
from tests.storage.rows import NOON

HOUR = timedelta(hours=1)
MIDNIGHT = NOON - 12 * HOUR


def row(node: str = "f.a", way: str = "next", at: datetime = NOON, number: int = 1, campaign: str = "spring") -> Row:
    return {"campaign": campaign, "node": node, "way": way, "at": at, "number": number}


def day_of(campaign: str, at: datetime) -> datetime:
    """Of campaigns at UTC, and of one where days begin an hour earlier."""
    ahead = HOUR if campaign == "berlin" else timedelta()
    return (at + ahead).replace(hour=0) - ahead


def test_what_is_counted_again_is_added_up_by_way_and_hour(storage: Storage) -> None:
    storage.migrate()
    with storage.transaction() as t:
        t.node_counts.add([row(number=2), row(way="failed"), row("f.b", "match", NOON + HOUR, 5)])
        t.node_counts.add([row(number=3), row(campaign="autumn", number=9)])
        t.node_counts.add([])

        assert t.node_counts.totals("spring") == {"f.a": {"next": 5, "failed": 1}, "f.b": {"match": 5}}
        assert t.node_counts.totals("spring", NOON + HOUR) == {"f.b": {"match": 5}}
        assert t.node_counts.totals("winter") == {}
        assert [t.node_counts.since(name) for name in ("spring", "winter")] == [NOON, None]


def test_over_time_is_told_of_a_span_and_of_one_flow(storage: Storage) -> None:
    storage.migrate()
    with storage.transaction() as t:
        t.node_counts.add([row(at=NOON + n * HOUR, number=n + 1) for n in range(4)])
        t.node_counts.add([row("fx.a"), row("f_.a")])
        spring = t.node_counts.over_time("spring", NOON + HOUR, NOON + 3 * HOUR)
        flow = t.node_counts.over_time("spring", NOON, NOON + HOUR, "f_")

    assert [(one["at"], one["number"], one["daily"]) for one in spring] == [
        (NOON + HOUR, 2, False),
        (NOON + 2 * HOUR, 3, False),
    ]
    assert [one["node"] for one in flow] == ["f_.a"]


def test_old_hours_become_days_a_few_at_a_time_and_no_total_changes(storage: Storage) -> None:
    storage.migrate()
    with storage.transaction() as t:
        t.node_counts.add([row(at=MIDNIGHT + n * HOUR) for n in range(30)])
        t.node_counts.add([row(at=MIDNIGHT + 23 * HOUR, campaign="berlin", number=7)])
        before = t.node_counts.totals("spring")
        merged = [t.node_counts.merge(MIDNIGHT + 28 * HOUR, 10, day_of) for _ in range(4)]

        spring = t.node_counts.over_time("spring", MIDNIGHT - 24 * HOUR, NOON + 99 * HOUR)
        (berlin,) = t.node_counts.over_time("berlin", MIDNIGHT - 24 * HOUR, NOON + 99 * HOUR)
        assert t.node_counts.totals("spring") == before

    assert merged == [10, 10, 9, 0]
    assert [(one["at"], one["daily"], one["number"]) for one in spring if one["daily"]] == [
        (MIDNIGHT, True, 24),
        (MIDNIGHT + 24 * HOUR, True, 4),
    ]
    assert [one["at"] for one in spring if not one["daily"]] == [MIDNIGHT + 28 * HOUR, MIDNIGHT + 29 * HOUR]
    assert (berlin["at"], berlin["number"]) == (MIDNIGHT + 23 * HOUR, 7)


def test_many_writers_of_the_same_counts_neither_lose_any_nor_wait_for_one_another_for_ever(storage: Storage) -> None:
    storage.migrate()
    rows = [row(f"f.{name}") for name in "abcdefgh"]

    def write(number: int) -> None:
        with storage.transaction() as t:
            t.node_counts.add(rows if number % 2 else rows[::-1])

    with ThreadPoolExecutor(4) as writers:
        list(writers.map(write, range(40)))
    with storage.reading() as t:
        assert t.node_counts.totals("spring") == {f"f.{name}": {"next": 40} for name in "abcdefgh"}
