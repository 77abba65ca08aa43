"""Commands that are killed half-way or that nobody listens to any more, and campaigns whose rule files went away."""

import asyncio
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest
import structlog

from gateway.commands.project import rulebook_of
from gateway.imports import rows
from gateway.imports.chunks import Chunk
from gateway.settings import load_settings
from storage.database import Storage
from storage.transaction import Transaction
from storage.values import Row
from tests.gateway.desk import NOW, Desk
from tests.gateway.test_commands import ADA, CAMPAIGN, HEADER, contacts, pointsman, project

__all__ = ["project"]

BEN = "B,Ben,+4915112345602,80,2026-11-30\n"
CAT = "C,Cat,+4915112345603,80,2026-11-30\n"
BAD = "D,Dan,nothing,80,2026-11-30\n"


def killed_import(project: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """An import that ends after its first row."""
    keep = rows.keep

    def keep_one(t: Transaction, upload: str, chunk: Chunk, now: datetime) -> bool:
        if t.uploads.take(upload)["last_row"]:
            raise SystemExit(137)
        return keep(t, upload, chunk, now)

    with monkeypatch.context() as patched:
        patched.setattr("gateway.imports.chunks.CHUNK_ROWS", 1)
        patched.setattr(rows, "keep", keep_one)
        assert pointsman("import", CAMPAIGN, contacts(project, text), "-C", project).exit_code == 137


def decided_uploads(project: Path) -> list[Row]:
    """What became of all uploads, once a gateway took up the project and decided all that waits."""
    settings = load_settings(project, offline=True)
    storage = Storage(settings.database)
    book = rulebook_of(settings, CAMPAIGN)

    async def work() -> None:
        desk = Desk(storage, settings.uploads, books={book.campaign: book})
        await desk.uploads.look()
        await desk.uploads.idle()
        await desk.work()
        await desk.uploads.tidy()

    asyncio.run(work())
    with storage.reading() as t:
        rows = t.uploads._connection.exec_driver_sql("SELECT id FROM upload ORDER BY started_at").scalars().all()
        found = [t.uploads.get(id) or {} for id in rows]
    storage.close()
    return found


@pytest.mark.parametrize("imports_again", [False, True], ids=["by the next run", "by another import"])
def test_an_import_that_was_killed_is_finished(
    project: Path, monkeypatch: pytest.MonkeyPatch, imports_again: bool
) -> None:
    killed_import(project, monkeypatch, HEADER + ADA + BAD + CAT)
    assert len(list((project / "uploads").glob("*.csv"))) == 1
    if imports_again:
        result = pointsman("import", CAMPAIGN, contacts(project, HEADER + BEN), "-C", project)
        assert "list.csv (upload" in result.stderr
        assert "comes first" in result.stderr
        assert len(list((project / "uploads").glob("*.csv"))) == 2
    first = decided_uploads(project)[0]

    assert (first["status"], first["created"] + first["updated"], first["failed"]) == ("failed", 2, 1)
    assert [path.stem for path in (project / "uploads").glob("*.csv")] == [first["id"]]


def test_a_campaign_whose_rule_file_is_gone_is_stopped_started_and_given_people(project: Path) -> None:
    pointsman("campaign", "start", CAMPAIGN, "-C", project)
    put_in_force(project)
    (project / "rules" / f"{CAMPAIGN}.yaml").unlink()

    stopped = pointsman("campaign", "stop", CAMPAIGN, "-C", project)
    assert (stopped.exit_code, stopped.output) == (0, f"{CAMPAIGN} is inactive\n")
    started = pointsman("campaign", "start", CAMPAIGN, "-C", project)
    assert "taking the version in force" in started.stderr
    assert pointsman("import", CAMPAIGN, contacts(project, HEADER + ADA), "-C", project).exit_code == 0


def put_in_force(project: Path) -> None:
    """What a gateway does when it starts."""
    settings = load_settings(project, offline=True)
    book = rulebook_of(settings, CAMPAIGN)
    storage = Storage(settings.database)
    with storage.transaction() as t:
        t.campaigns.keep_version(book.hash, book.campaign, book.file, Path(book.file).read_text(), NOW)
        t.campaigns.activate_version(book.campaign, book.hash)
    storage.close()


def test_stopping_what_never_was_is_refused(project: Path) -> None:
    pointsman("campaign", "start", CAMPAIGN, "-C", project)
    result = pointsman("campaign", "stop", "payment_remindr", "-C", project)

    assert result.exit_code == 2
    assert 'did you mean "payment_reminder"?' in result.stderr


@pytest.mark.parametrize("command", [["check"], ["campaign", "status"], ["campaign", "stop", CAMPAIGN]])
def test_every_command_logs_in_our_way(project: Path, command: list[str]) -> None:
    """What structlog does by itself would show the values of variables in a traceback."""
    structlog.reset_defaults()
    pointsman(*command, "-C", project)

    assert structlog.is_configured()


def test_check_refuses_a_project_without_its_rules_folder(project: Path) -> None:
    (project / "rules").rename(project / "ruels")
    result = pointsman("check", "-C", project)

    assert result.exit_code == 2
    assert f"there is no folder {project.resolve()}/rules: make it" in result.stderr


READ = (("check",), ("token", "list"), ("list", "campaigns", "--json"), ("export", CAMPAIGN, "participants"))


def test_a_command_whose_reader_has_gone_ends_without_a_word(project: Path) -> None:
    """As the one before it in `pointsman ... | head`, once that has what it wants."""
    pointsman("campaign", "start", CAMPAIGN, "-C", project)
    reader, writer = os.pipe()
    os.close(reader)
    begin = [sys.executable, "-c", "from gateway.cli import main; main()"]
    lines = [[*begin, *command, "-C", str(project)] for command in READ]
    begun = [subprocess.Popen(line, stdout=writer, stderr=subprocess.PIPE) for line in lines]  # noqa: S603
    os.close(writer)
    said = [process.communicate(timeout=60)[1] for process in begun]

    assert [(process.returncode, words) for process, words in zip(begun, said, strict=True)] == [(1, b"")] * len(READ)
