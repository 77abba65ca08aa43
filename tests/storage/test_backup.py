"""A backup holds one moment of the whole database; restored, on either database, it is that moment again."""

import shutil
import stat
import tracemalloc
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Table

from storage import backup
from storage.backup_file import CHUNK, Values, reading_backup
from storage.database import Storage
from storage.errors import AlreadyRunning, BackupFailed, NotEmpty, SchemaMismatch
from tests.conftest import prepared_file
from tests.databases import PostgresServer
from tests.storage.dump import contents, tables_of
from tests.storage.rows import NOON, SECOND, event, message, owe

LATER = NOON + timedelta(hours=5)
ADDED = "added while the backup was made"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "of today.backup"


def everything(storage: Storage) -> dict[str, set[tuple[object, ...]]]:
    with storage._reading.connect() as connection:
        return contents(connection, tables_of(connection))


def column(storage: Storage, *names: str) -> list[dict[str, Any]]:
    """These columns of the outbox, in order."""
    with storage._reading.connect() as connection:
        table = tables_of(connection)["outbox"]
        rows = connection.execute(table.select().order_by(table.c.seq)).mappings()
        return [{name: row[name] for name in names} for row in rows]


def test_a_restored_database_is_the_one_that_was_backed_up(full: Storage, file: Path, other: Storage) -> None:
    manifest = full.back_up(file, NOON)
    restored = other.restore(file, LATER)
    before, after = everything(full), everything(other)

    assert {name for name in before if before[name] != after[name]} == {"outbox", "progress"}
    assert restored.manifest == manifest
    assert manifest.books == full.books()
    assert manifest.rows == sum(map(len, before.values()))
    assert restored.books.balance


def test_new_rows_are_numbered_after_the_restored_ones(full: Storage, file: Path, other: Storage) -> None:
    full.back_up(file, NOON)
    other.restore(file, LATER)
    last = max(row["seq"] for row in column(other, "seq"))
    with other.transaction() as t:
        owe(t, message("m-new"))
        (number,) = t.inbox.keep([event("new")])

    assert number == full.books().accepted + 1
    assert column(other, "seq", "message")[-1] == {"seq": last + 1, "message": "m-new"}


def test_what_was_owed_is_unknown_after_a_restore_since_the_backup_or_the_first_try(
    full: Storage, file: Path, other: Storage
) -> None:
    owed = {row["message"]: row for row in column(full, "message", "state", "first_tried_at") if row["state"] != "done"}
    full.back_up(file, NOON)
    restored = other.restore(file, LATER)
    with other.transaction() as t:
        claimed = {one.message: one for one in t.outbox.claim(LATER, 9, ["sms", "slack"])}

    assert {row["state"] for row in owed.values()} == {"queued", "sending", "unknown"}
    assert restored.looked_up == len(owed) == restored.books.owed["unknown"] + restored.books.owed["doubted"]
    assert {id for id, one in claimed.items() if one.doubted} == {id for id in claimed if owed[id]["state"] == "queued"}
    assert claimed
    assert all(one.was_unknown for one in claimed.values())
    since = {id for id, one in claimed.items() if one.first_tried_at == NOON}
    assert since == {id for id in claimed if owed[id]["first_tried_at"] is None}


def test_for_some_time_what_comes_to_be_owed_may_have_been_sent_after_the_backup(
    full: Storage, file: Path, other: Storage
) -> None:
    full.back_up(file, NOON)
    other.restore(file, LATER, look_up=timedelta(hours=1))
    with other.transaction() as t:
        owe(t, message("soon", address="+4915100009"), at=LATER + SECOND)
        owe(t, message("late", address="+4915100009"), at=LATER + timedelta(hours=1))

    assert [row["state"] for row in column(other, "state")][-2:] == ["doubted", "queued"]
    with other.transaction() as t:
        told = [t.outbox.doubted_since(LATER + after) for after in (SECOND, timedelta(hours=1))]
    assert told == [NOON, None]


def test_a_doubt_of_an_earlier_restore_lasts_through_a_later_one(full: Storage, file: Path, other: Storage) -> None:
    full.back_up(file, NOON)
    other.restore(file, LATER)
    again = file.with_name("again")
    other.back_up(again, LATER + SECOND)
    other.restore(again, LATER + 2 * SECOND, replace=True)
    with other.transaction() as t:
        owe(t, message("new", address="+4915100009"), at=LATER + 3 * SECOND)
        newest = [one for one in t.outbox.claim(LATER + 3 * SECOND, 99, ["sms"]) if one.message == "new"]

    assert [one.first_tried_at for one in newest] == [NOON]


def test_a_doubt_of_an_earlier_restore_is_not_cut_short_by_one_that_leaves_none(
    full: Storage, file: Path, other: Storage
) -> None:
    """As when the project moves to another database soon after."""
    full.back_up(file, NOON)
    other.restore(file, LATER)
    moving = file.with_name("moving")
    other.back_up(moving, LATER + SECOND)
    other.restore(moving, LATER + 2 * SECOND, look_up=timedelta(0), replace=True)
    with other.transaction() as t:
        owe(t, message("new", address="+4915100009"), at=LATER + 3 * SECOND)

    assert column(other, "state")[-1] == {"state": "doubted"}


def test_a_backup_is_of_one_moment_whatever_is_written_meanwhile(
    full: Storage, file: Path, other: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On SQLite as on PostgreSQL writers don't wait for it, nor it for them."""
    plain, books = backup.rows_of_table, full.books()

    def and_write(connection: Connection, table: Table) -> Iterator[Sequence[Values]]:
        with full.transaction() as t:
            t.inbox.keep([event(f"{ADDED}: {table.name}")])
        return plain(connection, table)

    monkeypatch.setattr(backup, "rows_of_table", and_write)
    manifest = full.back_up(file, NOON)

    assert full.books().accepted == books.accepted + len(manifest.tables)
    assert manifest.books == books
    assert other.restore(file, LATER).books.accepted == books.accepted


def test_only_its_owner_may_read_a_backup(full: Storage, file: Path) -> None:
    full.back_up(file, NOON)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not list(file.parent.glob(".*.part"))


def test_a_file_that_is_there_is_overwritten_only_if_told(full: Storage, file: Path) -> None:
    file.write_text("precious")
    with pytest.raises(FileExistsError):
        full.back_up(file, NOON)
    assert file.read_text() == "precious"

    full.back_up(file, NOON, overwrite=True)
    with reading_backup(file) as found:
        assert found.manifest.taken_at == NOON


def test_a_database_is_not_backed_up_over_itself(tmp_path: Path, filled_file: Path) -> None:
    """Whoever writes to it would go on writing into a file that has no name any more."""
    place, link = tmp_path / "pointsman.db", tmp_path / "link"
    shutil.copy(filled_file, place)
    link.symlink_to(place)
    with closing(Storage(f"sqlite:///{place}")) as storage:
        books = storage.books()
        for path in (place, link):
            with pytest.raises(BackupFailed, match="is the database itself"):
                storage.back_up(path, NOON, overwrite=True)
        assert storage.books() == books


def test_a_backup_that_can_not_be_written_leaves_nothing(full: Storage, file: Path, tmp_path: Path) -> None:
    with pytest.raises(BackupFailed, match=r"none/b can't be written: No such file"):
        full.back_up(tmp_path / "none" / "b", NOON)


def test_a_backup_that_breaks_off_leaves_nothing(full: Storage, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup, "read_books", lambda _: 1 / 0)
    before = set(file.parent.iterdir())
    with pytest.raises(ZeroDivisionError):
        full.back_up(file, NOON)

    assert {path for path in file.parent.iterdir() if "pointsman" not in path.name} <= before


def test_there_is_nothing_to_back_up_in_a_database_without_tables(empty_url: str, file: Path) -> None:
    with closing(Storage(empty_url)) as storage, pytest.raises(SchemaMismatch, match="no tables"):
        storage.back_up(file, NOON)


def test_a_database_that_holds_something_is_replaced_only_if_told(full: Storage, file: Path, other: Storage) -> None:
    full.back_up(file, NOON)
    other.migrate()
    with other.transaction() as t:
        t.inbox.keep([event("here before")])
    with pytest.raises(NotEmpty, match="rows in inbox"):
        other.restore(file, LATER)
    assert other.books().accepted == 1

    other.restore(file, LATER, replace=True)
    assert other.books().accepted == full.books().accepted


def test_a_database_that_was_migrated_and_holds_nothing_is_empty(full: Storage, file: Path, other: Storage) -> None:
    full.back_up(file, NOON)
    other.migrate()
    other.restore(file, LATER)
    assert other.books().accepted == full.books().accepted


def test_nothing_is_restored_while_a_gateway_runs_on_the_file(full: Storage, file: Path, tmp_path: Path) -> None:
    full.back_up(file, NOON)
    url = f"sqlite:///{tmp_path}/place.db"
    with closing(Storage(url)) as gateway, closing(Storage(url)) as place:
        gateway.claim_process()
        with pytest.raises(AlreadyRunning):
            place.restore(file, LATER)


def test_nothing_is_restored_while_others_are_connected(full: Storage, file: Path, postgres: PostgresServer) -> None:
    full.back_up(file, NOON)
    with postgres.database() as url, closing(Storage(url)) as gateway, closing(Storage(url)) as place:
        gateway.migrate()
        with pytest.raises(AlreadyRunning, match=r"1 other sessions are connected to the database \(1 x pointsman\)"):
            place.restore(file, LATER)


def test_few_rows_are_in_memory_at_once(full: Storage, file: Path) -> None:
    with full.transaction() as t:
        t.inbox.keep([event(f"one of many {number}") for number in range(3 * CHUNK)])
    with full._reading.begin() as connection:
        inbox = tables_of(connection)["inbox"]
        written = [len(chunk) for chunk in backup.rows_of_table(connection, inbox)]
    full.back_up(file, NOON)
    with reading_backup(file) as found:
        read = [len(chunk) for chunk in found.chunks("inbox")]

    assert written == read == [CHUNK, CHUNK, CHUNK, full.books().accepted - 3 * CHUNK]


def test_memory_is_bounded_whatever_is_backed_up_and_restored(tmp_path: Path) -> None:
    """By the rows that are in memory at once, of which each may be as large as a request."""
    rows, size = 10 * CHUNK, 8_000
    with closing(Storage(prepared_file(tmp_path / "here.db"))) as here:
        with here.transaction() as t:
            t.inbox.keep([event(f"large {number}", text="x" * size) for number in range(rows)])
        tracemalloc.start()
        here.back_up(tmp_path / "file", NOON)
        with closing(Storage(f"sqlite:///{tmp_path}/there.db")) as there:
            there.restore(tmp_path / "file", LATER)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert peak < rows * size / 2
