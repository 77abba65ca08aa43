"""`pointsman list channels`: how they do is in the database, whether or not a gateway runs."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.gateway.example_rules import ASK_NOW
from tests.gateway.hooks.receiver import Receiver, listening, write_hook_project
from tests.gateway.people_data import pointsman, use_database
from tests.gateway.running import running

UNANSWERED = {"channel": "sms", "rests_until": None, "rests_for": [], "unanswered": 4}


async def test_how_channels_do_is_told_without_the_gateway(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_database(monkeypatch, database_url)
    receiver = Receiver()
    write_hook_project(tmp_path, receiver, ASK_NOW)
    async with listening(receiver), running(tmp_path, database=database_url) as world:
        now = world.clock.now()
        told: dict[str, Any] = {"silent_until": now.replace(year=9999), "trouble": "no answer", "trouble_at": now}
        row = UNANSWERED | told | {"paced_until": None}
        await world.gateway.storage.run(lambda t: t.channel_states.put(row))
        result = await pointsman(tmp_path, "list", "channels", "--json")
    sms, slack = json.loads(result.stdout)["channels"]

    assert (sms["status"], sms["unanswered"], sms["last_error"]["reason"]) == ("silent", 4, "no answer")
    assert (slack["status"], slack["rests_until"], slack["sending"], slack["last_error"]) == ("ok", None, 0, None)
    assert "left out" not in result.stderr
