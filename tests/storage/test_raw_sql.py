"""Statements that go to the driver as they stand: SQLAlchemy hears of them and of what goes wrong, as of any other."""

from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError

from storage.database import Storage
from storage.errors import StorageUnavailable
from storage.raw_sql import rows_of_driver
from tests.conftest import prepared_file

NO_JSON_LATER = "SELECT json_extract(told, '$') FROM (SELECT '1' AS told UNION ALL SELECT 'no JSON')"


def test_a_statement_that_has_no_rows_brings_none(storage: Storage) -> None:
    with storage._writing.begin() as connection:
        assert rows_of_driver(connection, "DELETE FROM inbox") == ()
        assert rows_of_driver(connection, "SELECT id FROM inbox") == []


def test_who_listens_hears_of_each_statement(storage: Storage) -> None:
    asked: list[str] = []
    with storage._writing.begin() as connection:
        event.listen(connection, "before_cursor_execute", lambda *told: asked.append(told[2]))
        rows_of_driver(connection, "SELECT 1")
    assert asked == ["SELECT 1"]


def test_what_no_database_understands_is_a_mistake_of_ours_in_sqlalchemys_words(storage: Storage) -> None:
    with pytest.raises(DBAPIError), storage._writing.begin() as connection:
        rows_of_driver(connection, "SELECT nothing FROM nowhere")


def test_what_goes_wrong_at_a_later_row_is_told_like_what_goes_wrong_at_the_first(tmp_path: Path) -> None:
    with (
        closing(Storage(prepared_file(tmp_path / "pointsman.db"))) as storage,
        pytest.raises(StorageUnavailable, match="malformed JSON"),
        storage.transaction() as t,
    ):
        rows_of_driver(t.inbox._connection, NO_JSON_LATER)
