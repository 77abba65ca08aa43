"""A provider that throttles, breaks for a moment or for hours, or knows us no more: nothing is lost, nothing burnt."""

from pathlib import Path

import pytest

from channels.base import OutboundMessage, Sent
from channels.sandbox import Fault, Webhooks
from channels.twilio.adapter import TwilioSms
from gateway.demo.play import free_port
from tests.gateway.example_rules import ADA, HELLO
from tests.gateway.running import CARLA, World, running

CROWD = [f"+49151123457{number:02}" for number in range(40)]
BROKEN = Fault("fail", status=503, on="any", times=None)
ON_SLACK = HELLO.replace("channel: sms", "channel: slack")
TOLD_ON_SLACK = Fault("fail", status=200, code="token_expired", times=None)
EXPIRED = [
    ("sms", HELLO, Fault("refuse", times=None), "channel sms: 20003 wrong credentials"),
    ("slack", ON_SLACK, Fault("refuse", times=None), "channel slack: invalid_auth the token is wrong"),
    ("slack", ON_SLACK, TOLD_ON_SLACK, "channel slack: token_expired the token has expired"),
]


class Tries:
    """How often each message was tried to be sent on the SMS channel of a world."""

    def __init__(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self.by_message: dict[str, int] = {}
        self._send = world.gateway.adapters["sms"].send
        monkeypatch.setattr(world.gateway.adapters["sms"], "send", self._count)

    async def _count(self, message: OutboundMessage) -> Sent:
        self.by_message[message.id] = self.by_message.get(message.id, 0) + 1
        return await self._send(message)

    def __len__(self) -> int:
        return sum(self.by_message.values())


def behave(world: World, *faults: Fault, channel: str = "sms") -> None:
    for fault in faults:
        world.sandbox.channel(channel).behaviour.add(fault)


async def greet(world: World, phones: list[str]) -> None:
    await world.start("hello")
    await world.give("hello", *({"phone": phone, "name": "Ada"} for phone in phones))


async def greet_on(world: World, channel: str) -> str:
    """One person is owed a greeting on this channel; their address."""
    kind, address = ("phone", ADA) if channel == "sms" else ("slack", CARLA)
    await world.start("hello")
    await world.give("hello", {kind: address, "name": "Ada"})
    return address


def counts(world: World, phones: list[str]) -> list[int]:
    return [len(world.heard(phone)) for phone in phones]


async def owed(world: World) -> int:
    return await world.read(lambda t: t.outbox.owed_count())


@pytest.mark.parametrize(("channel", "rules"), [("sms", HELLO), ("slack", ON_SLACK)])
async def test_a_429_is_obeyed_to_the_second(tmp_path: Path, channel: str, rules: str) -> None:
    async with running(tmp_path, rules) as world:
        behave(world, Fault("throttle", retry_after=90, times=3), channel=channel)
        address = await greet_on(world, channel)
        await world.passes(seconds=269)
        assert world.heard(address) == []
        await world.passes(seconds=1)
        assert world.heard(address) == ["Hello Ada"]


async def test_after_a_burst_of_5xx_everybody_hears_once(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, HELLO, database=database_url) as world:
        behave(world, Fault("fail", status=503, times=4), Fault("fail", status=502, accept=True, times=4))
        await greet(world, CROWD)
        await world.passes(minutes=5)
        assert (counts(world, CROWD), await owed(world)) == ([1] * len(CROWD), 0)


async def test_hours_without_a_provider_burn_nothing_and_are_caught_up_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path, HELLO) as world:
        sms = world.gateway.adapters["sms"]
        assert isinstance(sms, TwilioSms)
        tries, nobody = Tries(world, monkeypatch), f"http://127.0.0.1:{free_port()}"
        with monkeypatch.context() as unreachable:
            unreachable.setattr(sms._messages._client.api, "base_url", nobody)
            await greet(world, CROWD)
            await world.passes(hours=3)
            assert (await owed(world), counts(world, CROWD)) == (len(CROWD), [0] * len(CROWD))
            assert len(tries) < 3 * 12 + 2 * 20  # one every 5 minutes, after the first that were in flight together
        await world.passes(minutes=6)
        assert (await owed(world), counts(world, CROWD)) == (0, [1] * len(CROWD))
        assert set(await world.statuses("hello")) == {"completed"}


async def test_hours_of_5xx_leave_most_messages_untried_and_all_are_heard_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path, HELLO) as world:
        tries = Tries(world, monkeypatch)
        behave(world, BROKEN)
        await greet(world, CROWD)
        await world.passes(minutes=30)
        assert counts(world, CROWD) == [0] * len(CROWD)
        assert len(tries.by_message) < len(CROWD)
        await world.passes(hours=2)
        world.sandbox.twilio("sms").behaviour.clear()
        await world.passes(hours=1.1)
        assert (await owed(world), counts(world, CROWD)) == (0, [1] * len(CROWD))


async def test_one_address_that_never_gets_an_answer_silences_nobody_else(tmp_path: Path) -> None:
    async with running(tmp_path, HELLO) as world:
        behave(world, Fault("drop", to=CROWD[0], times=None))
        await greet(world, CROWD)
        assert counts(world, CROWD) == [0] + [1] * (len(CROWD) - 1)


@pytest.mark.parametrize(("channel", "rules", "fault", "reason"), EXPIRED)
async def test_an_expired_token_puts_the_campaign_in_error_and_its_start_goes_on(
    tmp_path: Path, channel: str, rules: str, fault: Fault, reason: str
) -> None:
    async with running(tmp_path, rules) as world:
        behave(world, fault, channel=channel)
        address = await greet_on(world, channel)
        await world.passes(hours=5)
        row = await world.read(lambda t: t.campaigns.get("hello"))
        assert row is not None
        assert (row["status"], row["reason"]) == ("error", reason)
        assert (world.heard(address), await owed(world), await world.statuses("hello")) == ([], 1, ["planned"])
        world.sandbox.channel(channel).behaviour.clear()
        await world.start("hello")
        await world.passes(minutes=2)
        assert (world.heard(address), await owed(world)) == (["Hello Ada"], 0)
        assert await world.statuses("hello") == ["completed"]


async def test_with_an_expired_token_no_message_of_many_is_burnt(tmp_path: Path) -> None:
    async with running(tmp_path, HELLO) as world:
        behave(world, Fault("refuse", times=None))
        await greet(world, CROWD)
        await world.passes(hours=5)
        world.sandbox.twilio("sms").behaviour.clear()
        assert (await owed(world), set(await world.statuses("hello"))) == (len(CROWD), {"planned"})
        await world.start("hello")
        await world.passes(minutes=2)
        assert (counts(world, CROWD), await owed(world)) == ([1] * len(CROWD), 0)


@pytest.mark.parametrize(("channel", "rules"), [("sms", HELLO), ("slack", ON_SLACK)])
@pytest.mark.parametrize("accept", [True, False])
async def test_a_lost_message_is_neither_given_up_nor_sent_blindly_while_the_token_is_expired(
    tmp_path: Path, channel: str, rules: str, accept: bool
) -> None:
    async with running(tmp_path, rules) as world:
        world.sandbox.channel(channel).behaviour.webhooks = Webhooks(lost=("status",))
        behave(world, Fault("drop", accept=accept), Fault("refuse", on="any", times=None), channel=channel)
        address = await greet_on(world, channel)
        await world.passes(hours=5)
        row = await world.read(lambda t: t.campaigns.get("hello"))
        assert (row is not None and row["status"], await owed(world)) == ("error", 1)
        world.sandbox.channel(channel).behaviour.clear()
        await world.start("hello")
        await world.passes(minutes=2)
        assert (world.heard(address), await owed(world)) == (["Hello Ada"], 0)
