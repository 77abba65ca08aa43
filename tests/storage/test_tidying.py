"""How PostgreSQL tidies up does not depend on how much there is."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from alembic import command
from sqlalchemy import Connection, text

from storage import schema
from storage.database import Storage
from tests.databases import PostgresServer

CHANGED = {  # tables whose rows are changed or go, over and over, beside a past that grows
    "call",
    "communication",
    "customer",
    "delivery",
    "inbox",
    "message",
    "outbox",
    "participant",
    "run",
    "timer",
}
SMALL = {"breaker", "campaign", "channel_state", "lease", "node_count", "progress", "shard", "shard_turn", "upload"}


@pytest.fixture
def opened(postgres: PostgresServer, prepared: str) -> Iterator[Storage]:
    with postgres.database(prepared) as url, closing(Storage(url)) as storage:
        yield storage


def settings(connection: Connection, beginning: str) -> dict[str, list[str]]:
    """By table, what is set for it that begins so."""
    query = (
        "SELECT relname, unnest(reloptions) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    )
    found: dict[str, list[str]] = {}
    for table, setting in connection.execute(text(query)):
        if setting.startswith(beginning):
            found.setdefault(table, []).append(setting)
    return found


def test_what_changes_is_swept_and_told_of_after_a_number_of_rows_not_a_part_of_them(opened: Storage) -> None:
    with opened._reading.connect() as connection:
        assert settings(connection, "autovacuum_vacuum_scale_factor=0").keys() == CHANGED
        assert settings(connection, "autovacuum_analyze_scale_factor=0").keys() == CHANGED


def test_rows_that_change_all_the_time_have_room_beside_them(opened: Storage) -> None:
    with opened._reading.connect() as connection:
        assert settings(connection, "fillfactor").keys() == SMALL | {"communication"}


def test_the_way_back_leaves_none_of_it(opened: Storage) -> None:
    with opened._writing.begin() as connection:
        command.downgrade(schema.configuration(connection), "0008")
        assert settings(connection, "") == {}
