"""A contact list is read where its file lies: by nobody else while that host is there, by whoever has a copy after."""

import shutil
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from gateway.clock import Bell
from gateway.imports.desk import UploadDesk
from gateway.imports.places import NAME, place_of
from gateway.imports.runner import NO_FILE
from tests.gateway.books import BOOK
from tests.gateway.desk import Desk
from tests.gateway.imports.lists import HEADER, OTHER, UPLOAD, left, row_of


@pytest.fixture
async def elsewhere(desk: Desk, tmp_path: Path) -> AsyncIterator[UploadDesk]:
    """Another process on the same database, on another host."""
    made = another(desk, tmp_path / "elsewhere")
    place_of(made.folder)
    yield made
    await made.close()


@pytest.fixture(autouse=True)
def of_several(desk: Desk) -> Iterator[None]:
    desk.uploads = another(desk, desk.folder)
    return iter([None])


def another(desk: Desk, folder: Path) -> UploadDesk:
    folder.mkdir(exist_ok=True)
    return UploadDesk(
        desk.storage, folder, lambda: desk.books, desk.clock.now, desk.ring, Bell(desk.clock), shared=True
    )


async def looked(uploads: UploadDesk) -> None:
    await uploads.look()
    await uploads.idle()


def states(desk: Desk, *uploads: str) -> list[tuple[str, Any]]:
    return [(row["reason"], row["read"]) for row in (row_of(desk, upload) for upload in uploads)]


async def test_a_list_is_read_by_the_process_whose_folder_it_is_in_and_by_no_other(
    desk: Desk, elsewhere: UploadDesk
) -> None:
    left(desk, HEADER + "A,1\nB,2\n")
    await looked(elsewhere)
    elsewhere.wake(BOOK.campaign)
    await elsewhere.idle()
    assert states(desk, UPLOAD) == [("", 0)]

    await looked(desk.uploads)
    assert states(desk, UPLOAD) == [("", 2)]


async def test_what_comes_behind_a_list_of_another_host_waits_its_turn(desk: Desk, elsewhere: UploadDesk) -> None:
    left(desk, HEADER + "A,1\n")
    before, desk.uploads = desk.uploads, elsewhere
    left(desk, HEADER + "B,2\n", OTHER)
    await looked(elsewhere)
    assert states(desk, UPLOAD, OTHER) == [("", 0), ("", 0)]

    await looked(before)
    await looked(elsewhere)
    assert states(desk, UPLOAD, OTHER) == [("", 1), ("", 1)]


async def test_a_list_of_a_host_that_is_gone_is_read_where_its_file_is_copied_to(
    desk: Desk, elsewhere: UploadDesk
) -> None:
    left(desk, HEADER + "A,1\n")
    shutil.copy(desk.uploads.path(UPLOAD), elsewhere.path(UPLOAD))
    shutil.rmtree(desk.folder)
    await looked(elsewhere)

    assert states(desk, UPLOAD) == [("", 1)]


async def test_half_a_copy_is_not_read(desk: Desk, elsewhere: UploadDesk) -> None:
    left(desk, HEADER + "A,1\n")
    elsewhere.path(UPLOAD).write_text(HEADER)
    await looked(elsewhere)

    assert states(desk, UPLOAD) == [("", 0)]


async def test_the_host_that_took_a_list_says_that_its_file_is_gone(desk: Desk, elsewhere: UploadDesk) -> None:
    left(desk, HEADER + "A,1\n")
    desk.uploads.path(UPLOAD).unlink()
    await looked(elsewhere)
    assert states(desk, UPLOAD) == [("", 0)]
    await looked(desk.uploads)

    assert states(desk, UPLOAD) == [(NO_FILE, 0)]


async def test_one_process_alone_says_so_of_every_list(desk: Desk, elsewhere: UploadDesk) -> None:
    left(desk, HEADER + "A,1\n")
    alone = UploadDesk(desk.storage, elsewhere.folder, lambda: desk.books, desk.clock.now, desk.ring, Bell(desk.clock))
    await looked(alone)

    assert states(desk, UPLOAD) == [(NO_FILE, 0)]


def test_a_folder_keeps_its_name_and_takes_it_along(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    known = place_of(one)

    assert place_of(one) == known != place_of(other)
    assert (one / NAME).stat().st_mode & 0o077 == 0
    assert place_of(one.rename(tmp_path / "moved")) == known
    assert [path.name for path in (tmp_path / "moved").iterdir()] == [NAME]


def test_processes_that_come_to_a_new_folder_together_name_it_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as processes:
        names = set(processes.map(place_of, [tmp_path / "new"] * 32))

    assert len(names) == 1
