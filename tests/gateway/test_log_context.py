"""Lines about an event or a message name it, by ids of ours and nothing personal."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from gateway.log_context import lane_told
from gateway.logs import set_up_logs
from tests.gateway.example_rules import ADA, BEN, ECHO, HELLO
from tests.gateway.poison import SECRET, Poison
from tests.gateway.running import running


def told(capsys: pytest.CaptureFixture[str], event: str) -> list[dict[str, Any]]:
    """The lines that tell this, as they are written."""
    written = capsys.readouterr().err
    assert not any(hidden in written for hidden in (SECRET, ADA, BEN, "hush hush"))
    lines = [json.loads(line) for line in written.splitlines() if line.startswith("{")]
    return [line for line in lines if line["event"] == event]


def set_up() -> None:
    """As `pointsman run` does; pytest's own handlers are put aside, since setting up would close them."""
    logging.getLogger().handlers.clear()
    set_up_logs()


async def test_an_event_that_fails_is_told_with_its_number_its_lane_and_whom_it_is_about(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    poison = Poison(monkeypatch)
    async with running(tmp_path, ECHO) as world:
        await world.start("echo")
        (known,) = await world.give("echo", {"phone": ADA})
        poison.kind("message")
        set_up()
        await world.texts(ADA, "hush hush")
        await world.texts(BEN, "hush hush")
        parked = told(capsys, "event_parked")

    assert [(line["kind"], line["lane"]) for line in parked] == [("message", known["customer"]), ("message", "phone:…")]
    assert all(isinstance(line["inbox"], int) for line in parked)


async def test_a_send_that_fails_is_told_with_the_ids_of_its_message(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path, HELLO) as world:
        await world.start("hello")
        monkeypatch.setattr(world.gateway.senders["sms"].channel, "send", fails)
        set_up()
        await world.give("hello", {"phone": ADA, "name": "Ada"}, {"phone": BEN, "name": "Ben"})
        talks = await world.talks("hello")
        failed = told(capsys, "send_failed")[:2]

    assert {line["communication"] for line in failed} == {talk["id"] for talk in talks}
    assert {(line["campaign"], line["channel"]) for line in failed} == {("hello", "sms")}
    assert len({line["message"] for line in failed}) == 2


async def fails(message: object) -> None:
    raise RuntimeError("a mistake of ours")


async def test_what_is_logged_after_an_event_does_not_name_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    poison = Poison(monkeypatch)
    async with running(tmp_path, ECHO) as world:
        poison.kind("message")
        set_up()
        await world.texts(BEN, "hush hush")
        (redone, *_) = told(capsys, "batch_redone")

    assert "inbox" not in redone


@pytest.mark.parametrize(
    ("lane", "shown"),
    [("4f1c2d", "4f1c2d"), (f"phone:{ADA}", "phone:…"), ("email:a:b@example.org", "email:…"), ("sms", "sms")],
)
def test_a_lane_is_told_without_an_address(lane: str, shown: str) -> None:
    assert lane_told(lane) == shown
