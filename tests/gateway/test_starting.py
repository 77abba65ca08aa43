"""Who begins later: once every provider was asked for what was missed, by whatever process, or it takes too long."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from gateway import starting
from gateway.clock import ManualClock
from gateway.starting import swept_anywhere
from storage.database import Storage
from storage.transaction import Transaction
from tests.conftest import prepared_file
from tests.gateway.example_rules import ECHO
from tests.gateway.running import START, running
from tests.gateway.test_sweeping import sweeping_project


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starting, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(starting, "FIRST_SWEEP_SECONDS", 300.0)  # whoever only waits that out is told by the tests


async def test_who_is_up_to_date_waits_for_nothing_and_who_is_not_until_somebody_has_swept(tmp_path: Path) -> None:
    sweeping_project(tmp_path, ECHO)
    async with running(tmp_path) as world:
        await world.quiet()
        gateway = world.gateway
        name, every = gateway.sweepers[0].name, gateway.sweepers[0].every

        async def waits() -> None:
            await swept_anywhere(gateway.storage, gateway.sweepers, ManualClock(START))

        async with asyncio.timeout(30):
            await waits()
        await gateway.storage.run(lambda t: t.progress.put(name, at=START - every))
        waiting = asyncio.create_task(waits())
        await asyncio.sleep(0.1)
        assert not waiting.done()
        await gateway.storage.run(lambda t: t.progress.put(name, at=START - every + timedelta(seconds=1)))
        async with asyncio.timeout(30):
            await waiting


@dataclass
class NeverSwept:
    """A sweeper whose provider does not answer."""

    def next_due(self, t: Transaction) -> object:
        return START


async def test_a_provider_that_does_not_answer_holds_up_nothing_for_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(starting, "FIRST_SWEEP_SECONDS", 0.1)
    storage = Storage(prepared_file(tmp_path / "pointsman.db"))
    async with asyncio.timeout(30):
        await swept_anywhere(storage, [NeverSwept()], ManualClock(START))  # type: ignore[list-item]
    storage.close()
