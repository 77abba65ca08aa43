"""The process that reads a list, and the end of it."""

import asyncio
import sys
from pathlib import Path
from subprocess import Popen
from threading import Event
from typing import Any

import pytest

from gateway.imports import process
from gateway.imports.process import ReaderDied, reading
from gateway.imports.reader import Job
from gateway.imports.runner import as_read
from gateway.sheets import Reading
from tests.gateway.books import BOOK


async def test_who_is_cancelled_while_a_reader_starts_leaves_none_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on, readers = asyncio.Event(), Event(), list[Popen[bytes]]()
    loop, start = asyncio.get_running_loop(), process.started

    def started(module: str, job: object) -> "Popen[bytes]":
        readers.append(start(module, job))
        loop.call_soon_threadsafe(begun.set)
        go_on.wait()
        return readers[-1]

    async def read() -> None:
        async with reading(Job(tmp_path / "list.csv", as_read(BOOK), Reading(), 0, True, 1)):
            raise AssertionError("it was cancelled before")

    monkeypatch.setattr(process, "started", started)
    task = asyncio.create_task(read())
    await begun.wait()
    task.cancel()
    go_on.set()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert [reader.poll() is None for reader in readers] == [False]


@pytest.mark.parametrize("columns", [0, 500], ids=["a short job", "more than a buffer holds"])
async def test_a_reader_that_ends_before_it_took_its_job_has_died_and_nothing_else_is_wrong(
    columns: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "COMMAND", (sys.executable, "-c", "import os; os._exit(3)"))
    monkeypatch.setattr(process, "Popen", at_its_end)
    how = Reading(columns={f"column {number}": "-" for number in range(columns)})

    with pytest.raises(ReaderDied, match="ended with 3"):
        async with reading(Job(tmp_path / "list.csv", as_read(BOOK), how, 0, True, 1)) as reader:
            await reader.next()


def at_its_end(*command: Any, **options: Any) -> "Popen[bytes]":
    begun = Popen(*command, **options)  # noqa: S603 - our own program
    begun.wait()
    return begun
