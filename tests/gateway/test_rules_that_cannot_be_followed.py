"""A process that cannot load what is in force leaves all to those that can; where none can, one campaign waits."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gateway.clock import Bell, SystemClock
from gateway.doubting import GIVE_UP_SECONDS, UNWATCHED_SECONDS
from gateway.rulebooks import CannotFollow
from gateway.shards import Shards
from rules.loader import Project
from tests.databases import PostgresServer
from tests.gateway.example_rules import ADA, ECHO
from tests.gateway.hosts import CHANNELS, Host, hash_of, hosts
from tests.gateway.test_lost_versions import ASKING, SILENT

ABLE, UNABLE = Project(CHANNELS, services=frozenset({"crm"})), Project(CHANNELS)
GREETED = ASKING.replace("at: participant.begins, ", "").replace("for: 2d", "for: 1d")
WHY = 'there is no service "crm"'


@pytest.fixture
def url(postgres: PostgresServer, prepared: str) -> Iterator[str]:
    with postgres.database(prepared) as url:
        yield url


@pytest.fixture
async def pair(url: str, tmp_path: Path) -> AsyncIterator[tuple[Host, Host]]:
    """One that can load what asks the service crm, and one whose settings lack it; two campaigns run."""
    with hosts(url, tmp_path, ABLE, UNABLE) as (able, unable):
        for host in (able, unable):
            host.write(ECHO)
            host.write(SILENT, "2.yaml")
            await host.starts()
        await able.begin("echo")
        await able.begin("patience")
        yield able, unable


async def seconds_pass(host: Host, seconds: float) -> None:
    """The process looks each second, and goes on looking."""
    now = host.watch.doubting._looked
    for moment in count(1):
        host.watch.doubting.seconds = lambda moment=moment: now + moment  # type: ignore[misc]
        await host.watch.look()
        if moment >= seconds:
            break


async def states(host: Host) -> list[str]:
    with host.storage.reading() as t:
        return list(t.inbox._connection.exec_driver_sql("SELECT state FROM inbox ORDER BY id").scalars())


async def test_it_decides_nothing_and_says_why_once(pair: tuple[Host, Host]) -> None:
    able, unable = pair
    await able.saves(ASKING, "2.yaml")
    await able.give("echo", ADA)
    with capture_logs() as logs:
        with pytest.raises(CannotFollow, match=WHY):
            await unable.works()
        for _ in range(3):
            await unable.watch.look()

    assert WHY in unable.rulebooks.hindrance()
    assert await states(able) == ["waiting"]
    assert [line["event"] for line in logs] == [
        "rule_version_unreadable",
        "rules_cannot_be_followed",
        "rule_file_older",
    ]
    await able.works()
    assert (await states(able), able.rulebooks.hindrance()) == (["decided"], "")


async def test_it_goes_on_by_itself_once_it_can_load_what_is_in_force(pair: tuple[Host, Host]) -> None:
    able, unable = pair
    await able.saves(ASKING, "2.yaml")
    await unable.watch.look()
    assert unable.rulebooks.hindrance()
    await able.saves(SILENT + "# again\n", "2.yaml")
    with capture_logs() as logs:
        await unable.watch.look()
    await able.give("patience", ADA)
    await unable.works()

    assert unable.rulebooks.hindrance() == ""
    assert "rules_can_be_followed" in [line["event"] for line in logs]
    assert await states(able) == ["decided"]


async def test_a_second_version_that_it_cannot_load_hinders_it_like_the_first(pair: tuple[Host, Host]) -> None:
    able, unable = pair
    for text in (ASKING, ASKING + "# again\n"):
        await able.saves(text, "2.yaml")
        await unable.watch.look()
        assert f"version {hash_of(text)[:12]} of" in unable.rulebooks.hindrance()


async def test_what_it_cannot_load_it_does_not_know_better_than_the_database(pair: tuple[Host, Host]) -> None:
    """Its own file is the one that was in force before: no change, so nothing comes back. A change is one."""
    able, unable = pair
    await able.saves(ASKING, "2.yaml")
    for _ in range(2):
        await unable.watch.look()
    assert await able.active("patience") == hash_of(ASKING)
    await unable.saves(SILENT + "# mended here\n", "2.yaml")

    assert await able.active("patience") == hash_of(SILENT + "# mended here\n")
    assert unable.rulebooks.hindrance() == ""


async def test_it_touches_nothing_that_began_with_a_version_that_it_cannot_load(pair: tuple[Host, Host]) -> None:
    able, unable = pair
    await able.saves(GREETED, "2.yaml")
    await able.give("patience", ADA)
    await able.works()
    await able.saves(SILENT, "2.yaml")
    await unable.watch.look()
    assert unable.rulebooks.hindrance() == ""
    await able.hear(ADA)
    with pytest.raises(CannotFollow, match=WHY):
        await unable.works()
    await unable.watch.look()
    assert WHY in unable.rulebooks.hindrance()
    await able.works()
    assert set(await states(able)) == {"decided"}


async def test_the_shards_it_was_woken_for_go_to_others(url: str, tmp_path: Path) -> None:
    with hosts(url, tmp_path, ABLE, UNABLE) as (able, unable):
        for host in (able, unable):
            host.storage.share()
            host.storage.migrate()
            host.write(ECHO)
            await host.starts()
        await able.begin("echo")
        bell = Bell(SystemClock())
        parts = [Shards(host.storage, host.worker, bell) for host in (unable, able)]
        works = [asyncio.create_task(parts[0].run())]
        await able.give("echo", ADA)
        await until(able, "decided")
        await able.saves(ASKING, "2.yaml")
        for number in range(20):
            await able.give("echo", f"+49151123458{number:02}")
        await until_hindered(unable)
        works.append(asyncio.create_task(parts[1].run()))
        await until(able, "decided")
        bell.close()
        await asyncio.gather(*works)


async def until(host: Host, state: str) -> None:
    async with asyncio.timeout(20):
        while set(await states(host)) != {state}:  # noqa: ASYNC110 - the database is looked at
            await asyncio.sleep(0.01)


async def until_hindered(host: Host) -> None:
    async with asyncio.timeout(20):
        while not host.rulebooks.hindrance():  # noqa: ASYNC110 - no watch tells it: its worker has met the version
            await asyncio.sleep(0.01)


async def test_as_long_as_another_can_load_it_nothing_is_given_up(pair: tuple[Host, Host]) -> None:
    able, unable = pair
    await able.saves(ASKING, "2.yaml")
    for _ in range(3):
        await seconds_pass(unable, GIVE_UP_SECONDS - 5)
        await able.watch.look()
    assert WHY in unable.rulebooks.hindrance()
    assert await able.storage.read(lambda t: t.version_doubts.all()) == {}


async def test_where_nobody_can_load_it_its_campaign_waits_and_the_others_go_on(pair: tuple[Host, Host]) -> None:
    able, unable = pair
    await able.saves(ASKING, "2.yaml")
    with capture_logs() as logs:
        await seconds_pass(unable, GIVE_UP_SECONDS + 2)
    assert [line["event"] for line in logs if line["log_level"] == "error"][-1] == "rule_version_given_up"
    await able.give("echo", ADA)
    await able.give("patience", "+4915112345603")
    await unable.works()
    assert sorted(await states(able)) == ["decided", "held"]
    assert (unable.rulebooks.hindrance(), unable.runs_on("patience")) == ("", "")

    await able.watch.look()  # back again: what was held is released, and is not for those who cannot
    assert sorted(await states(able)) == ["decided", "waiting"]
    with pytest.raises(CannotFollow):
        await unable.works()
    await able.works()
    assert set(await states(able)) == {"decided"}


async def test_a_look_that_comes_late_proves_nothing(pair: tuple[Host, Host]) -> None:
    """The database was away, so nobody could answer."""
    able, unable = pair
    await able.saves(ASKING, "2.yaml")
    await seconds_pass(unable, 10)
    looked = unable.watch.doubting._looked
    for later in (GIVE_UP_SECONDS, GIVE_UP_SECONDS + UNWATCHED_SECONDS):
        unable.watch.doubting.seconds = lambda later=later: looked + later  # type: ignore[misc]
        await unable.watch.look()
    (doubt,) = (await able.storage.read(lambda t: t.version_doubts.all())).values()
    assert not doubt.given_up


async def test_two_that_each_lack_what_the_other_has_do_not_wait_for_one_another(url: str, tmp_path: Path) -> None:
    other = ASKING.replace("campaign: patience", "campaign: other").replace("crm", "erp")
    projects = [Project(CHANNELS, services=frozenset({name})) for name in ("crm", "erp")]
    with hosts(url, tmp_path, *projects) as (one, two):
        one.write(ASKING)
        two.write(other, "2.yaml")
        for host in (one, two, one):
            await host.starts()
        await seconds_pass(one, 2)
        assert (bool(one.rulebooks.hindrance()), bool(two.rulebooks.hindrance())) == (True, True)
        for _ in range(int(GIVE_UP_SECONDS) + 3):
            await seconds_pass(one, 1)
            await seconds_pass(two, 1)
        assert (bool(one.rulebooks.hindrance()), bool(two.rulebooks.hindrance())) == (False, True)


async def test_a_process_that_only_follows_asks_nobody(url: str, tmp_path: Path) -> None:
    with hosts(url, tmp_path, ABLE, UNABLE) as (able, unable):
        unable.decides = unable.watch.decides = False
        able.write(ASKING)
        await able.starts()
        await unable.starts()
        for _ in range(3):
            await unable.watch.look()
        assert WHY in unable.rulebooks.hindrance()
        assert await able.storage.read(lambda t: t.version_doubts.all()) == {}
