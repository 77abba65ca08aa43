"""An export of a person holds what they did in Slack, and nothing by which who reads it could act for us."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from channels.base import KeptRequest
from gateway.incoming import request_event
from gateway.settings import load_settings
from gateway.withholding import MAX_FORM, withheld
from rules.book import Channel
from storage.database import Storage
from storage.spool import Spool
from storage.values import NewEvent
from tests.channels.signing import payload
from tests.gateway.desk import CAMPAIGN, NOW, Client, Desk
from tests.gateway.example_rules import ECHO
from tests.gateway.people_data import pointsman
from tests.gateway.running import running

SLACK = Channel(name="slack", kind="slack", identifier="slack")
WHO = "U00000001"
SECRETS = ("hooks.slack.com", "verification-token", "hush")
ACTION = urlencode({"payload": json.dumps(payload("slack_action"))})
COMMAND = urlencode(payload("slack_command"))
EVENT = json.dumps(
    {"token": "hush", "event": {"text": "hi", "bot_access_token": "hush", "files": [{"secret": "hush"}]}}
)


def request(key: str, route: str, body: str) -> NewEvent:
    return request_event(SLACK, KeptRequest(key, WHO, route, body), NOW)


def body_of(body: str) -> Any:
    return withheld(request("1", "actions", body).payload)["body"]


@pytest.mark.parametrize(
    ("body", "said"),
    [(ACTION, '"value": "YES"'), (COMMAND, '"text": "my payload &amp; more"'), (EVENT, '"text": "hi"')],
    ids=["action", "command", "event"],
)
async def test_the_api_leaves_out_what_lets_others_act_for_us(desk: Desk, api: Client, body: str, said: str) -> None:
    row = {"slack": WHO, "fields": {"amount_due": 1}}
    (put,) = (await (await api.put(f"{CAMPAIGN}/participants", json=row)).json())["results"]
    await desk.storage.run(lambda t: t.inbox.keep_once(request("1", "actions", body)))
    told = await (await api.get(f"/customers/{put['customer']}/export")).text()
    payloads = [row["payload"] for row in json.loads(told)["tables"]["inbox"] if row["kind"] == "request"]

    assert [secret for secret in SECRETS if secret in told] == []
    assert [one["route"] for one in payloads] == ["actions"]
    assert said in json.dumps(payloads)
    assert "characters)" in json.dumps(payloads)


async def test_the_command_leaves_them_out_of_the_inbox_and_of_the_spool(tmp_path: Path) -> None:
    async with running(tmp_path, ECHO) as world:
        await world.give("echo", {"slack": WHO})
    storage = Storage(load_settings(tmp_path, offline=True).database)
    with storage.transaction() as t:
        t.inbox.keep_once(request("1", "actions", ACTION))
    storage.close()
    spool = Spool(tmp_path / "spool.db")
    spool.open()
    await spool.keep([request("2", "commands", COMMAND)])
    spool.close()
    told = await pointsman(tmp_path, "customer", "export", f"slack:{WHO}", tmp_path / "ada.json")
    written = (tmp_path / "ada.json").read_text()
    tables = json.loads(written)["tables"]

    assert told.exit_code == 0, told.output
    assert [secret for secret in SECRETS if secret in written] == []
    assert tables["inbox"][-1]["payload"]["body"]["payload"]["actions"][0]["value"] == "YES"
    assert tables["spool"][0]["payload"]["body"]["command"] == "/pay"


@pytest.mark.parametrize(
    "body",
    [
        "no form and no JSON: hush",
        '{"token": "hush"',
        "payload={hush",
        "[" * 100_000,
        '{"a":' * 100_000,
        "&".join(f"a{n}=hush" for n in range(MAX_FORM + 1)),
    ],
    ids=["neither", "broken JSON", "broken JSON in a form", "a list", "nested deep", "a large form"],
)
def test_of_what_can_not_be_read_the_size_is_told(body: str) -> None:
    assert body_of(body) == f"({len(body)} characters)"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("", ""),
        ('{"response_urls": [{"response_url": "hush"}]}', {"response_urls": "(1 parts)"}),
        (
            '{"a": {"Signing_Secret": {"b": 1}, "c": [1, null, "x"]}}',
            {"a": {"Signing_Secret": "(1 parts)", "c": [1, None, "x"]}},
        ),
        ("text=a%26b&token=", {"text": "a&b", "token": ""}),
    ],
)
def test_what_is_no_secret_stays(body: str, told: object) -> None:
    assert body_of(body) == told


def test_what_retention_has_emptied_stays_so() -> None:
    assert withheld({}) == {}
