"""A service that rests, or that has a pace, is left alone across the end of a process, whatever process comes next."""

from datetime import timedelta
from pathlib import Path

import pytest

from gateway.calls.breaker import PAUSE
from storage.breakers import HOOK, SERVICE, Breakers
from storage.values import Row
from tests.gateway.asking import ASK, ask, outcomes
from tests.gateway.running import START, World, running, until
from tests.gateway.service import Outside, falls_silent, listening, says, write_service_project
from tests.gateway.test_call_webhook import begin, was_asked
from tests.gateway.test_run_again import again, cut_off

PHONES = tuple(f"+49151000001{number:02}" for number in range(30))
SECOND = timedelta(seconds=1)
RESTS: Row = {"failures": 5, "until": START + PAUSE, "next_at": None}


async def kept(world: World, kind: str = SERVICE) -> dict[str, Row]:
    return await world.read(lambda t: t.breakers.of(kind))


async def test_a_service_that_rests_is_left_alone_by_the_next_process_which_then_tries_once(
    tmp_path: Path, database_url: str
) -> None:
    outside = Outside(otherwise=says(status=503))
    write_service_project(tmp_path, outside, ASK)
    async with listening(outside):
        async with running(tmp_path, database=database_url) as world:
            await ask(world, *PHONES)
            burst = len(outside.asked)
            assert 5 <= burst <= 15
        async with running(tmp_path, database=database_url, at=START + 10 * SECOND) as world:
            await world.passes(seconds=19)
            assert len(outside.asked) == burst
            await world.passes(seconds=1)
            assert len(outside.asked) == burst + 1
        async with running(tmp_path, database=database_url, at=START + 40 * SECOND) as world:
            outside.otherwise = says({"outcome": "paid"})
            await world.passes(seconds=19)
            assert len(outside.asked) == burst + 1
            await world.passes(seconds=30)
            assert await outcomes(world) == ["paid"] * 30
            assert await kept(world) == {"crm": {"failures": 0, "until": None, "next_at": None}}


async def test_failures_are_counted_on(tmp_path: Path) -> None:
    outside = Outside(otherwise=says(status=503))
    write_service_project(tmp_path, outside, ASK)
    async with listening(outside):
        async with running(tmp_path) as world:
            await ask(world)
            await world.passes(seconds=6)  # three tries of five
        async with running(tmp_path, at=START + 36 * SECOND) as world:
            await world.quiet()
            assert (len(outside.asked), (await kept(world))["crm"]["until"]) == (4, None)
            await world.passes(seconds=120)

            assert (len(outside.asked), (await kept(world))["crm"]["failures"]) == (5, 5)
            assert (await kept(world))["crm"]["until"] == world.clock.now() + PAUSE


async def test_the_pace_of_a_service_goes_on(tmp_path: Path, database_url: str) -> None:
    outside = Outside()
    write_service_project(tmp_path, outside, ASK, more="per_minute = 2")
    async with listening(outside):
        async with running(tmp_path, database=database_url) as world:
            await ask(world, *PHONES[:3])
            assert len(outside.asked) == 1
        async with running(tmp_path, database=database_url, at=START + 10 * SECOND) as world:
            await world.passes(seconds=19)
            assert len(outside.asked) == 1
            await world.passes(seconds=1)
            assert len(outside.asked) == 2
            await world.passes(seconds=30)
            assert (len(outside.asked), await outcomes(world)) == (3, ["open"] * 3)


async def test_a_call_that_the_end_of_the_process_cut_off_counts_for_the_pace(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.app.STOP_SECONDS", 0.05)
    outside = Outside(next=[falls_silent])
    write_service_project(tmp_path, outside, ASK, more="per_minute = 2")
    async with listening(outside):
        async with running(tmp_path, database=database_url) as world:
            await begin(world)
            await until(lambda: was_asked(outside, 1))
        async with running(tmp_path, database=database_url, at=START + 10 * SECOND) as world:
            await world.passes(seconds=19)
            assert len(outside.asked) == 1
            await world.passes(seconds=1)
            assert (len(outside.asked), await outcomes(world)) == (2, ["open"])


async def test_who_lost_its_lease_goes_on_from_what_another_one_left(tmp_path: Path) -> None:
    outside = Outside()
    write_service_project(tmp_path, outside, ASK)
    async with listening(outside), running(tmp_path) as world:
        await world.quiet()
        await cut_off(world, "Caller")
        await world.gateway.storage.run(lambda t: t.breakers.put([{"kind": SERVICE, "name": "crm", **RESTS}]))
        async with again(world.gateway.caller):

            async def rests() -> bool:
                return world.gateway.caller.services["crm"].opens_at(START) == START + PAUSE

            await until(rests)
            await ask(world)
            assert outside.asked == []
            await world.passes(seconds=30)
            assert await outcomes(world) == ["open"]


async def test_a_service_or_hook_that_left_the_settings_is_forgotten(tmp_path: Path, database_url: str) -> None:
    outside = Outside()
    write_service_project(tmp_path, outside, ASK)
    with (tmp_path / "pointsman.toml").open("a") as file:
        file.write(f'\n[hooks.crm]\nurl = "{outside.url}"\nprivate = true\n')
    rows = [{"kind": kind, "name": name, **RESTS} for kind in (SERVICE, HOOK) for name in ("crm", "gone")]
    async with running(tmp_path, database=database_url) as world:
        await world.gateway.storage.run(lambda t: t.breakers.put(rows))
    async with running(tmp_path, database=database_url) as world:

        async def only_crm() -> bool:
            return [await kept(world, kind) for kind in (SERVICE, HOOK)] == [{"crm": RESTS}] * 2

        await until(only_crm)


async def test_of_a_service_that_does_well_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[int] = []
    put = Breakers.put

    def counted(self: Breakers, rows: list[Row]) -> None:
        written.extend(row["failures"] for row in rows)
        put(self, rows)

    monkeypatch.setattr(Breakers, "put", counted)
    outside = Outside()
    write_service_project(tmp_path, outside, ASK)
    async with listening(outside), running(tmp_path) as world:
        await ask(world, *PHONES[:10])
        assert (len(outside.asked), written) == (10, [])
        outside.next = [says(status=503)]
        await world.give("ask", {"phone": PHONES[10], "order_no": "A1"})
        await world.passes(seconds=1)
        assert (len(outside.asked), written) == (12, [1, 0])
