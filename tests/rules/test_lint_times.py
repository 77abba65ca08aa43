"""W310 is said of a communication that never begins by itself, and only of such."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.hours import next_allowed
from rules.loader import load_rulebook
from tests.rules.rulebooks import PROJECT

JOINED = "{when: participant_created, next: tell}"
WROTE = "{when: incoming_session, next: tell}"
ALL_DAYS = [f"{date(2024, 1, 1) + timedelta(days=number):%m-%d}" for number in range(366)]
BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = 'quiet_hours: "20:00-08:00"'
LATE = 'between: "21:00-23:00"'


def rules(contact: str, node: str, begins: str = JOINED, more: str = "") -> str:
    return f"""
campaign: trial
timezone: Europe/Berlin
contact: {{{contact}}}
agents: {{teller: {{kind: notice, text: Hello}}}}
flows:
  main:
    begins: {begins}
    tell: {{do: communicate, channel: sms, agent: teller, {node}}}
{more}"""


def codes(text: str) -> list[str]:
    loaded = load_rulebook(text, "trial.yaml", PROJECT)
    assert loaded.rulebook is not None, [str(found) for found in loaded.diagnostics]
    return [found.code for found in loaded.diagnostics]


@pytest.mark.parametrize(
    ("contact", "node", "begins"),
    [
        (NIGHT, LATE, JOINED),
        (NIGHT, f"{LATE}, at: now()", WROTE),  # what has a time of its own answers nobody
        ("quiet_days: [sat, sun]", "days: sun", JOINED),
        (f"holidays: [{', '.join(ALL_DAYS)}]", "days: mon-sun", JOINED),
    ],
)
def test_a_communication_without_any_time_is_warned_of(contact: str, node: str, begins: str) -> None:
    assert codes(rules(contact, node, begins)) == ["W310"]


@pytest.mark.parametrize(
    ("contact", "node", "begins"),
    [
        (NIGHT, LATE, WROTE),  # an answer
        (NIGHT, 'between: "19:59-21:00"', JOINED),
        (NIGHT, "days: sun", JOINED),
        ("quiet_days: sun", 'between: "22:00-06:00", days: sat', JOINED),
        (f"holidays: [{', '.join(ALL_DAYS[1:])}]", "days: mon", JOINED),  # New Year is a Monday some day
        ("holidays: 2027-01-01", "days: fri", JOINED),
        ("max_per_day: 1", LATE, JOINED),
    ],
)
def test_a_communication_with_some_time_is_not_warned_of(contact: str, node: str, begins: str) -> None:
    assert codes(rules(contact, node, begins)) == []


def test_a_flow_that_another_one_enters_answers_as_that_one_does() -> None:
    entered = "{when: from_another_flow, next: tell}"
    over = "  other:\n    begins: {{when: {}, next: over}}\n    over: {{do: to_another_flow, flow: main}}\n"

    assert codes(rules(NIGHT, LATE, entered, over.format("incoming_session"))) == []
    assert codes(rules(NIGHT, LATE, entered, over.format("participant_created"))) == ["W310"]


spans = st.lists(st.integers(0, 23), min_size=2, max_size=2, unique=True).map(lambda h: f'"{h[0]:02}:00-{h[1]:02}:00"')
days = st.sampled_from(["mon", "sat-sun", "fri-mon", "mon-sun"])
moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(BERLIN))


@settings(max_examples=80, deadline=None)
@given(st.lists(spans, min_size=1, max_size=2), st.sampled_from(["", "quiet_days: sat-sun, "]), spans, days, moments)
def test_it_is_said_where_there_is_no_such_moment(
    quiet: list[str], off: str, span: str, on: str, start: datetime
) -> None:
    text = rules(f"{off}quiet_hours: [{', '.join(quiet)}]", f"between: {span}, days: {on}")
    loaded = load_rulebook(text, "trial.yaml", PROJECT)
    if loaded.rulebook is None:  # the campaign itself leaves no time
        return
    node = loaded.rulebook.flows["main"].nodes["tell"]
    constraints = [node.conduct.hours.earliest, *loaded.rulebook.contact.constraints]  # type: ignore[attr-defined]

    warned = [found.code for found in loaded.diagnostics] == ["W310"]
    assert warned == (next_allowed(start, BERLIN, constraints) is None)
