"""`pointsman backup`, `restore` and `books`: what they print, and how they exit."""

import json
import os
import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli import main
from gateway.clock import SystemClock
from gateway.commands.backing_up import DEFAULT_LOOK_UP
from gateway.commands.beginning import write_project
from gateway.settings import load_settings
from storage.database import Storage
from storage.restoring import LOOK_UP
from tests.storage.rows import NOON, customer, event, message, owe


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose database holds an event and a message that is owed."""
    for name in [n for n in os.environ if n.upper().startswith("POINTSMAN_")]:
        monkeypatch.delenv(name)
    folder = tmp_path / "project"
    write_project(folder, date(2026, 11, 22))
    with closing(Storage(load_settings(folder, offline=True).database)) as storage:
        storage.migrate()
        with storage.transaction() as t:
            t.people.add_customers([customer()])
            t.inbox.keep([event("a")])
            owe(t, message("m1"))
    return folder


def pointsman(*arguments: str | Path) -> Result:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result


def break_books(project: Path) -> None:
    with closing(sqlite3.connect(project / "pointsman.db")) as database:
        database.execute("DELETE FROM message")
        database.commit()


def test_a_backup_and_a_restore_tell_what_they_did(project: Path, tmp_path: Path) -> None:
    file = tmp_path / "backup"
    made = pointsman("backup", file, "-C", project)
    (project / "pointsman.db").unlink()
    restored = pointsman("restore", file, "-C", project)

    assert (made.exit_code, restored.exit_code) == (0, 0), made.output + restored.output
    assert made.output.startswith(f"{file}: 4 rows of 20")
    assert "revision" in made.output
    assert "1 messages were owed: the provider is asked for each before it is sent" in restored.output
    assert f"for {DEFAULT_LOOK_UP} day(s) it is asked for new ones, too" in restored.output
    assert "messages owed              1  = 0 done + 0 queued + 0 sending + 0 unknown + 1 doubted" in restored.output
    assert restored.output.endswith("the books balance\n")


def test_the_days_of_looking_up_are_those_of_storage() -> None:
    assert LOOK_UP.days == DEFAULT_LOOK_UP


def test_looking_up_may_be_left_out_for_what_nobody_can_have_sent(project: Path, tmp_path: Path) -> None:
    file = tmp_path / "backup"
    pointsman("backup", file, "-C", project)
    restored = pointsman("restore", file, "-C", project, "--replace", "--look-up-days", "0")
    with closing(Storage(load_settings(project, offline=True).database)) as storage, storage.transaction() as t:
        owe(t, message("m2"), at=SystemClock().now())

    assert "day(s)" not in restored.output
    assert storage_states(project) == ["doubted", "queued"]


def storage_states(project: Path) -> list[str]:
    with closing(sqlite3.connect(project / "pointsman.db")) as database:
        return [state for (state,) in database.execute("SELECT state FROM outbox ORDER BY seq")]


def test_an_existing_file_is_overwritten_only_with_force(project: Path, tmp_path: Path) -> None:
    file = tmp_path / "backup"
    assert pointsman("backup", file, "-C", project).exit_code == 0
    refused = pointsman("backup", file, "-C", project)

    assert refused.exit_code == 2
    assert refused.stderr == f"pointsman: {file} is there already: --force overwrites it\n"
    assert pointsman("backup", file, "-C", project, "--force").exit_code == 0


def test_a_database_that_holds_something_is_replaced_only_with_replace(project: Path, tmp_path: Path) -> None:
    file = tmp_path / "backup"
    pointsman("backup", file, "-C", project)
    refused = pointsman("restore", file, "-C", project)

    assert refused.exit_code == 2
    assert "the database is not empty: there are rows in customer, inbox, message, outbox" in refused.stderr
    assert "--replace" in refused.stderr
    assert pointsman("restore", file, "-C", project, "--replace").exit_code == 0


@pytest.mark.parametrize(
    ("content", "told"), [(b"x", "is no backup"), (b"SQLite format 3\0" + b"x" * 999, "is damaged")]
)
def test_a_file_that_is_no_backup_is_told_in_a_sentence(
    content: bytes, told: str, project: Path, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)
    refused = pointsman("restore", file, "-C", project, "--replace")

    assert refused.exit_code == 2
    assert refused.stderr.startswith(f"pointsman: {file} {told}")
    assert len(refused.stderr.splitlines()) == 1


def test_a_backup_that_can_not_be_written_is_told_in_a_sentence(project: Path, tmp_path: Path) -> None:
    refused = pointsman("backup", tmp_path / "none" / "file", "-C", project)

    assert refused.exit_code == 2
    assert "can't be written: No such file" in refused.stderr


def test_books_that_do_not_balance_exit_1_and_the_backup_is_written_all_the_same(project: Path, tmp_path: Path) -> None:
    break_books(project)
    found = pointsman("books", "-C", project)
    made = pointsman("backup", tmp_path / "file", "-C", project)
    restored = pointsman("restore", tmp_path / "file", "-C", project, "--replace")

    assert (found.exit_code, made.exit_code, restored.exit_code) == (1, 1, 1)
    assert "wrong: 1 messages are owed that do not exist" in found.output
    assert "the books do not balance" in restored.output
    assert (tmp_path / "file").exists()


def test_books_are_there_for_programs(project: Path) -> None:
    found = pointsman("books", "-C", project, "--json")

    assert found.exit_code == 0
    assert json.loads(found.output) == {
        "events": {"waiting": 1},
        "decisions": 0,
        "owed": {"queued": 1},
        "said": {"": 1},
        "heard": 0,
        "faults": {},
        "accepted": 1,
        "balance": True,
    }


def test_times_are_told_as_they_were(project: Path, tmp_path: Path) -> None:
    with closing(Storage(load_settings(project, offline=True).database)) as storage:
        storage.back_up(tmp_path / "file", NOON)

    assert (
        "4 rows of 2026-03-01 12:00:00+00:00"
        in pointsman("restore", tmp_path / "file", "-C", project, "--replace").output
    )
