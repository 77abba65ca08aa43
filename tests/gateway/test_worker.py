"""The worker: every event is decided once, and one that can't be decided stands in nobody's way."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.parts import MAX_ATTEMPTS
from storage.transaction import Transaction
from storage.values import About, NewEvent, Row, WaitingEvent
from tests.gateway.example_rules import ADA, ASK_NOW, BEN, ECHO
from tests.gateway.running import World, running

AT = datetime(2027, 3, 1, 8, tzinfo=UTC)
LOOP = """
campaign: loop
flows:
  talk:
    wrote: {when: incoming_session, next: answer}
    answer: {do: reply, text: "never said", next: again}
    again: {do: to_another_flow, flow: spin}
  spin:
    entered: {when: from_another_flow, next: once_more}
    once_more: {do: to_another_flow, flow: spin}
"""
LOOP_AT_THE_END = (
    ASK_NOW
    + """
    ended: {when: communication_ended, next: again}
    again: {do: to_another_flow, flow: spin}
  spin:
    entered: {when: from_another_flow, next: once_more}
    once_more: {do: to_another_flow, flow: spin}
"""
)
PING = """
campaign: %s
fields: {ball: {type: string, level: customer}}
flows:
  play:
    changed: {when: participant_updated, source: customer, next: back}
    back: {do: update_field, set: {ball: %s}}
    wrote: {when: incoming_session, keyword: %s, next: back}
"""


def said(key: str, address: str, text: str) -> NewEvent:
    payload = {
        "channel": "sms",
        "key": key,
        "address": address,
        "text": text,
        "thread": "",
        "consent": "",
        "addressed": True,
        "answers": "",
    }
    return NewEvent(f"sms:{key}", "message", About("phone", address), payload, AT)


BROKEN = NewEvent("broken", "participant", About("lane", "nowhere"), {"campaign": "echo"}, AT)


async def keep(world: World, *events: NewEvent) -> list[int]:
    """Keep the events at once, so that they are one batch, and let them be decided."""
    kept = await world.gateway.storage.run(lambda t: t.inbox.keep(events))
    world.gateway.worker_bell.ring()
    await world.quiet()
    return [number for number in kept if number is not None]


async def inbox(world: World, number: int) -> Row:
    """An event as it now stands, with its reason."""
    return await world.read(lambda t: inbox_row(t, number))


def inbox_row(t: Transaction, number: int) -> Row:
    query = "SELECT state, attempts, error FROM inbox WHERE id = %d" % number  # noqa: S608, UP031 - a number
    row = t.inbox._connection.exec_driver_sql(query).mappings().one()
    return dict(row)


async def test_a_bad_event_is_parked_with_its_reason_while_its_neighbours_are_decided(
    tmp_path: Path, database_url: str
) -> None:
    async with running(tmp_path, ECHO, database=database_url) as world:
        await world.start("echo")
        await world.give("echo", {"phone": ADA}, {"phone": BEN})
        _, bad, _ = await keep(world, said("1", ADA, "one"), BROKEN, said("2", BEN, "two"))
        assert (world.heard(ADA), world.heard(BEN)) == (["You wrote one"], ["You wrote two"])
        row = await inbox(world, bad)
        assert (row["state"], row["attempts"]) == ("parked", MAX_ATTEMPTS - 1)
        assert re.fullmatch(rf"failed {MAX_ATTEMPTS} times, last: KeyError at loading.py:\d+", row["error"])
        assert await world.gateway.outcomes.decided([bad], 0.0) == {}  # no time to look at all
        assert await world.gateway.outcomes.decided([bad], 5.0) == {bad: "parked"}


async def test_later_events_of_a_person_wait_while_an_earlier_one_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path, ECHO) as world:
        await world.start("echo")
        await world.give("echo", {"phone": ADA}, {"phone": BEN})
        monkeypatch.setattr(world.gateway.worker, "decide", Flaky(world, "sms:1", failures=MAX_ATTEMPTS))
        await keep(world, said("1", ADA, "one"), said("2", ADA, "two"), said("3", BEN, "three"))
        assert world.heard(ADA) == ["You wrote one", "You wrote two"]
        assert world.heard(BEN) == ["You wrote three"]


class Flaky:
    """A worker that fails a few times whenever one event is among those to decide."""

    def __init__(self, world: World, key: str, failures: int) -> None:
        self.real, self.key, self.failures = world.gateway.worker.decide, key, failures

    def __call__(self, t: Transaction, events: list[WaitingEvent]) -> Any:
        if self.failures and self.key in {event.key for event in events}:
            self.failures -= 1
            raise RuntimeError("not now")
        return self.real(t, events)


async def test_a_loop_of_rules_is_parked_with_a_report_that_names_the_nodes_and_nothing_of_it_happens(
    tmp_path: Path, database_url: str
) -> None:
    async with running(tmp_path, LOOP, database=database_url) as world:
        await world.start("loop")
        await world.give("loop", {"phone": ADA})
        (number,) = await keep(world, said("1", ADA, "hello"))
        row = await inbox(world, number)
        assert row["state"] == "parked"
        assert row["error"].startswith("more than 50 flows started for one event")
        assert "spin.once_more" in row["error"]
        assert f"{tmp_path}/rules/1.yaml:10:5" in row["error"]
        assert world.heard(ADA) == []
        assert await world.decisions("message") == []


async def test_a_stop_holds_even_where_the_rules_that_hear_of_it_run_in_a_loop(tmp_path: Path) -> None:
    async with running(tmp_path, LOOP_AT_THE_END) as world:
        await world.start("ask")
        await world.give("ask", {"phone": ADA, "name": "Ada"})
        await world.texts(ADA, "STOP")
        assert await world.decisions("message") == []
        assert await world.read(lambda t: t.opt_outs.among([("sms", ADA)])) == {("sms", ADA)}


async def test_campaigns_that_answer_one_another_for_ever_are_parked_with_a_report(tmp_path: Path) -> None:
    async with running(tmp_path, PING % ("ping", "red", "go"), PING % ("pong", "blue", "never")) as world:
        for campaign in ("ping", "pong"):
            await world.start(campaign)
            await world.give(campaign, {"phone": ADA})
        await world.texts(ADA, "go")
        assert 5 < len(await world.decisions("participant")) < 20
        last = await inbox(world, await world.read(last_event))
        assert last["state"] == "parked"
        assert last["error"].startswith("more than 10 times campaigns answered one another's change of a customer")


def last_event(t: Transaction) -> int:
    return int(t.inbox._connection.exec_driver_sql("SELECT max(id) FROM inbox").scalar_one())


async def test_a_listener_that_fails_does_not_make_the_worker_decide_again(tmp_path: Path) -> None:
    def fail(decided: object) -> None:
        raise RuntimeError("the teller stumbled")

    async with running(tmp_path, ECHO) as world:
        await world.start("echo")
        await world.give("echo", {"phone": ADA})
        world.gateway.on_decided = fail
        (number,) = await keep(world, said("1", ADA, "one"))
        assert (await inbox(world, number))["state"] == "decided"
        world.gateway.on_decided = lambda decided: None
