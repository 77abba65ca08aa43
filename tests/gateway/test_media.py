"""Files that people send, from the webhook to the operator's disk."""

import asyncio
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli import main
from storage.values import Row
from tests.gateway.example_rules import ADA, ECHO
from tests.gateway.running import World, running


async def received(world: World) -> Row:
    """The one message that came in."""
    sid = next(row["payload"]["key"] for row in await world.decisions("message"))
    return (await world.read(lambda t: t.messages.by_provider("sms", [sid])))[sid]


async def send_files(world: World, *types: str) -> Row:
    await world.start("echo")
    await world.give("echo", {"phone": ADA})
    world.sandbox.twilio("sms").say(ADA, "look", media=types)
    await world.quiet()
    return await received(world)


async def command(world: World, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Result:
    """`pointsman media`, as from another shell."""
    port = world.url.rpartition(":")[2]
    monkeypatch.setenv("POINTSMAN_PORT", port)
    monkeypatch.setattr("gateway.logs.set_up_logs", lambda: None)
    folder = str(world.gateway.settings.folder)
    return await asyncio.to_thread(CliRunner().invoke, main, ["media", "-C", folder, *arguments])


async def test_a_file_that_came_by_mms_is_kept_by_name_and_fetched_into_a_private_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path, ECHO) as world:
        message = await send_files(world, "image/png", "text/vcard")
        listed = await command(world, monkeypatch, message["id"])
        fetched = await command(
            world, monkeypatch, message["provider_id"], "2", "--sandbox", "-o", str(tmp_path / "card")
        )
    assert [file["type"] for file in message["media"]] == ["image/png", "text/vcard"]
    assert listed.output.splitlines() == ["1  image/png", "2  text/vcard"]
    assert fetched.exit_code == 0, fetched.output
    assert (tmp_path / "card").read_text() == f"file 1 of {message['provider_id']}\n"
    assert stat.S_IMODE((tmp_path / "card").stat().st_mode) == 0o600


async def test_a_file_that_may_not_be_fetched_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(tmp_path, ECHO) as world:
        message = await send_files(world, "image/png")
        for name in ("POINTSMAN_CHANNELS__SMS__AUTH_TOKEN", "POINTSMAN_CHANNELS__SLACK__SIGNING_SECRET"):
            monkeypatch.setenv(name, "s" * 32)
        monkeypatch.setenv("POINTSMAN_CHANNELS__SLACK__BOT_TOKEN", "x" * 32)
        monkeypatch.setenv("POINTSMAN_API_TOKEN", "a" * 32)
        refused = await command(world, monkeypatch, message["id"], "-o", str(tmp_path / "file"))
    assert refused.exit_code == 1
    assert "not plain https" in refused.output
    assert not (tmp_path / "file").exists()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [(["nothing"], 'no message "nothing"'), (["{id}", "2", "--sandbox", "-o", "{new}"], "there is no number 2")],
)
async def test_what_is_not_there_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], complaint: str
) -> None:
    async with running(tmp_path, ECHO) as world:
        message = await send_files(world, "image/png")
        told = [one.format(id=message["id"], new=tmp_path / "new") for one in arguments]
        result = await command(world, monkeypatch, *told)
    assert result.exit_code == 2
    assert complaint in result.output


async def test_a_message_whose_webhook_was_lost_is_found_with_its_files(tmp_path: Path) -> None:
    async with running(tmp_path, ECHO) as world:
        channel = world.sandbox.twilio("sms")
        sms = channel.say(ADA, "look", media=("image/png", "image/gif"))
        await world.quiet()
        heard = next(row["payload"] for row in await world.decisions("message"))
        [found] = await world.gateway.adapters["sms"].missed(
            world.clock.now().replace(hour=0), world.clock.now().replace(hour=23)
        )
    assert found.key == sms.sid
    assert [{"url": file.url, "type": file.type} for file in found.media] == heard["media"]


async def test_a_person_may_send_files_by_sms(tmp_path: Path) -> None:
    async with running(tmp_path, ECHO) as world:
        deed = {"channel": "sms", "who": ADA, "text": "look", "media": ["image/png"]}
        async with world.http.post(f"{world.url}/sandbox/say", json=deed) as answer:
            assert answer.status == 200
        await world.quiet()
        (row,) = await world.decisions("message")
    assert [file["type"] for file in row["payload"]["media"]] == ["image/png"]
