"""Who is a participant where: unknown senders, enrolment, and customers whom two campaigns share."""

import asyncio
from pathlib import Path

from tests.gateway.example_rules import ADA, ECHO
from tests.gateway.running import running
from tests.gateway.test_ingress import inbound

OPEN = """
campaign: open
channels: {sms: {enroll: true}}
fields:
  visits: {type: integer, default: 0}
flows:
  door:
    joined: {when: participant_created, source: enroll, next: welcome}
    welcome: {do: notify, channel: slack, to: "#general", text: "somebody new"}
    wrote: {when: incoming_session, next: count}
    count: {do: update_field, set: {visits: {expr: visits + 1}}, next: answer}
    answer: {do: reply, text: "Visit {{ visits }}"}
"""
SALES = """
campaign: sales
fields: {tier: {type: string, level: customer}}
flows:
  deal:
    wrote: {when: incoming_session, keyword: buy, next: gold}
    gold: {do: update_field, set: {tier: gold}}
"""
CARE = """
campaign: care
fields: {tier: {type: string, level: customer}}
flows:
  watch:
    changed: {when: participant_updated, field: tier, source: customer, next: tell}
    tell: {do: notify, channel: slack, to: "#general", text: "now {{ tier }}"}
"""


async def test_nobody_we_know_gets_no_answer_and_no_campaign_hears_them(tmp_path: Path) -> None:
    async with running(tmp_path, ECHO) as world:
        await world.start("echo")
        await world.texts(ADA, "hello")
        (row,) = await world.decisions("message")
        assert (row["applied"], row["customer"], row["log"]) == ("unknown", "", [{"note": "nobody we know"}])
        assert world.heard(ADA) == []
        assert await world.people("echo") == []


async def test_an_unknown_sender_joins_a_campaign_that_enrolls_created_first_then_incoming_session(
    tmp_path: Path, database_url: str
) -> None:
    async with running(tmp_path, OPEN, ECHO, database=database_url) as world:
        await world.start("open")
        await world.start("echo")
        await world.texts(ADA, "hello")
        assert await world.fired() == [("participant_created", "door.joined"), ("incoming_session", "door.wrote")]
        assert world.heard(ADA) == ["Visit 1"]
        assert world.heard("#general") == ["somebody new"]
        assert len(await world.people("open")) == 1
        assert await world.people("echo") == []


async def test_two_quick_messages_of_an_unknown_sender_make_one_customer(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, OPEN, database=database_url) as world:
        await world.start("open")
        sent = (world.webhook("inbound", inbound("hello", f"SM{number:032d}")) for number in range(5))
        assert await asyncio.gather(*sent) == [200] * 5
        await world.quiet()
        (participant,) = await world.people("open")
        assert participant["fields"] == {"visits": 5}
        assert sorted(world.heard(ADA)) == [f"Visit {number}" for number in range(1, 6)]
        assert world.heard("#general") == ["somebody new"]


async def test_a_stopped_campaign_enrolls_nobody(tmp_path: Path) -> None:
    async with running(tmp_path, OPEN) as world:
        await world.texts(ADA, "hello")
        assert await world.people("open") == []


async def test_a_customer_field_changed_in_one_campaign_fires_updated_in_the_other(
    tmp_path: Path, database_url: str
) -> None:
    async with running(tmp_path, SALES, CARE, database=database_url) as world:
        for campaign in ("sales", "care"):
            await world.start(campaign)
            await world.give(campaign, {"phone": ADA, "tier": "basic"})
        await world.texts(ADA, "buy")
        assert world.heard("#general") == ["now gold"]
        (wrote,) = await world.decisions("message")
        told = (await world.decisions("participant"))[-1]
        assert told["key"] == f"{wrote['key']}/customer/care/0"
        assert told["payload"]["fields"] == {"tier": "basic"}


async def test_what_other_campaigns_are_told_has_the_same_key_whatever_it_is_decided_with(tmp_path: Path) -> None:
    """After a restore the same event is decided beside others, and its messages are to have the ids they had."""
    async with running(tmp_path, SALES, CARE) as world:
        for campaign in ("sales", "care"):
            await world.start(campaign)
        people = [{"phone": f"+491701234{number:03}"} for number in range(5)]
        await world.give("care", *people)
        await world.give("sales", *people)
        await world.give("sales", *({**person, "tier": "gold"} for person in people))
        told = [row["key"] for row in await world.decisions("participant") if "/customer/" in row["key"]]

    assert len(told) == 5
    assert {key.partition("/")[2] for key in told} == {"customer/care/0"}


FIRST = """
campaign: first
fields: {city: {type: string, level: customer, required: true}}
flows:
  f:
    joined: {when: participant_created, next: tell}
    tell: {do: notify, channel: slack, to: "#general", text: "in"}
"""


async def test_a_required_field_of_the_customer_need_not_be_given_again_to_another_campaign(tmp_path: Path) -> None:
    async with running(tmp_path, FIRST, FIRST.replace("campaign: first", "campaign: second")) as world:
        await world.give("first", {"phone": ADA, "city": "Bonn"})
        (known,) = await world.give("second", {"phone": ADA})
        (stranger,) = await world.give("second", {"external_id": "X"})

    assert (known["status"], stranger["status"]) == ("created", "failed")
