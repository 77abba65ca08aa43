"""A whole gateway at work for a test: real HTTP, real SDKs, the sandbox's providers, and a clock that jumps."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode

import aiohttp

from channels.sandbox import Sandbox
from gateway.app import Gateway
from gateway.campaigns import stop
from gateway.clock import ManualClock
from gateway.demo.hourglass import Hourglass
from gateway.demo.play import free_port
from gateway.playing import start_campaign
from gateway.server import serving
from gateway.settings import SANDBOX_API_TOKEN, Settings, load_settings
from gateway.watching import folder_stamp
from rules.fields import IDENTIFIER_KINDS
from storage.transaction import Transaction
from storage.values import Row
from tests.channels.signing import twilio_signature
from tests.conftest import prepared_file

T = TypeVar("T")

START = datetime(2027, 3, 1, 8, tzinfo=UTC)  # a Monday
DEADLINE = 60.0  # real seconds within which all must become quiet
TOKEN = "sandbox-auth-token"
ACCOUNT = "AC" + "0" * 32
NUMBER = "+15550001111"
SETTINGS = f"""
public_url = "http://127.0.0.1:8080"
[channels.sms]
kind = "twilio"
account_sid = "{ACCOUNT}"
from = "{NUMBER}"
messages_per_second = 1000
sweep_minutes = 0
[channels.slack]
kind = "slack"
team = "T00000001"
app_id = "A00000001"
messages_per_second = 1000
sweep_minutes = 0
"""
CARLA, DAN = "U00000003", "U00000004"
SANDBOX = f"""
rooms = ["general", "billing"]
people = [{{name = "Carla", slack = "{CARLA}"}}, {{name = "Dan", slack = "{DAN}"}}]
"""
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True)
class World:
    """A running gateway with its providers. People act, time passes, and a test looks at what became of it."""

    gateway: Gateway
    sandbox: Sandbox
    clock: ManualClock
    http: aiohttp.ClientSession

    @property
    def url(self) -> str:
        return self.gateway.settings.public_url

    async def quiet(self) -> None:
        """All that goes on by itself has ended."""
        async with asyncio.timeout(DEADLINE):
            await self.gateway.uploads.idle()
            await self._hourglass.quiet()

    async def passes(self, **time: float) -> None:
        """So much time passes, with everything that happens meanwhile."""
        async with asyncio.timeout(DEADLINE):
            await self._hourglass.go_to(self.clock.now() + timedelta(**time))

    @property
    def _hourglass(self) -> Hourglass:
        return Hourglass(self.gateway, self.sandbox, self.clock)

    async def start(self, campaign: str) -> None:
        await start_campaign(self.gateway, campaign)
        await self.quiet()

    async def give(self, campaign: str, *rows: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The operator's system gives participants to the API, identifiers and fields; the result of each row."""
        body = json.dumps([as_participant(row) for row in rows]).encode()
        async with self.api("PUT", f"campaigns/{campaign}/participants", body) as answer:
            results: list[dict[str, Any]] = (await answer.json())["results"]
        await self.quiet()
        return results

    async def upload(self, campaign: str, text: str) -> None:
        async with self.api("POST", f"campaigns/{campaign}/uploads?file=list.csv", text.encode(), "text/csv") as answer:
            assert answer.status < 300, await answer.text()
        await self.quiet()

    def api(self, method: str, path: str, body: bytes, content_type: str = "application/json") -> Any:
        headers = {"Authorization": f"Bearer {SANDBOX_API_TOKEN}", "Content-Type": content_type}
        return self.http.request(method, f"{self.url}/api/v1/{path}", data=body, headers=headers)

    async def texts(self, phone: str, text: str) -> None:
        """A person sends an SMS."""
        self.sandbox.twilio("sms").say(phone, text)
        await self.quiet()

    async def writes(self, user: str, text: str, room: str = "", thread: str = "") -> str:
        """A person writes on Slack; the ts of the post."""
        post = self.sandbox.slack("slack").say(user, text, room, thread)
        await self.quiet()
        return post.ts if post else ""

    async def mentions(self, user: str, text: str, room: str, thread: str = "") -> str:
        """A person writes to the app by name in a room; the ts of the post."""
        post = self.sandbox.slack("slack").mention(user, text, room, thread)
        await self.quiet()
        return post.ts if post else ""

    def heard(self, address: str) -> list[str]:
        """What the gateway said to this phone, Slack user or room, oldest first."""
        return [line["text"] for line in self.lines(address) if line["direction"] == "outbound"]

    def lines(self, address: str) -> tuple[dict[str, Any], ...]:
        return self.sandbox.transcript(address)

    async def webhook(self, route: str, fields: Mapping[str, str], **headers: str) -> int:
        """Post a form to an SMS webhook, signed as Twilio signs it unless ``headers`` says otherwise; the answer."""
        url, body = f"{self.url}/webhooks/sms/{route}", urlencode(fields).encode()
        signed = {"X-Twilio-Signature": twilio_signature(url, body, TOKEN), **FORM, **headers}
        return await self.post(f"webhooks/sms/{route}", body, signed)

    async def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> int:
        async with self.http.post(f"{self.url}/{path}", data=body, headers=headers) as answer:
            return answer.status

    async def edit(self, number: int, text: str) -> None:
        """An operator saves a rule file, and the gateway takes notice."""
        folder = self.gateway.settings.rules
        (folder / f"{number}.yaml").write_text(text)
        self.gateway.watch_bell.ring()
        await until(lambda: self._noticed(folder))

    async def _noticed(self, folder: Path) -> bool:
        return self.gateway.watch.seen == folder_stamp(folder)

    async def stop(self, campaign: str) -> None:
        await self.gateway.storage.run(lambda t: stop(t, campaign, self.clock.now()))

    async def read(self, work: Callable[[Transaction], T]) -> T:
        return await self.gateway.storage.read(work)

    async def events(self) -> int:
        """How many events were ever kept and decided."""
        return len(await self.decisions())

    async def decisions(self, kind: str = "") -> list[Row]:
        """The decisions on events of this kind ("": of any), in order."""
        rows = await self.read(lambda t: t.decisions.history(0, 10_000))
        return [row for row in rows if kind in ("", row["kind"])]

    async def fired(self) -> list[tuple[str, str]]:
        """Every trigger that started a flow, in order: its kind and its node."""
        return [
            (considered["fact"]["trigger"], activation["trigger"])
            for row in await self.decisions()
            for reaction in row["log"]
            for considered in reaction.get("facts", ())
            for activation in considered.get("activations", ())
        ]

    async def people(self, campaign: str) -> list[Row]:
        return await self.read(lambda t: t.people.participants_of(campaign))

    async def talks(self, campaign: str) -> list[Row]:
        """All communications of a campaign, each participant's oldest first."""
        people = [person["id"] for person in await self.people(campaign)]
        return await self.read(lambda t: t.communications.of_participants(people))

    async def statuses(self, campaign: str) -> list[str]:
        return [talk["status"] for talk in await self.talks(campaign)]


def as_participant(row: Mapping[str, Any]) -> dict[str, Any]:
    identifiers = {name: value for name, value in row.items() if name in IDENTIFIER_KINDS}
    return {**identifiers, "fields": {name: value for name, value in row.items() if name not in identifiers}}


def write_project(folder: Path, *rules: str, sandbox: str = SANDBOX) -> None:
    """A project whose rule files are these texts, named by their number."""
    (folder / "rules").mkdir(exist_ok=True)
    (folder / "pointsman.toml").write_text(SETTINGS)
    (folder / "sandbox.toml").write_text(sandbox)
    for number, text in enumerate(rules, 1):
        (folder / "rules" / f"{number}.yaml").write_text(text)


def project_settings(folder: Path, database: str = "") -> Settings:
    """The settings of the project at a free port, the same one at every start."""
    port = folder / "port"
    if not port.exists():
        port.write_text(str(free_port()))
    number = int(port.read_text())
    settings = load_settings(folder, sandbox=True)
    url = f"http://127.0.0.1:{number}"
    return replace(settings, port=number, public_url=url, database=database or settings.database)


@asynccontextmanager
async def running(folder: Path, *rules: str, database: str = "", at: datetime = START) -> AsyncIterator[World]:
    """A gateway over the project in ``folder``, which is written first where rules are given; it stops cleanly.

    Where no ``database`` is given, the project's own SQLite file is; a new one has its tables from the beginning.
    """
    if rules:
        write_project(folder, *rules)
    settings, clock = project_settings(folder, database), ManualClock(at)
    if not (database or (folder / "pointsman.db").exists()):
        prepared_file(folder / "pointsman.db")
    async with (
        aiohttp.ClientSession() as http,
        serving(settings, clock, with_sandbox=True) as (gateway, sandbox),
    ):
        assert sandbox is not None
        await sandbox.start()
        yield World(gateway, sandbox, clock, http)


async def until(met: Callable[[], Awaitable[bool]]) -> None:
    """Wait, looking again and again, until something has come true. Raises TimeoutError past `DEADLINE`."""
    async with asyncio.timeout(DEADLINE):
        while not await met():  # noqa: ASYNC110 - what is waited for is in a database or at a provider
            await asyncio.sleep(0.005)
