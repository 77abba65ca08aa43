"""What waits keeps to the version of its rule file, and goes where the operator moves it."""

from datetime import timedelta
from pathlib import Path

from gateway.rulebooks import Rulebooks
from storage.values import About, NewEvent
from tests.gateway.example_rules import ADA
from tests.gateway.running import CARLA, START, World, running
from tests.gateway.test_waiting import SHORTER, WRITTEN, runs, write_in

NAMED = """
campaign: patience
fields:
  name: {type: string, level: customer}
agents:
  clerk:
    kind: form
    questions: [{result: guests, ask: "How many guests?", type: integer}]
  host: {kind: notice, text: "Bye"}
flows:
  talk:
    joined: {when: participant_created, next: ask}
    ask: {do: communicate, channel: sms, agent: clerk}
  bye:
    ended: {when: communication_ended, of: talk.ask, next: say}
    say: {do: communicate, channel: sms, agent: host}
  sum_up:
    wrote: {when: incoming_session, next: many}
    many:
      if: results.ask.guests + 1 == 8
      match: tell
    tell: {do: reply, text: "{{ results.ask.guests }} guests, {{ communication.ask.status }}"}
"""
PLANNED = """
campaign: patience
agents:
  host: {kind: notice, text: "Hello"}
flows:
  remind:
    joined: {when: participant_created, next: send}
    send: {do: communicate, channel: sms, agent: host, at: "datetime(2027, 3, 1, 20)"}
"""


async def settle(world: World, **moves: str) -> None:
    """The operator says where what waits at nodes (with _ for .) goes."""
    named = {node.replace("_", ".", 1): target for node, target in moves.items()}
    (person,) = await world.people("patience")
    payload = {"campaign": "patience", "customer": person["customer"], "moves": named}
    event = NewEvent("settled:1", "settled", About("customer", person["customer"]), payload, world.clock.now())
    await world.gateway.storage.run(lambda t: t.inbox.keep([event]))
    world.gateway.wake()
    await world.quiet()


async def test_a_run_moves_to_the_rule_file_in_force_and_waits_anew(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, WRITTEN, database=database_url) as world:
        await write_in(world)
        await world.edit(1, SHORTER)
        await world.passes(hours=12)
        await settle(world, greet_pause="greet.pause")
        (run,) = await runs(world)
        assert run["due"] == START + timedelta(hours=13)
        await world.passes(hours=2)
        assert world.heard(ADA)[:1] == ["goodbye Ada, 13.5 x 2"]


async def test_what_is_planned_moves_with_its_flow_agent_and_channel(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, PLANNED, database=database_url) as world:
        await world.start("patience")
        await world.give("patience", {"phone": ADA, "slack": CARLA})
        await world.edit(1, PLANNED.replace("remind", "tell").replace("sms", "slack").replace("Hello", "Hi"))
        await settle(world, remind_send="tell.send")
        (talk,) = await world.talks("patience")
        assert (talk["flow"], talk["node"], talk["channel"]) == ("tell", "tell.send", "slack")
        await world.passes(days=1)
        assert (world.heard(CARLA), world.heard(ADA)) == (["Hi"], [])


async def test_a_run_that_is_ended_goes_nowhere(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, WRITTEN, database=database_url) as world:
        await write_in(world)
        await world.edit(1, SHORTER)
        await settle(world, greet_pause="")
        assert await runs(world) == []
        await world.passes(days=9)
        assert world.heard(ADA) == []


async def test_a_version_that_another_process_brought_is_taken_up_when_it_is_met(
    tmp_path: Path, database_url: str
) -> None:
    async with running(tmp_path, WRITTEN, database=database_url) as world:
        await write_in(world)
        await world.edit(1, SHORTER)
        older = (await runs(world))[0]["rules"]
        del world.gateway.rulebooks.versions[older]
        await world.passes(days=3)
        assert world.heard(ADA)[:1] == ["hello Ada, 13.5 x 2"]


async def test_a_version_that_cannot_be_read_is_looked_for_once(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, WRITTEN, database=database_url) as world:
        books: Rulebooks = world.gateway.rulebooks
        for _ in range(2):
            await world.read(lambda t: books.take_up(t, ["nowhere"]))
        assert set(books.unreadable) == {"nowhere"}


async def test_a_path_whose_version_is_lost_ends_with_a_note(tmp_path: Path) -> None:
    async with running(tmp_path, WRITTEN) as world:
        await write_in(world)
        (run,) = await runs(world)
        await world.gateway.storage.run(lambda t: t.runs.save([run | {"rules": "lost"}]))
        await world.passes(days=3)
        assert (await runs(world), world.heard(ADA)) == ([], [])
        assert "not to be had any more" in (await world.decisions("timer"))[-1]["log"][0]["note"]


async def test_rules_see_what_came_of_a_named_talk_after_later_ones_and_a_restart(
    tmp_path: Path, database_url: str
) -> None:
    async with running(tmp_path, NAMED, database=database_url) as world:
        await world.start("patience")
        await world.give("patience", {"phone": ADA})
        await world.texts(ADA, "7")
        await world.passes(hours=2)
        assert [row["status"] for row in await world.talks("patience")] == ["completed", "completed"]
        await world.edit(1, NAMED + "  # edited\n")
    async with running(tmp_path, database=database_url, at=START + timedelta(days=1)) as world:
        await world.texts(ADA, "how many?")
        assert world.heard(ADA)[-1] == "7 guests, completed"


async def test_a_version_is_let_go_at_an_edit_once_nothing_waits_that_began_with_it(
    tmp_path: Path, database_url: str
) -> None:
    async with running(tmp_path, WRITTEN, database=database_url) as world:
        await write_in(world)
        (run,) = await runs(world)
        for number in range(3):
            await world.edit(1, WRITTEN + f"# {number}\n")
        assert len(world.gateway.rulebooks.versions) == 2
        assert run["rules"] in world.gateway.rulebooks.versions
        await world.passes(days=3)
        await world.edit(1, SHORTER)
        assert set(world.gateway.rulebooks.versions) == {world.gateway.rulebooks.of("patience").hash}
