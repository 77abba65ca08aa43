"""What is no backup, or not the one that was written, is told; and nothing of it gets into the database."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.backup_file import checksum, reading_backup
from storage.books import Books
from storage.database import Storage
from storage.errors import BackupRefused, StorageError
from tests.storage.rows import NOON, SECOND
from tests.storage.test_backup import everything


@pytest.fixture(scope="session")
def whole(filled_file: Path) -> Path:
    """A backup with something of everything."""
    path = filled_file.with_name("whole.backup")
    with closing(Storage(f"sqlite:///{filled_file}")) as storage:
        storage.back_up(path, NOON)
    return path


def rewritten(*statements: str) -> Callable[[Path], None]:
    """The file after somebody has changed it with SQLite's own means."""

    def change(path: Path) -> None:
        with closing(sqlite3.connect(path)) as file:
            for statement in statements:
                file.execute(statement)
            file.commit()

    return change


def cut(path: Path, length: int) -> None:
    path.write_bytes(path.read_bytes()[:length])


def overwrite(path: Path, bytes_there: bytes, others: bytes) -> None:
    content = path.read_bytes()
    assert bytes_there in content
    path.write_bytes(content.replace(bytes_there, others))


def with_manifest(name: str, value: str) -> Callable[[Path], None]:
    """A whole file of another program: its manifest says so, and holds together."""

    def change(path: Path) -> None:
        with closing(sqlite3.connect(path)) as file:
            file.execute("UPDATE manifest SET value = ? WHERE name = ?", (value, name))
            entries = dict(file.execute("SELECT name, value FROM manifest"))
            file.execute("UPDATE manifest SET value = ? WHERE name = 'checksum'", (checksum(entries),))
            file.commit()

    return change


NO_BOOKS = json.dumps(asdict(Books({}, 0, {}, {}, 0, {})))
DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "empty": (lambda path: path.write_bytes(b""), "is no backup of pointsman"),
    "something else": (lambda path: path.write_text("campaign: x"), "is no backup of pointsman"),
    "a database of ours": (rewritten("DROP TABLE manifest"), "is no backup of pointsman, or one that was never fin"),
    "cut after the header": (lambda path: cut(path, 100), "is damaged"),
    "cut in the middle": (lambda path: cut(path, path.stat().st_size // 2), "is damaged"),
    "cut at the end": (lambda path: cut(path, path.stat().st_size - 4096), "is damaged"),
    "a row is gone": (rewritten("DELETE FROM message WHERE rowid = 1"), "is damaged: the rows of message"),
    "a row is twice": (
        rewritten("INSERT INTO opt_out SELECT * FROM opt_out"),
        "is damaged: the rows of opt_out",
    ),
    "a text is changed": (rewritten("UPDATE message SET text = 'x' WHERE rowid = 2"), "the rows of message"),
    "a text is bytes": (
        rewritten("UPDATE message SET text = CAST(text AS BLOB) WHERE rowid = 2"),
        "the rows of message",
    ),
    "a name is no UTF-8": (
        lambda path: overwrite(path, b"manifestmanifest", b"\xc5anifestmanifest"),
        "is damaged",
    ),
    "a table is gone": (rewritten("DROP TABLE inbox"), "is damaged: no such table"),
    "the manifest is changed": (
        rewritten("UPDATE manifest SET value = '2020' WHERE name = 'taken_at'"),
        "its manifest",
    ),
    "the manifest is cut": (rewritten("DELETE FROM manifest WHERE name = 'books'"), "its manifest is not as it was"),
    "the manifest is empty": (rewritten("DELETE FROM manifest"), "its manifest is not as it was"),
    "a newer format": (
        with_manifest("format", "2"),
        r"written by a newer pointsman \(format 2; this one reads up to 1",
    ),
    "a newer revision": (with_manifest("revision", '"9999"'), "of revision 9999, which is newer than this program"),
    "tables of another revision": (with_manifest("revision", '"0001"'), "other tables than those of its revision 0001"),
    "other books": (with_manifest("books", NO_BOOKS), "the books of what was restored are not those of the backup"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_not_whole_or_not_ours_is_told_and_nothing_restored(
    damage: str, whole: Path, tmp_path: Path, other: Storage
) -> None:
    change, told = DAMAGES[damage]
    path = tmp_path / "damaged.backup"
    shutil.copy(whole, path)
    change(path)
    with pytest.raises(StorageError, match=told):
        other.restore(path, NOON)

    assert everything(other) == {}


def test_a_backup_is_taken_though_the_program_that_wrote_it_knew_other_faults(
    whole: Path, tmp_path: Path, other: Storage
) -> None:
    """The next program may look at more, or say it in other words."""
    path = tmp_path / "earlier.backup"
    shutil.copy(whole, path)
    with reading_backup(path) as found:
        books = replace(found.manifest.books, faults={"rows are as an earlier program called it": 3})
    with_manifest("books", json.dumps(asdict(books)))(path)

    assert other.restore(path, NOON).books.faults == {}


def test_what_was_to_be_replaced_is_still_there_after_a_backup_was_refused(
    whole: Path, tmp_path: Path, full: Storage
) -> None:
    before, path = everything(full), tmp_path / "damaged.backup"
    shutil.copy(whole, path)
    rewritten("DELETE FROM opt_out")(path)
    with pytest.raises(BackupRefused):
        full.restore(path, NOON, replace=True)

    assert everything(full) == before


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_no_flipped_bit_gets_into_the_database(whole: Path, tmp_path: Path, place: float, bit: int) -> None:
    """Read to the end it is refused, or the bit was in no row: then all is as it was written."""
    content = bytearray(whole.read_bytes())
    content[int(place * len(content))] ^= 1 << bit
    path = tmp_path / "flipped.backup"
    path.write_bytes(content)

    assert read(path) in (None, read(whole))


def read(path: Path) -> list[object] | None:
    """All that a restore would take from the file; None if it refuses it."""
    try:
        with reading_backup(path) as found:
            tables = {name: [row for chunk in found.chunks(name) for row in chunk] for name in found.manifest.tables}
            return [found.manifest, tables]
    except BackupRefused:
        return None


def test_a_backup_is_only_read(whole: Path, tmp_path: Path, other: Storage) -> None:
    before = whole.read_bytes()
    other.restore(whole, NOON + SECOND)

    assert whole.read_bytes() == before
    assert [path.name for path in whole.parent.glob("whole.backup*")] == ["whole.backup"]
