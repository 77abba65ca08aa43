"""What is in doubt after a restore: what was said is not said again, and what was not is said, whatever the setting."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import timedelta
from pathlib import Path

import pytest

from channels.sandbox import Fault, Webhooks
from storage.database import Storage
from tests.gateway.example_rules import ADA, BEN, ECHO, HELLO
from tests.gateway.running import CARLA, DAN, SETTINGS, START, World, running, write_project
from tests.gateway.test_sweeping import sweeping_project

ON_SLACK = HELLO.replace("channel: sms", "channel: slack")
TELLS = """
campaign: tells
flows:
  tell:
    joined: {when: participant_created, next: say}
    say: {do: notify, channel: slack, to: "#general", text: "one more"}
"""
CAN_NOT_TELL = Fault("fail", status=200, code="missing_scope", on="read", times=None)
SILENT = Fault("fail", status=503, on="read", times=None)
PEOPLE = {
    "sms": (HELLO, {"phone": ADA, "name": "Ada"}, {"phone": BEN, "name": "Ben"}),
    "slack": (ON_SLACK, {"slack": CARLA, "name": "Ada"}, {"slack": DAN, "name": "Ben"}),
}
on_both = pytest.mark.parametrize("channel", PEOPLE)
either_setting = pytest.mark.parametrize("setting", ["resend", "fail"])


def project(folder: Path, rules: str, setting: str = "resend") -> None:
    write_project(folder, rules)
    settings = SETTINGS.replace("sweep_minutes = 0", f'sweep_minutes = 0\nunknown_sends = "{setting}"')
    (folder / "pointsman.toml").write_text(settings)


def back_up(world: World, folder: Path) -> None:
    world.gateway.storage.back_up(folder / "backup", world.clock.now())


@asynccontextmanager
async def restored(folder: Path, **later: float) -> AsyncIterator[World]:
    """The gateway over what was backed up, so much later."""
    now = START + timedelta(**later)
    with closing(Storage(f"sqlite:///{folder}/pointsman.db")) as storage:
        storage.restore(folder / "backup", now, replace=True)
    async with running(folder, at=now) as world:
        yield world


@on_both
@either_setting
async def test_what_is_made_again_is_not_said_again_and_what_is_new_is(
    tmp_path: Path, channel: str, setting: str
) -> None:
    rules, ada, ben = PEOPLE[channel]
    project(tmp_path, rules, setting)
    async with running(tmp_path) as world:
        await world.start("hello")
        back_up(world, tmp_path)
        await world.give("hello", ada)
    async with restored(tmp_path, hours=2) as world:
        await world.give("hello", ada, ben)
        await world.passes(minutes=2)
        heard = [world.heard(next(iter(person.values()))) for person in (ada, ben)]
        assert (heard, await world.statuses("hello")) == ([["Hello Ada"], ["Hello Ben"]], ["completed"] * 2)


async def test_what_was_said_twice_and_is_owed_three_times_is_said_once_more(tmp_path: Path) -> None:
    project(tmp_path, TELLS)
    people = [{"phone": f"+491511234560{number}"} for number in (1, 2, 3)]
    async with running(tmp_path) as world:
        await world.start("tells")
        back_up(world, tmp_path)
        await world.give("tells", *people[:2])
        assert len(world.heard("#general")) == 2
    async with restored(tmp_path, hours=2) as world:
        await world.give("tells", *people)
        await world.passes(minutes=2)
        assert world.heard("#general") == ["one more"] * 3


@pytest.mark.parametrize(("setting", "heard"), [("resend", ["Hello Ada"]), ("fail", [])])
async def test_of_what_the_provider_can_not_tell_the_setting_decides(
    tmp_path: Path, setting: str, heard: list[str]
) -> None:
    project(tmp_path, ON_SLACK, setting)
    async with running(tmp_path) as world:
        await world.start("hello")
        back_up(world, tmp_path)
    async with restored(tmp_path, hours=2) as world:
        world.sandbox.slack("slack").behaviour.add(CAN_NOT_TELL)
        await world.give("hello", {"slack": CARLA, "name": "Ada"})
        await world.passes(minutes=9)
        assert (world.heard(CARLA), await world.read(lambda t: t.outbox.owed_count())) == ([], 1)
        await world.passes(minutes=2)
        assert (world.heard(CARLA), await world.read(lambda t: t.outbox.owed_count())) == (heard, 0)


@on_both
@either_setting
async def test_what_is_in_doubt_waits_for_a_silent_provider_however_old_the_backup_is(
    tmp_path: Path, channel: str, setting: str
) -> None:
    rules, ada, _ = PEOPLE[channel]
    project(tmp_path, rules, setting)
    async with running(tmp_path) as world:
        await world.start("hello")
        back_up(world, tmp_path)
    async with restored(tmp_path, days=9) as world:
        world.sandbox.channel(channel).behaviour.add(SILENT)
        await world.give("hello", ada)
        await world.passes(hours=2)
        assert await world.statuses("hello") == ["planned"]
        world.sandbox.channel(channel).behaviour.clear()
        await world.passes(minutes=6)
        assert await world.statuses("hello") == ["completed"]


async def test_a_channel_that_was_never_swept_is_swept_from_the_backup_on(tmp_path: Path) -> None:
    project(tmp_path, ECHO)
    async with running(tmp_path) as world:
        await world.start("echo")
        await world.give("echo", {"phone": ADA}, {"phone": BEN})
        world.sandbox.twilio("sms").behaviour.webhooks = Webhooks(lost=("inbound",))
        await world.texts(ADA, "before")
        await world.passes(hours=1)
        back_up(world, tmp_path)
        await world.passes(minutes=5)
        await world.texts(BEN, "after")
    sweeping_project(tmp_path)
    async with restored(tmp_path, hours=2) as world:
        await world.quiet()
        assert (world.heard(ADA), world.heard(BEN)) == ([], ["You wrote after"])
