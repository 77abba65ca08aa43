"""One sender at a time on a channel, whoever ends how: nothing is sent twice, and what one found out the next one
knows."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from channels.base import OutboundMessage, Sent
from gateway.clock import Bell, ManualClock
from gateway.leasing import LEASE_SECONDS, Lease
from gateway.patience import CUT_OFF, SILENT_SENDS
from gateway.sender import Sender
from storage.database import Storage
from tests.gateway.provider import DOWN, UNREACHABLE, Provider
from tests.gateway.running import until
from tests.storage.rows import NOON, message, owe

NAME = "sender/sms"


@dataclass
class Office:
    """Leases, taken in transactions of their own."""

    storage: Storage

    async def take(self, lease: str, holder: str, seconds: float) -> bool:
        return await self.storage.run(lambda t: t.leases.take(lease, holder, seconds))

    async def renew(self, lease: str, holder: str, seconds: float) -> bool:
        return await self.storage.run(lambda t: t.leases.renew(lease, holder, seconds))

    async def release(self, lease: str, holder: str) -> None:
        await self.storage.run(lambda t: t.leases.release(lease, holder))


@dataclass
class Process:
    """A process that sends, as far as the database and the provider can tell."""

    name: str
    url: str
    provider: Provider
    clock: ManualClock
    per_second: float = 1e9
    local: float = 0.0  # its machine's clock, in seconds
    tasks: list["asyncio.Task[None]"] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.storage = Storage(self.url)
        self.lease = Lease(NAME, self.name, Office(self.storage), lambda: self.local)
        self.bell, fenced = Bell(self.clock), self.storage.fenced(self.lease)
        self.sender = Sender(
            self.provider,  # type: ignore[arg-type]
            fenced,
            self.clock,
            self.bell,
            lambda: None,
            per_second=self.per_second,
        )

    async def begin(self) -> None:
        assert await self.lease.take()
        self.tasks.append(asyncio.create_task(self.sender.run()))

    async def end(self) -> None:
        for task in self.tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        self.tasks.clear()

    async def close(self) -> None:
        await self.end()
        self.storage.close()


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@asynccontextmanager
async def process(*given: Any, **other: Any) -> AsyncIterator[Process]:
    made = Process(*given, **other)
    try:
        yield made
    finally:
        await made.close()


@pytest.fixture
def owing(database_url: str) -> Iterator[Callable[..., None]]:
    storage = Storage(database_url)

    def owes(*messages: str) -> None:
        with storage.transaction() as t:
            owe(t, *(message(name, f"to {name}") for name in messages))

    yield owes
    storage.close()


async def states(process: Process) -> dict[str, str]:
    def look(t: Any) -> dict[str, str]:
        rows = t.outbox._connection.exec_driver_sql("SELECT message, state FROM outbox ORDER BY seq")
        return {row[0]: row[1] for row in rows}

    return await process.storage.read(look)


async def all_are(process: Process, state: str) -> bool:
    return set((await states(process)).values()) == {state}


async def has_ended(process: Process) -> bool:
    return process.sender.sending == 0


async def comes_to_its_end(process: Process) -> bool:
    """Some time passes."""
    process.clock.advance_to(process.clock.now() + CUT_OFF)
    process.bell.ring()
    return await all_are(process, "done")


def freeze(sender: Sender) -> asyncio.Event:
    """Between a claim and its sends the process stands still, until the event."""
    thaw, tried = asyncio.Event(), sender._tried

    async def stands(owed: Any) -> Any:
        await thaw.wait()
        return await tried(owed)

    sender._tried = stands  # type: ignore[method-assign]
    return thaw


async def test_who_was_stopped_between_claim_and_send_sends_nothing_that_another_has_taken_over(
    database_url: str, provider: Provider, clock: ManualClock, owing: Callable[..., None]
) -> None:
    owing("m1", "m2", "m3")
    async with (
        process("one", database_url, provider, clock) as one,
        process("other", database_url, provider, clock) as other,
    ):
        thaw = freeze(one.sender)
        await one.begin()
        await until(lambda: all_are(other, "sending"))
        one.local += LEASE_SECONDS
        await other.storage.run(lambda t: t.leases.release(NAME, "one"))
        await other.begin()
        await until(lambda: all_are(other, "unknown"))
        thaw.set()
        await until(lambda: has_ended(one))
        assert provider.asked == []
        await until(lambda: comes_to_its_end(other))
        assert sorted(one.id for one in provider.asked) == ["m1", "m2", "m3"]


async def test_what_was_being_sent_when_the_sender_was_cancelled_is_settled_when_it_runs_again(
    database_url: str, clock: ManualClock, owing: Callable[..., None]
) -> None:
    owing("m1", "m2")
    provider = Hanging()
    async with process("one", database_url, provider, clock) as one:
        await one.begin()
        await until(lambda: hang(provider, 2))
        await one.end()
        assert (one.sender.sending, one.sender.at_work, await all_are(one, "sending")) == (0, False, True)
        provider.hangs = False
        await one.begin()
        await until(lambda: all_are(one, "unknown"))
        await until(lambda: comes_to_its_end(one))
        assert sorted(one.id for one in provider.asked) == ["m1", "m1", "m2", "m2"]
        assert {to: len(taken) for to, taken in provider.taken.items()} == {"to m1": 1, "to m2": 1}


@dataclass
class Hanging(Provider):
    """Takes no message while it hangs."""

    hangs: bool = True

    async def send(self, message: OutboundMessage) -> Sent:
        if self.hangs:
            self.asked.append(message)
            await asyncio.Event().wait()
        return await super().send(message)


async def hang(provider: Provider, number: int) -> bool:
    return len(provider.asked) == number


@pytest.mark.parametrize(("fate", "refused"), [(UNREACHABLE, False), (DOWN, True)])
async def test_who_sends_next_leaves_the_provider_alone_as_long(
    database_url: str, provider: Provider, clock: ManualClock, owing: Callable[..., None], fate: str, refused: bool
) -> None:
    owing(*(f"m{number}" for number in range(SILENT_SENDS)))
    provider.fate = fate
    async with process("one", database_url, provider, clock) as one:
        await one.storage.run(lambda t: t.campaigns.ensure(""))
        await one.storage.run(lambda t: t.campaigns.set_status("", "active", NOON))
        await one.begin()
        await until(lambda: hang(provider, SILENT_SENDS))
        await until(lambda: all_are(one, "queued"))
        await one.end()
        await one.lease.release()
    async with process("other", database_url, provider, clock) as other:
        await other.begin()
        await until(lambda: knows(other))
        assert (other.sender.restraint.refused(lambda: [""]), other.sender.restraint.silence.lasts) == (
            refused,
            not refused,
        )
        assert other.sender.restraint.rests(clock.now())
        assert len(provider.asked) == SILENT_SENDS


async def knows(process: Process) -> bool:
    return process.sender.restraint.silence.trouble is not None


async def test_who_sends_next_keeps_to_the_providers_rate(
    database_url: str, provider: Provider, clock: ManualClock, owing: Callable[..., None]
) -> None:
    owing("m1", "m2")
    async with process("one", database_url, provider, clock, per_second=0.1) as one:
        await one.begin()
        await until(lambda: hang(provider, 1))
        await until(lambda: is_done(one, "m1"))
        await one.end()
        await one.lease.release()
    async with process("other", database_url, provider, clock, per_second=0.1) as other:
        await other.begin()
        await until(lambda: waits(other))
        assert (await states(other), len(provider.asked)) == ({"m1": "done", "m2": "queued"}, 1)
    async with process("other", database_url, provider, ManualClock(NOON + timedelta(seconds=11))) as later:
        await later.storage.run(lambda t: t.leases.release(NAME, "other"))
        await later.begin()
        await until(lambda: all_are(later, "done"))


async def is_done(process: Process, message: str) -> bool:
    return (await states(process))[message] == "done"


async def waits(process: Process) -> bool:
    return 8.0 < process.sender.restraint.pause <= 10.0
