"""An import goes on through everything that may befall it: a reader that dies, rules that change, a database that is
away; and stops where somebody has to look."""

import asyncio
import sys
from dataclasses import replace
from subprocess import Popen
from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway.imports import process, runner
from gateway.imports.process import reading
from gateway.imports.reader import Job
from gateway.sheets import Reading
from rules.values import ValueType
from storage.errors import StorageUnavailable
from tests.gateway.books import BOOK
from tests.gateway.desk import Client, Desk
from tests.gateway.imports.lists import HEADER, UPLOAD, UPLOADS, change, chunks_of, kept, left, row_of, settled

DIES = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
DIES_LATER = """
import os, signal
from itertools import count
from gateway.imports import reader
numbers, write = count(), reader.write
reader.write = lambda message: write(message) if next(numbers) < 3 else os.kill(os.getpid(), signal.SIGKILL)
reader.main()
"""
ROWS = "".join(f"{n},{n}\n" for n in range(20))


def readers_are(monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Instead of the program that reads, this one is started."""
    monkeypatch.setattr(process, "COMMAND", (sys.executable, "-P", "-c", script))


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.imports.chunks.CHUNK_ROWS", 4)


async def test_a_reader_that_dies_again_and_again_is_followed_by_others_after_the_last_row_kept(
    desk: Desk, api: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    readers_are(monkeypatch, DIES_LATER)
    left(desk, HEADER + ROWS)
    with capture_logs() as logs:
        await desk.uploads.look()
        await settled(desk)

    row = row_of(desk)
    assert (row["status"], row["created"]) == ("completed", 20)
    assert {line["event"] for line in logs} == {"upload_reader_died"}


async def test_an_upload_whose_readers_keep_nothing_is_paused_and_goes_on_once_it_is_resumed(
    desk: Desk, api: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    left(desk, HEADER + ROWS)
    kept(desk, chunks_of(desk, 4)[0])
    with monkeypatch.context() as patched:
        readers_are(patched, DIES)
        await desk.uploads.look()
        await desk.uploads.idle()
    row = row_of(desk)

    assert (row["status"], row["read"]) == ("paused", 4)
    assert "was killed, perhaps for want of memory, 3 times" in row["reason"]
    assert (await api.post(f"{UPLOADS}/{UPLOAD}/resume")).status == 200
    await settled(desk)
    assert (row_of(desk)["status"], row_of(desk)["created"], row_of(desk)["reason"]) == ("completed", 20, "")


async def test_rows_are_checked_by_the_rules_in_force_when_they_are_kept(
    desk: Desk, api: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the first chunk the field takes any text, and from then on nothing fails."""
    left(desk, HEADER + "".join(f"{n},many\n" for n in range(20)))
    texts = {**BOOK.fields, "amount_due": replace(BOOK.fields["amount_due"], type=ValueType.STRING)}
    changed = replace(BOOK, hash="changed", fields=texts)
    monkeypatch.setattr(desk.uploads._runner, "ring", lambda: desk.books.update({BOOK.campaign: changed}))
    await desk.uploads.look()
    await desk.uploads.idle()
    row = row_of(desk)

    assert (row["read"], row["failed"]) == (20, 4)


async def test_a_list_that_the_changed_rules_do_not_fit_waits_for_somebody(
    desk: Desk, api: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    left(desk, HEADER + ROWS, reading={"columns": {"amount_due": "amount_due"}})
    changed = replace(BOOK, hash="changed", fields={})
    monkeypatch.setattr(desk.uploads._runner, "ring", lambda: desk.books.update({BOOK.campaign: changed}))
    await desk.uploads.look()
    await desk.uploads.idle()
    row = row_of(desk)

    assert (row["status"], row["read"]) == ("paused", 4)
    assert '"amount_due"' in row["reason"]


async def test_a_fault_of_ours_pauses_the_upload(desk: Desk, api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("a mistake")

    left(desk, HEADER + ROWS)
    monkeypatch.setattr("gateway.imports.rows.keep_upload", broken)
    with capture_logs() as logs:
        await desk.uploads.look()
        await desk.uploads.idle()

    assert (row_of(desk)["status"], row_of(desk)["reason"]) == ("paused", runner.FAULT)
    assert [line["event"] for line in logs] == ["upload_failed"]


async def test_an_import_outlasts_an_outage_of_the_database(
    desk: Desk, api: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    left(desk, HEADER + ROWS)
    run, calls = desk.storage.run, 0

    async def sometimes(work: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls % 3:
            raise StorageUnavailable("it restarts")
        return await run(work)

    monkeypatch.setattr(runner, "OUTAGE_PAUSE", 0.0)
    with monkeypatch.context() as patched:
        patched.setattr(desk.storage, "run", sometimes)
        await desk.uploads.look()
        await desk.uploads.idle()
    await settled(desk)

    assert (row_of(desk)["status"], row_of(desk)["created"]) == ("completed", 20)


async def test_a_pause_holds_in_the_middle_of_a_list(desk: Desk, api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    left(desk, HEADER + ROWS)
    paused = lambda: change(desk, lambda t: t.uploads.change(UPLOAD, status="paused"))  # noqa: E731
    monkeypatch.setattr(desk.uploads._runner, "ring", paused)
    await desk.uploads.look()
    await desk.uploads.idle()

    assert (row_of(desk)["status"], row_of(desk)["read"]) == ("paused", 4)


def job(desk: Desk) -> Job:
    return Job(desk.uploads.path(UPLOAD).resolve(), runner.as_read(BOOK), Reading(), 0, True, 4)


async def test_a_reader_ends_with_whoever_started_it_though_nobody_reads_its_pipe(desk: Desk) -> None:
    left(desk, HEADER + ROWS * 1_000)
    started: Popen[bytes] = await asyncio.to_thread(process.started, "gateway.imports.reader", job(desk))
    assert started.stdin
    assert started.stdout
    started.stdin.close()  # which the system does for whoever is killed

    assert await asyncio.to_thread(started.wait, 20) == 1
    started.stdout.close()


async def test_a_reader_is_gone_after_its_block_however_far_it_was(desk: Desk) -> None:
    left(desk, HEADER + ROWS * 1_000)
    async with reading(job(desk)) as reader:
        await reader.next()

    assert reader._process.poll() is not None


async def test_a_reader_is_given_nothing_of_the_environment_that_may_be_secret(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POINTSMAN_API_TOKEN", "secret")

    assert "secret" not in str(process._environment())


async def test_closing_ends_an_import_in_the_middle_which_goes_on_later(
    desk: Desk, api: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    left(desk, HEADER + ROWS)
    begun = asyncio.Event()
    monkeypatch.setattr(desk.uploads._runner, "ring", begun.set)
    await desk.uploads.look()
    await begun.wait()
    await desk.uploads.close()
    assert row_of(desk)["finished_at"] is None
    await desk.uploads.look()
    await settled(desk)

    assert (row_of(desk)["status"], row_of(desk)["created"]) == ("completed", 20)
