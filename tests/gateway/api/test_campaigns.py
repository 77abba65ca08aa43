"""Campaigns over the API: start, stop, and who enters when."""

from typing import Any

from tests.gateway.desk import CAMPAIGN, Client, Desk

ROWS = [{"external_id": str(n), "fields": {"amount_due": n}} for n in range(3)]


async def call(api: Client, method: str, path: str) -> Any:
    response = await api.request(method, path)
    assert response.status == 200
    return await response.json()


async def test_a_campaign_with_a_rule_file_is_listed_before_it_ever_ran(api: Client) -> None:
    (campaign,) = (await call(api, "GET", "/campaigns"))["campaigns"]

    assert (campaign["campaign"], campaign["title"], campaign["status"]) == (
        "payment_reminder",
        "Payment reminder",
        "inactive",
    )


async def test_those_who_joined_before_the_start_enter_with_it_and_only_once(desk: Desk, api: Client) -> None:
    await api.put(f"{CAMPAIGN}/participants", json=ROWS)
    assert not any(p["entered"] for p in await people(api))

    started = await call(api, "POST", f"{CAMPAIGN}/start")
    await desk.work()
    again = await call(api, "POST", f"{CAMPAIGN}/start")

    assert started["status"] == "active"
    assert started["counts"]["participants"] == 3
    assert all(p["entered"] for p in await people(api))
    assert again["started_at"] == started["started_at"]
    assert (await desk.storage.read(lambda t: t.inbox.waiting_count())) == 0


async def test_starting_twice_before_anything_is_decided_leaves_one_event_each(desk: Desk, api: Client) -> None:
    await api.put(f"{CAMPAIGN}/participants", json=ROWS)
    for _ in range(2):
        await call(api, "POST", f"{CAMPAIGN}/start")

    assert (await desk.storage.read(lambda t: t.inbox.waiting_count())) == 3


async def test_a_stopped_campaign_lets_nobody_enter(desk: Desk, api: Client) -> None:
    await call(api, "POST", f"{CAMPAIGN}/start")
    stopped = await call(api, "POST", f"{CAMPAIGN}/stop")
    await api.put(f"{CAMPAIGN}/participants", json=ROWS)

    assert stopped["status"] == "inactive"
    assert not any(p["entered"] for p in await people(api))


async def people(api: Client) -> list[dict[str, Any]]:
    page: dict[str, list[dict[str, Any]]] = await call(api, "GET", f"{CAMPAIGN}/participants")
    return page["participants"]
