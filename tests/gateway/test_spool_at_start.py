"""With a spool that an earlier process has left, a gateway listens at once, and keeps the order all the same."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gateway.clock import Bell, SystemClock
from gateway.draining import Drainer
from gateway.starting import Later
from gateway.wiring import ready
from storage import group_commit
from storage.database import Storage
from storage.errors import StorageUnavailable
from storage.inbox_or_spool import InboxOrSpool
from storage.spool import Spool
from storage.spool_file import SpooledEvent
from tests.gateway.example_rules import ADA, ECHO
from tests.gateway.running import ACCOUNT, NUMBER, World, running
from tests.gateway.test_parked_events import talkative
from tests.gateway.test_worker import said


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Nothing is moved from the spool until it is open."""
    opened, put = asyncio.Event(), InboxOrSpool._put

    async def slow(both: InboxOrSpool, waiting: list[SpooledEvent]) -> None:
        await opened.wait()
        await put(both, waiting)

    monkeypatch.setattr(InboxOrSpool, "_put", slow)
    monkeypatch.setattr(group_commit, "KEEP_SECONDS", 0.1)
    return opened


@asynccontextmanager
async def after_an_outage(folder: Path, *texts: str, database: str = "") -> AsyncIterator[World]:
    """A gateway that finds these messages of Ada's in its spool."""
    async with running(folder, ECHO, database=database) as world:
        await talkative(world)
    spool = Spool(folder / "spool.db")
    spool.open()
    await spool.keep([said(text, ADA, text) for text in texts])
    spool.close()
    async with running(folder, database=database) as world:
        yield world


async def says(world: World, text: str) -> int:
    form = {"AccountSid": ACCOUNT, "MessageSid": f"SM{text:0>32}", "From": ADA, "To": NUMBER, "Body": text}
    return await world.webhook("inbound", form)


async def test_a_gateway_with_a_full_spool_listens_at_once_and_decides_in_order(
    tmp_path: Path, database_url: str, gate: asyncio.Event
) -> None:
    async with after_an_outage(tmp_path, "1", "2", database=database_url) as world:
        answers = [await says(world, text) for text in ("3", "4")]
        async with world.http.get(f"{world.url}/readyz") as answer:
            ready = (answer.status, (await answer.json())["spooled_events"])
        gate.set()
        with capture_logs() as logs:
            await world.quiet()

        assert (answers, ready) == ([200, 200], (200, 4))
        assert world.heard(ADA) == ["You wrote 1", "You wrote 2", "You wrote 3", "You wrote 4"]
        assert [line["events"] for line in logs if line["event"] == "spool_drained"] == [4]


async def test_nothing_is_sent_before_what_waited_in_the_spool_is_in_the_inbox(
    tmp_path: Path, gate: asyncio.Event
) -> None:
    async with after_an_outage(tmp_path, "1") as world:
        late = Late()
        begun = asyncio.create_task(Later(late, partial(ready, world.gateway)).run())
        assert await says(world, "2") == 200
        assert not late.runs
        gate.set()
        await begun

        assert late.runs


async def test_an_outage_that_begins_with_the_start_holds_nothing_back_but_what_an_earlier_one_left(
    storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = Spool(tmp_path / "spool.db")
    spool.open()
    drainer = Drainer(InboxOrSpool(storage, spool), Bell(SystemClock()), lambda: None)
    await spool.keep([said("1", ADA, "1")])
    monkeypatch.setattr(spool, "forget", fails)
    with pytest.raises(StorageUnavailable):
        await drainer._turn()
    spool.close()

    assert drainer.caught_up.is_set()


async def fails() -> None:
    raise StorageUnavailable("the disk is full")


class Late:
    """A part that must not begin too early."""

    runs = False

    async def run(self) -> None:
        self.runs = True


async def test_a_stop_while_the_spool_is_being_moved_is_clean(tmp_path: Path, gate: asyncio.Event) -> None:
    async with after_an_outage(tmp_path, "1", "2"):
        pass
    gate.set()
    async with running(tmp_path) as world:
        await world.quiet()

        assert world.heard(ADA) == ["You wrote 1", "You wrote 2"]


async def test_a_spool_that_goes_empty_says_so_once(tmp_path: Path) -> None:
    """Also where the last events were moved by somebody else."""
    async with running(tmp_path, ECHO) as world:
        drainer = world.gateway.drainer
        with capture_logs() as logs:
            for text in ("1", "2"):
                await world.gateway.spool.keep([said(text, ADA, text)])
                await world.gateway.safe_inbox._move()
                drainer.bell.ring()
                await world.quiet()
                for _ in range(3):
                    await drainer._turn()

        assert [line["events"] for line in logs if line["event"] == "spool_drained"] == [1, 1]
