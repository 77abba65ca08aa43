"""`pointsman why-not`: why somebody did not get to a flow or a node, or that they did."""

import json
from pathlib import Path

import pytest

from gateway.explain.target import NoSuchTarget, target_named
from gateway.explain.values import WhyNot
from gateway.explain.why_not import why_not
from gateway.recorded import Recorded, Versions, of_participant
from storage.transaction import Transaction
from tests.gateway.api.reading import answer, read
from tests.gateway.example_rules import ADA, BEN
from tests.gateway.explain.test_explaining import RULES
from tests.gateway.people_data import pointsman, use_database
from tests.gateway.running import World, running

Page = tuple[list[Recorded], int | None]
APART = """
  apart:
    entered: {when: from_another_flow, next: tell}
    tell: {do: notify, channel: slack, to: "#billing", text: "{{ name }} came"}
  sender:
    wrote: {when: incoming_session, keyword: GO, next: over}
    over: {do: to_another_flow, flow: apart}
"""


@pytest.fixture(autouse=True)
def database(monkeypatch: pytest.MonkeyPatch, database_url: str) -> None:
    use_database(monkeypatch, database_url)


async def asked(world: World, phone: str, target: str) -> WhyNot:
    """Why the person with this number did not get there."""
    owner = await world.read(lambda t: t.people.by_identifiers([("phone", phone)]))
    row = next(one for one in await world.people("due") if one["customer"] == owner["phone", phone])
    book = world.gateway.rulebooks.of("due")
    versions = Versions(world.gateway.rulebooks.project)
    return await world.read(lambda t: why_not(t, versions.of(t), target_named(book, target), row))


async def both(world: World) -> None:
    await world.start("due")
    await world.give(
        "due", {"phone": ADA, "name": "Ada", "amount": "12.50"}, {"phone": BEN, "name": "Ben", "amount": 5}
    )


async def test_what_was_reached_is_told_with_its_event(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, RULES, database=database_url) as world:
        await both(world)
        number = (await world.decisions("participant"))[0]["event"]
        told = await asked(world, ADA, "remind.ask")

    assert told.reached is not None
    assert (told.reached.event, told.reached.times) == (number, 1)
    assert told.answer == f"remind.ask was reached once at 2027-03-01 08:00:00 UTC (event {number})"
    assert told.now == told.turned_off == ()


async def test_the_place_where_a_path_turned_off_is_told_with_the_values_that_decided(
    tmp_path: Path, database_url: str
) -> None:
    async with running(tmp_path, RULES, database=database_url) as world:
        await both(world)
        told = await asked(world, BEN, "remind.ask")

    (turn,) = told.turned_off
    assert turn.what == "at remind.owes the path ended (else)"
    assert [(line.source, line.value) for line in turn.lines] == [("amount > 10", "false"), ("not paid", "")]
    assert told.answer.startswith("remind.ask was not reached: at remind.owes the path ended (else), once at")


@pytest.mark.parametrize("target", ["remind.done", "remind.asked", "thank.thanks"])
async def test_what_a_trigger_waits_for_may_itself_not_have_been_reached(
    tmp_path: Path, database_url: str, target: str
) -> None:
    rules = RULES.replace("participant_updated, field: paid", "communication_ended, of: remind.ask")
    async with running(tmp_path, rules, database=database_url) as world:
        await both(world)
        told = await asked(world, BEN, target)

    assert f"{target} was not reached: at remind.owes the path ended (else), once at" in told.answer
    assert [line.value for line in told.turned_off[0].lines] == ["false", ""]
    assert [(one.node, one.fired) for one in told.triggers][1:] == [("remind.joined", 1)]


async def test_where_those_turned_off_that_lead_from_another_flow_is_told(tmp_path: Path, database_url: str) -> None:
    asks_first = "next: is_big}\n    is_big: {if: amount > 100, match: over}"
    rules = RULES + APART.replace("next: over}", asks_first)
    async with running(tmp_path, rules, database=database_url) as world:
        await both(world)
        await world.texts(BEN, "go")
        told = await asked(world, BEN, "apart.tell")

    assert "apart.tell was not reached: at sender.is_big the path ended (else)" in told.answer


async def test_a_talk_that_ended_otherwise_says_more_than_what_came_before_it(
    tmp_path: Path, database_url: str
) -> None:
    async with running(tmp_path, RULES, database=database_url) as world:
        await both(world)
        await world.passes(days=2)
        told = await asked(world, ADA, "remind.done")

    assert "no trigger that leads there has fired: status was no_response, wanted completed" in told.answer


async def test_nobody_says_of_what_is_emptied_that_it_did_not_happen(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, RULES, database=database_url) as world:
        await both(world)
        await world.texts(ADA, "yes")
        await world.passes(days=3)
        numbers = range(1, await world.read(lambda t: t.lists.events.last()) + 1)
        await world.gateway.storage.run(lambda t: t.retention.empty_decisions(list(numbers)))
        told = await asked(world, ADA, "remind.done")

    assert not told.is_whole
    assert told.answer == (
        "remind.done was not reached, as far as is kept and was looked at: nothing that is kept tells why"
    )


async def test_what_is_decided_in_other_campaigns_is_not_looked_through_without_end(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = (
        "campaign: other\nfields: {n: {type: numeric}}\nflows:\n"
        "  f: {here: {when: participant_updated, next: end}, end: {do: finish}}\n"
    )
    monkeypatch.setattr("gateway.explain.history.PAGE", 2)
    monkeypatch.setattr("gateway.explain.history.LOOKED", 4)
    pages: list[int | None] = []

    def read_page(t: Transaction, customer: str, campaign: str, before: int | None = None) -> Page:
        pages.append(before)
        return of_participant(t, customer, campaign, before, 2)

    monkeypatch.setattr("gateway.explain.history.of_participant", read_page)
    async with running(tmp_path, RULES, other, database=database_url) as world:
        await both(world)
        for n in range(8):
            await world.give("other", {"phone": ADA, "n": n})
        told = await asked(world, ADA, "remind.done")

    assert (len(pages), told.looked, told.is_whole) == (2, 0, False)


async def test_what_a_trigger_refused_is_counted(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, RULES, database=database_url) as world:
        await both(world)
        for amount in (6, 7, 8):
            await world.give("due", {"phone": BEN, "amount": amount})
        told = await asked(world, BEN, "thank")

    (record,) = told.triggers
    (refused,) = record.refused
    assert (record.considered, record.fired) == (3, 0)
    assert (refused.what, refused.times) == ("field was amount, wanted paid", 3)
    assert "no trigger that leads there has fired: field was amount, wanted paid" in told.answer


async def test_what_has_not_happened_is_told_by_what_is_waited_for(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, RULES, database=database_url) as world:
        await both(world)
        told = await asked(world, BEN, "thank.thanks")

    assert told.answer.endswith("nothing has happened that its triggers wait for, participant_updated")


async def test_a_talk_that_goes_on_and_a_path_that_waits_are_told(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, RULES, database=database_url) as world:
        await both(world)
        talking = await asked(world, ADA, "remind.done")
        await world.texts(ADA, "yes")
        waiting = await asked(world, ADA, "remind.done")
        await world.passes(days=3)
        done = await asked(world, ADA, "remind.done")

    assert talking.answer.startswith("remind.done was not reached yet: the communication of remind.ask has not ended, ")
    assert "a path waits at remind.pause until 2027-03-03 08:00:0" in waiting.answer
    assert done.reached is not None


async def test_a_talk_is_told_of_what_it_has_yet_to_become_and_for_when_it_is_planned(
    tmp_path: Path, database_url: str
) -> None:
    read = "  seen:\n    was: {when: communication_updated, of: remind.ask, status: [started, read], next: end}\n"
    rules = RULES.replace("agent: clerk}", "agent: clerk, at: now() + days(1)}") + read + "    end: {do: finish}\n"
    async with running(tmp_path, rules, database=database_url) as world:
        await both(world)
        planned = await asked(world, ADA, "seen.end")

    assert planned.answer.endswith(
        "the communication of remind.ask has not become started or read, it is planned for 2027-03-02 08:00:00 UTC"
    )


async def test_a_campaign_that_does_not_run_is_the_reason(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, RULES, database=database_url) as world:
        await world.give("due", {"phone": ADA, "name": "Ada", "amount": "12.50"})
        told = await asked(world, ADA, "remind.ask")

    assert [one.what for one in told.now][:3] == [
        "the campaign due does not run, it is inactive",
        "the participant has not entered the flows: that is done once the campaign runs",
        "kept until the campaign runs: the participant joined over the API",
    ]
    assert "it is inactive" in told.answer


async def test_a_flow_that_only_another_leads_to_says_which(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, RULES + APART, database=database_url) as world:
        await both(world)
        before = await asked(world, ADA, "apart")
        await world.texts(BEN, "go")
        after = await asked(world, BEN, "apart.tell")

    assert "begins where another flow leads to it: only sender.over can" in [one.what for one in before.now][-1]
    assert after.reached is not None


async def test_what_waits_to_be_decided_and_who_opted_out_is_told(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, RULES, database=database_url) as world:
        await both(world)
        await world.texts(BEN, "STOP")
        number = (await world.decisions("message"))[-1]["event"]
        await world.gateway.storage.run(lambda t: t.inbox.park(number, "too much", world.clock.now()))
        told = await asked(world, BEN, "thank")

    assert "the person has opted out on sms: nothing is sent there" in [one.what for one in told.now]
    assert "an event of the kind message is parked: too much" in told.answer


async def test_a_flow_that_the_rule_file_of_then_did_not_have_says_so(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, RULES, database=database_url) as world:
        await both(world)
        await world.edit(
            1, RULES + "  more:\n    joined: {when: participant_created, next: end}\n    end: {do: finish}\n"
        )
        told = await asked(world, ADA, "more.end")

    assert "the rule file of then did not have it" in told.answer


async def test_the_api_and_the_command_answer_the_same(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, RULES, database=database_url) as world:
        await both(world)
        told = await asked(world, BEN, "remind.ask")
        path = f"campaigns/due/participants/{told.participant}/why-not"
        of_api = await read(world, path, target="remind.ask")
        as_json = await pointsman(tmp_path, "why-not", told.participant, "remind.ask", "--json")
        as_text = await pointsman(tmp_path, "why-not", f"due/{BEN}", "remind.ask")
        status, problem = await answer(world, path, target="remind.asks")
        wrong = [await pointsman(tmp_path, "why-not", f"due/{BEN}", name) for name in ("remnd", "remind.asks")]

    assert json.loads(as_json.output) == of_api
    assert of_api["answer"] == told.answer
    assert as_text.output.startswith(told.answer)
    assert "no   amount > 10" in as_text.output
    assert (status, problem["detail"]) == (409, 'the flow remind of due has no node "asks"; did you mean "ask"?')
    assert [one.exit_code for one in wrong] == [2, 2]
    assert 'did you mean "remind"?' in wrong[0].output


def test_what_leads_to_a_node_is_found_through_circles() -> None:
    from rules.loader import load_rulebook
    from tests.journeys.test_cookbook import PROJECT

    text = RULES.replace("pause: {do: wait, for: 2d, next: done}", "pause: {do: wait, for: 2d, next: noted}")
    book = load_rulebook(text.replace("    done: {do: finish, outcome: reminded}\n", ""), "due.yaml", PROJECT).rulebook
    assert book is not None

    assert target_named(book, "remind.noted").ahead == {"remind.asked", "remind.noted", "remind.pause"}
    assert target_named(book, "remind.noted").wide == {
        *("remind.asked", "remind.noted", "remind.pause", "remind.ask", "remind.owes", "remind.joined")
    }
    assert target_named(book, "remind").ahead == {"remind.joined", "remind.asked"}
    with pytest.raises(NoSuchTarget):
        target_named(book, "remind.nothing")
