"""Sender: messages sent per second against a raw aiohttp client that posts the same bodies to the same server.

The server, in a process of its own, takes messages as Twilio's API does. Measured are the Twilio adapter alone (the
SDK over our HTTP client) and the whole sender: claimed from the outbox on SQLite or PostgreSQL (which runs beside it),
sent, recorded as events. All have 20 messages in flight, and garbage is collected for all as `pointsman run` has it.
"""

import asyncio
import gc
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from time import perf_counter

from aiohttp import ClientSession, encode_basic_auth

from benchmarks.bare import copied, empty_database
from benchmarks.forms import ACCOUNT, CHANNEL, NUMBER, PUBLIC_URL, TOKEN
from benchmarks.harness import RATIO, Plan, Row, Slice, alternate, rates
from benchmarks.on_server import server
from benchmarks.people import join, work_off
from benchmarks.servers import served
from channels.base import OutboundMessage
from channels.twilio.adapter import TwilioSms
from gateway.clock import Bell, SystemClock
from gateway.collecting import nothing_collected
from gateway.sender import CONCURRENCY, Sender
from storage.database import Storage

GOAL = 0.6
MESSAGES_PER_SECOND = 2_500
BASELINE = "raw aiohttp client"
UNPACED = 1e9  # messages per second: the pace of a provider who never says stop

Send = Callable[[OutboundMessage], Awaitable[object]]


def rows(plan: Plan) -> list[Row]:
    """The adapter alone and the sender, each against the raw client."""
    number = plan.size(MESSAGES_PER_SECOND)
    owing = _owing(plan, number)
    with served("provider", plan.folder) as port, server() as postgres, collected_as_in_earnest():
        bench = Bench(f"http://127.0.0.1:{port}", _messages(owing))
        owing_there = postgres.prepared(postgres.empty, partial(_owe, number=number), "owing")

        def on_server() -> Slice:
            with postgres.server.database(owing_there) as url:
                return bench.sender(url)

        subjects: dict[str, Callable[[], Slice]] = {
            "the Twilio adapter": bench.adapter,
            "the sender, outbox to event": lambda: bench.sender(
                f"sqlite:///{copied(owing, plan.folder / 'sending.db')}"
            ),
            "the sender, on PostgreSQL": on_server,
        }
        return [_row(plan, case, bench, subject) for case, subject in subjects.items()]


@contextmanager
def collected_as_in_earnest() -> Iterator[None]:
    """The collector of garbage as `pointsman run` has it; it would look through all of the SDK again and again."""
    before = gc.get_threshold()
    with nothing_collected():
        gc.collect()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


def _row(plan: Plan, case: str, bench: "Bench", subject: Callable[[], Slice]) -> Row:
    pairs = alternate(bench.raw, subject, plan.rounds)
    return Row("sender", case, BASELINE, RATIO, pairs.ratios, GOAL, rates(pairs, "messages"))


def _owing(plan: Plan, number: int) -> Path:
    """A database in which so many messages are owed, to as many people."""
    path = empty_database(plan.folder / "owing.db")
    with closing(Storage(f"sqlite:///{path}")) as storage:
        _owe(storage, number)
    return path


def _owe(storage: Storage, number: int) -> None:
    join(storage, number)
    asyncio.run(work_off(storage))


def _messages(path: Path) -> tuple[OutboundMessage, ...]:
    """Everything owed in a copy of this database."""
    storage = Storage(f"sqlite:///{copied(path, path.with_name('read.db'))}")
    with storage.transaction() as t:
        owed = t.outbox.claim(SystemClock().now(), 1_000_000, (CHANNEL,))
    storage.close()
    return tuple(OutboundMessage(one.message, one.address, one.text) for one in owed)


@dataclass(frozen=True, slots=True)
class Bench:
    """The same messages, sent to ``url`` in three ways."""

    url: str
    messages: tuple[OutboundMessage, ...]

    def raw(self) -> Slice:
        return asyncio.run(self._raw())

    def adapter(self) -> Slice:
        return asyncio.run(self._adapter())

    def sender(self, database: str) -> Slice:
        return asyncio.run(self._sender(database))

    async def _raw(self) -> Slice:
        async with ClientSession(headers={"Authorization": encode_basic_auth(ACCOUNT, TOKEN)}) as session:
            return await self._timed(partial(_post, session, self.url))

    async def _adapter(self) -> Slice:
        adapter = self._new_adapter()
        try:
            return await self._timed(adapter.send)
        finally:
            await adapter.close()

    async def _timed(self, send: Send) -> Slice:
        waiting = iter(self.messages)
        start = perf_counter()
        async with asyncio.TaskGroup() as tasks:
            for _ in range(CONCURRENCY):
                tasks.create_task(_send_all(send, waiting))
        return Slice(len(self.messages), perf_counter() - start)

    async def _sender(self, database: str) -> Slice:
        adapter, storage, clock = self._new_adapter(), Storage(database), SystemClock()
        bell, left = Bell(clock), count(len(self.messages) - 1, -1)

        def sent(*_: object) -> None:
            """Ask the sender to end once the last one is sent; it ends when all are recorded."""
            if not next(left):
                bell.close()

        sender = Sender(adapter, storage, clock, bell, lambda: None, per_second=UNPACED, on_sent=sent)
        start = perf_counter()
        await sender.run()
        taken = perf_counter() - start
        await adapter.close()
        storage.close()
        return Slice(len(self.messages), taken)

    def _new_adapter(self) -> TwilioSms:
        return TwilioSms(CHANNEL, ACCOUNT, (TOKEN,), NUMBER, PUBLIC_URL, self.url)


async def _send_all(send: Send, waiting: Iterator[OutboundMessage]) -> None:
    for message in waiting:
        await send(message)


async def _post(session: ClientSession, url: str, message: OutboundMessage) -> None:
    callback = f"{PUBLIC_URL}/webhooks/{CHANNEL}/status?m={message.id}"
    form = {"To": message.to, "From": NUMBER, "Body": message.text, "StatusCallback": callback}
    async with session.post(f"{url}/2010-04-01/Accounts/{ACCOUNT}/Messages.json", data=form) as answer:
        answer.raise_for_status()
        await answer.json()
