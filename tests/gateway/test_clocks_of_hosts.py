"""Hosts whose clocks differ: what fires on one is acted on by another, whatever its clock says."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from gateway.clock import Bell, ManualClock
from gateway.timers import Timers
from tests.databases import PostgresServer
from tests.gateway.example_rules import ADA
from tests.gateway.hosts import PROJECT, Host, hosts
from tests.gateway.test_contact_limits import QUIET, utc

EVENING, MORNING = utc(3, 1, 19, 30), utc(3, 2, 7)
AHEAD = timedelta(seconds=2)


@pytest.fixture
def url(postgres: PostgresServer, prepared: str) -> Iterator[str]:
    with postgres.database(prepared) as url:
        yield url


async def test_a_timer_is_acted_on_at_once_by_a_worker_whose_clock_is_behind(url: str, tmp_path: Path) -> None:
    """It would set it anew else, and the other would fire it again, until its clock has caught up."""
    with hosts(url, tmp_path, PROJECT) as (host,):
        await plan_in_the_evening(host)
        ahead = Timers(host.storage, ManualClock(MORNING), Bell(host.clock), lambda: None)
        host.clock.advance_to(MORNING - AHEAD)
        await host.storage.run(ahead.fire)
        await host.works()

        assert await begun_at(host) == [MORNING]
        assert await host.storage.read(ahead.next_due) is None


async def plan_in_the_evening(host: Host) -> None:
    """Ada joins when she must not be disturbed any more."""
    host.write(QUIET)
    await host.starts()
    await host.begin("notes")
    host.clock.advance_to(EVENING)
    await host.give("notes", ADA, number=1)
    await host.works()
    assert await begun_at(host) == [None]


async def begun_at(host: Host) -> list[datetime | None]:
    """When her communications began."""
    with host.storage.reading() as t:
        (customer,) = t.inbox._connection.exec_driver_sql("SELECT id FROM customer").scalars()
        return [row["begun_at"] for row in t.communications.of_customers([customer])]
