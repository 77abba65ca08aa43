"""What would have to happen for somebody to go a way: found by trying, and true."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from rules.book import Rulebook
from rules.inputs import Input, find_inputs
from rules.inputs.play import Play, State, keyword_of
from rules.loader import Project, ProjectChannel, load_folder, load_rulebook
from rules.scene import Customer, Scene
from rules.ways import Way, ways_of
from tests.rules.rulebooks import GOOD
from tests.rules.rulebooks import PROJECT as FILES
from tests.rules.scenes import book

COOKBOOK = Path(__file__).parents[2] / "docs" / "cookbook"
MONDAY = datetime(2027, 3, 1, 9, tzinfo=UTC)
PROJECT = Project(
    channels={"sms": ProjectChannel("sms", "sms", "phone"), "slack": ProjectChannel("slack", "slack", "slack")},
    services=frozenset({"assistant", "shop"}),
    functions=frozenset({"prices.discount"}),
)


def cookbook() -> dict[str, Rulebook]:
    texts = {path.name: path.read_text("utf-8") for path in sorted(COOKBOOK.glob("*.yaml"))}
    return dict(load_folder(texts, PROJECT).rulebooks)


def ways(rulebook: Rulebook) -> dict[str, Way]:
    return {str(placed.way): placed.way for placed in ways_of(rulebook)}


def walked(rulebook: Rulebook, found: Input) -> set[Way]:
    """The ways that its moves lead along."""
    state, gone = State(Scene(Customer("c", {"phone": "+4915112345601"})), MONDAY), set[Way]()
    for move in found.moves:
        play = Play(rulebook, state)
        state = play.take(move)
        gone |= play.walked
    return gone


@pytest.mark.parametrize("campaign", cookbook())
def test_what_leads_to_each_way_of_the_cookbook_is_found_and_leads_there(campaign: str) -> None:
    rulebook = cookbook()[campaign]
    wanted = set(ways(rulebook).values())
    found = find_inputs(rulebook, wanted, MONDAY)
    assert {str(way) for way in wanted.difference(found)} == set()
    assert all(way in walked(rulebook, one) for way, one in found.items())


DEALS = """
campaign: deals
timezone: Europe/Berlin
fields:
  country: {type: enumeration, values: [de, at, fr], required: true}
  amount: {type: integer}
  until: {type: date}
  note: {type: string, import: false}
agents:
  asker:
    kind: form
    questions:
      - {result: score, ask: "From 0 to 10?", type: integer, min: 0, max: 10, retries: 1}
flows:
  deal:
    joined: {when: participant_created, next: big}
    big:
      if: country in ["at", "fr"] and amount > 1000 and until == today() + days(3)
      match: ask
      else: never
    never:
      if: note == "x"
      match: lost
    lost: {do: finish}
    ask: {do: communicate, channel: sms, agent: asker}
  after:
    ended: {when: communication_ended, of: deal.ask, status: completed, next: scored}
    scored:
      switch: results.score
      cases: {"7": seven}
      else: other
    seven: {do: finish, outcome: seven}
    other: {do: finish, outcome: other}
  broken:
    failed: {when: communication_ended, of: deal.ask, status: failed, next: late}
    late:
      if: hour(now()) >= 22
      match: night
    night: {do: finish, outcome: night}
"""


def told(text: str, *wanted: str) -> list[str]:
    rulebook = book(text)
    known = ways(rulebook)
    found = find_inputs(rulebook, {known[way] for way in wanted}, MONDAY)
    return [str(found[known[way]]) if known[way] in found else "" for way in wanted]


def test_a_condition_on_several_fields_is_met_with_values_next_to_those_that_are_written() -> None:
    (led,) = told(DEALS, "deal.big: match -> deal.ask")
    assert led == "somebody is given on Mon 2027-03-01 10:00 with country = at and amount = 1001 and until = 2027-03-04"


def test_what_somebody_answers_is_found_too() -> None:
    (led,) = told(DEALS, "after.scored: cases.7 -> after.seven")
    assert led.endswith('then the person writes "7" on sms')


def test_what_does_not_arrive_is_told_of() -> None:
    (led,) = told(DEALS, "broken.failed: next -> broken.late")
    assert "and what is sent cannot be delivered" in led


def test_the_time_of_the_day_is_an_input() -> None:
    (led,) = told(DEALS, "broken.late: match -> broken.night")
    assert "on Mon 2027-03-01 22:00" in led


OF_WORDS_AND_TIME = """
campaign: words
fields:
  amount: {{type: numeric}}
  level: {{type: string}}
  due: {{type: date}}
flows:
  talk:
    wrote: {{when: incoming_session, next: check}}
    check: {{if: '{}', match: met, else: not_met}}
    met: {{do: finish, outcome: met}}
    not_met: {{do: finish, outcome: not_met}}
"""


@pytest.mark.parametrize(
    "condition",
    [
        "hour(now()) < 6",
        "hour(now()) == 17",
        "hour(now()) >= 22 and weekday(now()) == 7",
        "weekday(now()) == 1 and hour(now()) < 9",
        "length(message.text) == 42",
        "length(message.text) > 10 and length(message.text) < 13",
        'message.text == "tea" and hour(now()) < 6',
        'contains(message.text, "tea") and length(message.text) > 12 and hour(now()) < 6',
        'amount > 5 and level == "gold" and hour(now()) > 20',
        'weekday(now()) == 6 and level == "gold" and amount == 3',
        "length(level) == 42 and amount > 3 and due > today()",
    ],
)
def test_both_ways_out_of_conditions_on_words_fields_and_time_are_found(condition: str) -> None:
    rulebook = book(OF_WORDS_AND_TIME.format(condition))
    found = find_inputs(rulebook, set(ways(rulebook).values()), MONDAY)
    assert set(found) == set(ways(rulebook).values())
    assert all(way in walked(rulebook, one) for way, one in found.items())


def test_nothing_is_said_of_a_way_that_nothing_leads_to() -> None:
    assert told(DEALS, "deal.never: match -> deal.lost") == [""]  # nobody sets note


def test_a_loop_in_the_rules_ends_the_way_that_leads_there_and_nothing_else() -> None:
    loop = """
campaign: loops
fields: {n: {type: integer, default: 0}}
flows:
  up:
    changed: {when: participant_updated, field: n, next: more}
    more: {do: update_field, set: {n: {expr: n + 1}}}
  in:
    joined: {when: participant_created, next: done}
    done: {do: finish}
"""
    assert told(loop, "up.changed: next -> up.more", "in.done")[1].startswith("somebody is given")


def test_what_another_campaign_changes_is_an_input() -> None:
    shared = """
campaign: shared
fields: {city: {type: string, level: customer}, plan: {type: string}}
flows:
  in:
    joined: {when: participant_created}
  moved:
    city: {when: participant_updated, field: city, source: customer, next: done}
    done: {do: finish}
  never:
    plan: {when: participant_updated, field: plan, source: customer}
"""
    assert told(shared, "moved.done", "never.plan: next -> the path ends") == [
        "somebody is given on Mon 2027-03-01 09:00, then another campaign sets city = something",
        "",
    ]


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_what_is_found_in_any_sound_file_leads_there(path: Path) -> None:
    loaded = load_rulebook(path.read_text("utf-8"), path.name, FILES).rulebook
    assert loaded is not None
    found = find_inputs(loaded, set(ways(loaded).values()), MONDAY, tries=1_000)
    assert len(found) > 2
    assert all(way in walked(loaded, one) for way, one in found.items())


def test_the_search_is_bounded_and_always_gives_the_same() -> None:
    rulebook = book(DEALS)
    wanted = set(ways(rulebook).values())
    assert len(find_inputs(rulebook, wanted, MONDAY, tries=1)) < len(wanted) / 3
    assert find_inputs(rulebook, wanted, MONDAY, 500) == find_inputs(rulebook, wanted, MONDAY, 500)


@pytest.mark.parametrize(("text", "word"), [("Order, please", "ORDER"), ("", ""), ("ja!", "JA")])
def test_the_first_word_is_the_keyword(text: str, word: str) -> None:
    assert keyword_of(text) == word
