"""Every way in which a send can lose its answer, crossed with every way in which its end comes to light.

The real SDKs speak HTTP with the sandbox, which carries requests out, or does not, and then misbehaves. What counts is
what people got: nothing twice, and nothing lost but where the operator's setting says so.
"""

from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from channels.sandbox import Fault, Webhooks
from channels.slack.adapter import Slack
from channels.twilio.adapter import TwilioSms
from gateway import adapters, patience
from tests.gateway.example_rules import ADA, HELLO
from tests.gateway.running import CARLA, SETTINGS, World, running, write_project

TIMEOUT = 0.3  # real seconds that the adapters wait here for an answer
DOUBT = timedelta(hours=1)  # after which nobody is asked any more, here
TAKEN = {
    "takes it and drops the connection": Fault("drop", accept=True),
    "takes it and times out": Fault("hang", accept=True, seconds=1),
    "takes it and answers 500": Fault("fail", accept=True, status=500),
    "takes it and answers after we gave up": Fault("slow", seconds=TIMEOUT + 0.3),
}
NOT_TAKEN = {
    "drops the connection": Fault("drop"),
    "times out": Fault("hang", seconds=1),
    "answers 500": Fault("fail", status=500),
    "answers 503": Fault("fail", status=503),
}
NO_LIST = Fault("fail", status=503, on="read", times=None)
NO_CALLBACKS = Webhooks(lost=("status",))
ON_SLACK = HELLO.replace("channel: sms", "channel: slack")
COMPLETED = ("completed", "")
MUST_NOT = ("failed", "unknown the provider does not have it, and it must not be sent again")

taken = pytest.mark.parametrize("fault", TAKEN.values(), ids=TAKEN)
not_taken = pytest.mark.parametrize("fault", NOT_TAKEN.values(), ids=NOT_TAKEN)
either_setting = pytest.mark.parametrize("setting", ["resend", "fail"])


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapters, "TwilioSms", partial(TwilioSms, timeout_seconds=TIMEOUT))
    monkeypatch.setattr(adapters, "Slack", partial(Slack, timeout_seconds=TIMEOUT))
    monkeypatch.setattr(patience, "LONGEST_DOUBT", DOUBT)


def project(folder: Path, rules: str, setting: str) -> None:
    write_project(folder, rules)
    settings = SETTINGS.replace("sweep_minutes = 0", f'sweep_minutes = 0\nunknown_sends = "{setting}"')
    (folder / "pointsman.toml").write_text(settings)


async def greet(world: World, *faults: Fault, channel: str = "sms") -> None:
    for fault in faults:
        world.sandbox.channel(channel).behaviour.add(fault)
    await world.start("hello")
    await world.give("hello", {"phone": ADA, "name": "Ada"} if channel == "sms" else {"slack": CARLA, "name": "Ada"})


async def end(world: World) -> tuple[int, list[str], tuple[str, str]]:
    """How many messages are owed, what was heard at any address, and how the talk ended."""
    owed = await world.read(lambda t: t.outbox.owed_count())
    ((status, reason),) = [(talk["status"], talk["reason"]) for talk in await world.talks("hello")]
    return owed, [*world.heard(ADA), *world.heard(CARLA)], (status, reason)


@taken
@either_setting
async def test_a_callback_settles_what_was_taken_though_the_list_can_not_be_read(
    tmp_path: Path, fault: Fault, setting: str
) -> None:
    project(tmp_path, HELLO, setting)
    async with running(tmp_path) as world:
        await greet(world, fault, NO_LIST)
        await world.passes(seconds=5)
        assert await end(world) == (0, ["Hello Ada"], COMPLETED)
        await world.passes(hours=2)
        assert world.heard(ADA) == ["Hello Ada"]


@taken
@either_setting
async def test_the_list_settles_what_was_taken_though_no_callback_ever_comes(
    tmp_path: Path, fault: Fault, setting: str
) -> None:
    project(tmp_path, HELLO, setting)
    async with running(tmp_path) as world:
        world.sandbox.twilio("sms").behaviour.webhooks = NO_CALLBACKS
        await greet(world, fault)
        await world.passes(minutes=1)
        assert await end(world) == (0, ["Hello Ada"], COMPLETED)
        await world.passes(hours=2)
        assert world.heard(ADA) == ["Hello Ada"]


@taken
@either_setting
async def test_what_was_taken_is_never_sent_again_though_nobody_ever_tells(
    tmp_path: Path, fault: Fault, setting: str
) -> None:
    project(tmp_path, HELLO, setting)
    async with running(tmp_path) as world:
        world.sandbox.twilio("sms").behaviour.webhooks = NO_CALLBACKS
        await greet(world, fault, NO_LIST)
        await world.passes(hours=2)
        owed, heard, (status, reason) = await end(world)
        assert (owed, heard, status) == (0, ["Hello Ada"], "failed")
        assert reason.startswith("unknown after")


@not_taken
@pytest.mark.parametrize(("setting", "heard", "ended"), [("resend", ["Hello Ada"], COMPLETED), ("fail", [], MUST_NOT)])
async def test_what_the_list_does_not_show_is_sent_once_or_fails_as_the_setting_says(
    tmp_path: Path, fault: Fault, setting: str, heard: list[str], ended: tuple[str, str]
) -> None:
    project(tmp_path, HELLO, setting)
    async with running(tmp_path) as world:
        await greet(world, fault)
        await world.passes(seconds=29)
        assert world.heard(ADA) == []
        await world.passes(minutes=2)
        assert await end(world) == (0, heard, ended)


@not_taken
@either_setting
async def test_what_was_not_taken_is_not_sent_blindly_while_the_list_can_not_be_read(
    tmp_path: Path, fault: Fault, setting: str
) -> None:
    project(tmp_path, HELLO, setting)
    async with running(tmp_path) as world:
        await greet(world, fault, NO_LIST)
        await world.passes(minutes=50)
        assert (await end(world))[:2] == (1, [])
        world.sandbox.twilio("sms").behaviour.clear()
        await world.passes(hours=2)
        assert await end(world) == ((0, ["Hello Ada"], COMPLETED) if setting == "resend" else (0, [], MUST_NOT))


@taken
@either_setting
async def test_a_post_on_slack_is_found_by_our_id_in_its_metadata(tmp_path: Path, fault: Fault, setting: str) -> None:
    project(tmp_path, ON_SLACK, setting)
    async with running(tmp_path) as world:
        await greet(world, fault, channel="slack")
        (line,) = world.lines(CARLA)
        assert world.heard(CARLA) == ["Hello Ada"]
        await world.passes(minutes=1)
        assert await end(world) == (0, ["Hello Ada"], COMPLETED)
        (sent,) = await world.read(lambda t: t.messages.by_provider("slack", [f"D{CARLA[1:]}:{line['id']}"]))
        await world.passes(hours=2)
        assert (sent, world.heard(CARLA)) == (f"D{CARLA[1:]}:{line['id']}", ["Hello Ada"])


@not_taken
@pytest.mark.parametrize(("setting", "heard", "ended"), [("resend", ["Hello Ada"], COMPLETED), ("fail", [], MUST_NOT)])
async def test_a_post_that_no_history_shows_is_sent_once_or_fails_as_the_setting_says(
    tmp_path: Path, fault: Fault, setting: str, heard: list[str], ended: tuple[str, str]
) -> None:
    project(tmp_path, ON_SLACK, setting)
    async with running(tmp_path) as world:
        await greet(world, fault, channel="slack")
        await world.passes(minutes=2)
        assert await end(world) == (0, heard, ended)


@taken
async def test_a_post_is_never_sent_again_though_its_history_can_not_be_read(tmp_path: Path, fault: Fault) -> None:
    project(tmp_path, ON_SLACK, "resend")
    async with running(tmp_path) as world:
        await greet(world, fault, NO_LIST, channel="slack")
        await world.passes(hours=2)
        owed, heard, (status, _) = await end(world)
        assert (owed, heard, status) == (0, ["Hello Ada"], "failed")
