"""`PATCH`, `DELETE` and `.../enroll` of one participant: each is an event, decided in its lane's order."""

from typing import Any

import pytest

from storage.values import Row
from tests.gateway.books import BOOK
from tests.gateway.desk import CAMPAIGN, Client, Desk

PARTICIPANTS = f"{CAMPAIGN}/participants"
ADA = {"external_id": "A", "phone": "+4915112345601", "fields": {"first_name": "Ada", "amount_due": "129.9"}}
BEN = {"external_id": "B", "phone": "+4915112345602", "fields": {"amount_due": "1"}}
KEY = {"Idempotency-Key": "once"}


async def given(api: Client, row: dict[str, Any]) -> str:
    """The participant's address."""
    response = await api.put(PARTICIPANTS, json=row)
    return f"{PARTICIPANTS}/{(await response.json())['results'][0]['participant']}"


async def seen(api: Client, path: str) -> dict[str, Any] | None:
    response = await api.get(path)
    return await body_of(response) if response.status == 200 else None


async def body_of(response: Any) -> dict[str, Any]:
    body: dict[str, Any] = await response.json(content_type=None)
    return body


async def trail(desk: Desk, what: str) -> list[Row]:
    rows = await desk.storage.read(lambda t: t.audit.page(None, 100))
    return [row for row in rows if row["what"] == what]


async def test_what_is_named_changes_and_the_rest_stays(desk: Desk, api: Client) -> None:
    ada = await given(api, ADA)
    response = await api.patch(ada, json={"identifiers": {"phone": "0151 12345699"}, "fields": {"amount_due": 100}})
    participant = await body_of(response)

    assert response.status == 200
    assert participant["identifiers"] == {"external_id": "A", "phone": "+4915112345699"}
    assert participant["fields"] == {"first_name": "Ada", "amount_due": "100", "payment_status": "unpaid"}
    assert await seen(api, ada) == participant
    (entry,) = await trail(desk, "patch_participant")
    assert entry["before"] == {"identifiers": {"phone": "+4915112345601"}, "fields": {"amount_due": "129.9"}}
    assert entry["after"] == {"identifiers": {"phone": "+4915112345699"}, "fields": {"amount_due": "100"}}
    assert (entry["who"], entry["customer"]) == ("settings", participant["customer"])


async def test_null_clears_a_field_and_takes_an_identifier_away(api: Client) -> None:
    ada = await given(api, ADA)
    response = await api.patch(ada, json={"identifiers": {"phone": None}, "fields": {"first_name": None}})
    participant = await body_of(response)

    assert participant["identifiers"] == {"external_id": "A"}
    assert "first_name" not in participant["fields"]


async def test_a_change_that_changes_nothing_leaves_no_line_in_the_trail(desk: Desk, api: Client) -> None:
    ada = await given(api, ADA)
    response = await api.patch(ada, json={"fields": {"amount_due": "129.90"}, "identifiers": {"external_id": "A"}})

    assert response.status == 200
    assert await trail(desk, "patch_participant") == []


@pytest.mark.parametrize(
    ("body", "field", "reason"),
    [
        ({"fields": {"amount_dew": 1}}, "amount_dew", 'did you mean "amount_due"?'),
        ({"fields": {"amount_due": "much"}}, "amount_due", "number"),
        ({"fields": {"amount_due": None}}, "amount_due", "required"),
        ({"identifiers": {"phone": "12"}}, "phone", ""),
        ({"identifiers": {"phone": BEN["phone"]}}, "phone", "belongs to customer"),
        ({"identifiers": {"phone": None, "external_id": None}}, "external_id", "last one"),
    ],
)
async def test_what_cannot_be_is_refused_and_nothing_of_it_is_kept(
    desk: Desk, api: Client, body: dict[str, Any], field: str, reason: str
) -> None:
    ada, _ = await given(api, ADA), await given(api, BEN)
    before = await seen(api, ada)
    response = await api.patch(ada, json=body)
    (error,) = (await body_of(response))["errors"]

    assert response.status == 409
    assert error["field"] == field
    assert reason in error["reason"]
    assert await seen(api, ada) == before
    assert await trail(desk, "patch_participant") == []


@pytest.mark.parametrize("body", [{"field": {}}, {"identifiers": {"fax": "1"}}, {"fields": []}, [], "x"])
async def test_a_change_of_another_form_is_refused(api: Client, body: Any) -> None:
    assert (await api.patch(await given(api, ADA), json=body)).status == 422


async def test_a_change_of_another_state_is_not_made(api: Client) -> None:
    ada = await given(api, ADA)
    tag = (await api.patch(ada, json={})).headers["ETag"]
    first = await api.patch(ada, json={"fields": {"amount_due": 1}}, headers={"If-Match": tag})
    second = await api.patch(ada, json={"fields": {"amount_due": 2}}, headers={"If-Match": tag})
    third = await api.patch(ada, json={"fields": {"amount_due": 3}}, headers={"If-Match": second.headers["ETag"]})

    assert (first.status, second.status, third.status) == (200, 412, 200)


async def test_a_change_that_is_not_decided_yet_counts_for_if_match(desk: Desk, api: Client) -> None:
    ada = await given(api, ADA)
    tag = (await api.patch(ada, json={})).headers["ETag"]
    desk.works = False
    first = await api.patch(ada, json={"fields": {"amount_due": 1}}, headers={"If-Match": tag})
    second = await api.patch(ada, json={"fields": {"amount_due": 2}}, headers={"If-Match": tag})

    assert (first.status, second.status) == (202, 412)


@pytest.mark.parametrize(("method", "end"), [("PATCH", ""), ("POST", "/enroll"), ("DELETE", "")])
async def test_each_change_is_made_to_the_state_that_is_meant(desk: Desk, api: Client, method: str, end: str) -> None:
    ada = await given(api, ADA)
    read = await api.get(ada)
    desk.works = False
    statuses = [
        (await api.request(method, ada + end, json={} if method == "PATCH" else None, headers={"If-Match": tag})).status
        for tag in ('"another"', f"W/{read.headers['ETag']}", "no tag", read.headers["ETag"], read.headers["ETag"])
    ]

    assert statuses == [412, 412, 412, 202, 412]


async def test_who_leaves_before_a_change_is_decided_does_not_come_back_by_it(desk: Desk, api: Client) -> None:
    ada = await given(api, ADA)
    desk.works = False
    removed, changed = await api.delete(ada), await api.patch(ada, json={"fields": {"amount_due": 5}})
    await desk.work()

    assert (removed.status, changed.status) == (202, 202)
    assert await seen(api, ada) is None


@pytest.mark.parametrize("path", ["0" * 32, "nobody", "%00", "A" * 32])
async def test_nobody_is_changed_whom_the_campaign_does_not_have(api: Client, path: str) -> None:
    for method, end in (("PATCH", ""), ("DELETE", ""), ("POST", "/enroll")):
        response = await api.request(method, f"{PARTICIPANTS}/{path}{end}", json={} if method == "PATCH" else None)

        assert response.status == 404


async def test_who_is_removed_is_gone_from_the_campaign_and_stays_a_customer(desk: Desk, api: Client) -> None:
    await api.post(f"{CAMPAIGN}/start")
    ada = await given(api, ADA)
    customer = ((await seen(api, ada)) or {})["customer"]
    removed = await api.delete(ada)
    again = await api.delete(ada)

    assert (removed.status, await removed.read(), again.status) == (204, b"", 404)
    assert await seen(api, ada) is None
    assert await desk.storage.read(lambda t: list(t.people.customers([customer]))) == [customer]
    assert desk.storage.books().faults == {}
    (entry,) = await trail(desk, "remove_participant")
    assert entry["before"]["fields"]["amount_due"] == "129.9"


async def test_who_was_removed_may_be_given_again(api: Client) -> None:
    await api.delete(await given(api, ADA))
    response = await api.put(PARTICIPANTS, json=ADA)

    assert (await response.json())["results"][0]["status"] == "created"


async def test_who_is_being_taken_out_must_bring_what_somebody_new_must(desk: Desk, api: Client) -> None:
    """However slow the worker is: else they would come back without what the campaign requires."""
    await given(api, BEN)
    ada = await given(api, ADA)
    desk.works = False
    await api.put(PARTICIPANTS, json={"external_id": "A", "fields": {"first_name": "Eva"}})
    await api.delete(ada)
    change = {"external_id": "A", "fields": {"first_name": "Ida"}}
    statuses = []
    for row in (change, {"external_id": "A", "fields": {"amount_due": 5}}, change):
        (result,) = (await (await api.put(PARTICIPANTS, json=row)).json())["results"]
        statuses.append(result["status"])
    await desk.work()
    participant = await seen(api, ada)

    assert statuses == ["failed", "accepted", "accepted"]
    assert participant is not None
    assert participant["fields"] == {"amount_due": "5", "payment_status": "unpaid", "first_name": "Ida"}


async def test_removed_and_given_again_in_one_batch_comes_in_anew(desk: Desk, api: Client) -> None:
    ada = await given(api, ADA)
    desk.works = False
    removed = await api.delete(ada)
    await api.put(PARTICIPANTS, json=ADA | {"fields": {"amount_due": 7}})
    await desk.work()
    participant = await seen(api, ada)

    assert removed.status == 202
    assert participant is not None
    assert participant["fields"] == {"amount_due": "7", "payment_status": "unpaid", "first_name": "Ada"}
    assert desk.storage.books().faults == {}


async def test_a_removal_that_is_sent_again_under_its_key_is_made_once(
    desk: Desk, api: Client, monkeypatch: Any
) -> None:
    ada = await given(api, ADA)
    first, again = await api.delete(ada, headers=KEY), await api.delete(ada, headers=KEY)

    assert (first.status, again.status) == (204, 204)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(await trail(desk, "remove_participant")) == 1


async def test_the_tag_of_what_is_read_is_that_of_what_is_changed(api: Client) -> None:
    ada = await given(api, ADA)
    read = await api.get(ada)
    changed = await api.patch(ada, json={"fields": {"amount_due": 1}}, headers={"If-Match": read.headers["ETag"]})

    assert changed.status == 200
    assert changed.headers["ETag"] == (await api.get(ada)).headers["ETag"]


async def test_what_cannot_be_decided_is_told(desk: Desk, api: Client) -> None:
    ada = await given(api, ADA)
    desk.works = False
    await api.post(f"{ada}/enroll", headers=KEY)
    (event,) = await desk.storage.read(lambda t: t.inbox.waiting(10))
    await desk.storage.run(lambda t: t.inbox.park(event.id, "it never works", desk.clock.now()))
    await desk.storage.run(lambda t: t.repeats.forget(desk.clock.now().replace(year=2030), 10))
    response = await api.post(f"{ada}/enroll", headers=KEY)

    assert response.status == 409
    assert (await body_of(response))["type"] == "urn:pointsman:problem:not-decided"
    assert BOOK.campaign in event.key
