"""What one process at a time does: it works while it has its lease, and has stopped before somebody else may begin."""

import asyncio
import os
import re
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from structlog.testing import capture_logs

from gateway import leasing
from gateway.clock import Bell, ManualClock
from gateway.leasing import END_SECONDS, LEASE_SECONDS, Lease, Leased, new_holder
from storage.database import Storage
from storage.errors import LeaseLost, StorageUnavailable
from tests.gateway.running import START

NAME = "reader"


@dataclass
class Office:
    """One database's leases, on a clock that stands still until it is moved."""

    time: float = 100.0
    holder: str = ""
    until: float = 0.0
    away: bool = False
    hangs: bool = False
    hanging: int = 0
    underway: float = 0.0  # seconds that an answer is on its way
    released: int = 0

    async def take(self, lease: str, holder: str, seconds: float) -> bool:
        await self._answers()
        if self.time < self.until and self.holder != holder:
            return False
        self.holder, self.until = holder, self.time + seconds
        self.time += self.underway
        return True

    async def renew(self, lease: str, holder: str, seconds: float) -> bool:
        await self._answers()
        if self.time >= self.until or self.holder != holder:
            return False
        self.until = self.time + seconds
        self.time += self.underway
        return True

    async def release(self, lease: str, holder: str) -> None:
        await self._answers()
        if self.holder == holder:
            self.until, self.released = self.time, self.released + 1

    async def _answers(self) -> None:
        if self.hangs:
            self.hanging += 1
            await asyncio.Event().wait()
        if self.away:
            raise StorageUnavailable("away")


@dataclass
class Work:
    """A part that works until its bell is closed, and notes when it did."""

    bell: Bell
    runs: int = 0
    at_work: bool = False

    async def run(self) -> None:
        self.runs, self.at_work = self.runs + 1, True
        try:
            while not self.bell.closed:
                await self.bell.wait(None, 60.0)
        finally:
            self.at_work = False


@dataclass
class Process:
    """One process that would do the work."""

    office: Office
    name: str
    rung: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        clock = ManualClock(START)
        self.work, self.bell = Work(Bell(clock)), Bell(clock)
        self.lease = Lease(NAME, self.name, self.office, lambda: self.office.time)
        self.leased = Leased(self.work, self.lease, self.bell, lambda: self.rung.append(NAME))

    def close(self) -> None:
        self.work.bell.close()
        self.bell.close()


@asynccontextmanager
async def started(*processes: Process) -> AsyncIterator[list["asyncio.Task[None]"]]:
    tasks = [asyncio.create_task(process.leased.run()) for process in processes]
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def becomes(met: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not met():  # noqa: ASYNC110 - nobody rings when it is so
            await asyncio.sleep(0.005)


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Renewals and tries follow one another quickly; how long a lease lasts the office's clock says."""
    for pause in ("RENEW_SECONDS", "AGAIN_SECONDS", "TAKE_SECONDS"):
        monkeypatch.setattr(leasing, pause, 0.01)


async def test_one_of_two_works_and_when_it_stops_the_other_does_at_once() -> None:
    office = Office()
    ann, ben = Process(office, "ann"), Process(office, "ben")
    async with started(ann, ben) as tasks:
        await becomes(lambda: ann.work.at_work or ben.work.at_work)
        await asyncio.sleep(0.05)
        assert (ann.work.at_work, ben.work.at_work) == (True, False)
        ann.close()
        await tasks[0]
        assert (office.released, ann.rung) == (1, [NAME])
        await becomes(lambda: ben.work.at_work)
    assert office.time == 100.0


async def test_who_becomes_unable_to_do_the_work_leaves_it_to_others_until_it_is_able() -> None:
    office = Office()
    ann, ben = Process(office, "ann"), Process(office, "ben")
    ben.leased.able = lambda: False
    async with started(ann, ben):
        await becomes(lambda: ann.work.at_work)
        ann.leased.able, ben.leased.able = ben.leased.able, ann.leased.able
        await becomes(lambda: ben.work.at_work)
        assert (ann.work.at_work, office.released) == (False, 1)
        ann.leased.able, ben.leased.able = ben.leased.able, ann.leased.able
        await becomes(lambda: ann.work.at_work)
    assert (ann.work.runs, ben.work.runs) == (2, 1)


async def test_as_long_as_it_renews_nobody_else_begins() -> None:
    office = Office()
    ann, ben = Process(office, "ann"), Process(office, "ben")
    async with started(ann, ben):
        await becomes(lambda: ann.work.at_work)
        for _ in range(8):
            office.time += 2.0
            await becomes(lambda: office.until == office.time + LEASE_SECONDS)
        assert (ann.work.runs, ben.work.runs) == (1, 0)


@pytest.mark.parametrize("trouble", ["away", "hangs"])
async def test_who_can_not_renew_has_stopped_before_the_lease_ends_and_begins_anew_after(trouble: str) -> None:
    office = Office()
    ann = Process(office, "ann")
    async with started(ann):
        await becomes(lambda: ann.work.at_work)
        setattr(office, trouble, True)
        office.time += LEASE_SECONDS - END_SECONDS - 0.05
        await asyncio.sleep(0.03)
        assert ann.work.at_work
        assert ann.lease.holds()
        office.time += 0.05
        assert not ann.lease.holds()
        await becomes(lambda: not ann.work.at_work)
        assert office.time < office.until
        setattr(office, trouble, False)
        await becomes(lambda: ann.work.at_work)
    assert ann.work.runs == 2


async def test_a_process_that_was_stopped_for_long_does_not_go_on_though_it_finds_nobody_working() -> None:
    office = Office()
    ann, ben = Process(office, "ann"), Process(office, "ben")
    async with started(ann):
        await becomes(lambda: ann.work.at_work)
        office.time += LEASE_SECONDS * 10
        assert not ann.lease.holds()
        office.holder, office.until = "ben", office.time + LEASE_SECONDS
        await becomes(lambda: not ann.work.at_work)
        await asyncio.sleep(0.05)
        assert (ann.work.runs, ben.work.runs) == (1, 0)


async def test_whose_lease_was_taken_stops_as_soon_as_it_hears_of_that() -> None:
    office = Office()
    ann = Process(office, "ann")
    async with started(ann):
        await becomes(lambda: ann.work.at_work)
        office.holder = "ben"
        await becomes(lambda: not ann.work.at_work)


async def test_a_part_that_fails_ends_its_process_and_gives_the_lease_back() -> None:
    office = Office()
    ann = Process(office, "ann")

    async def fails() -> None:
        raise LookupError("broken")

    ann.work.run = fails  # type: ignore[method-assign]
    async with started(ann) as tasks:
        with pytest.raises(LookupError, match="broken"):
            await tasks[0]
    assert office.released == 1


async def test_a_part_that_breaks_as_it_is_cut_off_is_told_and_run_again() -> None:
    office = Office()
    ann = Process(office, "ann")
    works = ann.work.run

    async def breaks() -> None:
        try:
            await works()
        except asyncio.CancelledError:
            raise LookupError("broken") from None

    ann.work.run = breaks  # type: ignore[method-assign]
    with capture_logs() as logs:
        async with started(ann):
            await becomes(lambda: ann.work.at_work)
            office.holder, office.until = "ben", 0.0
            await becomes(lambda: ann.work.runs == 2)
    told = [line for line in logs if line["event"] == "part_failed"]
    assert [(line["part"], str(line["exc_info"])) for line in told[:1]] == [(NAME, "broken")]


async def test_a_stop_does_not_wait_for_a_database_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leasing, "RELEASE_SECONDS", 0.05)
    office = Office()
    ann = Process(office, "ann")
    async with started(ann) as tasks:
        await becomes(lambda: ann.work.at_work)
        office.hangs = True
        await becomes(lambda: office.hanging > 0)
        ann.close()
        async with asyncio.timeout(30):
            await tasks[0]


async def test_a_lease_ends_here_no_later_than_in_the_database_however_long_an_answer_is_on_its_way() -> None:
    office = Office(underway=1.5)
    lease = Process(office, "ann").lease
    for asks in (lease.take, lease.renew):
        assert await asks()
        assert lease.left() == office.until - END_SECONDS - office.time


async def test_who_hears_that_the_lease_is_gone_begins_nothing_any_more() -> None:
    office = Office()
    ann, ben = Process(office, "ann").lease, Process(office, "ben").lease
    assert [await ann.take(), await ben.take()] == [True, False]
    await ann.release()
    assert await ben.take()
    for asks in (ann.renew, ann.take):
        assert (await asks(), ann.holds(), ann.left()) == (False, False, float("-inf"))


async def test_what_is_fenced_is_written_while_the_database_knows_the_lease_as_ours(storage: Storage) -> None:
    lease = Lease(NAME, "ann", Office())
    fenced = storage.fenced(lease)
    with storage.transaction() as t:
        assert t.leases.take(NAME, "ann", LEASE_SECONDS)
    await fenced.run(lambda t: t.campaigns.ensure("in time"))
    with storage.transaction() as t:
        t.leases.release(NAME, "ann")
    with pytest.raises(LeaseLost, match=NAME):
        await fenced.run(lambda t: t.campaigns.ensure("too late"))
    with storage.reading() as t:
        assert [row["name"] for row in t.campaigns.all()] == ["in time"]
    assert not lease.holds()


def test_people_see_in_a_holder_where_it_runs_and_no_two_are_alike() -> None:
    here = re.escape(f"{socket.gethostname()}:{os.getpid()}:")
    holders = {new_holder() for _ in range(10)}
    assert len(holders) == 10
    assert all(re.fullmatch(here + "[0-9a-f]{8}", holder) for holder in holders)
