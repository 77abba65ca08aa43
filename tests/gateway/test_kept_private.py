"""Everything a gateway writes is for its owner's eyes only, and no secret is ever in any of it."""

import asyncio
import os
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.cli import main
from gateway.settings import SANDBOX_API_TOKEN, SANDBOX_DEFAULTS, SANDBOX_SERVICE_SECRET
from storage.errors import StorageUnavailable
from tests.gateway.example_rules import ADA, ASK_NOW, BEN, ECHO
from tests.gateway.running import SETTINGS, World, running, write_project
from tests.gateway.test_ingress import inbound

SERVICE = '[services.crm]\nurl = "http://127.0.0.1:9/crm"\ntimeout = 1\n'
ASKING = ECHO.replace("campaign: echo", "campaign: asking").replace(
    "next: answer}", "next: look}\n    look: {do: call_webhook, service: crm, next: answer, failed: answer}"
)
OPERATORS = {"pointsman.toml", "sandbox.toml", "port", "1.yaml", "2.yaml", "3.yaml"}
PAGES = ("readyz", "healthz", "metrics", "sandbox", "sandbox/state", "api/v1/campaigns", "nowhere")


@pytest.fixture(autouse=True)
def _nothing_is_taken_from_new_files() -> Iterator[None]:
    """As where an operator's umask leaves everything open."""
    before = os.umask(0)
    yield
    os.umask(before)


@asynccontextmanager
async def lived_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    """A gateway in whose folder there is everything that it and its commands ever write."""
    write_project(folder, ECHO, ASK_NOW, ASKING)
    (folder / "pointsman.toml").write_text(SETTINGS + SERVICE)
    monkeypatch.setattr("gateway.logs.set_up_logs", lambda *_: None)
    async with running(folder) as world:
        for campaign in ("echo", "ask", "asking"):
            await world.start(campaign)
            await world.upload(campaign, f"phone\n{ADA}\n{BEN}\n")
        world.sandbox.twilio("sms").say(ADA, "hello there", media=("image/png",))
        await world.writes("U00000003", "hello there")
        await world.quiet()
        await spooled(world, monkeypatch)
        await run_commands(world, monkeypatch)
        yield world


async def spooled(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """An event that the database did not take."""

    async def fail(work: object) -> None:
        raise StorageUnavailable("away")

    with monkeypatch.context() as away:
        away.setattr(world.gateway.storage, "run", fail)
        await world.webhook("inbound", inbound("kept in the spool"))


async def run_commands(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an operator may write from the command line."""
    folder = world.gateway.settings.folder
    monkeypatch.setenv("POINTSMAN_PORT", world.url.rpartition(":")[2])
    (message,) = [row for row in await world.decisions("message") if row["payload"].get("media")]
    for arguments in (
        ["backup", f"{folder}/backup.db"],
        ["customer", "export", ADA, f"{folder}/customer.json"],
        ["media", message["payload"]["key"], "--sandbox", "-o", f"{folder}/file.png"],
    ):
        result = await asyncio.to_thread(CliRunner().invoke, main, [*arguments, "-C", str(folder)])
        assert result.exit_code == 0, result.output


def written(folder: Path) -> dict[str, Path]:
    """What is in the folder and is not the operator's own, files and folders, by name."""
    found = {str(path.relative_to(folder)): path for path in folder.rglob("*")}
    return {name: path for name, path in found.items() if path.name not in OPERATORS and name != "rules"}


async def test_every_file_a_gateway_writes_is_0600_and_every_folder_0700(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with lived_in(tmp_path, monkeypatch):
        modes = {name: stat.S_IMODE(path.stat().st_mode) for name, path in written(tmp_path).items()}
    assert {"pointsman.db", "pointsman.db-wal", "spool.db", "backup.db", "customer.json", "file.png", "uploads"} <= set(
        modes
    )
    folders = {name for name in modes if (tmp_path / name).is_dir()}
    assert {name: oct(mode) for name, mode in modes.items() if mode != (0o700 if name in folders else 0o600)} == {}


def secrets() -> list[bytes]:
    kept = [value for channel in SANDBOX_DEFAULTS.values() for value in channel.values() if isinstance(value, str)]
    return [secret.encode() for secret in (*kept, SANDBOX_API_TOKEN, SANDBOX_SERVICE_SECRET)]


async def test_secrets_are_never_in_the_database_in_exports_or_on_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with lived_in(tmp_path, monkeypatch) as world:
        files = {name: path.read_bytes() for name, path in written(tmp_path).items() if path.is_file()}
        pages = {path: await page(world, path, "wrong") for path in PAGES}
        campaign = {"api": await page(world, "api/v1/campaigns/echo/participants", SANDBOX_API_TOKEN)}
    assert b"hello there" in files["backup.db"] + files["pointsman.db"] + files["pointsman.db-wal"]
    shown = [
        (name, secret) for name, text in (files | pages | campaign).items() for secret in secrets() if secret in text
    ]
    assert shown == []


async def page(world: World, path: str, token: str) -> bytes:
    async with world.http.get(f"{world.url}/{path}", headers={"Authorization": f"Bearer {token}"}) as answer:
        return str(answer.headers).encode() + await answer.read()
