"""Messages are claimed ahead of free slots where the provider is quick, and sent only while it is."""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager, closing
from time import monotonic

import pytest

from channels.base import OutboundMessage, Sent
from gateway import ahead as claimed_ahead
from gateway.ahead import AHEAD_SECONDS, MOST_AHEAD, PACE_SECONDS
from gateway.clock import Bell, ManualClock
from gateway.patience import CUT_OFF
from gateway.sender import CONCURRENCY, Sender
from storage.database import Storage
from storage.transaction import Transaction
from tests.gateway.provider import UNREACHABLE, Provider
from tests.gateway.running import until
from tests.storage.rows import NOON, message, owe

OWED = 150
PACE = 600  # messages a second


class Slow(Provider):
    """Answers when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.answers = asyncio.Event()
        self.most = 0

    async def send(self, message: OutboundMessage) -> Sent:
        self.asked.append(message)
        await self.answers.wait()
        self.asked.pop()
        return await super().send(message)


@pytest.fixture
def owing(database_url: str) -> Iterator[Storage]:
    with closing(Storage(database_url)) as storage:
        with storage.transaction() as t:
            owe(t, *(message(f"m{number}", f"to {number}") for number in range(OWED)))
        yield storage


@asynccontextmanager
async def at_work(storage: Storage, provider: Provider, pace: int, resend: bool = True) -> AsyncIterator[Sender]:
    clock = ManualClock(NOON)
    made = Sender(provider, storage, clock, Bell(clock), lambda: None, resend_unknown=resend, per_second=1e9)  # type: ignore[arg-type]
    has_sent(made, pace)
    task = asyncio.create_task(made.run())
    yield made
    made.bell.close()
    await task


def has_sent(made: Sender, pace: int) -> None:
    """As if it had sent so many messages a second until now; counted for some seconds more, for tests may be slow."""
    made._ahead._ends.extend([monotonic() + 5] * int(pace * PACE_SECONDS))


async def states(storage: Storage) -> dict[str, int]:
    query = "SELECT state, count(*) FROM outbox GROUP BY state"
    rows = await storage.read(lambda t: [tuple(row) for row in t.outbox._connection.exec_driver_sql(query)])
    return dict(rows)


@pytest.mark.parametrize(
    ("pace", "resend", "ahead"),
    [(0, True, 0), (PACE, True, int(PACE * AHEAD_SECONDS)), (100 * PACE, True, OWED - CONCURRENCY), (PACE, False, 0)],
)
async def test_as_many_are_claimed_ahead_as_will_be_sent_in_a_moment(
    owing: Storage, pace: int, resend: bool, ahead: int
) -> None:
    provider = Slow()
    async with at_work(owing, provider, pace, resend) as made:
        await until(lambda: begun(provider, CONCURRENCY))
        assert (await states(owing))["sending"] == made.sending == CONCURRENCY + ahead
        provider.answers.set()
        await until(lambda: all_done(owing))
    assert sum(map(len, provider.taken.values())) == OWED
    assert ahead <= MOST_AHEAD


async def test_what_was_claimed_ahead_is_given_back_untried_when_the_provider_falls_silent(owing: Storage) -> None:
    provider = Provider(fate=UNREACHABLE)
    async with at_work(owing, provider, PACE) as made:
        await until(lambda: gives_back(made, owing))
        assert {one.id for one in provider.asked} == {f"m{number}" for number in range(CONCURRENCY)}
        tried = "SELECT count(*) FROM outbox WHERE attempts > 0"
        assert await owing.read(lambda t: t.outbox._connection.exec_driver_sql(tried).scalar()) == CONCURRENCY


async def test_what_was_claimed_ahead_and_waits_too_long_is_given_back_for_a_stop_may_have_come(
    owing: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = Slow()
    async with at_work(owing, provider, PACE) as made:
        await until(lambda: begun(provider, CONCURRENCY))
        late = {owed.address for owed in made._ahead}
        monkeypatch.setattr(claimed_ahead, "LONGEST_AHEAD", 0.0)
        made._ahead._ends.clear()
        await owing.run(lambda t: all_stop(t, late))
        provider.answers.set()
        await until(lambda: has_none_ahead(made))
        monkeypatch.setattr(claimed_ahead, "LONGEST_AHEAD", 1.0)
        await until(lambda: all_done(owing))
    assert (len(late), late & {*provider.taken}) == (int(PACE * AHEAD_SECONDS), set())
    assert len(provider.taken) == OWED - len(late)


def all_stop(t: Transaction, addresses: Collection[str]) -> None:
    for address in addresses:
        t.opt_outs.put("sms", address, "stop", NOON)


async def has_none_ahead(made: Sender) -> bool:
    return not made._ahead


async def test_all_that_was_claimed_ahead_is_settled_after_a_crash_and_sent_once(owing: Storage) -> None:
    provider = Slow()
    clock = ManualClock(NOON)
    made = Sender(provider, owing, clock, Bell(clock), lambda: None, per_second=1e9)  # type: ignore[arg-type]
    has_sent(made, PACE)
    task = asyncio.create_task(made.run())
    await until(lambda: begun(provider, CONCURRENCY))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    provider.asked.clear()
    provider.answers.set()
    async with at_work(owing, provider, 0) as made:
        await until(lambda: moves_on(made, owing))
    assert {len(taken) for taken in provider.taken.values()} == {1}
    assert len(provider.taken) == OWED


async def moves_on(made: Sender, storage: Storage) -> bool:
    made.clock.advance_to(made.clock.now() + CUT_OFF)  # type: ignore[attr-defined]
    made.bell.ring()
    return await all_done(storage)


async def begun(provider: Provider, number: int) -> bool:
    return len(provider.asked) == number


async def all_done(storage: Storage) -> bool:
    return set(await states(storage)) == {"done"}


async def gives_back(made: Sender, storage: Storage) -> bool:
    return made.restraint.silence.lasts and (await states(storage)).get("queued") == OWED
