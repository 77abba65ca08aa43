"""Participants are found by what they are and by how far they are."""

from datetime import timedelta
from typing import Any

import pytest

from tests.gateway.desk import CAMPAIGN, NOW, Client, Desk

PARTICIPANTS = f"{CAMPAIGN}/participants"
PEOPLE = [{"external_id": str(n), "phone": f"0151 1234560{n}", "fields": {"amount_due": n}} for n in range(6)]


async def listed(api: Client, **query: Any) -> list[str]:
    """The external ids of those who are found, page by page."""
    found, after = [], ""
    while True:
        response = await api.get(PARTICIPANTS, params={**query, "limit": 2, "after": after})
        assert response.status == 200, await response.text()
        page = await response.json()
        found += [one["identifiers"]["external_id"] for one in page["participants"]]
        if page["next"] is None:
            return found
        after = page["next"]


async def given(desk: Desk, api: Client) -> list[dict[str, Any]]:
    """Six participants: 0 and 3 have paid, 0 to 2 have entered, and each was changed a minute after the one before."""
    results = (await (await api.put(PARTICIPANTS, json=PEOPLE)).json())["results"]
    rows = {row["id"]: row for row in await desk.storage.read(lambda t: t.people.participants_of("payment_reminder"))}
    for n, result in enumerate(results):
        row = rows[result["participant"]]
        changes = {
            "entered": n < 3,
            "outcome": "paid" if n % 3 == 0 else "",
            "updated_at": NOW + n * timedelta(minutes=1),
        }
        changed = {"id": row["id"], "version": row["version"], **changes}
        await desk.storage.run(lambda t, changed=changed: t.people.save_participants([changed]))
    return list(results)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, "012345"),
        ({"outcome": "paid"}, "03"),
        ({"outcome": "lost"}, ""),
        ({"entered": "true"}, "012"),
        ({"entered": "false"}, "345"),
        ({"entered": "false", "outcome": "paid"}, "3"),
        ({"external_id": "4"}, "4"),
        ({"phone": "0151 12345604"}, "4"),
        ({"phone": "+4915112345604", "external_id": "4"}, "4"),
        ({"phone": "+4915112345604", "external_id": "5"}, ""),
        ({"external_id": "4", "outcome": "paid"}, ""),
        ({"email": "nobody@example.org"}, ""),
    ],
)
async def test_participants_are_found_by_any_filter(
    desk: Desk, api: Client, query: dict[str, str], expected: str
) -> None:
    await given(desk, api)

    assert sorted(await listed(api, **query)) == list(expected)


async def test_who_was_changed_since_is_listed_in_that_order(desk: Desk, api: Client) -> None:
    await given(desk, api)
    since = (NOW + timedelta(minutes=2)).isoformat()

    assert await listed(api, updated_since=since) == ["2", "3", "4", "5"]
    assert await listed(api, updated_since=since, outcome="paid") == ["3"]


async def test_the_customer_of_a_participant_is_a_filter_too(desk: Desk, api: Client) -> None:
    results = await given(desk, api)

    assert await listed(api, customer=results[3]["customer"]) == ["3"]
    assert await listed(api, customer=results[3]["customer"], external_id="3") == ["3"]
    assert await listed(api, customer=results[3]["customer"], external_id="2") == []


async def test_one_participant_is_told_as_in_the_list(desk: Desk, api: Client) -> None:
    results = await given(desk, api)
    one = await (await api.get(f"{PARTICIPANTS}/{results[3]['participant']}")).json()
    (same,) = (await (await api.get(PARTICIPANTS, params={"external_id": "3"})).json())["participants"]

    assert one == same
    assert one["campaign"] == "payment_reminder"


@pytest.mark.parametrize("id", ["0123456789abcdef0123456789abcdef", "x"])
async def test_a_participant_that_there_is_not_is_not_found(api: Client, id: str) -> None:
    assert (await api.get(f"{PARTICIPANTS}/{id}")).status == 404
    assert (await api.get(f"/campaigns/other/participants/{id}")).status == 404


@pytest.mark.parametrize(
    "query", [{"customer": "Ada"}, {"entered": "maybe"}, {"updated_since": "yesterday"}, {"after": "1"}, {"name": "A"}]
)
async def test_a_filter_that_there_is_not_is_refused(api: Client, query: dict[str, str]) -> None:
    response = await api.get(PARTICIPANTS, params=query)

    assert response.status == 422
    assert [one["field"] for one in (await response.json(content_type=None))["errors"]] == list(query)


async def test_an_identifier_that_is_none_is_refused_in_words(api: Client) -> None:
    assert (await api.get(PARTICIPANTS, params={"phone": "four"})).status == 409
