"""The sender: whatever the provider does, a message goes out once, in order, and its end is known."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from channels.sandbox import Fault, Webhooks
from gateway import parts, sender
from storage.errors import StorageUnavailable
from storage.values import Owed
from tests.gateway.example_rules import ADA, ASK_NOW, BEN, ECHO, HELLO
from tests.gateway.running import SETTINGS, World, running, until, write_project

LATE = Webhooks(late=3600)
ACCEPTED_THEN_DROPPED = Fault("drop", accept=True)


async def greet(world: World, *faults: Fault) -> None:
    """Ada is owed a greeting, and the provider behaves so."""
    for fault in faults:
        world.sandbox.twilio("sms").behaviour.add(fault)
    await world.start("hello")
    await world.give("hello", {"phone": ADA, "name": "Ada"})


async def owed(world: World) -> int:
    return await world.read(lambda t: t.outbox.owed_count())


async def ends(world: World) -> list[tuple[str, str]]:
    return [(talk["status"], talk["reason"]) for talk in await world.talks("hello")]


async def test_a_callback_settles_a_message_that_the_provider_took_before_it_fell_silent(
    tmp_path: Path, database_url: str
) -> None:
    async with running(tmp_path, HELLO, database=database_url) as world:
        await greet(world, ACCEPTED_THEN_DROPPED, Fault("fail", status=503, on="read", times=None))
        assert await owed(world) == 1
        await world.passes(seconds=2)
        assert (await owed(world), await ends(world)) == (0, [("completed", "")])
        assert world.heard(ADA) == ["Hello Ada"]


async def test_the_providers_list_settles_a_message_whose_callbacks_stay_away(
    tmp_path: Path, database_url: str
) -> None:
    async with running(tmp_path, HELLO, database=database_url) as world:
        world.sandbox.twilio("sms").behaviour.webhooks = LATE
        await greet(world, ACCEPTED_THEN_DROPPED)
        await world.passes(seconds=29)
        assert (await owed(world), await ends(world)) == (1, [("planned", "")])
        await world.passes(seconds=1)
        assert (await owed(world), await ends(world)) == (0, [("completed", "")])
        await world.passes(hours=2)
        assert world.heard(ADA) == ["Hello Ada"]


@pytest.mark.parametrize("fault", [Fault("drop"), Fault("fail", status=500), Fault("fail", status=503)])
async def test_a_message_that_the_provider_never_took_is_sent_once_found_missing(tmp_path: Path, fault: Fault) -> None:
    async with running(tmp_path, HELLO) as world:
        await greet(world, fault)
        await world.passes(seconds=29)
        assert world.heard(ADA) == []
        await world.passes(seconds=10)
        assert world.heard(ADA) == ["Hello Ada"]
        assert await ends(world) == [("completed", "")]


async def test_where_the_settings_say_so_a_message_found_missing_fails_instead(tmp_path: Path) -> None:
    write_project(tmp_path, HELLO)
    resends = SETTINGS.replace("messages_per_second = 1000", 'messages_per_second = 1000\nunknown_sends = "fail"', 1)
    (tmp_path / "pointsman.toml").write_text(resends)
    async with running(tmp_path) as world:
        await greet(world, Fault("drop"))
        await world.passes(minutes=2)
        assert world.heard(ADA) == []
        assert await ends(world) == [("failed", "unknown the provider does not have it, and it must not be sent again")]


async def test_a_look_that_fails_settles_nothing(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, HELLO, database=database_url) as world:
        world.sandbox.twilio("sms").behaviour.webhooks = LATE
        await greet(world, ACCEPTED_THEN_DROPPED, Fault("fail", status=503, on="read", times=3))
        await world.passes(minutes=3)
        assert world.heard(ADA) == ["Hello Ada"]
        assert await owed(world) == 0


async def test_a_throttled_message_waits_as_long_as_it_is_told(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, HELLO, database=database_url) as world:
        await greet(world, Fault("throttle", retry_after=7, times=2))
        await world.passes(seconds=13)
        assert world.heard(ADA) == []
        await world.passes(seconds=1)
        assert world.heard(ADA) == ["Hello Ada"]


@pytest.mark.parametrize(
    ("code", "end"),
    [("21211", ("failed", "21211 not a phone number")), ("21610", ("skipped", "21610 opted out"))],
)
async def test_a_definite_no_ends_the_communication(tmp_path: Path, code: str, end: tuple[str, str]) -> None:
    async with running(tmp_path, HELLO) as world:
        await greet(world, Fault("fail", status=400, code=code))
        await world.passes(minutes=1)
        assert world.heard(ADA) == []
        assert await ends(world) == [end]


async def test_a_channel_that_refuses_our_account_rests_and_no_message_is_lost(
    tmp_path: Path, database_url: str
) -> None:
    async with running(tmp_path, HELLO, database=database_url) as world:
        await greet(world, Fault("fail", status=401, code="20003"))
        assert await ends(world) == [("planned", "")]
        await world.passes(minutes=2)
        assert (world.heard(ADA), await owed(world)) == ([], 1)
        await world.start("hello")
        await world.passes(minutes=2)
        assert world.heard(ADA) == ["Hello Ada"]
        assert await ends(world) == [("completed", "")]


async def test_who_opted_out_between_decision_and_sending_is_not_written_to(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, HELLO, database=database_url) as world:
        await greet(world, Fault("throttle", retry_after=5))
        now = world.clock.now()
        await world.gateway.storage.run(lambda t: t.opt_outs.put("sms", ADA, "stop", now))
        await world.passes(minutes=1)
        assert world.heard(ADA) == []
        assert await ends(world) == [("skipped", "opted_out opted out")]


async def test_what_one_address_is_owed_goes_out_in_order_and_holds_up_nobody_else(
    tmp_path: Path, database_url: str
) -> None:
    async with running(tmp_path, ECHO, database=database_url) as world:
        await world.start("echo")
        await world.give("echo", {"phone": ADA}, {"phone": BEN})
        world.sandbox.twilio("sms").behaviour.add(Fault("throttle", retry_after=9, to=ADA))
        for text in ("one", "two", "three"):
            await world.texts(ADA, text)
        await world.texts(BEN, "four")
        assert (world.heard(ADA), world.heard(BEN)) == ([], ["You wrote four"])
        await world.passes(seconds=10)
        assert world.heard(ADA) == ["You wrote one", "You wrote two", "You wrote three"]


async def test_what_became_of_a_message_is_recorded_though_the_database_was_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "OUTAGE_PAUSE", 0.0)
    async with running(tmp_path, HELLO) as world:
        sms = world.gateway.senders["sms"]
        record, failures = sms._record_all, [StorageUnavailable("disk full")] * 2

        def away(*arguments: object) -> None:
            if failures:
                raise failures.pop()
            record(*arguments)  # type: ignore[arg-type]

        monkeypatch.setattr(sms, "_record_all", away)
        await greet(world)
        await world.passes(minutes=1)
        assert world.heard(ADA) == ["Hello Ada"]
        assert await ends(world) == [("completed", "")]


async def test_a_provider_that_is_slow_to_answer_is_waited_for_and_its_callbacks_may_come_first(tmp_path: Path) -> None:
    async with running(tmp_path, ASK_NOW) as world:
        world.sandbox.twilio("sms").behaviour.webhooks = Webhooks(delays=(0, 0, 0))
        world.sandbox.twilio("sms").behaviour.add(Fault("slow", seconds=0.3))
        await world.start("ask")
        await world.give("ask", {"phone": ADA, "name": "Ada"})
        assert await world.statuses("ask") == ["delivered"]
        assert dict((await world.read(lambda t: t.campaigns.counts("ask"))).messages) == {"delivered": 1}


async def test_a_message_whose_claim_was_committed_though_nobody_was_told_is_sent(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "OUTAGE_PAUSE", 0.01)
    async with running(tmp_path, HELLO, database=database_url) as world:
        run, answers_lost = world.gateway.storage.run, [1]

        async def loses_the_answer(work: Callable[..., Any]) -> Any:
            done = await run(work)
            if answers_lost and isinstance(done, list) and done and isinstance(done[0], Owed):
                answers_lost.pop()
                raise StorageUnavailable("the connection was lost")
            return done

        monkeypatch.setattr(world.gateway.storage, "run", loses_the_answer)
        await greet(world)
        await world.passes(seconds=20)
        assert (answers_lost, world.heard(ADA), await owed(world)) == ([], ["Hello Ada"], 0)


@pytest.mark.parametrize("failures", [1, 3])
async def test_a_send_that_could_not_be_recorded_is_settled_without_a_restart_and_goes_out_once(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch, failures: int
) -> None:
    async with running(tmp_path, HELLO, database=database_url) as world:
        world.sandbox.twilio("sms").behaviour.webhooks = LATE
        sms = world.gateway.senders["sms"]
        record, mistakes = sms._record_all, [ValueError("unforeseen")] * failures

        def stumbles(*arguments: object) -> None:
            if mistakes:
                raise mistakes.pop()
            record(*arguments)  # type: ignore[arg-type]

        monkeypatch.setattr(sms, "_record_all", stumbles)
        await greet(world)
        await world.passes(minutes=5)
        assert (world.heard(ADA), await owed(world), await ends(world)) == (["Hello Ada"], 0, [("completed", "")])


async def test_addresses_that_hang_delay_nobody_else(tmp_path: Path, database_url: str) -> None:
    slow = [f"+4915112345{number}" for number in (701, 702, 703)]
    async with running(tmp_path, ECHO, database=database_url) as world:
        sms = world.sandbox.twilio("sms")
        await world.start("echo")
        await world.give("echo", *({"phone": phone} for phone in (*slow, BEN)))
        for phone in slow:
            sms.behaviour.add(Fault("slow", seconds=2, to=phone))
            sms.say(phone, "hello")
        await until(lambda: sending(world, len(slow)))
        for text in ("one", "two", "three"):
            sms.say(BEN, text)
        await until(lambda: heard(world, BEN, 3))
        await until(lambda: sending(world, len(slow)))
        assert world.heard(BEN) == ["You wrote one", "You wrote two", "You wrote three"]
        await world.quiet()
        assert [world.heard(phone) for phone in slow] == [["You wrote hello"]] * len(slow)


async def sending(world: World, number: int) -> bool:
    return await world.read(lambda t: t.outbox.sending_count()) == number


async def heard(world: World, address: str, number: int) -> bool:
    return len(world.heard(address)) == number


async def test_what_a_provider_says_of_a_refusal_is_kept_for_the_operator_and_not_logged(tmp_path: Path) -> None:
    """It may quote the number. The code is enough to look it up."""
    async with running(tmp_path, ECHO) as world:
        await world.start("echo")
        await world.give("echo", {"phone": ADA})
        world.sandbox.twilio("sms").behaviour.add(Fault("fail", status=400, code="29999"))
        with capture_logs() as logs:
            await world.texts(ADA, "hello")
        (person,) = await world.people("echo")
        said = await world.read(lambda t: t.messages.of_customers([person["customer"]]))

    (error,) = [row["error"] for row in said if row["direction"] == "out"]
    assert (error.startswith("29999 refused by Twilio: "), error.endswith("Told to fail")) == (True, True)
    assert [line["reason"] for line in logs if line["event"] == "message_failed"] == ["29999 refused by Twilio"]
    assert "Told to fail" not in str(logs)
