"""The migrations make exactly the tables the models declare."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text
from sqlmodel import SQLModel

from storage.database import Storage
from storage.errors import SchemaMismatch


def test_the_migrations_and_the_models_are_equal(storage: Storage) -> None:
    with storage._reading.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_both_partial_indexes_and_their_conditions_are_there(storage: Storage) -> None:
    """Alembic does not compare the conditions of indexes."""
    with storage._reading.connect() as connection:
        table = "pg_indexes" if connection.dialect.name == "postgresql" else "sqlite_master"
        column = "indexdef" if connection.dialect.name == "postgresql" else "sql"
        statements = connection.execute(text(f"SELECT {column} FROM {table}")).scalars()  # noqa: S608  our own words
        partial = {
            word for line in statements for word in INDEXES if line and f"INDEX {word} " in line and "WHERE" in line
        }
    assert partial == INDEXES


INDEXES = {
    "inbox_waiting",
    "inbox_queue",
    "inbox_held",
    "inbox_parked",
    "outbox_owed",
    "outbox_order",
    "communication_open",
    "message_session",
    "message_thread",
    "timer_due",
    "timer_held",
    "call_owed",
    "call_order",
    "call_open",
    "delivery_open",
}


def test_an_empty_database_is_refused_until_it_is_migrated(empty_url: str) -> None:
    storage = Storage(empty_url)
    with pytest.raises(SchemaMismatch, match="at revision none, this program needs 0010"):
        storage.check_version()
    for _ in range(2):
        storage.migrate()
        storage.check_version()
    storage.close()


def test_tables_of_a_newer_program_are_left_alone(storage: Storage) -> None:
    with storage._writing.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(SchemaMismatch, match="9999"):
        storage.check_version()
    with pytest.raises(SchemaMismatch, match="newer than this program"):
        storage.migrate()
