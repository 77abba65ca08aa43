"""`pointsman explain` and the API tell why: from what is kept, with the values of then."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from gateway.explain.explaining import DIFFERS, explain_events, explain_participant
from gateway.explain.telling import lines_of
from gateway.explain.values import CampaignDecision, Explanation
from gateway.recorded import Versions
from storage.values import Row
from tests.gateway.api.reading import answer, read, read_all
from tests.gateway.example_rules import ADA, BEN
from tests.gateway.people_data import pointsman, use_database
from tests.gateway.running import World, running

RULES = """
campaign: due
fields:
  name:   {type: string, level: customer}
  amount: {type: numeric, default: 0}
  paid:   {type: boolean, default: false}
agents:
  clerk:
    kind: form
    questions: [{result: pays, ask: "Will you pay?", type: boolean}]
    reply_within: 24h
flows:
  remind:
    joined: {when: participant_created, next: owes}
    owes:
      if: {all: [amount > 10, not paid]}
      match: ask
    ask: {do: communicate, channel: sms, agent: clerk}
    asked: {when: communication_ended, of: ask, status: completed, next: noted}
    noted: {do: update_field, set: {paid: {expr: results.pays}}, next: pause}
    pause: {do: wait, for: 2d, next: done}
    done: {do: finish, outcome: reminded}
  thank:
    changed: {when: participant_updated, field: paid, next: thanks}
    thanks: {do: notify, channel: slack, to: "#billing", text: "{{ name }} pays {{ amount }}"}
"""


@pytest.fixture(autouse=True)
def database(monkeypatch: pytest.MonkeyPatch, database_url: str) -> None:
    use_database(monkeypatch, database_url)


async def a_talk(world: World) -> None:
    """Ada owes something, and answers; Ben does not owe enough."""
    await world.start("due")
    await world.give(
        "due", {"phone": ADA, "name": "Ada", "amount": "12.50"}, {"phone": BEN, "name": "Ben", "amount": 5}
    )
    await world.texts(ADA, "yes")


async def explained(world: World, *numbers: int) -> list[Explanation]:
    versions = Versions(world.gateway.rulebooks.project)
    return await world.read(lambda t: explain_events(t, versions.of(t), numbers))


async def one_of(world: World, kind: str, place: int = 0) -> Explanation:
    number = (await world.decisions(kind))[place]["event"]
    (explanation,) = await explained(world, number)
    return explanation


def only(explanation: Explanation) -> CampaignDecision:
    (part,) = explanation.parts
    return part


async def test_the_way_through_a_flow_is_told_with_the_values_that_its_conditions_saw(
    tmp_path: Path, database_url: str
) -> None:
    async with running(tmp_path, RULES, database=database_url) as world:
        await a_talk(world)
        ada, ben = await one_of(world, "participant"), await one_of(world, "participant", 1)

    (fact,) = only(ada).facts
    (path,) = fact.paths
    owes = path.steps[1]
    assert ada.is_complete
    assert ada.what == 'the API gave name = "Ada", amount = "12.50"'
    assert [(step.node, step.way, step.next) for step in path.steps] == [
        ("remind.joined", "next", "owes"),
        ("remind.owes", "match", "ask"),
        ("remind.ask", "", ""),
    ]
    assert [(line.source, line.value) for line in owes.lines] == [("amount > 10", "true"), ("not paid", "true")]
    assert [(part.source, part.value) for part in owes.lines[0].parts] == [("amount > 10", "true"), ("amount", "12.50")]
    assert owes.place.endswith("1.yaml:15")
    assert [line.value for line in only(ben).facts[0].paths[0].steps[1].lines] == ["false", ""]
    assert only(ben).facts[0].paths[0].steps[1].way == "else"


async def test_every_trigger_of_a_facts_kind_is_told_and_what_it_refused(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, RULES, database=database_url) as world:
        await a_talk(world)
        await world.give("due", {"phone": BEN, "amount": 7})
        said, raised = await one_of(world, "message"), await one_of(world, "participant", 2)

    updated, ended, changed = only(said).facts
    assert updated.triggers == () and "became replied" in updated.fact  # noqa: PT018
    assert [(one.node, one.fired) for one in ended.triggers] == [("remind.asked", True)]
    assert [(one.node, one.fired) for one in changed.triggers] == [("thank.changed", True)]
    (refused,) = only(raised).facts[0].triggers
    assert (refused.narrowing, refused.wanted, refused.saw) == ("field", "paid", "amount")


async def test_what_became_of_each_effect_is_told(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, RULES, database=database_url) as world:
        await a_talk(world)
        await world.passes(days=3)
        ada, said = await one_of(world, "participant"), await one_of(world, "message")

    became = {effect.effect: [one.what for one in effect.became] for effect in only(ada).effects}
    assert became["SendMessage"][-1] == "delivered"
    assert became["ChangeCommunication"][-1] == "completed"
    assert became["PlanCommunication"] == []  # it is told with the last effect on it
    later = {effect.effect: [one.what for one in effect.became] for effect in only(said).effects}
    assert later["KeepRun"] == ["went on"]
    assert later["SetTimer"][0] == "came due"


async def test_the_rule_file_of_then_explains_what_was_decided_then(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, RULES, database=database_url) as world:
        await a_talk(world)
        await world.edit(1, RULES.replace("amount > 10", "amount > 1000").replace("owes:", "owes_much:", 1))
        await world.passes(seconds=1)
        ada = await one_of(world, "participant")

    assert ada.is_complete
    assert only(ada).facts[0].paths[0].steps[1].lines[0].source == "amount > 10"


async def test_a_decision_that_would_be_made_otherwise_is_told_as_it_was_kept(
    tmp_path: Path, database_url: str
) -> None:
    def otherwise(parts: Sequence[Row]) -> list[Row]:
        return [{**part, "note": "something that no program says"} for part in parts]

    async with running(tmp_path, RULES, database=database_url) as world:
        await a_talk(world)
        row = (await world.decisions("participant"))[0]
        await change_log(world, row["event"], otherwise(row["log"]))
        ada = await one_of(world, "participant")

    assert only(ada).missing == DIFFERS
    assert only(ada).note == "something that no program says"
    assert [step.node for step in only(ada).facts[0].paths[0].steps] == ["remind.joined", "remind.owes", "remind.ask"]
    kept = only(ada).facts[0].paths[0].steps[1].lines
    assert [(line.source, line.value) for line in kept] == [("amount", '"12.50"'), ("paid", "false")]


async def test_a_decision_of_an_earlier_program_is_told_as_far_as_it_was_kept(
    tmp_path: Path, database_url: str
) -> None:
    async with running(tmp_path, RULES, database=database_url) as world:
        await a_talk(world)
        row = (await world.decisions("participant"))[0]
        left = [{name: kept for name, kept in part.items() if name not in ("given", "rules")} for part in row["log"]]
        await change_log(world, row["event"], left)
        ada = await one_of(world, "participant")

    assert "did not keep what a decision was made from" in only(ada).missing
    assert [step.node for step in only(ada).facts[0].paths[0].steps] == ["remind.joined", "remind.owes", "remind.ask"]
    assert 'amount becomes "12.50"' in only(ada).effects[1].what
    assert lines_of(ada)


async def test_no_terminal_obeys_what_somebody_wrote(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, RULES, database=database_url) as world:
        await a_talk(world)
        await world.texts(ADA, "\x1b[31mred \u202ebackwards")
        told = await pointsman(tmp_path, "explain", f"due/{ADA}", "--limit", "50")

    assert "red" in told.output
    assert not {"\x1b", "\u202e"} & set(told.output)


async def change_log(world: World, event: int, log: list[Row]) -> None:
    from sqlalchemy import update

    from storage.decisions import DECISIONS

    change = update(DECISIONS).where(DECISIONS.c.event == event).values(log=log)
    await world.gateway.storage.run(lambda t: t.decisions._connection.execute(change))


async def test_what_retention_has_emptied_is_said_to_be_gone(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, RULES, database=database_url) as world:
        await a_talk(world)
        number = (await world.decisions("participant"))[0]["event"]
        await world.gateway.storage.run(lambda t: t.retention.empty_decisions([number]))
        await world.gateway.storage.run(lambda t: t.retention.empty_events([number]))
        (gone,) = await explained(world, number)

    assert not gone.is_complete
    assert gone.missing == "why it was decided so is not kept any more"
    assert "emptied" in gone.what
    assert lines_of(gone)


async def test_an_event_that_is_not_decided_is_told_as_what_it_is(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, RULES, database=database_url) as world:
        await a_talk(world)
        await world.texts("+4915112345699", "who are you?")
        number = (await world.decisions("message"))[-1]["event"]
        (stranger,) = await explained(world, number)
        await world.gateway.storage.run(lambda t: t.inbox.park(number, "more than it can bear", world.clock.now()))
        (parked,) = await explained(world, number)

    assert stranger.parts == ()
    assert stranger.note != ""
    assert stranger.is_complete
    assert parked.note == "it could not be decided, and is parked: more than it can bear"


async def test_a_participants_events_come_in_pages_the_latest_first(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, RULES, database=database_url) as world:
        await a_talk(world)
        (ada,) = [row for row in await world.people("due") if row["fields"].get("amount") == "12.50"]
        versions = Versions(world.gateway.rulebooks.project)
        whole, more = await world.read(lambda t: explain_participant(t, versions.of(t), ada, None, 100))
        first, rest = await world.read(lambda t: explain_participant(t, versions.of(t), ada, None, 2))
        path = f"campaigns/due/participants/{ada['id']}/explanations"
        told = await read_all(world, path, "explanations", limit=2)

    numbers = [one.event for one in whole]
    assert more is None
    assert numbers == sorted(numbers, reverse=True)
    assert ([one.event for one in first], rest) == (numbers[:2], numbers[1])
    assert [one["event"] for one in told] == numbers


async def test_the_api_and_the_command_tell_the_same(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, RULES, database=database_url) as world:
        await a_talk(world)
        said = (await world.decisions("message"))[0]["event"]
        messages = (await read(world, "messages"))["messages"]
        (inbound,) = [one["message"] for one in messages if one["direction"] == "in"]
        owed = next(one["message"] for one in messages if one["text"] == "Will you pay?")
        of_event = await read(world, f"events/{said}/explanation")
        of_message = await read(world, f"messages/{inbound}/explanation")
        of_owed = await read(world, f"messages/{owed}/explanation")
        by_number = await pointsman(tmp_path, "explain", str(said), "--json")
        by_message = await pointsman(tmp_path, "explain", owed)
        by_person = await pointsman(tmp_path, "explain", f"due/{ADA}", "--limit", "1")

    assert of_event == of_message
    assert json.loads(by_number.output) == [of_event]
    assert of_owed["kind"] == "participant"
    assert by_message.output.startswith(f"event {of_owed['event']} (participant)")
    assert "message" in by_person.output and "there is more" in by_person.output  # noqa: PT018


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("999999", "there is no event 999999"),
        ("0" * 32, "is no event, message or participant"),
        ("nobody", "is no event, message or participant"),
        ("due/+4915112345699", 'takes no part in a campaign "due"'),
        (f"other/{ADA}", 'takes no part in a campaign "other"'),
        ("due/nobody at all", "it is no address"),
    ],
)
async def test_what_is_not_there_is_told(tmp_path: Path, database_url: str, what: str, said: str) -> None:
    async with running(tmp_path, RULES, database=database_url) as world:
        await a_talk(world)
        told = await pointsman(tmp_path, "explain", what)

    assert told.exit_code == 2
    assert said in told.output


async def test_the_api_knows_no_event_message_or_participant_that_is_not_there(
    tmp_path: Path, database_url: str
) -> None:
    nothing = "0" * 32
    async with running(tmp_path, RULES, database=database_url) as world:
        await a_talk(world)
        paths = ("events/999999", "events/x", f"messages/{nothing}", "messages/x")
        refused = [await answer(world, f"{path}/explanation") for path in paths]
        refused.append(await answer(world, f"campaigns/due/participants/{nothing}/explanations"))

    assert [status for status, _ in refused] == [404] * 5
