"""The load: so many at once ask, each waiting for an answer; who is refused asks again, some do so for no reason."""

import asyncio
import json
import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from time import monotonic
from uuid import UUID

import aiohttp

from channels.sandbox.entries import Post
from channels.sandbox.slack_events import JSON, message_events
from tests.chaos.load import BEARER, NO_ANSWER, PLACE
from tests.chaos.webhooks import Request, slack_event, text_message
from tests.endurance.people import Deed, People
from tests.endurance.project import CAMPAIGNS, NUMBERS, LastingProject

AT_ONCE = 24
ASKS_AGAIN = 0.05  # of what was answered
PAUSE = 0.5  # seconds before who was refused asks again
TICKS = count()  # no two posts have one ts


@dataclass
class Load:
    """Everybody who asks something of the gateway while it is ``open``. ``answers``: how often each status came."""

    project: LastingProject
    http: aiohttp.ClientSession
    open: asyncio.Event = field(default_factory=asyncio.Event)
    answers: Counter[int] = field(default_factory=Counter)
    people: People = field(default_factory=lambda: People(monotonic))

    def __post_init__(self) -> None:
        self._chance = random.Random(0)  # noqa: S311 - the same load each time

    async def begin(self) -> None:
        """The campaigns run."""
        for campaign in CAMPAIGNS:
            url = f"{self.project.url}/api/v1/campaigns/{campaign}/start"
            await self._insist({"method": "POST", "url": url, "headers": BEARER})

    async def go_on(self) -> None:
        """Ask and ask, until cancelled."""
        async with asyncio.TaskGroup() as everybody:
            for _ in range(AT_ONCE):
                everybody.create_task(self._ask_on())

    async def _ask_on(self) -> None:
        while True:
            await self.open.wait()
            request = self._request(self.people.next())
            await self._insist(request)
            if self._chance.random() < ASKS_AGAIN:
                await self._insist(request)

    async def _insist(self, request: Request) -> None:
        while True:
            status = await self._ask(request)
            self.answers[status] += 1
            if 200 <= status < 300:
                return
            await asyncio.sleep(PAUSE)

    async def _ask(self, request: Request) -> int:
        try:
            async with self.http.request(**request) as answer:
                await answer.read()
                return answer.status
        except (aiohttp.ClientError, TimeoutError, OSError):
            return NO_ANSWER

    def _request(self, deed: Deed) -> Request:
        match deed.channel:
            case "":
                return self._change(deed)
            case "slack":
                return self._slack(deed)
        sid = f"SM{UUID(int=self._chance.getrandbits(128)).hex}"
        return text_message(self.project.url, sid, deed.who, deed.text, deed.channel, NUMBERS[deed.channel])

    def _change(self, deed: Deed) -> Request:
        rows = [{"phone": deed.who, "fields": {"step": deed.text}}]
        url = f"{self.project.url}/api/v1/campaigns/{CAMPAIGNS[0]}/participants"
        return {"method": "PUT", "url": url, "data": json.dumps(rows), "headers": {**BEARER, "Content-Type": JSON}}

    def _slack(self, deed: Deed) -> Request:
        now = datetime.now(UTC)
        ts = f"{int(now.timestamp())}.{next(TICKS) % 1_000_000:06d}"
        post = Post(f"D{deed.who[1:]}", ts, deed.who, deed.text, now, client_msg_id=ts)
        return slack_event(self.project.url, next(message_events(post, PLACE))[1])
