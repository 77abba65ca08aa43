"""What Prometheus is told of rates, lags, depths and latencies, for each channel and campaign."""

from pathlib import Path

import pytest

from channels.base import Sent
from channels.errors import ChannelDown, SendRefused, SendThrottled, SendUnknown, Unreachable
from channels.sandbox.behaviour import Fault
from gateway.counting import outcome_name
from gateway.metrics import MAX_CAMPAIGNS, OTHERS, Metrics
from gateway.patience import Outcome
from storage.values import About, NewEvent
from tests.gateway.example_rules import ADA, ASK, BEN, ECHO, HELLO
from tests.gateway.running import START, World, running
from tests.gateway.test_health import metrics, says


async def test_what_was_decided_and_sent_is_counted_by_campaign_and_channel(tmp_path: Path) -> None:
    async with running(tmp_path, HELLO) as world:
        await world.start("hello")
        await world.give("hello", {"phone": ADA, "name": "Ada"}, {"phone": BEN, "name": "Ben"})
        await world.passes(minutes=1)
        counted = await metrics(world)

        assert counted["owed_total hello sms"] == counted["sends_total hello sms sent"] == 2
        assert counted["communications_total hello planned"] == counted["communications_total hello completed"] == 2
        assert counted["decided_events_total participant"] == 2
        assert counted["statuses_total hello delivered"] == 2
        assert counted["reactions_total hello"] >= 4
        assert (counted["send_seconds_count sms"], counted["event_wait_seconds_count"]) == (2, await world.events())
        assert counted["batch_seconds_count"] >= 1
        assert (counted["campaign_active hello"], counted["campaign_in_error hello"]) == (1, 0)


async def test_the_time_to_answer_a_webhook_is_measured(tmp_path: Path) -> None:
    async with running(tmp_path, ECHO) as world:
        await says(world, 1)
        counted = await metrics(world)

        assert counted["webhook_seconds_count sms"] == counted["webhooks_total sms 200"] == 1
        assert 0 < counted["webhook_seconds_sum sms"] < 15


async def test_requests_to_the_api_are_counted_by_endpoint_and_never_by_what_their_paths_hold(tmp_path: Path) -> None:
    async with running(tmp_path, HELLO) as world:
        for method, path in (
            ("GET", "campaigns/hello"),
            ("GET", "campaigns/secret"),
            ("BREW", "x"),
            ("GET", "secret/1"),
        ):
            async with world.api(method, path, b"") as answer:
                await answer.read()
        counted = await metrics(world)

        assert counted["api_total GET /api/v1/campaigns/{campaign} 200"] == 1
        assert counted["api_total GET /api/v1/campaigns/{campaign} 404"] == 1
        assert counted["api_seconds_count GET"] == 3
        assert not any("secret" in name or "BREW" in name for name in counted)


async def test_what_is_owed_while_its_campaign_stands_in_error_grows_old(tmp_path: Path) -> None:
    async with running(tmp_path, HELLO) as world:
        await world.start("hello")
        world.sandbox.twilio("sms").behaviour.add(Fault(kind="fail", status=401, code="20003"))
        await world.give("hello", {"phone": ADA, "name": "Ada"})
        await world.passes(minutes=5)
        counted = await metrics(world)

        assert counted["sends_total hello sms down"] == 1
        assert (counted["channel_owed_messages sms"], counted["channel_owed_messages slack"]) == (1, 0)
        assert (counted["oldest_owed_message_seconds sms"], counted["oldest_owed_message_seconds slack"]) == (300, 0)
        assert (counted["campaign_active hello"], counted["campaign_in_error hello"]) == (0, 1)


async def test_a_timer_that_is_due_later_is_not_late(tmp_path: Path) -> None:
    async with running(tmp_path, ASK) as world:
        await world.start("ask")
        await world.give("ask", {"phone": ADA, "name": "Ada", "begin": "2027-03-01T12:00:00+00:00"})
        counted = await metrics(world)

        assert counted["oldest_due_timer_seconds"] == counted["oldest_waiting_event_seconds"] == 0


async def test_events_that_wait_grow_old(tmp_path: Path) -> None:
    async with running(tmp_path, ECHO) as world:
        await world.quiet()
        world.gateway.worker_bell.close()
        await world.gateway.tasks[0]
        await keep_late(world)
        counted = await metrics(world)

        assert (counted["waiting_events"], counted["held_events"]) == (1, 0)
        assert counted["oldest_waiting_event_seconds"] == 90


async def keep_late(world: World) -> None:
    """An event that was received, and 90 seconds pass."""
    event = NewEvent("late", "message", About("phone", ADA), {"channel": "sms"}, START)
    await world.gateway.storage.run(lambda t: t.inbox.keep([event]))
    world.clock.advance_to(START.replace(minute=1, second=30))


def test_past_so_many_campaigns_the_others_are_counted_as_one() -> None:
    measured = Metrics()
    for number in range(MAX_CAMPAIGNS + 7):
        measured.reaction(f"c{number}")
    measured.reaction("c0")
    text = measured.text({}).decode()

    assert f'pointsman_reactions_total{{campaign="{OTHERS}"}} 7.0' in text
    assert 'pointsman_reactions_total{campaign="c0"} 2.0' in text
    assert text.count("pointsman_reactions_total{") == MAX_CAMPAIGNS + 1


@pytest.mark.parametrize(
    ("outcome", "name"),
    [
        (Sent("SM1", "queued"), "sent"),
        (SendRefused("21211", "not a phone number"), "refused"),
        (SendRefused("21610", "opted out", skipped=True), "skipped"),
        (SendThrottled(1.0), "throttled"),
        (Unreachable(1.0), "unreachable"),
        (SendUnknown("no answer"), "unknown"),
        (ChannelDown("20003", "refused"), "down"),
    ],
)
def test_each_outcome_of_a_send_has_a_word(outcome: Outcome, name: str) -> None:
    assert outcome_name(outcome) == name
