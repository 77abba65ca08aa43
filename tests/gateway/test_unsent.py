"""What cannot be sent is to be seen: a notification that failed, a talk that nobody answered."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from channels.sandbox import Fault
from storage.transaction import Transaction
from tests.gateway.example_rules import ADA
from tests.gateway.running import running

TELL = """
campaign: tell
fields:
  name: {type: string, default: "x"}
flows:
  say:
    joined: {when: participant_created, next: tell}
    tell: {do: notify, channel: sms, to: "+4915112345699", text: "{{ name }}{{ name }}", next: end}
    end: {do: finish, outcome: told}
"""
ASK = """
campaign: tell
agents:
  clerk: {kind: form, questions: [{result: name, ask: "Your name?"}], reply_within: LIMIT}
flows:
  say:
    joined: {when: participant_created, next: send}
    send: {do: communicate, channel: sms, agent: clerk}
"""


def messages(t: Transaction) -> list[Any]:
    query = text("SELECT status, error, communication FROM message WHERE direction = 'out'")
    return [tuple(row) for row in t.inbox._connection.execute(query)]


async def test_a_notification_that_is_too_long_is_kept_as_failed_with_the_reason(
    tmp_path: Path, database_url: str
) -> None:
    async with running(tmp_path, TELL, database=database_url) as world:
        await world.start("tell")
        await world.give("tell", {"phone": ADA, "name": "n" * 900})
        reason = "the text has 1800 characters; at most 1600 can be sent"
        assert await world.read(messages) == [("failed", reason, "")]
        assert (await world.read(lambda t: t.campaigns.counts("tell"))).messages == {"failed": 1}
        assert await world.read(lambda t: t.outbox.owed_count()) == 0
        assert [person["outcome"] for person in await world.people("tell")] == ["told"]


async def test_a_notification_that_the_provider_refuses_is_kept_as_failed_and_logged(tmp_path: Path) -> None:
    async with running(tmp_path, TELL) as world:
        await world.start("tell")
        world.sandbox.twilio("sms").behaviour.add(Fault("fail", status=400, code="21211"))
        with capture_logs() as logs:
            await world.give("tell", {"phone": ADA})
        ((status, error, _),) = await world.read(messages)

    assert (status, error[:5]) == ("failed", "21211")
    (line,) = [line for line in logs if line["event"] == "message_failed"]
    assert (line["campaign"], line["reason"], line["log_level"]) == ("tell", error, "warning")


@pytest.mark.parametrize("limit", ["24h", "3d", "90m"])
async def test_a_talk_that_nobody_answered_says_how_long_it_waited(tmp_path: Path, limit: str) -> None:
    async with running(tmp_path, ASK.replace("LIMIT", limit)) as world:
        await world.start("tell")
        await world.give("tell", {"phone": ADA})
        await world.passes(days=4)
        (talk,) = await world.talks("tell")

    assert (talk["status"], talk["reason"]) == ("no_response", f"no reply within {limit}")
