"""What is unknown is settled though its campaign stands in error, and holds up nobody; nothing is sent meanwhile."""

from pathlib import Path

import pytest

from channels.sandbox import Fault, Webhooks
from tests.gateway.example_rules import ADA, HELLO
from tests.gateway.running import World, running

OTHER = HELLO.replace("campaign: hello", "campaign: other").replace("Hello", "Hi")
REFUSED = Fault("refuse", on="any", times=None)


async def in_error(world: World, *faults: Fault) -> None:
    """The greeting to Ada is unknown, its campaign stands in error, and another one owes her a greeting, too."""
    sms = world.sandbox.twilio("sms")
    sms.behaviour.webhooks = Webhooks(lost=("status",))
    for fault in faults:
        sms.behaviour.add(fault)
    for campaign in ("other", "hello"):
        await world.start(campaign)
    await world.give("hello", {"phone": ADA, "name": "Ada"})
    await world.gateway.storage.run(lambda t: t.campaigns.fail(["hello"], "something is wrong"))
    await world.give("other", {"phone": ADA, "name": "Ada"})
    assert "Hi Ada" not in world.heard(ADA)


@pytest.mark.parametrize(
    ("taken", "then", "at_last"),
    [
        (True, ["Hello Ada", "Hi Ada"], ["Hello Ada", "Hi Ada"]),
        (False, ["Hi Ada"], ["Hi Ada", "Hello Ada"]),
    ],
)
async def test_what_others_owe_the_same_address_goes_out_once_that_is_settled(
    tmp_path: Path, database_url: str, taken: bool, then: list[str], at_last: list[str]
) -> None:
    async with running(tmp_path, OTHER, HELLO, database=database_url) as world:
        await in_error(world, Fault("drop", accept=taken))
        await world.passes(minutes=1)
        assert world.heard(ADA) == then
        await world.passes(hours=1)
        assert world.heard(ADA) == then
        await world.start("hello")
        await world.passes(minutes=1)
        assert world.heard(ADA) == at_last


async def test_a_channel_that_is_down_is_asked_neither_to_send_nor_to_tell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path, OTHER, HELLO) as world:
        await in_error(world, Fault("drop", accept=True), REFUSED)
        sms, asked = world.gateway.adapters["sms"], list[str]()
        find = sms.find

        async def listening(message: object, *arguments: object, **options: object) -> object:
            asked.append("for Ada's greeting")
            return await find(message, *arguments, **options)  # type: ignore[arg-type]

        monkeypatch.setattr(sms, "find", listening)
        await world.passes(hours=3)
        assert (len(asked), world.heard(ADA)) == (1, ["Hello Ada"])
        world.sandbox.twilio("sms").behaviour.clear()
        await world.start("hello")
        await world.passes(minutes=2)
        assert world.heard(ADA) == ["Hello Ada", "Hi Ada"]
