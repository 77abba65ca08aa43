"""Carries webhooks out until they are answered, and lets scripted people act when their time has come."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import aiohttp

from channels.base import Clock
from channels.sandbox.agenda import Agenda, Owed
from channels.sandbox.entries import Delivery, Plan

MAX_IN_FLIGHT = 32
MAX_TRIES = 200
FIRST_PAUSE = 0.2
LONGEST_PAUSE = 10.0
ANSWER_TIMEOUT = 15.0
LAST_SECONDS = 1.0

Sign = Callable[[Delivery, int], Mapping[str, str]]

_log = logging.getLogger(__name__)


class Courier:
    """Works off an agenda: deliveries over HTTP, plans through ``act``; tells of each end through ``settle``.

    A delivery not answered 2xx is tried again after 0.2, 0.4 ... 10 seconds of the clock, at most `MAX_TRIES` times.
    """

    def __init__(
        self,
        agenda: Agenda,
        clock: Clock,
        sign: Sign,
        act: Callable[[Plan], None],
        settle: Callable[[Delivery, bool], None],
    ) -> None:
        """``sign`` gives the headers of one attempt (tries before it); ``settle`` hears whether it was answered 2xx."""
        self._agenda, self._clock = agenda, clock
        self._sign, self._act, self._settle = sign, act, settle
        self._wake = asyncio.Event()
        self._session: aiohttp.ClientSession | None = None
        self._loop: asyncio.Task[None] | None = None
        self._carrying: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Begin to carry what the agenda holds."""
        timeout = aiohttp.ClientTimeout(total=ANSWER_TIMEOUT)
        self._session = aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar())
        self._loop = asyncio.create_task(self._run(self._session))

    async def stop(self) -> None:
        """Launch nothing more; what is in flight has `LAST_SECONDS` to be answered, else it stays owed."""
        await _cancelled(() if self._loop is None else (self._loop,))
        if self._carrying:
            await asyncio.wait(self._carrying, timeout=LAST_SECONDS)
        await _cancelled(tuple(self._carrying))
        if self._session is not None:
            await self._session.close()
        self._session = self._loop = None

    def wake(self) -> None:
        """The agenda has changed."""
        self._wake.set()

    async def _run(self, session: aiohttp.ClientSession) -> None:
        while True:
            self._wake.clear()
            self._launch_due(session)
            await self._pause()

    def _launch_due(self, session: aiohttp.ClientSession) -> None:
        while self._agenda.out < MAX_IN_FLIGHT and (owed := self._agenda.take(self._clock.now())):
            if isinstance(owed.thing, Plan):
                self._act(owed.thing)
                self._agenda.finish(owed)
            else:
                self._launch(self._carry(session, owed, owed.thing))

    def _launch(self, carrying: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(carrying)
        self._carrying.add(task)
        task.add_done_callback(self._carrying.discard)

    async def _pause(self) -> None:
        """Until something is due that can be launched, or someone wakes us: no polling, whatever the clock."""
        waits: list[asyncio.Task[Any]] = [asyncio.create_task(self._wake.wait())]
        due = self._agenda.next_due()
        if due is not None and self._agenda.out < MAX_IN_FLIGHT:
            waits.append(asyncio.create_task(_sleep_until(self._clock, due)))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def _carry(self, session: aiohttp.ClientSession, owed: Owed, delivery: Delivery) -> None:
        if await self._answered(session, delivery, owed.tries):
            self._settle(delivery, True)
            self._agenda.finish(owed)
        elif owed.tries + 1 >= MAX_TRIES:
            _log.warning("sandbox gave up a webhook to %s after %d tries", delivery.channel, MAX_TRIES)
            self._settle(delivery, False)
            self._agenda.finish(owed)
        else:
            self._agenda.put_off(owed, self._clock.now() + timedelta(seconds=pause_after(owed.tries)))
        self.wake()

    async def _answered(self, session: aiohttp.ClientSession, delivery: Delivery, tries: int) -> bool:
        headers = {"Content-Type": delivery.content_type, **self._sign(delivery, tries)}
        with suppress(aiohttp.ClientError, TimeoutError):
            body = delivery.body.encode()
            async with session.post(delivery.url, data=body, headers=headers, allow_redirects=False) as answer:
                return 200 <= answer.status < 300
        return False


async def _cancelled(tasks: tuple[asyncio.Task[None], ...]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _sleep_until(clock: Clock, moment: datetime) -> None:
    # The clock may be moved before this task begins: what is left is reckoned here, not by the caller.
    await clock.sleep(max((moment - clock.now()).total_seconds(), 0.0))


def pause_after(tries: int) -> float:
    """Seconds to wait after this many tries before and one more that failed."""
    return float(min(FIRST_PAUSE * 2 ** min(tries, 16), LONGEST_PAUSE))
