"""What was decided is counted at each node: the same numbers that the decisions themselves tell."""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.coverage import ways_walked
from gateway.node_counts import HOURS_KEPT, begin_of, day_of, hour_of
from rules.book import Rulebook
from tests.gateway.api.reading import answer, read
from tests.gateway.drawing.books import cookbook
from tests.gateway.example_rules import ADA, ASK_NOW, BEN
from tests.gateway.people_data import pointsman
from tests.gateway.running import START, World, running
from tests.journeys.reading import SCENARIOS, read_file
from tests.journeys.telling import tell

KATHMANDU = "Asia/Kathmandu"  # UTC+05:45
WAITS = """
campaign: waits
timezone: Asia/Kathmandu
agents: {host: {kind: notice, text: Hello}}
flows:
  main:
    joined: {when: participant_created, next: pause}
    pause: {do: wait, for: 2h, next: which}
    which: {if: "1 > 2", match: say}
    say: {do: communicate, channel: sms, agent: host}
  other:
    wrote: {when: incoming_session, next: answer}
    answer: {do: reply, text: Yes}
"""
STEPS = {"hour": hour_of, "day": day_of}


def nodes_of(flows: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {f"{flow['flow']}.{node['node']}": node for flow in flows["flows"] for node in flow["nodes"]}


async def counted(world: World, campaign: str) -> dict[tuple[str, str], int]:
    totals = await world.read(lambda t: t.node_counts.totals(campaign))
    return {(node, way): number for node, ways in totals.items() for way, number in ways.items()}


async def walked(world: World, book: Rulebook) -> Counter[tuple[str, str]]:
    """The same, told by the decisions and the talks that there are."""
    ways = Counter({(way.node, way.edge): number for way, number in ways_walked(book, await world.decisions()).items()})
    for talk in await world.talks(book.campaign):
        if not talk["is_open"]:
            ways[talk["node"], f"ended.{talk['status']}"] += 1
    return ways


@pytest.mark.parametrize("name", ["03_onboarding", "06_incident_call_out", "08_keyword_router"])
async def test_the_counts_are_what_the_decisions_and_the_talks_tell(name: str, tmp_path: Path) -> None:
    book = cookbook()[name]
    seen: list[int] = []

    async def look(world: World) -> None:
        if not [row for row in await world.decisions() if any(part.get("rules") != book.hash for part in row["log"])]:
            assert await counted(world, book.campaign) == await walked(world, book)
            seen.append(1)

    for number, journey in enumerate(read_file(SCENARIOS / f"{name}.yaml")):
        folder = tmp_path / str(number)
        folder.mkdir()
        await tell(journey, folder, f"sqlite:///{folder}/pointsman.db", look)
    assert seen


async def test_a_path_has_passed_once_it_waits_no_more(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, WAITS, database=database_url) as world:
        await world.start("waits")
        await world.give("waits", {"phone": ADA}, {"phone": BEN})
        before = nodes_of(await read(world, "campaigns/waits/flows"))
        await world.passes(hours=3)
        flows = await read(world, "campaigns/waits/flows")
        after = nodes_of(flows)

    assert [(at["passed"], at["waiting"]) for at in (before["main.pause"], after["main.pause"])] == [(0, 2), (2, 0)]
    assert after["main.joined"]["taken"] == {"next": 2}
    assert after["main.which"]["taken"] == {"else": 2}
    assert after["main.say"]["passed"] == 0
    assert flows["counted_since"] == "2027-03-01T07:15:00Z"  # the hour there


async def test_how_talks_end_is_counted_once_each(tmp_path: Path) -> None:
    async with running(tmp_path, ASK_NOW) as world:
        await world.start("ask")
        await world.give("ask", {"phone": ADA, "name": "Ada"}, {"phone": BEN, "name": "Ben"})
        await world.texts(ADA, "yes")
        await world.texts(ADA, "and thank you")
        await world.passes(days=2)
        ways = await counted(world, "ask")
        ask = nodes_of(await read(world, "campaigns/ask/flows"))["invite.ask"]

    assert ways["invite.ask", "ended.completed"] == ways["invite.ask", "ended.no_response"] == 1
    assert (ask["passed"], ask["failed"], ask["taken"]) == (2, 0, {"end": 2})


async def test_counts_are_told_by_the_campaigns_own_hours_and_days(tmp_path: Path) -> None:
    async with running(tmp_path, WAITS, at=START.replace(hour=18, minute=10)) as world:
        await world.start("waits")
        await world.give("waits", {"phone": ADA})  # 23:55 there
        await world.passes(minutes=10)
        await world.give("waits", {"phone": BEN})  # 00:05 there
        hours = await read(world, "campaigns/waits/counts", step="hour", flow="main")
        days = await read(world, "campaigns/waits/counts")

    joined = [(one["at"], one["number"]) for one in hours["counts"] if one["node"] == "main.joined"]
    assert joined == [("2027-03-01T23:00:00+05:45", 1), ("2027-03-02T00:00:00+05:45", 1)]
    assert [(one["at"], one["way"], one["number"]) for one in days["counts"] if one["node"] == "main.joined"] == [
        ("2027-03-01T00:00:00+05:45", "next", 1),
        ("2027-03-02T00:00:00+05:45", "next", 1),
    ]
    assert (days["timezone"], days["step"], days["counted_since"]) == (KATHMANDU, "day", "2027-03-01T23:00:00+05:45")


async def test_retention_keeps_days_of_what_was_long_ago(tmp_path: Path) -> None:
    async with running(tmp_path, WAITS) as world:
        await world.start("waits")
        await world.give("waits", {"phone": ADA})
        await world.passes(hours=3)
        before = await counted(world, "waits")
        await world.passes(days=HOURS_KEPT.days + 2)
        while await world.gateway.retaining.work_once(world.clock.now()):
            pass
        since, now = START - timedelta(days=3), world.clock.now()
        rows = await world.read(lambda t: t.node_counts.over_time("waits", since, now))
        days = await read(world, "campaigns/waits/counts", since=since.isoformat())

        assert await counted(world, "waits") == before
    assert {row["daily"] for row in rows} == {True}
    assert {one["at"] for one in days["counts"]} == {"2027-03-01T00:00:00+05:45"}


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"step": "hour", "since": "2027-01-01T00:00:00Z"}, 409),
        ({"since": "2020-01-01T00:00:00Z"}, 409),
        ({"step": "minute"}, 422),
        ({"flow": "nothing"}, 404),
        ({"since": "9999-12-31T23:59:59Z"}, 200),
        ({"until": "0001-01-01T00:00:00Z"}, 200),
        ({"since": "0001-01-01T00:00:00Z", "until": "0001-01-01T00:00:00Z"}, 409),
        ({"since": "9999-12-31T23:59:59+14:00", "until": "9999-12-31T23:59:59-14:00"}, 200),
    ],
)
async def test_counts_are_of_so_long_a_time(tmp_path: Path, query: dict[str, str], status: int) -> None:
    async with running(tmp_path, WAITS) as world:
        assert (await answer(world, "campaigns/waits/counts", **query))[0] == status


async def test_counts_are_a_table_in_the_terminal_and_in_pictures(tmp_path: Path) -> None:
    async with running(tmp_path, WAITS) as world:
        await world.start("waits")
        await world.give("waits", {"phone": ADA}, {"phone": BEN})
        listed = await pointsman(tmp_path, "list", "counts", "waits", "--until", "2027-03-03 00:00+00:00")
        shown = await pointsman(tmp_path, "show", "flow", "waits", "main")
        drawn = await pointsman(tmp_path, "draw", "waits.main", "--counts")
        since = await pointsman(tmp_path, "draw", "waits.main", "--counts", "--since", "2027-03-01 08:10+00:00")
        wrong = await pointsman(tmp_path, "draw", "waits.mian")
        other = tmp_path / "other.yaml"
        other.write_text(WAITS.replace("campaign: waits", "campaign: others"))
        never = await pointsman(tmp_path, "draw", other, "--counts")
        written = await pointsman(tmp_path, "draw", tmp_path / "rules" / "1.yaml", "--svg", tmp_path / "waits.svg")

    assert "main.joined" in listed.stdout
    assert re.search(r"^until +2027-03-03 05:45:00\+05:45$", listed.stdout, re.MULTILINE)
    assert "next=2" in shown.stdout
    assert 'n_main_pause("pause<br/>for 2h<br/>2 waiting")' in drawn.stdout
    assert "other" not in drawn.stdout
    assert "counted since 2027-03-01 07:15 UTC" in since.stdout  # when the hour began in Kathmandu
    assert 'n_main_joined(["joined<br/>participant created<br/>2 passed"])' in since.stdout
    assert (wrong.exit_code, 'did you mean "main"' in wrong.stderr) == (2, True)
    assert (never.exit_code, 'the campaign "others" was never in force here' in never.stderr) == (2, True)
    assert written.exit_code == 0
    assert (tmp_path / "waits.svg").read_text("utf-8").startswith("<svg ")


@pytest.mark.parametrize(
    ("at", "zone", "hour", "day"),
    [
        ("2027-03-01T18:10", KATHMANDU, "2027-03-01T17:15", "2027-02-28T18:15"),
        ("2027-03-28T00:30", "Europe/Berlin", "2027-03-28T00:00", "2027-03-27T23:00"),
        ("2027-10-31T00:40", "Europe/Berlin", "2027-10-31T00:00", "2027-10-30T22:00"),
        ("2027-10-31T01:40", "Europe/Berlin", "2027-10-31T01:00", "2027-10-30T22:00"),
    ],
)
def test_hours_and_days_are_those_of_the_clocks_there(at: str, zone: str, hour: str, day: str) -> None:
    moment, hour_began, day_began = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (at, hour, day))
    assert (hour_of(moment, zone), day_of(moment, zone)) == (hour_began, day_began)


def test_what_is_older_than_hours_are_kept_is_counted_by_its_day() -> None:
    moment = datetime(2027, 3, 1, 8, 10, tzinfo=UTC)
    recent, late = moment + HOURS_KEPT, moment + HOURS_KEPT + timedelta(hours=1)

    assert begin_of(moment, KATHMANDU, recent) == hour_of(moment, KATHMANDU)
    assert begin_of(moment, KATHMANDU, late) == day_of(moment, KATHMANDU)
