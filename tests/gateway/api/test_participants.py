"""`PUT .../participants`: one result for each row, in order, once the rows are decided."""

from dataclasses import replace
from typing import Any

import pytest

from gateway.intake import MAX_PROBLEMS
from tests.gateway.books import BOOK
from tests.gateway.desk import CAMPAIGN, Client, Desk

MANY = {str(number): 1 for number in range(999)}
PARTICIPANTS = f"{CAMPAIGN}/participants"
ADA = {"external_id": "A", "phone": "0151 12345601", "fields": {"first_name": "Ada", "amount_due": 129.90}}


async def put(api: Client, body: Any) -> list[dict[str, Any]]:
    response = await api.put(PARTICIPANTS, json=body)
    assert response.status == 200, await response.text()
    results: list[dict[str, Any]] = (await response.json())["results"]
    return results


async def listed(api: Client, query: str = "") -> dict[str, Any]:
    response = await api.get(f"{PARTICIPANTS}{query}")
    assert response.status == 200
    page: dict[str, Any] = await response.json()
    return page


async def test_a_new_participant_is_created_then_updated_then_unchanged(desk: Desk, api: Client) -> None:
    (created,) = await put(api, ADA)
    (updated,) = await put(api, {"external_id": "A", "fields": {"amount_due": "100"}})
    (unchanged,) = await put(api, {"external_id": "A", "fields": {"amount_due": 100}})

    assert [r["status"] for r in (created, updated, unchanged)] == ["created", "updated", "unchanged"]
    assert len({(r["participant"], r["customer"]) for r in (created, updated, unchanged)}) == 1
    assert desk.rung == 3


async def test_what_was_put_is_listed(api: Client) -> None:
    (created,) = await put(api, ADA)
    page = await listed(api)

    (participant,) = page["participants"]
    assert participant["participant"] == created["participant"]
    assert participant["identifiers"] == {"external_id": "A", "phone": "+4915112345601"}
    assert participant["fields"] == {"first_name": "Ada", "amount_due": "129.9", "payment_status": "unpaid"}
    assert page["next"] is None


async def test_a_list_is_read_page_by_page(api: Client) -> None:
    await put(api, [{"external_id": str(n), "fields": {"amount_due": n}} for n in range(5)])
    first = await listed(api, "?limit=3")
    second = await listed(api, f"?limit=3&after={first['next']}")

    found = [p["identifiers"]["external_id"] for page in (first, second) for p in page["participants"]]
    assert sorted(found) == list("01234")
    assert second["next"] is None


@pytest.mark.parametrize("limit", ["0", "501", "-1", "x", "1e3", "\u0663"])
async def test_a_page_has_a_limit(api: Client, limit: str) -> None:
    assert (await api.get(PARTICIPANTS, params={"limit": limit})).status == 422


async def test_each_row_has_its_own_result_in_order(api: Client) -> None:
    results = await put(
        api,
        [
            ADA,
            {"external_id": "B", "fields": {"amount_due": "a lot", "due_date": "never"}},
            {"identifiers": {"external_id": "C"}, "fields": {"amount_due": 1}},
            "no object",
            {"external_id": "D", "amount_due": 1, "feilds": {}},
            {"external_id": "E"},
        ],
    )

    assert [r["row"] for r in results] == [1, 2, 3, 4, 5, 6]
    assert [r["status"] for r in results] == ["created", "failed", "created", "failed", "failed", "failed"]
    assert [error["field"] for error in results[1]["errors"]] == ["amount_due", "due_date"]
    assert results[1]["errors"][0]["value"] == "a lot"
    assert [error["reason"] for error in results[4]["errors"]] == [
        'belongs under "fields"',
        'is an unknown key; did you mean "fields"?',
    ]
    assert results[5]["errors"] == [{"field": "amount_due", "value": "", "reason": "is required"}]


async def test_two_rows_for_the_same_new_person_are_one_person(api: Client) -> None:
    fields = {"amount_due": 1}
    results = await put(
        api,
        [
            {"external_id": "A", "phone": "+4915112345601", "fields": fields},
            {"phone": "+4915112345601", "email": "Ada@Example.org", "fields": fields},
            {"email": "ada@example.org", "fields": {"amount_due": 2}},
        ],
    )

    assert [r["status"] for r in results] == ["created", "updated", "updated"]
    assert len({r["customer"] for r in results}) == 1
    assert len({r["participant"] for r in results}) == 1


async def test_identifiers_of_two_customers_fail_that_row_only(api: Client) -> None:
    fields = {"amount_due": 1}
    ada, ben = await put(api, [{"external_id": "A", "fields": fields}, {"phone": "+4915112345602", "fields": fields}])
    conflict, carla = await put(
        api, [{"external_id": "A", "phone": "+4915112345602"}, {"external_id": "C", "fields": fields}]
    )

    (error,) = conflict["errors"]
    assert conflict["status"] == "failed"
    assert error["field"] == "phone"
    for part in ("external_id A", "phone +4915112345602", ada["customer"], ben["customer"]):
        assert part in error["reason"]
    assert carla["status"] == "created"


async def test_a_failed_row_claims_no_identifier(api: Client) -> None:
    failed, created = await put(
        api, [{"external_id": "A", "phone": "+4915112345601"}, {"external_id": "A", "fields": {"amount_due": 1}}]
    )

    assert (failed["status"], created["status"]) == ("failed", "created")
    (participant,) = (await listed(api))["participants"]
    assert participant["identifiers"] == {"external_id": "A"}


async def test_null_clears_a_field(api: Client) -> None:
    await put(api, ADA)
    (result,) = await put(api, {"external_id": "A", "fields": {"first_name": None}})

    assert result["status"] == "updated"
    assert "first_name" not in (await listed(api))["participants"][0]["fields"]


async def test_what_is_not_decided_in_time_is_accepted(desk: Desk, api: Client) -> None:
    desk.works = False
    (result,) = await put(api, ADA)

    assert result["status"] == "accepted"
    await desk.work()
    assert len((await listed(api))["participants"]) == 1


async def test_a_thousand_rows_are_kept(api: Client) -> None:
    results = await put(api, [{"external_id": str(n), "fields": {"amount_due": n}} for n in range(1000)])

    assert [r["status"] for r in results] == ["created"] * 1000


async def test_what_is_given_right_after_a_new_person_need_not_be_complete(desk: Desk, api: Client) -> None:
    """However slow the worker is."""
    desk.works = False
    await put(api, ADA)
    (update,) = await put(api, {"external_id": "A", "fields": {"first_name": "Eva"}})

    assert update["status"] == "accepted"
    await desk.work()
    (participant,) = (await listed(api))["participants"]
    assert participant["fields"]["first_name"] == "Eva"


async def test_wherever_in_a_request_rows_stand_they_are_about_the_same_people(desk: Desk, api: Client) -> None:
    desk.works = False
    many = [{"external_id": str(n), "fields": {"amount_due": n}} for n in range(999)]
    results = await put(api, [*many, {"external_id": "0", "fields": {"first_name": "Nil"}}])

    assert {result["status"] for result in results} == {"accepted"}
    assert results[0]["participant"] == results[-1]["participant"]


async def test_a_person_of_another_campaign_is_new_to_this_one(desk: Desk, api: Client) -> None:
    desk.works = False
    desk.books["other"] = replace(BOOK, campaign="other", hash="1" * 64)
    response = await api.put("/campaigns/other/participants", json=ADA)
    assert response.status == 200
    (result,) = await put(api, {"external_id": "A", "fields": {"first_name": "Eva"}})

    assert result["errors"] == [{"field": "amount_due", "value": "", "reason": "is required"}]


@pytest.mark.parametrize("row", [{"fields": MANY}, MANY, {"identifiers": MANY}], ids=["fields", "keys", "identifiers"])
async def test_of_a_hopeless_row_only_the_first_problems_are_reported(api: Client, row: dict[str, Any]) -> None:
    (result,) = await put(api, {"external_id": "A", **row})

    assert len(result["errors"]) == MAX_PROBLEMS + 1
    assert result["errors"][-1]["reason"] == f"and {999 - MAX_PROBLEMS} more, which were not read"
