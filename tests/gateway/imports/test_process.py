"""The process that reads a list, and the end of it."""

import asyncio
from pathlib import Path
from subprocess import Popen
from threading import Event

import pytest

from gateway.imports import process
from gateway.imports.process import reading
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
