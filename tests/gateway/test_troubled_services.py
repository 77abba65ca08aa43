"""A service that fails, is slow, or is asked by many: it is asked again, with patience, and no call is lost."""

from pathlib import Path

import pytest

from gateway.calls.posting import SLOTS
from tests.gateway.asking import ASK, ask, outcomes, why
from tests.gateway.running import running
from tests.gateway.service import (
    Behaviour,
    Outside,
    drops,
    falls_silent,
    listening,
    says,
    sends,
    together,
    write_service_project,
)


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        (says(status=500), "crm answered 500 (5 tries)"),
        (says(status=429), "crm answered 429 (5 tries)"),
        (drops, "crm did not answer as HTTP has it, or broke off (5 tries)"),
        (falls_silent, "crm did not answer within 0.2 s (5 tries)"),
    ],
)
async def test_a_service_that_fails_is_asked_five_times_under_one_key(
    tmp_path: Path, behaviour: Behaviour, reason: str
) -> None:
    outside = Outside(otherwise=behaviour)
    write_service_project(tmp_path, outside, ASK, more="timeout = 0.2")
    async with listening(outside), running(tmp_path) as world:
        await ask(world)
        assert (await outcomes(world), len(outside.asked)) == ([""], 1)
        await world.passes(minutes=2)
        assert (await outcomes(world), len(outside.asked)) == ([""], 4)
        await world.passes(minutes=1)

        assert (await outcomes(world), len(outside.asked)) == (["failed"], 5)
        assert len(set(outside.keys)) == 1
        assert reason in await why(world)


async def test_a_service_that_comes_back_is_asked_again_and_answers(tmp_path: Path, database_url: str) -> None:
    outside = Outside()
    write_service_project(tmp_path, outside, ASK)
    async with running(tmp_path, database=database_url) as world:
        await ask(world)
        await world.passes(seconds=2)
        async with listening(outside):
            await world.passes(seconds=5)

            assert (await outcomes(world), len(outside.asked)) == (["open"], 1)


async def test_a_service_that_asks_for_patience_gets_it(tmp_path: Path) -> None:
    outside = Outside(next=[sends(b"", status=503, **{"Retry-After": "600"})])
    write_service_project(tmp_path, outside, ASK)
    async with listening(outside), running(tmp_path) as world:
        await ask(world)
        await world.passes(seconds=599)
        assert await outcomes(world) == [""]
        await world.passes(seconds=1)

        assert await outcomes(world) == ["open"]


async def test_a_service_that_fails_many_is_left_alone_and_no_call_is_lost(tmp_path: Path) -> None:
    phones = [f"+49151000001{number:02}" for number in range(30)]
    outside = Outside(otherwise=says(status=503))
    write_service_project(tmp_path, outside, ASK)
    async with listening(outside), running(tmp_path) as world:
        await ask(world, *phones)
        burst = len(outside.asked)
        assert 5 <= burst <= 15
        await world.passes(seconds=29)
        assert len(outside.asked) == burst
        await world.passes(seconds=1)
        assert len(outside.asked) == burst + 1

        outside.otherwise = says({"outcome": "paid"})
        await world.passes(seconds=30)
        assert await outcomes(world) == ["paid"] * 30


async def test_many_are_asked_about_at_once_but_not_too_many(tmp_path: Path) -> None:
    phones = [f"+49151000001{number:02}" for number in range(2 * SLOTS)]
    outside = Outside(otherwise=together(SLOTS))
    write_service_project(tmp_path, outside, ASK)
    async with listening(outside), running(tmp_path) as world:
        await ask(world, *phones)

        assert await outcomes(world) == ["open"] * len(phones)
        assert outside.most_at_once == SLOTS


async def test_a_service_is_asked_no_faster_than_its_pace(tmp_path: Path) -> None:
    phones = [f"+49151000001{number:02}" for number in range(5)]
    outside = Outside()
    write_service_project(tmp_path, outside, ASK, more="per_minute = 2")
    async with listening(outside), running(tmp_path) as world:
        await ask(world, *phones)
        assert len(outside.asked) == 1
        await world.passes(seconds=60)
        assert len(outside.asked) == 3
        await world.passes(seconds=60)

        assert (len(outside.asked), await outcomes(world)) == (5, ["open"] * 5)


async def test_answers_that_a_start_lets_go_are_told_without_a_rest_however_many_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.calls.caller.BATCH", 2)
    monkeypatch.setattr("gateway.calls.caller.SWEEP", 1_000)
    outside = Outside(next=[says(status=503)] * 5)
    write_service_project(tmp_path, outside, ASK)
    async with listening(outside), running(tmp_path) as world:
        await ask(world, *(f"+49151123456{n:02}" for n in range(5)))
        await world.stop("ask")
        await world.passes(minutes=2)
        assert (len(outside.asked), await outcomes(world)) == (10, [""] * 5)
        await world.start("ask")

        assert await outcomes(world) == ["open"] * 5
