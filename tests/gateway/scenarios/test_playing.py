"""A story is played to its end, and whatever is not as expected is told with the line that expected it."""

from pathlib import Path
from textwrap import indent

import pytest

from gateway.scenarios.covering import covered
from gateway.scenarios.reporting import as_json
from gateway.scenarios.telling import story_lines
from tests.gateway.scenarios.files import FINE, HEAD, VISIT, played

BEGINNING = HEAD + "story:\n  - the campaign visit starts\n  - Ada is given to visit:\n"


async def test_a_story_goes_as_expected(tmp_path: Path) -> None:
    told = await played(tmp_path, FINE)

    assert (told.missed, told.expected, len(told.steps)) == ((), 3, 6)


async def test_the_talk_is_told_with_its_times(tmp_path: Path) -> None:
    told = await played(tmp_path, FINE + "clock: Europe/Berlin\nstarts at: 2027-03-01 10:00\n")

    assert list(story_lines(told))[1:-1] == [
        "  Mon 01 Mar 2027",
        "    10:00:00  * the campaign visit starts",
        "    10:00:00  * Ada is given to visit (name: Ada)",
        "    10:00:00  Ada (sms) < Will you come?",
        "    10:00:00  Ada (sms) > yes",
        "    10:00:00  Ada (sms) < Noted.",
    ]


MISSED = [
    ("Ada hears: Will you go?", "Ada hears", ["Will you go?"], ["Will you come?"]),
    ("Ada hears: [Will you come?, Well?]", "Ada hears", ["Will you come?", "Well?"], ["Will you come?"]),
    ("Ada hears: Wall...", "Ada hears", ["Wall..."], ["Will you come?"]),
    ("Ada hears nothing", "Ada hears nothing", "nothing", ["Will you come?"]),
    ("Ada hears on Slack: Will you come?", "Ada hears on Slack", ["Will you come?"], "nothing"),
    ("Ada now has in visit: {ask: completed}", "Ada now has in visit", {"ask": "completed"}, {"ask": "delivered"}),
    ("Ben now has in visit: {ask: planned}", "Ben now has in visit", {"ask": "planned"}, "no participant of visit"),
    (
        "it is 2027-01-01 10:00",
        "it is 2027-01-01 10:00",
        "that this happens",
        "it can't be: it is 2027-03-01 08:00 already",
    ),
]


@pytest.mark.parametrize(("step", "what", "wanted", "was"), MISSED, ids=[row[0] for row in MISSED])
async def test_what_is_not_as_expected_is_told(
    tmp_path: Path, step: str, what: str, wanted: object, was: object
) -> None:
    told = await played(tmp_path, f"{BEGINNING}  - {step}\n")

    first = told.missed[0]
    assert (first.position.line, first.what, first.wanted, first.was) == (6, what, wanted, was)


async def test_a_story_goes_on_after_an_expectation_that_is_not_met(tmp_path: Path) -> None:
    told = await played(tmp_path, f"{BEGINNING}  - Ada hears nothing\n  - Ada says: 'no'\n  - Ada hears: Noted.\n")

    assert [missed.position.line for missed in told.missed] == [6]


async def test_nobody_may_have_heard_more_than_is_told(tmp_path: Path) -> None:
    told = await played(tmp_path, BEGINNING)

    assert [(missed.what, missed.was) for missed in told.missed] == [("Ada hears at the end", ["Will you come?"])]


async def test_beginnings_and_lists_are_met(tmp_path: Path) -> None:
    told = await played(tmp_path, f"{BEGINNING}  - Ada says: 'no'\n  - Ada hears: [Will..., Noted.]\n")

    assert told.missed == ()


async def test_rules_that_become_other_ones_are_played_on(tmp_path: Path) -> None:
    text = f"{BEGINNING}  - Ada hears: Will you come?\n  - rule file 1 becomes: 'campaign: visit'\n  - Ada says: 'no'\n"

    told = await played(tmp_path, f"{text}  - Ada hears: Noted.\n")

    assert told.missed == ()


async def test_rules_that_are_wrong_are_not_taken_and_that_is_told(tmp_path: Path) -> None:
    told = await played(
        tmp_path, f"{BEGINNING}  - rule file 1 becomes: 'campain: visit'\n  - Ada hears: Will you come?\n"
    )

    assert told.missed == ()
    (line,) = [line for line in story_lines(told) if "not taken" in line]
    assert 'visit.yaml:1:1: error[E108]: the file has no "flows"' in line


async def test_a_time_that_no_story_reaches_ends_it(tmp_path: Path) -> None:
    told = await played(tmp_path, f"{HEAD}story:\n  - the campaign visit starts\n  - 999999999999w later\n")

    assert [missed.was for missed in told.missed] == ["it can't be: simulations play in the years 1970 to 9000"]


async def test_the_ways_that_were_walked_are_counted_over_all_stories(tmp_path: Path) -> None:
    yes = await played(tmp_path, FINE)
    no = await played(tmp_path, f"{BEGINNING}  - Ada says: 'no'\n  - Ada hears: [Will..., Noted.]\n")

    ((_, (alone,)),) = covered([yes])
    ((_, (both,)),) = covered([yes, no])
    assert [str(placed.way) for placed in alone.uncovered] == ["invite.comes_then: else -> the path ends"]
    assert (both.passed, both.total) == (6, 6)


ASKING = """\
people: {Ada: "+4915112345601"}
rules: |
  campaign: price
  fields: {discount: {type: integer}}
  flows:
    tell:
      wrote: {when: incoming_session, next: compute}
      compute:
        do: run_python
        function: prices.discount
        with: {text: {expr: message.text}}
        sets: [discount]
        next: say
        failed: sorry
      say: {do: reply, text: "{{ discount }} %"}
      sorry: {do: reply, text: "No."}
functions:
  prices.discount:
    - {when: {with: {text: summer}}, answer: {fields: {discount: 10}}, times: 1}
    - {when: {with: {text: winter}}, slow: true}
story:
  - the campaign price starts
  - Ada is given to price:
  - Ada says: summer
  - Ada hears: 10 %
  - "the function prices.discount was asked": [{with: {text: summer}}]
  - Ada says: summer
  - Ada hears: "No."
  - Ada says: winter
  - 10m later
  - Ada hears: "No."
"""


async def test_whoever_is_asked_outside_answers_as_the_file_tells(tmp_path: Path) -> None:
    told = await played(
        tmp_path, ASKING + '  - "the function prices.discount was asked": [{}, {with: {text: winter}}]\n'
    )

    assert told.missed == ()


async def test_a_story_is_told_in_the_same_words_each_time(tmp_path: Path) -> None:
    first, second = [as_json([await played(tmp_path, FINE)], []) for _ in range(2)]

    for told in (first, second):
        del told["stories"][0]["seconds"]
    assert first == second


async def test_rules_that_never_rest_end_the_story(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.simulation.ground.MOST_MOMENTS", 20)
    rules = VISIT.replace("next: ask}", "next: pause}\n    pause: {do: wait, for: 1m, next: ask}").replace(
        "agent: clerk}", "agent: clerk, next: pause}"
    )
    text = BEGINNING.replace("visit.yaml", "|\n" + "".join(f"  {line}\n" for line in rules.splitlines()))

    told = await played(tmp_path, f"{text}  - 1d later\n")

    assert [missed.was for missed in told.missed][:1] == [
        "it can't be: at more than 20 moments until 2027-03-02 08:00 something happens"
    ]


async def test_of_a_rule_file_that_became_another_the_one_in_force_at_the_end_is_covered(tmp_path: Path) -> None:
    later = VISIT.replace("if: results.comes\n", "if: not results.comes\n")
    edit = f"  - rule file 1 becomes: |\n{indent(later, ' ' * 6)}"
    told = await played(tmp_path, f"{BEGINNING}{edit}  - Ada says: 'no'\n  - Ada hears: [Will..., Noted.]\n")

    ((_, (flow,)),) = covered([told])
    assert told.missed == ()
    assert [str(placed.way) for placed in flow.ways if placed not in flow.uncovered] == [
        "invite.answered: next -> invite.comes_then",
        "invite.comes_then: match -> invite.note",
        "invite.note",
    ]
