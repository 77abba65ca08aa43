"""Commands look into the spool, and take events out of it, beside the gateway that has it or without one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage import spool_visit
from storage.spool import Spool
from storage.spool_visit import SpoolVisit, visiting
from storage.values import About, NewEvent
from tests.storage.rows import event
from tests.storage.test_spool import files_with


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    opened = Spool(tmp_path / "spool.db")
    opened.open()
    yield opened
    opened.close()


@pytest.fixture
def visit(spool: Spool, tmp_path: Path) -> Iterator[SpoolVisit]:
    with visiting(tmp_path / "spool.db") as visit:
        yield visit


def of(phone: str, key: str) -> NewEvent:
    return event(key, About("phone", phone), text=f"said in {key}")


async def test_what_is_set_aside_is_found_page_by_page_with_its_reason(
    spool: Spool, visit: SpoolVisit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool_visit, "PAGE", 2)
    await spool.keep([of("+491", key) for key in "abcdefg"])
    for one in (await spool.oldest(6))[1:]:
        await spool.put_aside(one, f"Error of {one.event.key}")

    assert [(one.event.key, one.error) for one in visit.set_aside()] == [(key, f"Error of {key}") for key in "bcdef"]
    assert [one.event.key for one in visit.these([1, 2, 99]).values()] == ["a", "b"]


async def test_whom_events_are_about_is_told_of_all_of_them(
    spool: Spool, visit: SpoolVisit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool_visit, "ABOUTS", 2)
    await spool.keep([of(f"+49{number}", str(number)) for number in range(5)])
    await spool.put_aside((await spool.oldest(1))[0], "DataError")

    assert list(visit.abouts()) == [
        {1: About("phone", "+490"), 2: About("phone", "+491")},
        {3: About("phone", "+492"), 4: About("phone", "+493")},
        {5: About("phone", "+494")},
    ]


async def test_what_is_removed_leaves_nothing_in_the_files_and_the_gateway_goes_on(
    spool: Spool, visit: SpoolVisit, tmp_path: Path
) -> None:
    await spool.keep([of("+491", "a"), of("+492", "b"), of("+491", "c")])
    await spool.put_aside((await spool.oldest(1))[0], "DataError")
    visit.remove([1, 3])

    assert await spool.set_aside() == 0
    assert [one.event.key for one in await spool.oldest(10)] == ["b"]
    assert spool.depth == 1
    assert files_with(b"said in a", tmp_path) == []


def test_where_there_is_no_spool_it_is_empty_and_none_is_made(tmp_path: Path) -> None:
    with visiting(tmp_path / "none.db") as visit:
        visit.remove([1])
        assert (list(visit.set_aside()), list(visit.abouts()), visit.these([1])) == ([], [], {})

    assert list(tmp_path.iterdir()) == []
