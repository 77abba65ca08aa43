"""A workbook is looked at by a process of its own, a text by this one, and nobody notices."""

import asyncio
import subprocess
import sys
from pathlib import Path
from subprocess import PIPE, Popen

import pytest

from gateway.imports import confined, process
from gateway.imports.looker import Look
from gateway.imports.looking import Looker
from gateway.sheets import Reading, ReadingRefused, SheetRefused, open_sheet, preview
from tests.gateway.books import BOOK
from tests.gateway.sheets.awkward_workbooks import PEOPLE, saved

AS_FOUND = Reading()


@pytest.fixture(params=["text", "workbook"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    text = b"external_id,first_name,amount_due,due_date\nA,B,x,2026-12-31\nC,,1,2026-12-31\n"
    path = tmp_path / "contacts.csv"
    path.write_bytes(text if request.param == "text" else saved(PEOPLE, [["x"]]))
    return path


async def test_who_looks_sees_the_same(path: Path) -> None:
    looker = Looker()

    assert await looker.sheet(path, BOOK, AS_FOUND) == open_sheet(path, BOOK)
    assert await looker.look(Look(path, BOOK, AS_FOUND, rows=9)) == preview(path, BOOK, rows=9).as_json()


async def test_a_refusal_is_the_same(path: Path) -> None:
    reading = Reading(columns={"amount_due": "nothing"})
    with pytest.raises(ReadingRefused) as here:
        open_sheet(path, BOOK, reading)
    with pytest.raises(ReadingRefused) as there:
        await Looker().sheet(path, BOOK, reading)

    assert there.value.as_json() == here.value.as_json()


def dying(*_: object) -> "Popen[bytes]":
    return Popen((sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"), stdin=PIPE, stdout=PIPE)


async def test_a_workbook_that_takes_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "contacts.xlsx").write_bytes(saved(PEOPLE))
    monkeypatch.setattr(process, "started", dying)

    with pytest.raises(SheetRefused, match="perhaps for want of memory; save the list as"):
        await Looker().sheet(tmp_path / "contacts.xlsx", BOOK, AS_FOUND)


async def test_nobody_looks_on_for_who_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "contacts.xlsx").write_bytes(saved(PEOPLE))
    found: list[Popen[bytes]] = []
    began = asyncio.Event()
    loop = asyncio.get_running_loop()

    def waiting(*_: object) -> "Popen[bytes]":
        command = (sys.executable, "-c", "import sys; sys.stdin.read()")
        found.append(Popen(command, stdin=PIPE, stdout=PIPE))  # noqa: S603
        loop.call_soon_threadsafe(began.set)
        return found[0]

    monkeypatch.setattr(process, "started", waiting)
    look = asyncio.create_task(Looker().sheet(tmp_path / "contacts.xlsx", BOOK, AS_FOUND))
    await began.wait()
    await asyncio.to_thread(lambda: None)
    look.cancel()
    await asyncio.gather(look, return_exceptions=True)

    assert look.cancelled()
    assert found[0].returncode is not None


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone keeps to it")
def test_a_process_that_reads_has_bounded_memory() -> None:
    text = f"from gateway.imports.confined import *; limit_memory(); bytearray({confined.MAX_MEMORY})"
    ended = subprocess.run((sys.executable, "-c", text), capture_output=True, check=False)  # noqa: S603

    assert b"MemoryError" in ended.stderr
