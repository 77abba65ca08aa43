"""Paths that wait go on when they should, on the version they began with, whatever happens meanwhile."""

from datetime import timedelta
from pathlib import Path

from gateway.campaigns import stop
from storage.values import Row
from tests.gateway.example_rules import ADA, BEN, HELLO
from tests.gateway.running import START, World, running

WAIT = """
campaign: patience
fields:
  name: {type: string, level: customer}
  due: {type: date}
  amount: {type: numeric}
agents:
  host: {kind: notice, text: "Welcome {{ name }}"}
flows:
  greet:
    joined: {when: participant_created, next: pause}
    pause: {do: wait, for: 2d, next: pass_on}
    pass_on: {do: to_another_flow, flow: say, with: {sum: {expr: participant.amount}, word: hello}}
  say:
    entered:
      when: from_another_flow
      takes: {sum: {type: numeric}, word: {type: string}, copies: {type: integer, default: 2}}
      next: later
    later: {do: wait, for: 1h, next: tell}
    tell: {do: reply, text: "{{ input.word }} {{ name }}, {{ input.sum + 1 }} x {{ input.copies }}", next: talk}
    talk: {do: communicate, channel: sms, agent: host}
"""
WRITTEN = WAIT.replace("joined: {when: participant_created", "wrote: {when: incoming_session")
DUE = """
campaign: patience
fields:
  due: {type: date}
flows:
  remind:
    joined: {when: participant_created, next: pause}
    pause: {do: wait, until: participant.due - days(1), next: tell}
    tell: {do: finish, outcome: reminded}
"""
SHORTER = WRITTEN.replace("for: 2d", "for: 1h").replace("hello", "goodbye")
SAID = ["hello Ada, 13.5 x 2", "Welcome Ada"]


async def write_in(world: World) -> None:
    """Ada wrote, and her path waits."""
    await world.start("patience")
    await world.give("patience", {"phone": ADA, "name": "Ada", "amount": "12.5"})
    await world.texts(ADA, "hi")


async def runs(world: World) -> list[Row]:
    """What waits, oldest first."""
    customers = [person["customer"] for person in await world.people("patience")]
    return await world.read(lambda t: t.runs.of_customers(customers))


async def test_a_wait_and_what_it_knows_survive_restarts(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, WRITTEN, database=database_url) as world:
        await write_in(world)
        (run,) = await runs(world)
        assert (run["node"], run["due"], run["message"]["text"]) == ("greet.pause", START + timedelta(days=2), "hi")
    async with running(tmp_path, database=database_url, at=START + timedelta(days=1)) as world:
        await world.passes(hours=23)
        assert [run["node"] for run in await runs(world)] == ["greet.pause"]
    async with running(tmp_path, database=database_url, at=START + timedelta(days=2)) as world:
        await world.quiet()
        (run,) = await runs(world)
        assert run["node"] == "say.later"
    async with running(tmp_path, database=database_url, at=START + timedelta(days=5)) as world:
        await world.quiet()
        assert world.heard(ADA) == SAID
        assert await runs(world) == []


async def test_a_path_that_waits_stays_on_its_version_through_a_reload_and_a_restart(
    tmp_path: Path, database_url: str
) -> None:
    async with running(tmp_path, WRITTEN, database=database_url) as world:
        await write_in(world)
        await world.edit(1, SHORTER)
        await world.texts(ADA, "me again")
        assert len({run["rules"] for run in await runs(world)}) == 2
        await world.passes(hours=2)
        assert world.heard(ADA) == ["goodbye Ada, 13.5 x 2", "Welcome Ada"]
    async with running(tmp_path, database=database_url, at=START + timedelta(days=3)) as world:
        await world.passes(hours=1)
        assert world.heard(ADA) == ["goodbye Ada, 13.5 x 2", "Welcome Ada", *SAID]


async def test_waits_stand_still_while_their_campaign_is_stopped(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, WRITTEN, HELLO, database=database_url) as world:
        await write_in(world)
        await world.stop("patience")
        await world.passes(days=9)
        assert ([run["node"] for run in await runs(world)], world.heard(ADA)) == (["greet.pause"], [])
        await world.start("patience")
        await world.passes(hours=1)
        assert (await runs(world), world.heard(ADA)) == ([], SAID)


async def test_a_wait_that_came_due_as_its_campaign_was_stopped_stands_as_before(tmp_path: Path) -> None:
    async with running(tmp_path, WRITTEN) as world:
        await write_in(world)
        world.gateway.timer_bell.close()
        world.clock.advance_to(START + timedelta(days=2))

        def come_due_and_stop(t: object) -> None:
            world.gateway.timers.fire(t)  # type: ignore[arg-type]
            stop(t, "patience", world.clock.now())  # type: ignore[arg-type]

        await world.gateway.storage.run(come_due_and_stop)
        world.gateway.worker_bell.ring()
        await world.quiet()
        assert [run["node"] for run in await runs(world)] == ["greet.pause"]
        (last,) = (await world.decisions("timer"))[-1:]
        assert "stopped meanwhile" in last["log"][0]["note"]
        await world.gateway.storage.run(lambda t: t.campaigns.set_status("patience", "active", world.clock.now()))
        await world.gateway.storage.run(world.gateway.timers.fire)
        world.gateway.worker_bell.ring()
        await world.quiet()
        assert [run["node"] for run in await runs(world)] == ["say.later"]


async def test_a_wait_for_a_date_follows_the_date(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, DUE, database=database_url) as world:
        await world.start("patience")
        await world.give("patience", {"phone": ADA}, {"phone": BEN, "due": "2027-03-08"})
        assert [run["due"] for run in await runs(world)] in ([None, midnight(7)], [midnight(7), None])
        await world.give("patience", {"phone": ADA, "due": "2027-03-05"}, {"phone": BEN, "due": "2027-03-04"})
        assert sorted(run["due"] for run in await runs(world)) == [midnight(3), midnight(4)]
        await world.passes(days=2)
        assert sorted(person["outcome"] for person in await world.people("patience")) == ["", "reminded"]
        await world.give("patience", {"phone": ADA, "due": "2027-03-02"})
        await world.quiet()
        assert [person["outcome"] for person in await world.people("patience")] == ["reminded"] * 2


def midnight(day: int) -> object:
    return START.replace(day=day, hour=0)
