"""The spool keeps what the database can't take: in order, on disk, and no longer than need be."""

import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from storage.errors import AlreadyRunning, SpoolUnavailable
from storage.spool import Spool
from storage.values import NewEvent
from tests.storage.rows import event

ALL = 1_000


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    opened = Spool(tmp_path / "spool.db", limit=5)
    opened.open()
    yield opened
    opened.close()


def reopened(path: Path) -> Spool:
    spool = Spool(path)
    spool.open()
    return spool


def events(*keys: str) -> list[NewEvent]:
    return [event(key, text=f"said in {key}") for key in keys]


def files_with(text: bytes, folder: Path) -> list[str]:
    return [file.name for file in folder.iterdir() if text in file.read_bytes()]


def modes(folder: Path) -> set[int]:
    return {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}


async def keys(spool: Spool) -> list[str]:
    return [one.event.key for one in await spool.oldest(ALL)]


async def test_events_come_out_as_they_went_in_and_in_their_order(spool: Spool) -> None:
    await spool.keep(events("b", "a"))
    await spool.keep(events("c"))

    assert [one.event for one in await spool.oldest(ALL)] == events("b", "a", "c")
    assert [one.event.key for one in await spool.oldest(2)] == ["b", "a"]
    assert spool.depth == 3


async def test_an_event_that_comes_again_is_kept_once(spool: Spool) -> None:
    assert await spool.keep(events("a", "a")) in ([True, False], [True, True])
    assert await spool.keep(events("a", "b")) == [False, True]
    assert (await keys(spool), spool.depth) == (["a", "b"], 2)


def test_what_is_kept_is_synced_to_disk(spool: Spool) -> None:
    assert spool._transact(lambda connection: connection.exec_driver_sql("PRAGMA synchronous").scalar_one()) == 2


async def test_what_waits_is_there_after_a_restart(spool: Spool, tmp_path: Path) -> None:
    await spool.keep(events("a", "b", "c"))
    first = (await spool.oldest(1))[0]
    spool.moved([first])
    await spool.forget()
    spool.close()
    again = reopened(tmp_path / "spool.db")

    assert (await keys(again), again.depth) == (["b", "c"], 2)
    again.close()


async def test_moved_events_wait_no_more_even_before_they_are_removed_from_the_file(spool: Spool) -> None:
    await spool.keep(events("a", "b"))
    spool.moved(await spool.oldest(1))

    assert (await keys(spool), spool.depth, spool.remains) == (["b"], 1, True)
    await spool.forget()
    assert (await keys(spool), spool.depth, spool.remains) == (["b"], 1, False)


async def test_what_an_earlier_process_left_is_told_apart_from_what_comes_now(spool: Spool, tmp_path: Path) -> None:
    await spool.keep(events("a", "b"))
    assert not spool.holds_earlier
    spool.close()
    again = reopened(tmp_path / "spool.db")
    await again.keep(events("c"))
    again.moved(await again.oldest(1))
    assert again.holds_earlier
    again.moved(await again.oldest(1))

    assert (again.holds_earlier, again.depth, again.left) == (False, 1, 2)
    again.close()


async def test_what_came_while_others_were_moved_is_not_forgotten(spool: Spool) -> None:
    await spool.keep(events("a"))
    waiting = await spool.oldest(ALL)
    await spool.keep(events("b"))
    spool.moved(waiting)
    await spool.forget()

    assert await keys(spool) == ["b"]


async def test_a_full_spool_says_how_much_it_takes_and_keeps_all_or_none(spool: Spool) -> None:
    await spool.keep(events("a", "b", "c"))
    with pytest.raises(SpoolUnavailable, match=r"3 events wait in the spool .*spool\.db, which takes 5"):
        await spool.keep(events("d", "e", "f"))

    assert await keys(spool) == ["a", "b", "c"]
    assert await spool.keep(events("d", "e")) == [True, True]
    with pytest.raises(SpoolUnavailable):
        await spool.check()


LARGE, BYTES = "x" * 10_000, 100_000


async def filled(spool: Spool) -> int:
    """Keep large events until no more are taken; how many were."""
    for number in range(ALL):
        try:
            await spool.keep([event(f"large {spool.left} {number}", text=LARGE)])
        except SpoolUnavailable:
            return number
    raise AssertionError("it is never full")


async def test_a_spool_takes_so_many_bytes_and_says_the_number(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool.db", bytes_limit=BYTES)
    spool.open()
    taken = await filled(spool)
    with pytest.raises(
        SpoolUnavailable, match=rf"spool\.db can't be used: it would have \d+ bytes, of at most {BYTES}"
    ):
        await spool.keep([event("one more", text=LARGE)])

    assert (spool.depth, len(await keys(spool))) == (taken, taken)
    assert await spool.keep([event("small")]) == [True]
    spool.moved(await spool.oldest(2))
    await spool.forget()
    assert await filled(spool) == 2
    spool.close()
    assert BYTES - 2 * len(LARGE) < (tmp_path / "spool.db").stat().st_size <= BYTES


async def test_a_spool_full_of_bytes_does_not_pass_its_check(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool.db", bytes_limit=0)
    spool.open()
    with pytest.raises(SpoolUnavailable, match="of at most 0"):
        await spool.check()
    spool.close()


async def test_what_the_database_never_takes_is_set_aside_with_the_reason(spool: Spool, tmp_path: Path) -> None:
    await spool.keep(events("a", "bad", "c"))
    await spool.put_aside((await spool.oldest(ALL))[1], "DataError")

    assert (await keys(spool), spool.depth, await spool.set_aside()) == (["a", "c"], 2, 1)
    spool.moved(await spool.oldest(ALL))
    await spool.forget()
    spool.close()
    with closing(sqlite3.connect(tmp_path / "spool.db")) as file:
        assert file.execute("SELECT key, error FROM spooled").fetchall() == [("bad", "DataError")]
    again = reopened(tmp_path / "spool.db")
    assert (again.depth, await again.set_aside()) == (0, 1)
    again.close()


async def test_nothing_that_people_wrote_is_left_once_all_is_moved(spool: Spool, tmp_path: Path) -> None:
    await spool.keep(events("a", "b"))
    assert files_with(b"said in", tmp_path)
    spool.moved(await spool.oldest(ALL))
    await spool.forget()

    assert files_with(b"said in", tmp_path) == []


async def test_an_outage_that_is_over_leaves_a_small_file(tmp_path: Path) -> None:
    spool = reopened(tmp_path / "spool.db")
    await spool.keep([event(f"k{n}", text="x" * 1_000) for n in range(1_000)])
    spool.moved(await spool.oldest(ALL))
    await spool.forget()
    spool.close()

    assert (tmp_path / "spool.db").stat().st_size < 64 * 1024


async def test_only_its_owner_may_read_the_spool(spool: Spool, tmp_path: Path) -> None:
    await spool.keep(events("a"))

    assert modes(tmp_path) == {0o600}


async def test_a_check_leaves_nothing(spool: Spool) -> None:
    await spool.check()

    assert (await keys(spool), spool.depth) == ([], 0)


@pytest.mark.parametrize("spelt", ["spool.db", "folder/../spool.db", "link/spool.db", "link.db"])
async def test_one_process_has_the_spool_however_its_path_is_spelt(spool: Spool, tmp_path: Path, spelt: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path)
    (tmp_path / "link.db").symlink_to(tmp_path / "spool.db")
    second = Spool(tmp_path / spelt)
    with pytest.raises(AlreadyRunning, match=r"spool\.db"):
        second.open()
    second.close()


@pytest.mark.parametrize("damage", ["no folder", "no database"])
def test_a_spool_that_can_not_be_used_names_its_file(tmp_path: Path, damage: str) -> None:
    path = tmp_path / ("none/spool.db" if damage == "no folder" else "spool.db")
    if damage == "no database":
        path.write_text("this is no database, and it is long enough to be seen as none" * 20)
    spool = Spool(path)
    with pytest.raises(SpoolUnavailable, match=str(path)):
        spool.open()
    spool.close()


async def test_a_spool_that_breaks_later_says_so_and_takes_events_again_once_it_is_mended(
    spool: Spool, tmp_path: Path
) -> None:
    other = sqlite3.connect(tmp_path / "spool.db", isolation_level=None, timeout=0)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(SpoolUnavailable, match=r"spool\.db can't be used: database is locked"):
        await spool.keep(events("a"))
    other.close()

    assert await spool.keep(events("a")) == [True]
