"""A delivery is made at least once, under one id, in order as far as retries allow; what fails for days is disabled."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.calls.breaker import FAILURES_IN_A_ROW
from gateway.hooks.deliverer import BACK_OFF, MAX_TRIES
from gateway.settings import SANDBOX_HOOK_SECRET
from storage.values import Row
from tests import log_watch
from tests.gateway.example_rules import ADA, HELLO
from tests.gateway.hooks.receiver import Receiver, drops, falls_silent, listening, says, write_hook_project
from tests.gateway.running import START, World, running, until

PHONES = tuple(f"+49151123456{number:02}" for number in range(10, 30))


async def give(world: World, *phones: str) -> None:
    await world.give("hello", *({"phone": phone, "name": "Ada"} for phone in phones or (ADA,)))


async def deliveries(world: World) -> list[Row]:
    """All of them, in the order in which things happened."""
    page = await world.read(lambda t: t.lists.deliveries.page("crm", None, 500))
    return page.rows[::-1]


async def trouble(world: World) -> Row:
    return (await world.read(lambda t: t.hook_troubles.all())).get("crm", {})


@pytest.mark.parametrize(
    ("behaviour", "error"),
    [
        (says(500), "crm answered 500"),
        (says(404), "crm answered 404"),
        (says(302, Location="/elsewhere"), "crm answered 302, and redirects are not followed"),
        (drops, "crm did not answer as HTTP has it, or broke off"),
        (falls_silent, "crm did not answer within 0.3 s"),
    ],
)
async def test_what_was_not_taken_is_sent_again_under_the_same_id(
    tmp_path: Path, behaviour: object, error: str
) -> None:
    receiver = Receiver(next=[behaviour])  # type: ignore[list-item]
    write_hook_project(tmp_path, receiver, HELLO, more="private = true\ntimeout = 0.3")
    async with listening(receiver), running(tmp_path) as world:
        await give(world)
        (waiting,) = await deliveries(world)
        assert (waiting["state"], waiting["error"], waiting["attempts"]) == ("owed", error, 1)
        assert waiting["next_at"] == START + timedelta(seconds=5)
        await world.passes(seconds=5)
        (done,) = await deliveries(world)

    assert (done["state"], done["error"], done["attempts"]) == ("delivered", "", 2)
    assert (len(receiver.ids), len(set(receiver.ids))) == (2, 1)
    assert receiver.told[0] == receiver.told[1]
    assert receiver.times[1] - receiver.times[0] == 5  # it is the try that is signed


async def test_a_hook_that_is_not_there_is_tried_as_the_scheme_recommends_and_then_the_delivery_fails(
    tmp_path: Path, database_url: str
) -> None:
    receiver = Receiver(otherwise=says(400))
    write_hook_project(tmp_path, receiver, HELLO)
    async with listening(receiver), running(tmp_path, database=database_url) as world:
        await give(world)
        await world.passes(days=4)
        (failed,) = await deliveries(world)

        assert (failed["state"], failed["error"]) == ("failed", f"crm answered 400 ({MAX_TRIES} tries)")
    gaps = [later - earlier for earlier, later in zip(receiver.times, receiver.times[1:], strict=False)]
    assert gaps == list(BACK_OFF) == [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]


@pytest.mark.parametrize(("at_once", "in_order"), [(1, True), (5, False)])
async def test_one_after_another_or_several_at_once(tmp_path: Path, at_once: int, in_order: bool) -> None:
    barrier = asyncio.Barrier(at_once)

    async def together(request: object) -> object:
        await barrier.wait()
        return await says()(request)  # type: ignore[arg-type]

    receiver = Receiver(otherwise=together)  # type: ignore[arg-type]
    write_hook_project(tmp_path, receiver, HELLO, more=f"private = true\nat_once = {at_once}")
    async with listening(receiver), running(tmp_path) as world:
        await give(world, *PHONES)

        assert receiver.most_at_once == at_once
        assert sorted(receiver.ids) == sorted(one["id"] for one in await deliveries(world))
        assert not in_order or receiver.ids == [one["id"] for one in await deliveries(world)]


async def test_a_hook_that_is_down_is_left_alone_and_hears_of_everything_once_it_is_up(
    tmp_path: Path, database_url: str
) -> None:
    receiver = Receiver(otherwise=says(503))
    write_hook_project(tmp_path, receiver, HELLO)
    async with listening(receiver), running(tmp_path, database=database_url) as world:
        await give(world, *PHONES)
        assert len(receiver.ids) == FAILURES_IN_A_ROW
        await world.passes(seconds=29)
        assert len(receiver.ids) == FAILURES_IN_A_ROW
        receiver.otherwise = says(204)
        await world.passes(hours=1)

        assert {one["state"] for one in await deliveries(world)} == {"delivered"}
        assert await trouble(world) == {}
    assert len(set(receiver.ids)) == len(PHONES)


async def test_who_asks_for_more_time_gets_it(tmp_path: Path) -> None:
    receiver = Receiver(next=[says(429, **{"Retry-After": "120"})])
    write_hook_project(tmp_path, receiver, HELLO)
    async with listening(receiver), running(tmp_path) as world:
        await give(world)
        await world.passes(minutes=5)

    assert receiver.times[1] - receiver.times[0] == 120


async def test_a_hook_that_takes_nothing_for_five_days_is_disabled_and_told_everything_once_it_is_enabled(
    tmp_path: Path, database_url: str
) -> None:
    receiver = Receiver(otherwise=says(500))
    write_hook_project(tmp_path, receiver, HELLO)
    async with listening(receiver), running(tmp_path, database=database_url) as world:
        for phone in PHONES[:7]:
            await give(world, phone)
            await world.passes(days=1)
        tries, found = len(receiver.ids), await trouble(world)
        await give(world, PHONES[7])
        await world.passes(days=2)
        async with world.http.get(f"{world.url}/readyz") as answer:
            ready = await answer.json()
        async with world.http.get(f"{world.url}/metrics") as answer:
            metrics = await answer.text()

        assert timedelta(days=5) <= found["disabled_at"] - found["failing_since"] < timedelta(days=6)
        assert len(receiver.ids) == tries
        assert ready["disabled_hooks"] == 1
        assert 'pointsman_hook_disabled{hook="crm"} 1.0' in metrics
        assert "hook_disabled" in "".join(log_watch.WATCH.lines)

        receiver.otherwise = says()
        async with world.api("POST", "hooks/crm/enable", b"") as answer:
            assert (answer.status, (await answer.json())["status"]) == (200, "ok")
        await world.quiet()
        owed = [one for one in await deliveries(world) if one["state"] != "failed"]
        assert {one["state"] for one in owed} == {"delivered"}
        assert receiver.ids[tries:] == [one["id"] for one in owed]


async def test_a_hook_that_says_that_it_is_gone_is_disabled_at_once(tmp_path: Path) -> None:
    receiver = Receiver(otherwise=says(410))
    write_hook_project(tmp_path, receiver, HELLO)
    async with listening(receiver), running(tmp_path) as world:
        await give(world, *PHONES)

        assert (await trouble(world))["disabled_at"] == START
    assert len(receiver.ids) == 1


async def test_failures_long_apart_do_not_disable_a_hook(tmp_path: Path) -> None:
    receiver = Receiver()
    write_hook_project(tmp_path, receiver, HELLO)
    async with listening(receiver), running(tmp_path) as world:
        for phone in PHONES[:3]:
            receiver.otherwise = says(500)
            await give(world, phone)
            await world.passes(days=6)  # three of them in vain, then nothing is said

        assert (await trouble(world))["disabled_at"] is None
        assert {one["state"] for one in await deliveries(world)} == {"failed"}


async def test_what_was_being_sent_when_the_gateway_was_stopped_is_sent_again_under_the_same_id(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.app.STOP_SECONDS", 0.05)
    receiver = Receiver(next=[falls_silent])
    write_hook_project(tmp_path, receiver, HELLO)

    async def was_told() -> bool:
        return bool(receiver.ids)

    async with listening(receiver):
        async with running(tmp_path, database=database_url) as world:
            body = b'[{"phone": "%s", "fields": {}}]' % ADA.encode()
            async with world.api("PUT", "campaigns/hello/participants", body) as answer:
                assert answer.status < 300
            await until(was_told)
        async with running(tmp_path, database=database_url) as world:
            await world.quiet()
            (delivered,) = await deliveries(world)

    assert (delivered["state"], delivered["attempts"]) == ("delivered", 1)
    assert receiver.ids == [delivered["id"]] * 2


async def test_nothing_of_what_is_told_is_logged(tmp_path: Path) -> None:
    receiver = Receiver(next=[says(500), says(404)])
    write_hook_project(tmp_path, receiver, HELLO)
    async with listening(receiver), running(tmp_path) as world:
        await give(world)
        await world.passes(hours=1)
    logged = "".join(log_watch.WATCH.lines)

    assert not [word for word in (SANDBOX_HOOK_SECRET, ADA, "a-word-of-the-receiver", "v1,") if word in logged]
