"""The sweeper: what a provider told in vain is heard all the same, once, and in its order."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from channels.sandbox import Ending, Fault, Webhooks
from channels.twilio import history
from gateway import sweeping
from tests.gateway.example_rules import ADA, ASK_NOW, BEN, ECHO, HELLO
from tests.gateway.running import CARLA, DAN, SETTINGS, START, World, running, write_project

LOST = Webhooks(lost=("inbound", "status"))
SERVICE = "MG" + "1" * 32
DESK = """
campaign: desk
channels: {slack: {}}
agents:
  clerk:
    kind: form
    questions: [{result: wish, ask: "What shall it be?", type: string}]
    closing: "Noted."
    reply_within: 24h
flows:
  serve:
    joined: {when: participant_created, next: ask}
    ask: {do: communicate, channel: slack, agent: clerk}
  threads:
    wrote: {when: incoming_session, next: answer}
    answer: {do: reply, text: "You wrote {{ message.text }}"}
"""


def sweeping_project(folder: Path, *rules: str, **changes: str) -> None:
    """A project that sweeps: every 5 minutes on both channels."""
    write_project(folder, *rules)
    text = SETTINGS.replace("sweep_minutes = 0", "sweep_minutes = 5")
    for old, new in changes.items():
        text = text.replace(old, new)
    (folder / "pointsman.toml").write_text(text)


def lose(world: World, channel: str = "sms", webhooks: Webhooks = LOST) -> None:
    world.sandbox.channel(channel).behaviour.webhooks = webhooks


async def echo(world: World) -> None:
    await world.start("echo")
    await world.give("echo", {"phone": ADA}, {"phone": BEN})


async def kinds(world: World) -> list[str]:
    return [row["kind"] for row in await world.decisions()]


async def test_a_message_whose_webhook_never_came_is_heard(tmp_path: Path, database_url: str) -> None:
    sweeping_project(tmp_path, ECHO)
    async with running(tmp_path, database=database_url) as world:
        await echo(world)
        lose(world)
        await world.texts(ADA, "hello")
        assert world.heard(ADA) == []
        await world.passes(minutes=5)
        assert world.heard(ADA) == ["You wrote hello"]


async def test_what_was_heard_is_not_heard_again_by_however_many_sweeps(tmp_path: Path) -> None:
    sweeping_project(tmp_path, ECHO)
    async with running(tmp_path) as world:
        await echo(world)
        await world.texts(ADA, "hello")
        await world.passes(hours=1)
        assert (world.heard(ADA), (await kinds(world)).count("message")) == (["You wrote hello"], 1)


async def test_a_webhook_that_comes_after_the_sweep_says_nothing_new(tmp_path: Path, database_url: str) -> None:
    sweeping_project(tmp_path, ECHO)
    async with running(tmp_path, database=database_url) as world:
        await echo(world)
        lose(world, webhooks=Webhooks(late=900))
        await world.texts(ADA, "hello")
        await world.passes(minutes=6)
        assert world.heard(ADA) == ["You wrote hello"]
        await world.passes(minutes=20)
        assert (world.heard(ADA), (await kinds(world)).count("message")) == (["You wrote hello"], 1)


async def test_what_one_person_wrote_is_heard_in_its_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "PAGE_ITEMS", 2)
    sweeping_project(tmp_path, ECHO)
    async with running(tmp_path) as world:
        await echo(world)
        lose(world)
        for text in ("STOP", "START", "one", "two", "three"):
            await world.texts(ADA, text)
            await world.passes(seconds=1)
        await world.passes(minutes=5)
        assert world.heard(ADA)[-3:] == ["You wrote one", "You wrote two", "You wrote three"]


async def test_a_message_whose_callbacks_never_came_ends_as_the_provider_says(
    tmp_path: Path, database_url: str
) -> None:
    sweeping_project(tmp_path, HELLO)
    async with running(tmp_path, database=database_url) as world:
        lose(world)
        world.sandbox.twilio("sms").behaviour.end(Ending(BEN, "undelivered", 30005))
        await world.start("hello")
        await world.give("hello", {"phone": ADA, "name": "Ada"}, {"phone": BEN, "name": "Ben"})
        await world.passes(minutes=9)
        assert await world.statuses("hello") == ["started", "started"]
        await world.passes(minutes=7)
        ends = [(talk["status"], talk["reason"]) for talk in await world.talks("hello")]
        assert sorted(ends) == [("completed", ""), ("failed", "30005")]


async def test_a_message_without_a_last_word_is_asked_for_less_and_less(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweeping_project(tmp_path, HELLO)
    async with running(tmp_path) as world:
        sms, asked = world.gateway.adapters["sms"], list[str]()
        states = sms.states

        async def listening(sent: dict[str, str]) -> object:
            asked.extend(sent.values())
            return await states(sent)

        monkeypatch.setattr(sms, "states", listening)
        world.sandbox.twilio("sms").behaviour.end(Ending(ADA, "sent"))
        await world.start("hello")
        await world.give("hello", {"phone": ADA, "name": "Ada"})
        await world.passes(hours=7)
        assert len(asked) == 3


async def test_a_reply_that_came_while_the_gateway_was_away_is_heard_before_the_time_out(tmp_path: Path) -> None:
    sweeping_project(tmp_path, ASK_NOW, **{"sweep_minutes = 5": "sweep_minutes = 60"})
    async with running(tmp_path) as world:
        await world.start("ask")
        await world.give("ask", {"phone": ADA, "name": "Ada"})
        await world.passes(hours=23)
        lose(world)
        await world.texts(ADA, "YES")
        away = world.clock.now()
    async with running(tmp_path, at=away.replace(day=away.day + 2)) as world:
        await world.quiet()
        assert await world.statuses("ask") == ["completed"]


async def test_what_was_written_before_the_gateway_ever_ran_is_not_heard(tmp_path: Path) -> None:
    sweeping_project(tmp_path, ECHO, **{"sweep_minutes = 5": "sweep_minutes = 0"})
    async with running(tmp_path) as world:
        await echo(world)
        lose(world)
        await world.texts(ADA, "hello")
    sweeping_project(tmp_path, ECHO)
    async with running(tmp_path, at=START.replace(hour=12)) as world:
        await world.passes(minutes=30)
        assert world.heard(ADA) == []


@pytest.mark.parametrize(
    "fault",
    [
        Fault("fail", status=503, on="read", times=3),
        Fault("fail", status=401, code="20003", on="read", times=3),
        Fault("throttle", retry_after=600, on="read"),
        Fault("drop", on="read", times=3),
    ],
    ids=["5xx", "credentials", "throttled", "dropped"],
)
async def test_a_sweep_that_the_provider_refuses_is_made_up_for(tmp_path: Path, fault: Fault) -> None:
    sweeping_project(tmp_path, ECHO)
    async with running(tmp_path) as world:
        await echo(world)
        lose(world)
        world.sandbox.twilio("sms").behaviour.add(fault)
        await world.texts(ADA, "hello")
        await world.passes(minutes=5)
        assert world.heard(ADA) == []
        await world.passes(minutes=15)
        assert world.heard(ADA) == ["You wrote hello"]


async def test_a_sweep_that_finds_more_than_can_be_kept_now_comes_back_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweeping_project(tmp_path, ECHO)
    async with running(tmp_path) as world:
        await echo(world)
        lose(world)
        for text in ("one", "two", "three"):
            await world.texts(ADA, text)
        with monkeypatch.context() as crowded, capture_logs() as logs:
            crowded.setattr(world.gateway.inbox, "_limit", 2)
            await world.passes(minutes=5)
        assert {line["event"] for line in logs} >= {"sweep_failed"}
        assert [line for line in logs if line["event"] == "part_failed"] == []
        await world.passes(minutes=2)
        assert world.heard(ADA) == ["You wrote one", "You wrote two", "You wrote three"]


async def test_a_messaging_service_hears_what_was_written_to_its_numbers(tmp_path: Path) -> None:
    sweeping_project(tmp_path, ECHO, **{'from = "+15550001111"': f'messaging_service_sid = "{SERVICE}"'})
    async with running(tmp_path) as world:
        await echo(world)
        lose(world)
        await world.texts(ADA, "hello")
        await world.passes(minutes=6)
        assert world.heard(ADA) == ["You wrote hello"]


async def test_a_long_absence_is_made_up_for_day_by_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "BATCH", 2)
    sweeping_project(tmp_path, ECHO)
    async with running(tmp_path) as world:
        await echo(world)
        lose(world)
        world.sandbox.twilio("sms").behaviour.add(Fault("fail", status=503, on="read", times=None))
        for day in range(4):
            await world.texts(ADA, f"day {day}")
            world.clock.advance_to(START.replace(day=START.day + day + 1))
        world.sandbox.twilio("sms").behaviour.faults.clear()
        await world.passes(minutes=5)
        assert world.heard(ADA) == [f"You wrote day {day}" for day in range(4)]


async def test_a_direct_reply_on_slack_that_no_event_told_of_is_heard(tmp_path: Path, database_url: str) -> None:
    sweeping_project(tmp_path, DESK)
    async with running(tmp_path, database=database_url) as world:
        await world.start("desk")
        await world.give("desk", {"slack": CARLA})
        lose(world, "slack")
        await world.writes(CARLA, "Tea &amp; cake")
        await world.passes(minutes=5)
        assert (await world.statuses("desk"), world.heard(CARLA)) == (["completed"], ["What shall it be?", "Noted."])
        customers = [person["customer"] for person in await world.people("desk")]
        said = await world.read(lambda t: t.messages.of_customers(customers))
        assert [row["text"] for row in said if row["direction"] == "in"] == ["Tea & cake"]


async def test_a_reply_below_our_question_is_heard_though_a_history_does_not_show_it(tmp_path: Path) -> None:
    sweeping_project(tmp_path, DESK)
    async with running(tmp_path) as world:
        await world.start("desk")
        await world.give("desk", {"slack": CARLA})
        lose(world, "slack")
        question = world.lines(CARLA)[-1]["id"]
        await world.passes(hours=1)
        await world.writes(CARLA, "Tea", thread=question)
        await world.passes(minutes=5)
        assert await world.statuses("desk") == ["completed"]


async def test_every_talk_on_slack_is_looked_into_a_few_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "TALKS", 1)
    monkeypatch.setattr(sweeping, "PAUSE", 0.0)
    sweeping_project(tmp_path, DESK)
    async with running(tmp_path) as world:
        await world.start("desk")
        await world.give("desk", {"slack": CARLA}, {"slack": DAN})
        lose(world, "slack")
        await world.writes(CARLA, "Tea")
        await world.writes(DAN, "Coffee")
        await world.passes(minutes=5)
        assert await world.statuses("desk") == ["completed", "completed"]


async def test_an_event_that_comes_after_the_sweep_says_nothing_new(tmp_path: Path) -> None:
    sweeping_project(tmp_path, DESK)
    async with running(tmp_path) as world:
        await world.start("desk")
        await world.give("desk", {"slack": CARLA})
        lose(world, "slack", Webhooks(late=900))
        await world.writes(CARLA, "Tea")
        await world.passes(minutes=30)
        assert ((await kinds(world)).count("message"), world.heard(CARLA)[1:]) == (1, ["Noted."])
