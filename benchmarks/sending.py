"""Sender: messages sent per second against a raw aiohttp client that posts the same bodies to the same server.

The server, in a process of its own, takes messages as Twilio's API does. Measured are the Twilio adapter alone (the
SDK over our HTTP client) and the whole sender: claimed from the outbox on SQLite, sent, recorded as events. All have 20
messages in flight.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter

from aiohttp import ClientSession, encode_basic_auth

from benchmarks.bare import copied, empty_database
from benchmarks.forms import ACCOUNT, CHANNEL, NUMBER, PUBLIC_URL, TOKEN
from benchmarks.harness import RATIO, Plan, Row, Slice, alternate, rates
from benchmarks.people import join, work
from benchmarks.servers import served
from channels.base import OutboundMessage
from channels.twilio.adapter import TwilioSms
from gateway.clock import Bell, SystemClock
from gateway.sender import CONCURRENCY, Sender
from storage.database import Storage

GOAL = 0.6
MESSAGES_PER_SECOND = 500
BASELINE = "raw aiohttp client"
UNPACED = 1e9  # messages per second: the pace of a provider who never says stop

Send = Callable[[OutboundMessage], Awaitable[object]]


def rows(plan: Plan) -> list[Row]:
    """The adapter alone and the sender, each against the raw client."""
    number = plan.size(MESSAGES_PER_SECOND)
    owing = _owing(plan, number)
    with served("provider", plan.folder) as port:
        bench = Bench(f"http://127.0.0.1:{port}", _messages(owing))
        subjects = {
            "the Twilio adapter": bench.adapter,
            "the sender, outbox to event": lambda: bench.sender(copied(owing, plan.folder / "sending.db")),
        }
        return [_row(plan, case, bench, subject) for case, subject in subjects.items()]


def _row(plan: Plan, case: str, bench: "Bench", subject: Callable[[], Slice]) -> Row:
    pairs = alternate(bench.raw, subject, plan.rounds)
    return Row("sender", case, BASELINE, RATIO, pairs.ratios, GOAL, rates(pairs, "messages"))


def _owing(plan: Plan, number: int) -> Path:
    """A database in which so many messages are owed, to as many people."""
    path = empty_database(plan.folder / "owing.db")
    storage = Storage(f"sqlite:///{path}")
    join(storage, number)
    storage.close()
    work(path)
    return path


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

    def sender(self, database: Path) -> Slice:
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

    async def _sender(self, database: Path) -> Slice:
        adapter, storage, clock = self._new_adapter(), Storage(f"sqlite:///{database}"), SystemClock()
        bell = Bell(clock)
        sender = Sender(adapter, storage, clock, bell, lambda: self._count(storage, bell), per_second=UNPACED)
        start = perf_counter()
        await sender.run()
        taken = perf_counter() - start
        await adapter.close()
        storage.close()
        return Slice(len(self.messages), taken)

    def _count(self, storage: Storage, bell: Bell) -> None:
        """Ask the sender to end once nothing is owed."""
        with storage.reading() as t:
            if not t.outbox.owed_count():
                bell.close()

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
