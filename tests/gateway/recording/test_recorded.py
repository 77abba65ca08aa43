"""What happened to somebody, recorded, is a scenario that passes with the rules of then."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from gateway.recorded import Versions
from gateway.recording.record import CannotRecord, Recording, record
from gateway.recording.trying import wrong_with
from gateway.scenarios.playing import take, world_of
from gateway.scenarios.reading import read_scenario
from gateway.scenarios.values import Scenario, Story, Surroundings
from gateway.simulation import World
from storage.transaction import Transaction

SCENARIOS = Path(__file__).parents[3] / "docs" / "cookbook" / "scenarios"
AROUND = Surroundings()
HEAD = """
clock: Europe/Berlin
starts at: 2027-03-01 10:00
people: {Ring: "+4915711111111", Marta: {phone: "+4915798765432", external_id: M-77}}
rules:
  - |
    campaign: calls
    timezone: Europe/Berlin
    fields:
      first_name: {type: string, level: customer, required: true}
      country: {type: string}
      reply_to: {type: email}
    agents:
      hello: {kind: notice, text: "Hello {{ first_name }}!"}
    flows:
      hello:
        joined: {when: participant_created, next: where}
        where:
          if: country == "Austria"
          match: hello
          else: ring
        hello: {do: communicate, channel: sms, agent: hello}
        ring:
          do: notify
          channel: sms
          to: "+4915711111111"
          text: "{{ first_name }} from {{ country | default('nowhere') }}"
        wrote: {when: incoming_session, next: answer}
        answer: {do: reply, text: "You wrote: {{ message.text }}"}
story:
"""


def scenarios() -> Iterator[tuple[Scenario, Story]]:
    for path in sorted(SCENARIOS.glob("*.yaml")):
        read = read_scenario(str(path), path.read_bytes(), AROUND)
        assert read.scenario is not None, [str(one) for one in read.found]
        yield from ((read.scenario, story) for story in read.scenario.stories)


STORIES = [pytest.param(s, story, id=f"{Path(s.file).stem}: {story.name}") for s, story in [*scenarios()][::2]]


@asynccontextmanager
async def played(scenario: Scenario, story: Story) -> AsyncIterator[World]:
    async with world_of(scenario, story, AROUND) as world:
        for step in story.steps:
            played, _ = await take(world, step)
            assert played.missed is None, played.missed
        yield world


def recordings(t: Transaction, world: World, *, verbatim: bool = False) -> list[Recording]:
    version = Versions(world.rulebooks.project).of(t)
    rows = [row for campaign in world.rulebooks.active for row in t.people.participants_of(campaign)]
    return [record(t, version, row, verbatim=verbatim) for row in rows]


@pytest.mark.parametrize(("scenario", "story"), STORIES)
async def test_what_happened_to_anybody_in_the_cookbook_happens_again(scenario: Scenario, story: Story) -> None:
    async with played(scenario, story) as world:
        found = await world.read(lambda t: recordings(t, world))
        project = world.rulebooks.project
    around = Surroundings(services=project.services, allowed=scenario.allowed, actions=scenario.actions)
    assert found
    for recording in found:
        assert await wrong_with("recorded.yaml", recording.text, around) == []
        assert recording.untold == ()


async def recorded(steps: str, verbatim: bool = False) -> Recording:
    read = read_scenario("a.yaml", f"{HEAD}{steps}".encode(), AROUND)
    assert read.scenario is not None, [str(one) for one in read.found]
    async with played(read.scenario, read.scenario.stories[0]) as world:
        (recording,) = await world.read(lambda t: recordings(t, world, verbatim=verbatim))
    assert await wrong_with("recorded.yaml", recording.text, AROUND) == []
    return recording


PRIVATE = """
  - the campaign calls starts
  - Marta is given to calls: {first_name: Marta, country: Peru, reply_to: marta@home.example}
  - Ring hears: Marta from Peru
  - Marta says: "Marta here, my other number is 0157 22334455, or marta@work.example"
  - 2h later
  - Marta is given to calls: {country: Austria}
  - Marta hears: "You wrote: ..."
"""


async def test_names_numbers_and_addresses_are_made_up() -> None:
    text = (await recorded(PRIVATE)).text
    for secret in ("Marta", "+4915798765432", "M-77", "marta@", "22334455", "Peru"):
        assert secret not in text, secret
    assert "Austria" in text  # the rule file names it, so that a condition may hang on it
    assert "Ada here, my other number is 0157" in text


ASKED = """
people: {Marta: "+4915798765432"}
services:
  shop: [{answer: {fields: {owner: Marta Home}}}]
rules: |
  campaign: calls
  timezone: UTC  # of nobody called Tim
  fields: {first_name: {type: string, level: customer}, owner: {type: string}}
  flows:
    ask:
      joined: {when: participant_created, next: look}
      look: {do: call_webhook, service: shop, sets: [owner], next: tell}
      tell: {do: notify, channel: sms, to: "+4915711111111", text: "{{ first_name }}: {{ owner }}"}
story:
  - the campaign calls starts
  - Marta is given to calls: {first_name: Zon}
"""


async def test_what_services_told_of_somebody_is_made_up_and_parts_of_words_in_the_rules_hide_nobody() -> None:
    read = read_scenario("a.yaml", ASKED.encode(), AROUND)
    assert read.scenario is not None, [str(one) for one in read.found]
    async with played(read.scenario, read.scenario.stories[0]) as world:
        (recording,) = await world.read(lambda t: recordings(t, world))
    story = recording.text.partition("\n    story:")[2] or recording.text.partition("\nstory:")[2]
    assert "Marta Home" not in recording.text
    assert "Zon" not in story
    assert await wrong_with("recorded.yaml", recording.text, AROUND) == []


async def test_all_stays_as_it_was_where_that_is_asked_for() -> None:
    text = (await recorded(PRIVATE, verbatim=True)).text
    assert '"+4915798765432"' in text
    assert "Marta here, my other number is 0157 22334455" in text
    assert "it names a person" in text.splitlines()[0]


async def test_the_rules_change_in_it_as_they_did() -> None:
    changed = "\n".join(line[4:] for line in HEAD.split("- |\n")[1].split("\nstory:")[0].splitlines())
    steps = [
        "  - the campaign calls starts",
        "  - Marta says: before",
        "  - Marta is given to calls: {first_name: Marta, country: Austria}",
        "  - Marta hears: Hello Marta!",
        "  - rule file 1 becomes: |2",
        *(f"      {line}" for line in changed.replace("You wrote", "So you wrote").splitlines()),
        "  - 1h later",
        "  - Marta says: after",
        '  - Marta hears: "So you wrote: after"',
    ]
    text = (await recorded("\n".join(steps))).text
    assert "rule file 1 becomes" in text
    assert 'Ada hears by SMS: "So you wrote: after"' in text


async def test_who_has_done_nothing_cannot_be_recorded() -> None:
    read = read_scenario("a.yaml", f"{HEAD}  - the campaign calls starts\n".encode(), AROUND)
    assert read.scenario is not None
    async with played(read.scenario, read.scenario.stories[0]) as world:
        row = {"customer": "c", "campaign": "calls"}
        with pytest.raises(CannotRecord, match="nothing was decided about them yet"):
            await world.read(lambda t: record(t, lambda _: None, row))
