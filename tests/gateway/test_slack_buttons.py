"""Buttons on Slack: a press answers the question that it stands below, and no other."""

from pathlib import Path

import pytest

from channels.base import InboundMessage
from gateway.hearing import EARLIER_BUTTON
from gateway.incoming import new_event
from rules.book import Channel
from storage.values import NewEvent
from tests.gateway.example_rules import ADA
from tests.gateway.running import CARLA, START, World, running

ROOM = f"D{CARLA[1:]}"
FORM = """
campaign: {name}
agents:
  clerk:
    kind: form
    questions:
      - {{result: comes, ask: "{name}: will you come?", type: boolean}}
      - {{result: erase, ask: "{name}: delete your data?", type: boolean}}
    closing: "Noted."
flows:
  invite:
    joined: {{when: participant_created, next: ask}}
    ask: {{do: communicate, channel: slack, agent: clerk}}
  talk:
    wrote: {{when: incoming_session, next: answer}}
    answer: {{do: reply, text: "Pardon?"}}
"""
AGAIN = """
campaign: first
agents:
  clerk:
    kind: form
    questions:
      - {result: comes, ask: "Will you come?", type: boolean}
      - {result: erase, ask: "May we delete your data?", type: boolean}
    reply_within: 10m
flows:
  invite:
    joined: {when: participant_created, next: ask}
    ask:
      do: communicate
      channel: slack
      agent: clerk
      retries: {after: 10m, on: no_response}
      fallback: {channel: sms, on: no_response}
"""
RETRIED = """      retries: {after: 10m, on: no_response}
      fallback: {channel: sms, on: no_response}
"""
LATE = AGAIN.replace(
    RETRIED,
    """  talk:
    wrote: {when: incoming_session, next: answer}
    answer: {do: reply, text: "Pardon, {{ message.text }}?"}
""",
)
ASK, ASK_TOO = FORM.format(name="first"), FORM.format(name="second")
TWO_TALKS = """
campaign: first
agents:
  one: {kind: form, questions: [{result: comes, ask: "Will you come?", type: boolean}]}
  two: {kind: form, questions: [{result: erase, ask: "May we delete your data?", type: boolean}]}
flows:
  invite:
    joined: {when: participant_created, next: ask}
    ask: {do: communicate, channel: slack, agent: one, next: ask_too}
    ask_too: {do: communicate, channel: slack, agent: two}
"""


async def ask(world: World, *campaigns: str) -> None:
    for campaign in campaigns:
        await world.start(campaign)
        await world.give(campaign, {"slack": CARLA})


def question(world: World, text: str) -> str:
    """The id of the post that asks this."""
    (asked,) = [line["id"] for line in world.lines(CARLA) if line["buttons"] and text in line["text"]]
    return str(asked)


async def press(world: World, ts: str, value: str) -> None:
    world.sandbox.slack("slack").press(CARLA, ROOM, ts, value)
    await world.quiet()


async def results(world: World, campaign: str = "first") -> dict[str, object]:
    (talk,) = await world.talks(campaign)
    found: dict[str, object] = talk["talk"]["results"]
    return found


async def notes(world: World) -> list[str]:
    return [row["log"][0].get("note", "") for row in await world.decisions("message")]


async def test_a_second_press_does_not_answer_the_next_question(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, ASK, database=database_url) as world:
        await ask(world, "first")
        first = question(world, "come?")
        await press(world, first, "Yes")
        await press(world, first, "Yes")
        assert await results(world) == {"comes": True}
        assert (await notes(world))[1:] == [EARLIER_BUTTON]
        await press(world, question(world, "delete"), "No")
        assert await results(world) == {"comes": True, "erase": False}
        assert world.heard(CARLA)[2:] == ["Noted."]


async def test_two_presses_decided_together_are_one_answer(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, ASK, database=database_url) as world:
        await ask(world, "first")
        shown = f"{ROOM}:{question(world, 'come?')}"
        await world.gateway.storage.run(lambda t: t.inbox.keep([pressed("1", shown), pressed("2", shown)]))
        world.gateway.worker_bell.ring()
        await world.quiet()
        assert await results(world) == {"comes": True}
        assert (await notes(world))[1:] == [EARLIER_BUTTON]


def pressed(key: str, shown: str) -> NewEvent:
    slack = Channel(name="slack", kind="slack", identifier="slack")
    return new_event(slack, InboundMessage(key, CARLA, "Yes", answers=shown), START)


async def test_a_button_of_a_talk_that_is_over_does_nothing_but_is_kept(tmp_path: Path) -> None:
    async with running(tmp_path, ASK) as world:
        await ask(world, "first")
        await press(world, question(world, "come?"), "Yes")
        last = question(world, "delete")
        await press(world, last, "Yes")
        await press(world, last, "No")
        assert (await results(world), (await notes(world))[2:]) == ({"comes": True, "erase": True}, [EARLIER_BUTTON])
        assert world.heard(CARLA)[2:] == ["Noted."]
        ((customer,),) = [[person["customer"] for person in await world.people("first")]]
        kept = await world.read(lambda t: t.messages.of_customers([customer]))
        assert sorted(row["text"] for row in kept if row["direction"] == "in") == ["No", "Yes", "Yes"]


async def test_a_press_answers_its_own_talk_though_the_campaign_began_another_one_later(tmp_path: Path) -> None:
    async with running(tmp_path, TWO_TALKS) as world:
        await ask(world, "first")
        await press(world, question(world, "come?"), "Yes")
        assert [talk["talk"]["results"] for talk in await world.talks("first")] == [{"comes": True}, {}]


async def test_a_press_answers_its_own_talk_though_another_campaign_began_one_later(tmp_path: Path) -> None:
    async with running(tmp_path, ASK, ASK_TOO) as world:
        await ask(world, "first", "second")
        await press(world, question(world, "first: will"), "No")
        assert (await results(world, "first"), await results(world, "second")) == ({"comes": False}, {})


async def test_a_press_below_a_message_that_is_not_known_is_heard_as_if_it_were_typed(tmp_path: Path) -> None:
    async with running(tmp_path, ASK) as world:
        await ask(world, "first")
        await world.gateway.storage.run(lambda t: t.inbox.keep([pressed("1", f"{ROOM}:1.0")]))
        world.gateway.worker_bell.ring()
        await world.quiet()
        assert await results(world) == {"comes": True}


@pytest.mark.parametrize("minutes", [21, 32])
async def test_of_a_question_that_was_asked_again_every_button_counts_until_one_is_pressed(
    tmp_path: Path, database_url: str, minutes: int
) -> None:
    async with running(tmp_path, AGAIN, database=database_url) as world:
        await world.start("first")
        await world.give("first", {"slack": CARLA, "phone": ADA})
        first = question(world, "come?")
        await world.passes(minutes=minutes)
        heard = len(world.heard(CARLA)), len(world.heard(ADA))
        await press(world, first, "Yes")
        await press(world, first, "Yes")

        assert (heard, await results(world)) == ((2, minutes > 30), {"comes": True})
        assert (await notes(world))[1:] == [EARLIER_BUTTON]


async def test_a_press_after_the_talk_went_without_an_answer_is_an_incoming_session(tmp_path: Path) -> None:
    async with running(tmp_path, LATE) as world:
        await ask(world, "first")
        shown = question(world, "come?")
        await world.passes(minutes=11)
        assert await world.statuses("first") == ["no_response"]
        await press(world, shown, "Yes")
        assert world.heard(CARLA)[1:] == ["Pardon, Yes?"]
