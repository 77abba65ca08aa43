"""What every request of the API has: an id, entity tags, compression, keys that make a change once."""

import json
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest

from gateway.api.access import SETTINGS
from gateway.api.bodies import MAX_KEYS
from gateway.api.repeating import CUT_OFF_AFTER, Held
from gateway.api.serving import HALF, MAX_PLACE
from storage.errors import StorageUnavailable
from storage.repeats import Repeats
from storage.values import Row
from tests.gateway.desk import CAMPAIGN, NOW, Client, Desk

ROWS = [{"external_id": str(n), "fields": {"amount_due": n}} for n in range(3)]
PARTICIPANTS = f"{CAMPAIGN}/participants"
KEY = {"Idempotency-Key": "a-key-of-the-caller"}


async def test_a_request_has_the_id_that_it_brings_or_one_of_ours(api: Client) -> None:
    named = await api.get("/campaigns", headers={"X-Request-Id": "my-request.1"})
    odd = await api.get("/campaigns", headers={"X-Request-Id": "no id\u00e4"})

    assert named.headers["X-Request-Id"] == "my-request.1"
    assert len(odd.headers["X-Request-Id"]) == 32


async def test_a_problem_names_its_request(api: Client) -> None:
    response = await api.get("/campaigns/nowhere", headers={"X-Request-Id": "my-request.1"})

    assert (await response.json(content_type=None))["request"] == "my-request.1"
    assert response.headers["X-Request-Id"] == "my-request.1"


@pytest.mark.parametrize("half", ["\ud800", "a\udc00b", "\ud83d\ud83d"])
async def test_half_a_character_is_refused_in_words(api: Client, half: str) -> None:
    await api.put(PARTICIPANTS, json=ROWS)
    (first, *_) = (await (await api.get(PARTICIPANTS)).json())["participants"]
    refused = [
        await api.patch(f"{PARTICIPANTS}/{first['participant']}", json={"fields": {"first_name": half}}),
        await api.post(f"{CAMPAIGN}/plan", json={"moves": {half: "a.b"}}),
        await api.post("/tokens", json={"name": half, "scope": "read"}),
    ]
    rows = await api.put(PARTICIPANTS, json=[{"external_id": "5", "fields": {"first_name": half}}, ROWS[1]])
    results = (await rows.json())["results"]

    assert [one.status for one in refused] == [422] * 3
    assert [(await one.json(content_type=None))["errors"][0]["reason"] for one in refused] == [HALF] * 3
    assert [(one["status"], *(e["reason"] for e in one.get("errors", ()))) for one in results] == [
        ("failed", "holds characters that are not text"),
        ("unchanged",),
    ]


async def test_an_answer_that_is_known_is_not_sent_again(api: Client) -> None:
    first = await api.get("/campaigns")
    again = await api.get("/campaigns", headers={"If-None-Match": first.headers["ETag"]})
    await api.post(f"{CAMPAIGN}/start")
    changed = await api.get("/campaigns", headers={"If-None-Match": first.headers["ETag"]})

    assert (again.status, await again.read()) == (304, b"")
    assert again.headers["Vary"] == first.headers["Vary"] == "Accept-Encoding"
    assert changed.status == 200


async def test_a_long_answer_is_compressed_where_that_is_understood(api: Client) -> None:
    await api.put(PARTICIPANTS, json=[{"external_id": str(n), "fields": {"amount_due": n}} for n in range(50)])
    packed = await api.get(PARTICIPANTS, headers={"Accept-Encoding": "gzip"})
    plain = await api.get(PARTICIPANTS, headers={"Accept-Encoding": "identity"})

    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert await packed.json() == await plain.json()


@pytest.mark.parametrize(
    ("query", "field", "reason"),
    [
        ("limit=0", "limit", "greater than or equal to 1"),
        ("limit=101", "limit", "less than or equal to 100"),
        ("limit=x", "limit", "valid integer"),
        ("limt=5", "limt", 'did you mean "limit"?'),
        ("limit=5&limit=6", "limit", "twice"),
        ("after=x", "after", "cursor"),
    ],
)
async def test_a_query_that_cannot_be_used_names_parameter_and_reason(
    api: Client, query: str, field: str, reason: str
) -> None:
    response = await api.get(f"{PARTICIPANTS}?{query}")
    (error,) = (await response.json(content_type=None))["errors"]

    assert response.status == 422
    assert error["field"] == field
    assert reason in error["reason"]


async def test_a_change_that_is_sent_again_under_its_key_is_made_once(desk: Desk, api: Client) -> None:
    first = await api.put(PARTICIPANTS, json=ROWS, headers=KEY)
    again = await api.put(PARTICIPANTS, json=ROWS, headers=KEY)

    assert await again.json() == await first.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert await events(desk) == len(ROWS)


async def test_a_key_is_for_one_request_only(api: Client) -> None:
    await api.put(PARTICIPANTS, json=ROWS, headers=KEY)
    other = await api.put(PARTICIPANTS, json=ROWS[:1], headers=KEY)

    assert other.status == 409
    assert "used for another request" in (await other.json(content_type=None))["title"]


async def test_a_change_that_was_refused_may_be_sent_again_under_its_key(desk: Desk, api: Client) -> None:
    refused = await api.put(PARTICIPANTS, json=[], headers=KEY)
    sent = await api.put(PARTICIPANTS, json=ROWS, headers=KEY)

    assert (refused.status, sent.status) == (422, 200)


async def test_a_change_that_was_cut_off_before_its_answer_is_made_once(
    desk: Desk, api: Client, monkeypatch: Any
) -> None:
    monkeypatch.setattr(Held, "keep", cut_off)
    broken = await api.put(PARTICIPANTS, json=ROWS, headers=KEY)
    monkeypatch.undo()
    soon = await api.put(PARTICIPANTS, json=ROWS, headers=KEY)
    desk.clock.advance_to(NOW + CUT_OFF_AFTER + timedelta(seconds=1))
    later = await api.put(PARTICIPANTS, json=ROWS, headers=KEY)

    assert (broken.status, soon.status, later.status) == (500, 409, 200)
    assert await events(desk) == len(ROWS)
    assert [entry["after"] for entry in await trail(desk)] == [{"rows": len(ROWS)}]


async def test_a_change_that_the_database_did_not_take_may_be_sent_again_at_once(
    desk: Desk, api: Client, monkeypatch: Any
) -> None:
    monkeypatch.setattr("gateway.api.participants.keep_participants", away)
    broken = await api.put(PARTICIPANTS, json=ROWS, headers=KEY)
    monkeypatch.undo()
    again = await api.put(PARTICIPANTS, json=ROWS, headers=KEY)

    assert (broken.status, again.status) == (503, 200)
    assert await events(desk) == len(ROWS)


async def test_what_is_done_is_told_though_its_answer_can_not_be_kept(
    desk: Desk, api: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Repeats, "answered", away)
    first = await api.put(PARTICIPANTS, json=ROWS, headers=KEY)
    monkeypatch.undo()
    soon = await api.put(PARTICIPANTS, json=ROWS, headers=KEY)
    desk.clock.advance_to(NOW + CUT_OFF_AFTER + timedelta(seconds=1))
    later = await api.put(PARTICIPANTS, json=ROWS, headers=KEY)

    assert (first.status, soon.status, later.status) == (200, 409, 200)
    assert await first.json() == await later.json()
    assert await events(desk) == len(ROWS)


async def test_an_answer_that_was_erased_is_not_told_again(api: Client) -> None:
    first = await api.put(PARTICIPANTS, json=ROWS, headers=KEY)
    await api.delete(f"/customers/{(await first.json())['results'][0]['customer']}")
    again = await api.put(PARTICIPANTS, json=ROWS, headers=KEY)

    assert again.status == 409
    assert "erased" in (await again.json(content_type=None))["detail"]


async def test_an_answer_is_not_kept_of_which_somebody_was_erased_meanwhile(api: Client, monkeypatch: Any) -> None:
    customer = await customer_of(api)
    keep = Held.keep

    async def keep_late(*given: Any) -> None:
        await api.delete(f"/customers/{customer}")
        await keep(*given)

    monkeypatch.setattr(Held, "keep", keep_late)
    first = await api.put(PARTICIPANTS, json=ROWS[0], headers=KEY)
    monkeypatch.undo()
    again = await api.put(PARTICIPANTS, json=ROWS[0], headers=KEY)

    assert (first.status, again.status) == (200, 409)


async def test_what_an_erasure_came_to_is_told_again(api: Client) -> None:
    customer = await customer_of(api)
    first, again = [await api.delete(f"/customers/{customer}", headers=KEY) for _ in range(2)]

    assert (first.status, again.status) == (200, 200)
    assert await again.json() == await first.json()


async def test_a_body_cannot_be_guessed_from_what_is_kept_of_it(desk: Desk, api: Client) -> None:
    await api.put(PARTICIPANTS, json=ROWS, headers=KEY)
    kept = await desk.storage.run(lambda t: t.repeats.begin(stored_key(), "", NOW, NOW))
    head = f"PUT {PARTICIPANTS}\0".encode()

    assert kept is not None
    assert kept["print"] != sha256(head + json.dumps(ROWS).encode()).hexdigest()


async def test_a_body_of_too_many_keys_is_refused_before_each_is_looked_at(api: Client) -> None:
    response = await api.post("/tokens", json={f"{n}": n for n in range(MAX_KEYS + 1)})

    assert response.status == 400
    assert "2,001 keys, of at most 2,000" in (await response.json(content_type=None))["detail"]


async def test_a_mistake_is_told_with_its_place_in_short(api: Client) -> None:
    response = await api.post("/tokens", json={"name": "x", "y" * 10_000: 1})

    assert response.status == 422
    assert (await response.json(content_type=None))["errors"][0]["field"] == "y" * MAX_PLACE


@pytest.mark.parametrize("key", ["", "x" * 201, "with a blank", "\u00e4"])
async def test_a_key_has_1_to_200_characters(api: Client, key: str) -> None:
    response = await api.put(PARTICIPANTS, json=ROWS, headers={"Idempotency-Key": key})

    assert response.status == 400


def away(*_: Any, **__: Any) -> None:
    raise StorageUnavailable("the database is away")


async def cut_off(*_: Any) -> None:
    raise RuntimeError("the process was killed")


async def customer_of(api: Client) -> str:
    put = await (await api.put(PARTICIPANTS, json=ROWS[0])).json()
    return str(put["results"][0]["customer"])


async def events(desk: Desk) -> int:
    return desk.storage.books().accepted


async def trail(desk: Desk) -> list[Row]:
    return await desk.storage.read(lambda t: t.audit.page(None, 100))


def stored_key() -> str:
    return sha256(f"{SETTINGS}\0{KEY['Idempotency-Key']}".encode()).hexdigest()
