"""The load: people text and write, the operator's system changes people and uploads lists; a ledger knows it all.

Who gets no answer, or a 5xx, asks again with the very same request, as providers do; some give up at once, as Twilio
does unless it is told otherwise; some ask again though they were answered.
"""

import asyncio
import json
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

import aiohttp

from channels.sandbox.entries import Post
from channels.sandbox.slack_events import JSON, Workspace, message_events
from gateway.settings import SANDBOX_API_TOKEN
from tests.chaos import project as people
from tests.chaos.ledger import BOT, LIST, LIST_OF_UNREACHED, TAKEN, Entry, Ledger, hears, post, sms
from tests.chaos.project import CAMPAIGN, PHONES, STEPPERS, USERS, Project
from tests.chaos.webhooks import Request, slack_event, text_message

NO_ANSWER = 0
UNDER_WAY = 409  # what was sent before under the same key is not answered yet
NO_KEY: Mapping[str, str] = {}
ROW_FAILED = 422  # as which we count a row of the API that was answered so
FOREVER = 1_000_000
GIVES_UP = 0.2  # of text messages: Twilio asks once
ASKS_AGAIN = 0.1  # of what was answered
SAYS_THE_SAME = 0.2  # of text messages: equal texts to one address are hardest to tell apart
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0  # seconds before it is asked again
BEARER = {"Authorization": f"Bearer {SANDBOX_API_TOKEN}"}
PLACE = Workspace(people.TEAM, people.APP, BOT)

Row = dict[str, Any]
Act = Callable[[random.Random, int], Awaitable[None]]


@dataclass
class Load:
    """Everybody who asks something of the gateway. ``pace`` divides their pauses. ``keyed``: changes by the API bring
    an Idempotency-Key, for what a network holds back may come after what was sent later."""

    project: Project
    http: aiohttp.ClientSession
    ledger: Ledger
    seed: int
    pace: float = 1.0
    over: bool = False
    keyed: bool = False
    _numbers: Any = field(default_factory=lambda: count(1))
    _tasks: list["asyncio.Task[None]"] = field(default_factory=list)

    async def enroll(self) -> None:
        """Everybody who will write is a participant, and the campaign runs."""
        rows: list[Row] = [{"external_id": phone, "phone": phone} for phone in PHONES]
        rows += [{"external_id": user, "slack": user} for user in USERS]
        rows += [{"external_id": name, "fields": {"name": name}} for name in STEPPERS]
        await self._insist(self.ledger.begin("enrolling", ()), self._put(rows))
        await self._insist(self.ledger.begin("starting", ()), self._api("POST", "start"))

    async def start(self) -> None:
        """Let them all begin."""
        acts = ((self._text, 4, 1.0), (self._write, 2, 1.2), (self._step, 2, 1.2), (self._upload, 1, 2.5))
        for act, number, pause in acts:
            self._tasks += [asyncio.create_task(self._keep_on(act, n, number, pause)) for n in range(number)]

    async def finish(self) -> None:
        """Nobody begins anything new; return when everybody who insists was answered."""
        self.over = True
        await asyncio.gather(*self._tasks)

    async def stop(self) -> None:
        """Everybody leaves at once."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _keep_on(self, act: Act, number: int, of: int, pause: float) -> None:
        """One of ``of`` people of a kind, who does it again and again."""
        chance = random.Random(f"{self.seed}/{act.__name__}/{number}")  # noqa: S311 - the same load for the same seed
        places = count(number, of)
        while not self.over:
            if not self.ledger.stands or act in (self._text, self._write):
                await act(chance, next(places))
            await asyncio.sleep(chance.expovariate(self.pace / pause))

    async def _text(self, chance: random.Random, place: int) -> None:
        """Somebody texts."""
        phone, said = PHONES[place % len(PHONES)], f"word {next(self._numbers)}"
        lines = [sms(phone, f"Heard {said}."), post("#general", f"Later {said}.")]
        if chance.random() < SAYS_THE_SAME:
            said, lines = "same", [sms(phone, "The same for all.")]
        sid = f"SM{chance.randbytes(16).hex()}"
        entry = self.ledger.begin("text message", lines, f"sms:{sid}")
        tries = 1 if chance.random() < GIVES_UP else FOREVER
        await self._insist(entry, lambda _: text_message(self.project.url, sid, phone, said), tries)
        await self._perhaps_again(chance, entry, lambda _: text_message(self.project.url, sid, phone, said))

    async def _write(self, chance: random.Random, place: int) -> None:
        """Somebody writes on Slack, directly."""
        user, said, now = USERS[place % len(USERS)], f"word {next(self._numbers)}", datetime.now(UTC)
        room = f"D{user[1:]}"
        sent = Post(room, f"{now.timestamp():.6f}", user, said, now, client_msg_id=said)
        event, body = next(message_events(sent, PLACE))
        lines = (post(user, f"Heard {said}."), post("#general", f"Later {said}."))
        entry = self.ledger.begin("Slack event", lines, f"slack:request:{event}")
        await self._insist(entry, lambda tries: slack_event(self.project.url, body, tries))
        await self._perhaps_again(chance, entry, lambda tries: slack_event(self.project.url, body, tries + 1))

    async def _step(self, chance: random.Random, place: int) -> None:
        """The operator's system moves somebody on by one step."""
        name, step = STEPPERS[place % len(STEPPERS)], place // len(STEPPERS) + 1
        entry = self.ledger.begin("change by API", (post("#billing", f"{name} is at step {step}."),))
        key = {"Idempotency-Key": f"{name}-{step}"} if self.keyed else {}
        await self._insist(entry, self._put([{"external_id": name, "fields": {"step": step}}], key))

    async def _upload(self, chance: random.Random, place: int) -> None:
        """The operator uploads a contact list of people nobody knows yet."""
        numbers = range(place * people.ROWS, (place + 1) * people.ROWS)
        if numbers[-1] >= people.NEWCOMERS:
            return
        rows = [(str(number), *people.newcomer(number), "yes") for number in numbers]
        text = "\n".join(map(",".join, (("external_id", "name", "phone", "listed"), *rows)))
        kind = LIST_OF_UNREACHED if people.unreached(numbers[0]) else LIST
        entry = self.ledger.begin(kind, (line for number in numbers for line in hears(number)))
        await self._insist(entry, self._api("POST", "uploads?file=list.csv", text, "text/csv"))

    async def _insist(self, entry: Entry, ask: Callable[[int], Request], tries: int = FOREVER) -> None:
        """Ask until it is accepted, or so often."""
        for tried in range(tries):
            self.ledger.answered(entry, await self._ask(ask(tried)))
            if entry.accepted or entry.refused:
                return
            await asyncio.sleep(min(FIRST_PAUSE * 2 ** min(tried, 10), LONGEST_PAUSE))

    async def _perhaps_again(self, chance: random.Random, entry: Entry, ask: Callable[[int], Request]) -> None:
        if chance.random() < ASKS_AGAIN and entry.accepted:
            self.ledger.answered(entry, await self._ask(ask(0)))

    async def _ask(self, request: Request) -> int:
        try:
            async with self.http.request(**request) as answer:
                body = await answer.read()
                if answer.status == UNDER_WAY and "Idempotency-Key" in request["headers"]:
                    return NO_ANSWER
                failed = answer.content_type == "application/json" and b'"status": "failed"' in body
                return ROW_FAILED if failed and answer.status in TAKEN else answer.status
        except (aiohttp.ClientError, TimeoutError, OSError):
            return NO_ANSWER

    def _put(self, rows: list[Row], key: Mapping[str, str] = NO_KEY) -> Callable[[int], Request]:
        return self._api("PUT", "participants", json.dumps(rows), JSON, key)

    def _api(
        self, method: str, path: str, text: str = "", content_type: str = "", key: Mapping[str, str] = NO_KEY
    ) -> Callable[[int], Request]:
        url = f"{self.project.url}/api/v1/campaigns/{CAMPAIGN}/{path}"
        headers = {**BEARER, **({"Content-Type": content_type} if content_type else {}), **key}
        return lambda _: {"method": method, "url": url, "data": text.encode(), "headers": headers}
