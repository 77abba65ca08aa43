"""A moment without an offset is on the participant's clocks, whichever way it reaches the participant."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from rules.effects import SetFields
from rules.reaction import Applied, Reaction
from tests.rules.scenes import answered, book, decide, given, only, someone, stranger, timer, waiting, wrote

RULES = """
campaign: visits
timezone: Europe/Berlin
fields:
  timezone: {type: string}
  begins: {type: datetime}
  ends: {type: datetime, default: "2027-03-01 18:00"}
flows:
  fix:
    typed: {when: incoming_session, keyword: FIX, next: set}
    set: {do: update_field, set: {begins: 2027-03-01 09:00}}
  move:
    typed: {when: incoming_session, keyword: MOVE, next: set}
    set: {do: update_field, set: {begins: 2027-03-01 09:00, timezone: Asia/Tokyo}}
  look:
    typed: {when: incoming_session, keyword: LOOK, next: is_it}
    is_it:
      switch: begins
      cases: {2027-03-01 09:00: nine, 2027-03-01T12:00Z: noon}
      else: other
    nine: {do: finish, outcome: nine}
    noon: {do: finish, outcome: noon}
    other: {do: finish, outcome: other}
  hand_over:
    typed: {when: incoming_session, keyword: HAND, next: over}
    over: {do: to_another_flow, flow: taken, with: {first: 2027-03-01 09:00}}
  taken:
    entered:
      when: from_another_flow
      takes: {first: {type: datetime}, second: {type: datetime, default: 2027-03-01 10:00}}
      next: set
    set: {do: update_field, set: {begins: {expr: input.first}, ends: {expr: input.second}}}
  ask:
    typed: {when: incoming_session, keyword: ASK, next: crm}
    crm: {do: call_webhook, service: crm, sets: [begins, timezone], next: heard, failed: silent}
    heard: {do: finish, outcome: heard}
    silent: {do: finish, outcome: silent}
  pause:
    typed: {when: incoming_session, keyword: PAUSE, next: wait}
    wait: {do: wait, for: 1d, next: set}
    set: {do: update_field, set: {begins: 2027-03-01 09:00}}
"""
BOOK = book(RULES)
NINE = "2027-03-01 09:00"
BERLIN, NEW_YORK, TOKYO = (datetime(2027, 3, 1, hour, tzinfo=UTC) for hour in (8, 14, 0))
LOCAL = datetime(2027, 3, 1, 9)
ZONES: list[tuple[str | None, datetime]] = [
    (None, BERLIN),
    ("America/New_York", NEW_YORK),
    ("Asia/Tokyo", TOKYO),
    ("nowhere", BERLIN),  # what is no time zone counts as none
]


def written(reaction: Reaction) -> Mapping[str, Any]:
    """The participant's fields as they are set, by all effects together."""
    return {name: value for effect in only(reaction, SetFields) for name, value in effect.participant.items()}


@pytest.mark.parametrize(("zone", "instant"), ZONES)
def test_what_is_given_is_on_the_clocks_the_participant_has(zone: str | None, instant: datetime) -> None:
    reaction = decide(BOOK, given(begins=LOCAL), someone(fields={"timezone": zone}))

    assert written(reaction) == {"begins": instant}


@pytest.mark.parametrize(("zone", "instant"), ZONES)
def test_what_is_given_again_changes_nothing(zone: str | None, instant: datetime) -> None:
    reaction = decide(BOOK, given(begins=LOCAL), someone(fields={"timezone": zone, "begins": instant}))

    assert (reaction.applied, reaction.effects) == (Applied.UNCHANGED, ())


@pytest.mark.parametrize(("zone", "instant"), [row for row in ZONES if row[0] != "nowhere"])
def test_a_zone_given_with_it_counts_at_once(zone: str | None, instant: datetime) -> None:
    reaction = decide(BOOK, given(begins=LOCAL, timezone=zone), someone(fields={"timezone": "Pacific/Kiritimati"}))

    assert written(reaction) == {"begins": instant, "timezone": zone}


def test_a_zone_given_alone_leaves_the_instants_as_they_are() -> None:
    before = someone(fields={"timezone": "America/New_York", "begins": NEW_YORK})

    reaction = decide(BOOK, given(timezone="Asia/Tokyo"), before)

    assert written(reaction) == {"timezone": "Asia/Tokyo"}


@pytest.mark.parametrize(("zone", "hour"), [(None, 17), ("America/New_York", 23)])
def test_a_default_is_on_the_clocks_of_who_joins(zone: str | None, hour: int) -> None:
    fields = {} if zone is None else {"timezone": zone}

    reaction = decide(BOOK, given(**fields), stranger())

    assert written(reaction) == {**fields, "ends": datetime(2027, 3, 1, hour, tzinfo=UTC)}


def test_a_default_is_on_the_clocks_of_the_default_zone() -> None:
    rulebook = book(RULES.replace("timezone: {type: string}", "timezone: {type: string, default: America/New_York}"))

    reaction = decide(rulebook, given(), stranger())

    assert written(reaction)["ends"] == datetime(2027, 3, 1, 23, tzinfo=UTC)


def test_the_zone_of_a_customer_counts_in_every_campaign_that_has_the_field() -> None:
    rulebook = book(RULES.replace("timezone: {type: string}", "timezone: {type: string, level: customer}"))

    reaction = decide(rulebook, given(begins=LOCAL), stranger(fields={"timezone": "America/New_York"}))

    assert written(reaction)["begins"] == NEW_YORK


@pytest.mark.parametrize(("zone", "instant"), ZONES)
def test_a_constant_of_a_flow_is_on_the_participants_clocks(zone: str | None, instant: datetime) -> None:
    reaction = decide(BOOK, wrote("fix"), someone(fields={"timezone": zone}))
    again = decide(BOOK, wrote("fix"), reaction.scene)

    assert written(reaction) == {"begins": instant}
    assert only(again, SetFields) == []


def test_a_flow_that_moves_the_participant_means_the_new_clocks() -> None:
    reaction = decide(BOOK, wrote("move"), someone(fields={"timezone": "America/New_York"}))

    assert written(reaction) == {"begins": TOKYO, "timezone": "Asia/Tokyo"}


@pytest.mark.parametrize(("zone", "instant"), ZONES)
def test_a_case_is_on_the_participants_clocks(zone: str | None, instant: datetime) -> None:
    noon = datetime(2027, 3, 1, 12, tzinfo=UTC)
    outcomes = []
    for begins in (instant, noon, LOCAL.replace(hour=5, tzinfo=UTC), None):
        reaction = decide(BOOK, wrote("look"), someone(fields={"timezone": zone, "begins": begins}))
        assert reaction.scene.participant is not None
        outcomes.append(reaction.scene.participant.outcome)

    assert outcomes == ["nine", "noon", "other", "other"]


def test_what_a_flow_is_handed_and_takes_by_default_is_on_the_participants_clocks() -> None:
    reaction = decide(BOOK, wrote("hand"), someone(fields={"timezone": "America/New_York"}))

    assert written(reaction) == {"begins": NEW_YORK, "ends": datetime(2027, 3, 1, 15, tzinfo=UTC)}


@pytest.mark.parametrize(
    ("answer", "instant"),
    [({"begins": NINE}, NEW_YORK), ({"begins": NINE, "timezone": "Asia/Tokyo"}, TOKYO), ({"begins": f"{NINE}Z"}, None)],
)
def test_what_a_service_answers_is_on_the_participants_clocks(
    answer: Mapping[str, str], instant: datetime | None
) -> None:
    run = waiting("ask.crm", call="call", rules=BOOK.hash)
    scene = someone(fields={"timezone": "America/New_York"}, runs=(run,))

    reaction = decide(BOOK, answered({"fields": dict(answer)}, subject="r1"), scene)

    assert written(reaction)["begins"] == (instant or LOCAL.replace(tzinfo=UTC))


def test_a_path_that_waited_on_an_earlier_version_means_the_participants_clocks_too() -> None:
    old = book(RULES, hash="old")
    run = waiting("pause.wait", due=0, rules="old")
    scene = someone(fields={"timezone": "America/New_York"}, runs=(run,), earlier={"old": old})

    reaction = decide(book(RULES + "# edited\n"), timer(), scene)

    assert written(reaction) == {"begins": NEW_YORK}


def test_a_row_whose_zone_the_rule_file_has_no_more_is_on_the_campaigns_clocks() -> None:
    rulebook = book(
        RULES.replace("  timezone: {type: string}\n", "")
        .replace(", timezone: Asia/Tokyo", "")
        .replace("[begins, timezone]", "[begins]")
    )

    reaction = decide(rulebook, given(begins=LOCAL, timezone="Asia/Tokyo"), someone())

    assert written(reaction) == {"begins": BERLIN}
