"""Decisions are found again by event, participant and message, with all that is needed to make them again."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import gateway.decided
from gateway.explaining import reaction_log
from gateway.recorded import NotRecorded, Recorded, Stretch, Versions, of_event, of_message, of_participant, pages
from gateway.told_logs import kept_log, told_log
from rules.react import react
from storage.transaction import Transaction
from storage.values import Row
from tests.gateway.example_rules import BEN
from tests.gateway.running import World, running

RULES = """
campaign: asks
fields:
  name: {type: string, level: customer}
  fee: {type: numeric, default: 10}
agents:
  asker:
    kind: form
    questions: [{result: coming, ask: "Are you coming, {{ name }}?", type: boolean}]
    closing: "Thanks."
flows:
  ask:
    joined: {when: participant_created, next: much}
    much: {if: fee > 5, match: ask}
    ask: {do: communicate, channel: sms, agent: asker}
    ended: {when: communication_ended, of: ask, status: completed, next: note}
    note: {do: update_field, set: {fee: 1}}
    bye: {when: incoming_session, keyword: BYE, next: say}
    say: {do: reply, text: "Bye."}
"""
OTHER = """
campaign: hears
fields:
  name: {type: string, level: customer}
flows:
  all:
    came: {when: incoming_session, next: say}
    say: {do: reply, text: "Heard."}
"""


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """Ben is asked and answers; then he writes to both campaigns. Somebody unknown writes, too."""
    async with running(tmp_path, RULES, OTHER) as world:
        for campaign in ("asks", "hears"):
            await world.start(campaign)
            await world.give(campaign, {"phone": BEN, "name": "Ben"})
        await world.texts(BEN, "Yes")
        await world.texts(BEN, "bye")
        await world.texts("+4915112345699", "Who is this?")
        yield world


async def all_of(world: World) -> list[Recorded]:
    return await world.read(lambda t: [one for page in pages(lambda work: work(t), Stretch(), 3) for one in page])


async def test_every_decision_can_be_made_again_from_what_is_kept(world: World) -> None:
    versions = Versions(world.gateway.rulebooks.project)

    def differing(t: Transaction) -> list[Recorded]:
        version = versions.of(t)
        return [one for one in recorded if one.is_whole and made_again(one, version) != one.log]

    recorded = await all_of(world)
    assert sum(one.is_whole for one in recorded) > 8
    assert await world.read(differing) == []


def made_again(one: Recorded, version: Any) -> Row:
    book = version(one.rules)
    return reaction_log(one.campaign, react(book, *one.given(book, version), one.now))


async def test_the_moment_of_a_decision_is_the_one_it_was_made_at(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    moments: list[datetime] = []

    def noting(book: Any, event: Any, scene: Any, now: datetime) -> Any:
        moments.append(now)
        return react(book, event, scene, now)

    monkeypatch.setattr(gateway.decided, "react", noting)
    await world.texts(BEN, "bye")

    assert moments
    assert {one.now for one in (await all_of(world))[-len(moments) :]} == set(moments)


async def test_an_event_tells_what_it_led_to_in_each_campaign(world: World) -> None:
    number = (await world.decisions("message"))[1]["event"]
    found = await world.read(lambda t: of_event(t, number))

    assert [(one.campaign, one.place, one.kind, one.applied) for one in found] == [
        ("asks", 0, "message", "applied"),
        ("hears", 1, "message", "applied"),
    ]
    assert await world.read(lambda t: of_event(t, 999)) == []


async def test_a_participant_has_the_latest_first_page_by_page(world: World) -> None:
    (ben,) = await world.people("asks")
    whole, _ = await world.read(lambda t: of_participant(t, ben["customer"], "asks"))
    found: list[Recorded] = []
    before: int | None = None
    for _ in range(99):
        page, before = await world.read(
            partial(of_participant, customer=ben["customer"], campaign="asks", before=before, limit=2)
        )
        found += page
        if before is None:
            break

    assert found == whole
    assert [one.number for one in whole] == sorted((one.number for one in whole), reverse=True)
    assert {one.campaign for one in whole} == {"asks"}


async def test_a_message_tells_how_it_came_and_what_became_of_it(world: World) -> None:
    (ben,) = await world.people("asks")
    said = await world.read(lambda t: t.messages.of_customers([ben["customer"]]))
    question = next(row for row in said if row["text"].startswith("Are you"))
    answer = next(row for row in said if row["text"] == "Yes")
    about = await world.read(lambda t: of_message(t, question["id"]))
    heard = await world.read(lambda t: of_message(t, answer["id"]))

    assert about[0].kind == "participant"
    assert {one.kind for one in about[1:]} == {"receipt"}
    assert [(one.kind, one.campaign) for one in heard] == [("message", "asks")]
    assert await world.read(lambda t: of_message(t, "unknown")) == []


async def test_a_stretch_is_of_numbers_moments_and_a_campaign(world: World) -> None:
    recorded = await all_of(world)
    middle = recorded[len(recorded) // 2]

    async def numbers(**wanted: Any) -> list[int]:
        return await world.read(
            lambda t: [one.number for page in pages(lambda work: work(t), Stretch(**wanted), 2) for one in page]
        )

    every = [one.number for one in recorded]
    assert await numbers(after=middle.number) == [number for number in every if number > middle.number]
    assert await numbers(last=middle.number) == [number for number in every if number <= middle.number]
    assert await numbers(since=middle.now) == [one.number for one in recorded if one.now >= middle.now]
    assert await numbers(until=middle.now) == [one.number for one in recorded if one.now < middle.now]
    assert await numbers(campaign="hears") == [one.number for one in recorded if one.campaign == "hears"]
    assert await numbers(since=recorded[-1].now + timedelta(days=1)) == []


async def test_what_cannot_be_made_again_says_why(world: World) -> None:
    stranger = (await all_of(world))[-1]
    await world.gateway.storage.run(lambda t: t.retention.empty_decisions([1]))
    (emptied,) = await world.read(lambda t: of_event(t, 1))

    assert (stranger.campaign, stranger.why_not) == ("", "it concerned no campaign: nobody we know")
    assert (emptied.part, emptied.rules) == ({}, "")
    with pytest.raises(NotRecorded, match="not kept any more"):
        emptied.given(world.gateway.rulebooks.of("asks"), world.gateway.rulebooks.version)


async def test_what_is_told_outside_says_why_others_stayed_silent_and_not_what_was_given(world: World) -> None:
    row = (await world.decisions("message"))[1]
    version = world.gateway.rulebooks.version
    told, kept = told_log(row["log"], version), kept_log(row["log"])

    assert {name for part in row["log"] for name in part} - {name for part in told for name in part} == {"given"}
    assert [part["rules"] for part in told] == [part["rules"] for part in row["log"]]
    assert told_log(row["log"], lambda hash: None) == kept
    first = (await world.decisions("message"))[0]
    assert "not_fired" not in str(first["log"])


async def test_versions_are_read_once_and_let_go_of(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.recorded.KEPT_VERSIONS", 1)
    versions = Versions(world.gateway.rulebooks.project)
    one, other = (world.gateway.rulebooks.of(name).hash for name in ("asks", "hears"))

    def read(t: Transaction) -> tuple[Any, ...]:
        version = versions.of(t)
        return version(one), version(one), version(other), version(one), version("gone"), version("")

    first, again, second, anew, gone, none = await world.read(read)
    assert first is again
    assert (second.campaign, anew.campaign, anew is first, gone, none) == ("hears", "asks", False, None, None)
