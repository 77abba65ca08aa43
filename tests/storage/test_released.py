"""What every released program left in its database comes into this one, and nothing of it is lost."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Connection, FromClause, select

from storage import schema
from storage.backup_file import checksum
from storage.database import Storage
from tests.storage.dump import Released, backups, contents, released, tables_of, unpacked
from tests.storage.rows import NOON, SECOND

RELEASES, BACKUPS = released(), backups()
FIRST_WITH_BACKUPS = "0003"
MOVED = {"upload": {"errors"}, "decision": {"log"}}  # columns whose values later programs hold otherwise
ROWS = "customer", "participant", "communication", "message", "outbox", "inbox", "decision", "timer"


@pytest.fixture(params=RELEASES, ids=[one.revision for one in RELEASES])
def release(request: pytest.FixtureRequest) -> Released:
    found: Released = request.param
    return found


@pytest.fixture
def earlier(empty_url: str, release: Released) -> Iterator[Storage]:
    """Storage as a released program left it."""
    with closing(Storage(empty_url)) as storage:
        with storage._writing.begin() as connection:
            release.build(connection)
        yield storage


def test_every_revision_but_the_newest_has_been_released_with_data() -> None:
    before = schema.known_revisions() - {schema.needed()}
    assert before <= {one.revision for one in RELEASES}
    assert all(one.tables[name] for one in RELEASES for name in ROWS)


def lasting(connection: Connection) -> dict[str, FromClause]:
    """What later programs hold where this one did."""
    kept = {
        name: [c for c in t.columns if c.name not in MOVED.get(name, ())] for name, t in tables_of(connection).items()
    }
    return {name: select(*columns).subquery(name) for name, columns in kept.items()}


def test_upgrading_what_a_release_left_loses_nothing(earlier: Storage, release: Released) -> None:
    with earlier._reading.connect() as connection:
        tables = lasting(connection)
        before = contents(connection, tables)

    earlier.migrate()
    earlier.check_version()

    assert {name: len(rows) for name, rows in before.items()} == {
        name: len(rows) for name, rows in release.tables.items()
    }
    with earlier._reading.connect() as connection:
        assert contents(connection, tables) == before


def test_the_books_of_what_a_release_left_balance_after_the_upgrade(earlier: Storage) -> None:
    earlier.migrate()
    books = earlier.books()

    assert books.faults == {}
    assert {"decided", "waiting", "held", "parked"} <= set(books.events)
    assert books.owed.keys() & {"queued", "doubted"}


def test_the_way_back_keeps_what_the_release_knew(earlier: Storage, release: Released) -> None:
    with earlier._reading.connect() as connection:
        tables = tables_of(connection)
        before = contents(connection, tables)
    earlier.migrate()
    with earlier._writing.begin() as connection:
        command.downgrade(schema.configuration(connection), release.revision)

    with earlier._reading.connect() as connection:
        back = tables_of(connection)
        assert {name: set(t.columns.keys()) for name, t in back.items()} == {
            name: set(t.columns.keys()) for name, t in tables.items()
        }
        assert contents(connection, tables) == before


def test_a_backup_of_what_a_release_left_is_restored_and_brought_forward(
    earlier: Storage, release: Released, tmp_path: Path, other: Storage
) -> None:
    """Before an upgrade: the program that is to come backs up what the one before it left."""
    manifest = earlier.back_up(tmp_path / "before.backup", NOON)
    with earlier._reading.connect() as connection:
        tables = lasting(connection)
        before = contents(connection, tables)

    restored = other.restore(tmp_path / "before.backup", NOON + SECOND)
    other.check_version()
    with other._reading.connect() as connection:
        found = contents(connection, tables)

    assert manifest.revision == release.revision
    assert restored.books.faults == {}
    doubted = {"outbox", "progress"} & before.keys()
    assert {name for name in before if found[name] != before[name]} == doubted


def test_every_release_that_can_back_up_but_the_newest_has_left_a_backup() -> None:
    before = {one for one in schema.known_revisions() - {schema.needed()} if one >= FIRST_WITH_BACKUPS}
    assert before | {FIRST_WITH_BACKUPS} <= {packed.name.partition(".")[0] for packed in BACKUPS}


@pytest.mark.parametrize("packed", BACKUPS, ids=[packed.name.partition(".")[0] for packed in BACKUPS])
def test_a_backup_that_a_release_wrote_is_restored(packed: Path, tmp_path: Path, other: Storage) -> None:
    """As a file that was written then: neither its format nor the names in its manifest may be forgotten."""
    restored = other.restore(unpacked(packed, tmp_path), NOON)
    other.check_version()
    with other._reading.connect() as connection:
        found = {name: len(rows) for name, rows in contents(connection, tables_of(connection)).items()}
    told = {name: table.rows for name, table in restored.manifest.tables.items()}

    assert found.pop("progress") >= told.pop("progress")  # a restore leaves its mark there
    assert {name: found[name] for name in told} == told
    assert restored.books.faults == {}
    assert restored.books.accepted == restored.manifest.books.accepted > 0


def test_books_that_count_more_than_this_program_are_compared_as_far_as_it_counts(
    tmp_path: Path, other: Storage
) -> None:
    file = unpacked(BACKUPS[-1], tmp_path)
    with closing(sqlite3.connect(file)) as opened:
        entries = dict(opened.execute("SELECT name, value FROM manifest"))
        entries["books"] = json.dumps(json.loads(entries["books"]) | {"laughed": 5})
        entries["checksum"] = checksum(entries)
        opened.executemany("UPDATE manifest SET value = ? WHERE name = ?", [(v, k) for k, v in entries.items()])
        opened.commit()

    assert other.restore(file, NOON).books.faults == {}
