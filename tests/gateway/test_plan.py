"""`pointsman plan`: what waits on earlier versions is told, moved or ended, with a gateway at work or without."""

import asyncio
from dataclasses import replace
from hashlib import sha256
from os import environ
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from gateway import settling
from gateway.cli import main
from gateway.settling import Settling
from storage.values import Row
from tests.gateway.example_rules import ADA, HELLO
from tests.gateway.running import World, running, until

RULES = """
campaign: patience
fields:
  begins: {type: datetime}
agents:
  host: {kind: notice, text: "Welcome"}
  clerk: {kind: notice, text: "Good day"}
flows:
  greet:
    joined: {when: participant_created, next: talk}
    talk: {do: communicate, channel: sms, agent: host, at: participant.begins, next: pause}
    pause: {do: wait, for: 2d, next: done}
    done: {do: finish, outcome: old}
"""
LONGER = RULES.replace("for: 2d", "for: 5d").replace("outcome: old", "outcome: new")
SAME_NODE = RULES.replace("outcome: old", "outcome: new")
OTHER_AGENT = RULES.replace('"Welcome"', '"Hello"')
RENAMED = LONGER.replace("pause", "rest").replace("talk", "speak").replace("agent: host", "agent: clerk")
VERSIONS = {sha256(text.encode()).hexdigest(): text for text in (RULES, LONGER, SAME_NODE, OTHER_AGENT, RENAMED)}
MOVES = ("--move", "greet.pause=greet.rest", "--move", "greet.talk=greet.speak")


@pytest.fixture
def project(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project in which the command line uses the same database as the gateway."""
    monkeypatch.setenv("POINTSMAN_DATABASE", database_url)
    return tmp_path


async def plan(project: Path, *arguments: str) -> Result:
    """The command, in a thread of its own: a gateway may be at work in this one."""
    call: list[str] = ["plan", *arguments, "-C", str(project)]
    result = await asyncio.to_thread(CliRunner().invoke, main, call)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result


def write(project: Path, text: str) -> Path:
    path = project / "rules" / "1.yaml"
    path.write_text(text)
    return path


async def wait(world: World, *people: dict[str, Any]) -> None:
    """Somebody waits at greet.pause, and is to be talked to by greet.talk."""
    await world.start("patience")
    await world.give("patience", *(people or ({"phone": ADA, "begins": "2027-03-04T12:00"},)))


async def waits(world: World) -> list[tuple[str, str]]:
    """Node and version of every run, then of every planned communication."""
    customers = [person["customer"] for person in await world.people("patience")]
    runs: list[Row] = await world.read(lambda t: t.runs.of_customers(customers))
    talks = [talk for talk in await world.talks("patience") if talk["is_open"]]
    return [(row["node"], VERSIONS[row["rules"]]) for row in (*runs, *talks)]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (RULES, ["1 run on this version", "1 planned communication on this version"]),
        (SAME_NODE, ["greet.pause: 1 run on version", "the node is the same"]),
        (LONGER, ["greet.pause: 1 run on version", "2027-03-01 08:00 UTC; the node changes: for", "--end"]),
        (OTHER_AGENT, ["greet.talk: 1 planned communication on version", "the node changes: agents.host"]),
        (
            RENAMED,
            ["greet.pause: 1 run", "greet.talk: 1 planned communication", "the node vanishes", "not in force yet"],
        ),
    ],
)
async def test_a_plan_tells_what_waits_at_nodes_that_change_or_vanish(
    project: Path, text: str, told: list[str]
) -> None:
    """Nothing is changed by it: not what waits, nor the version in force."""
    async with running(project, RULES, database=environ["POINTSMAN_DATABASE"]) as world:
        await wait(world)
    draft = project / "draft.yaml"
    draft.write_text(text)
    result = await plan(project, str(draft))

    assert result.exit_code == 0
    assert [line for line in told if line not in result.output] == []
    assert ("--move" in result.output) is (text not in (RULES, SAME_NODE))
    async with running(project, database=environ["POINTSMAN_DATABASE"]) as world:
        assert await waits(world) == [("greet.pause", RULES), ("greet.talk", RULES)]


async def test_where_nothing_waits_a_plan_says_so(project: Path) -> None:
    async with running(project, RULES, database=environ["POINTSMAN_DATABASE"]):
        pass

    assert "nothing waits" in (await plan(project)).output


async def test_a_plan_prints_what_is_wrong_with_a_file_and_exits_1(project: Path) -> None:
    async with running(project, RULES, database=environ["POINTSMAN_DATABASE"]):
        pass
    write(project, RULES.replace("agent: host", "agent: hots"))
    result = await plan(project)

    assert (result.exit_code, "E204" in result.output) == (1, True)


async def test_what_waits_moves_with_a_gateway_at_work(project: Path) -> None:
    """Whether the gateway has taken notice of the file or not: it does before it decides."""
    async with running(project, RULES, database=environ["POINTSMAN_DATABASE"]) as world:
        await wait(world)
        write(project, RENAMED)
        result = await plan(project, *MOVES)
        told = [
            "greet.pause: 1 run to move to greet.rest",
            "greet.talk: 1 planned communication to move to greet.speak",
            "patience: 1 participant concerned",
        ]
        assert [line for line in result.output.splitlines() if line in told] == told  # the gateway may log among them
        await until(lambda: moved(world))
        await world.passes(days=4)
        assert world.heard(ADA) == ["Good day"]
        assert [person["outcome"] for person in await world.people("patience")] == [""]
        await world.passes(days=1)
        assert [person["outcome"] for person in await world.people("patience")] == ["new"]


async def moved(world: World) -> bool:
    return await waits(world) == [("greet.rest", RENAMED), ("greet.speak", RENAMED)]


async def test_what_waits_moves_once_a_gateway_starts(project: Path) -> None:
    async with running(project, RULES, database=environ["POINTSMAN_DATABASE"]) as world:
        await wait(world)
    write(project, RENAMED)
    for _ in range(2):  # a plan that was cut off is done again
        result = await plan(project, *MOVES)
        assert result.exit_code == 0, result.output
    async with running(project, database=environ["POINTSMAN_DATABASE"]) as world:
        await world.quiet()
        assert await moved(world)


async def test_an_end_ends_what_changes_or_vanishes_and_leaves_the_rest(project: Path) -> None:
    async with running(project, RULES, database=environ["POINTSMAN_DATABASE"]) as world:
        await wait(world)
    write(project, LONGER)
    assert "1 run to end" in (await plan(project, "--end")).output
    async with running(project, database=environ["POINTSMAN_DATABASE"]) as world:
        await world.quiet()
        assert await waits(world) == [("greet.talk", RULES)]
        await world.passes(days=7)
        assert world.heard(ADA) == ["Welcome"]
        assert [person["outcome"] for person in await world.people("patience")] == [""]


async def test_an_end_of_one_node_leaves_the_others_and_tells_why_it_canceled(project: Path) -> None:
    async with running(project, RULES, database=environ["POINTSMAN_DATABASE"]) as world:
        await wait(world)
    write(project, RENAMED)
    await plan(project, "--end", "--node", "greet.talk")
    async with running(project, database=environ["POINTSMAN_DATABASE"]) as world:
        await world.quiet()
        assert await waits(world) == [("greet.pause", RULES)]
        assert [(t["status"], t["reason"]) for t in await world.talks("patience")] == [
            ("canceled", "ended by the operator")
        ]


async def test_everybody_who_waits_is_settled_however_many_there_are(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settling, "CHUNK", 2)
    people = [{"phone": f"+4915112345{number:03d}"} for number in range(5)]
    async with running(project, RULES, database=environ["POINTSMAN_DATABASE"]) as world:
        await wait(world, *people, {"phone": ADA, "begins": "2027-03-04T12:00"})
    write(project, RENAMED)
    assert "6 participants concerned" in (await plan(project, "--end")).output
    async with running(project, database=environ["POINTSMAN_DATABASE"]) as world:
        await world.quiet()
        assert await waits(world) == []


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--move", "greet.pause"], "must be OLD=NEW"),
        (["--move", "greet.pose=greet.rest"], 'nothing waits at greet.pose; did you mean "greet.pause"?'),
        (["--move", "greet.pause=greet.rst"], 'there is no node "greet.rst"'),
        (["--move", "greet.pause=greet.joined"], "greet.joined is a trigger"),
        (["--move", "greet.talk=greet.rest"], "greet.rest is no communicate node"),
        ([*MOVES, "--move", "greet.talk=greet.speak"], "greet.talk is to be moved twice"),
        (["--node", "greet.pause"], "--node says what --end ends"),
        (["--end", "--node", "greet.pose"], "nothing waits at greet.pose"),
        (["--campaign", "patients"], 'did you mean "patience"?'),
        (["draft.yaml", "--end"], "is not in force"),
    ],
)
async def test_what_cannot_be_settled_is_refused_and_nothing_is_done(
    project: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], complaint: str
) -> None:
    async with running(project, RULES, database=environ["POINTSMAN_DATABASE"]) as world:
        await wait(world)
    monkeypatch.chdir(project)
    (project / "draft.yaml").write_text(RENAMED)
    write(project, RENAMED)
    result = await plan(project, *arguments)

    assert (result.exit_code, complaint in result.stderr) == (2, True), result.stderr
    async with running(project, database=environ["POINTSMAN_DATABASE"]) as world:
        await world.quiet()
        assert await waits(world) == [("greet.pause", RULES), ("greet.talk", RULES)]


async def test_of_several_campaigns_the_one_to_settle_is_named(project: Path) -> None:
    async with running(project, RULES, HELLO, database=environ["POINTSMAN_DATABASE"]) as world:
        await wait(world)
    write(project, RENAMED)

    assert "name the campaign: --campaign patience or hello" in (await plan(project, "--end")).stderr
    assert (await plan(project, "--end", "--campaign", "patience")).exit_code == 0


async def test_a_file_that_is_put_back_before_the_gateway_has_looked_holds_up_nobody(project: Path) -> None:
    """The plan has put another version in force, which the gateway never gets to see."""
    async with running(project, RULES, database=environ["POINTSMAN_DATABASE"]) as world:
        await wait(world)
        book = world.gateway.rulebooks.of("patience")
        other = replace(book, hash="of another file")
        planned = Settling(other, b"unseen", {"greet.pause": "greet.gone"}, world.clock.now())
        await world.gateway.storage.run(planned.begin)
        await world.gateway.storage.run(planned.leave)
        world.gateway.wake()
        await world.quiet()
        world.gateway.watch_bell.ring()
        await until(lambda: settled(world))
        await world.quiet()
        row = await world.read(lambda t: t.campaigns.get("patience"))
        assert row is not None
        assert row["rules"] == book.hash
        assert [d["kind"] for d in await world.decisions("settled")] == ["settled"]
        assert await waits(world) == [("greet.pause", RULES), ("greet.talk", RULES)]


async def settled(world: World) -> bool:
    return bool(await world.decisions("settled"))


async def test_a_broken_file_of_another_campaign_is_told_and_is_no_hindrance(project: Path, database_url: str) -> None:
    async with running(project, RULES, database=database_url) as world:
        await wait(world)
        (project / "rules" / "2.yaml").write_text("campaign: broken\n")
        assert (await plan(project)).exit_code == 1
        result = await plan(project, "--campaign", "patience")
        assert result.exit_code == 0
        assert "2.yaml:1:1: error[E108]" in result.output
        assert "greet.pause" in result.output
