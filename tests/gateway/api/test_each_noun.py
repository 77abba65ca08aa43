"""Each noun of the API on each database: its list page by page, one of it by itself, and the changes that it knows."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gateway.settings import SANDBOX_API_TOKEN
from tests.gateway.api.reading import read, read_all
from tests.gateway.example_rules import ADA, ASK_NOW, BEN
from tests.gateway.running import World, running

STRANGER = "+4915112345609"
PARTICIPANTS = "campaigns/ask/participants"
NOUNS = (  # where it is listed, under which key, and what names one of it
    (PARTICIPANTS, "participants", "participant"),
    ("customers", "customers", "customer"),
    ("communications", "communications", "communication"),
    ("messages", "messages", "message"),
    ("events", "events", "event"),
)
WHOLE = (
    "campaigns",
    "campaigns/ask",
    "campaigns/ask/flows",
    "campaigns/ask/agents",
    "campaigns/ask/analytics",
    "channels",
)
LISTS = (("sessions", "sessions", 1), ("opt-outs", "opt_outs", 0), ("audit", "audit", 1), ("tokens", "tokens", 0))


@pytest.fixture
async def world(tmp_path: Path, database_url: str) -> AsyncIterator[World]:
    """A campaign in which Ada has answered and Ben has not; and a stranger wrote."""
    async with running(tmp_path, ASK_NOW, database=database_url) as world:
        await world.start("ask")
        await world.give("ask", {"phone": ADA, "name": "Ada"}, {"phone": BEN, "name": "Ben"})
        await world.passes(minutes=1)
        await world.texts(ADA, "yes")
        await world.texts(STRANGER, "who are you?")
        await world.passes(minutes=1)
        yield world


async def change(world: World, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
    """The status and the answer."""
    content = b"" if body is None else json.dumps(body).encode()
    known = {"Authorization": f"Bearer {SANDBOX_API_TOKEN}", "Content-Type": "application/json"}
    url = f"{world.url}/api/v1/{path}"
    async with world.http.request(method, url, data=content, headers=known | headers) as response:
        return response.status, await response.json(content_type=None)


async def test_each_list_is_read_page_by_page_and_each_of_it_by_itself(world: World) -> None:
    for path, noun, name in NOUNS:
        listed = await read_all(world, path, noun, limit=1)
        alone = [await read(world, f"{path}/{one[name]}") for one in listed]

        assert len(listed) >= 2, noun
        assert [one[name] for one in await read_all(world, path, noun)] == [one[name] for one in listed]
        assert [{key: one[key] for key in first} for first, one in zip(listed, alone, strict=True)] == listed


async def test_what_is_no_list_or_has_little_is_read_too(world: World) -> None:
    for path in WHOLE:
        assert await read(world, path)
    for path, noun, number in LISTS:
        assert len(await read_all(world, path, noun, limit=1)) == number, noun


async def test_a_participant_is_changed_enters_anew_and_leaves(world: World) -> None:
    (ada,) = await read_all(world, PARTICIPANTS, "participants", phone=ADA)
    path = f"{PARTICIPANTS}/{ada['participant']}"
    changed = await change(world, "PATCH", path, {"fields": {"name": "Ava"}}, **{"Idempotency-Key": "one"})
    again = await change(world, "PATCH", path, {"fields": {"name": "Ava"}}, **{"Idempotency-Key": "one"})
    stale = await change(world, "PATCH", path, {"fields": {"name": "Eve"}}, **{"If-Match": '"another"'})
    entered = await change(world, "POST", f"{path}/enroll")
    left = await change(world, "DELETE", path)

    assert [status for status, _ in (changed, again, stale, entered, left)] == [200, 200, 412, 200, 204]
    assert changed[1]["fields"]["name"] == again[1]["fields"]["name"] == "Ava"
    assert [one["participant"] for one in await read_all(world, PARTICIPANTS, "participants")] != []
    assert await read_all(world, PARTICIPANTS, "participants", phone=ADA) == []


async def test_an_address_is_opted_out_and_in_again(world: World) -> None:
    opted = await change(world, "PUT", f"opt-outs/sms/{STRANGER}")
    listed = await read_all(world, "opt-outs", "opt_outs", channel="sms")
    back = await change(world, "DELETE", f"opt-outs/sms/{STRANGER}")

    assert (opted[0], back[0]) == (200, 204)
    assert [one["address"] for one in listed] == [STRANGER]
    assert await read_all(world, "opt-outs", "opt_outs") == []


async def test_a_token_is_made_and_revoked_and_a_person_erased(world: World) -> None:
    status, token = await change(world, "POST", "tokens", {"name": "crm", "scope": "write"})
    revoked, _ = await change(world, "DELETE", f"tokens/{token['id']}")
    (ada,) = await read_all(world, "customers", "customers", phone=ADA)
    erased, told = await change(world, "DELETE", f"customers/{ada['customer']}")

    assert (status, revoked, erased) == (201, 200, 200)
    assert told["rows"]["participant"] == 1
    assert await read_all(world, "customers", "customers", phone=ADA) == []
    assert {one["what"] for one in await read_all(world, "audit", "audit", limit=1)} >= {"post_token", "erase_customer"}
