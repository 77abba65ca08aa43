"""A writing transaction sees what others have committed meanwhile, whatever PostgreSQL is told to make the rule."""

from contextlib import closing
from datetime import UTC, datetime

import pytest

from storage.database import Storage
from tests.databases import PostgresServer


@pytest.mark.parametrize("rule", ["read committed", "repeatable read", "serializable"])
def test_who_waited_for_a_turn_sees_what_was_written_before_it(
    postgres: PostgresServer, prepared: str, rule: str
) -> None:
    with postgres.database(prepared) as url:
        name = url.partition("?")[0].rpartition("/")[2]
        postgres.execute(f"ALTER DATABASE {name} SET default_transaction_isolation = '{rule}'")
        with closing(Storage(url)) as storage:
            with storage.transaction() as t:
                t.campaigns.ensure("spring")
            with storage.transaction() as waited:
                assert waited.inbox.waiting(1) == []
                with storage.transaction() as before:
                    before.campaigns.activate_version("spring", "a1")
                    before.campaigns.set_status("spring", "active", datetime(2027, 3, 1, tzinfo=UTC))
                assert [row["rules"] for row in waited.campaigns.all()] == ["a1"]
