"""What a rule file says of hours, days and holidays, as the rulebook has it."""

from datetime import date, time, timedelta

import pytest

from rules.conduct import Conduct, Contacting
from rules.contact import NO_LIMITS, Contact
from rules.hours import EVERY_DAY, Hours
from rules.statuses import CommunicationStatus
from tests.rules.scenes import book

FAILED, SKIPPED, SILENT = CommunicationStatus.FAILED, CommunicationStatus.SKIPPED, CommunicationStatus.NO_RESPONSE


def contact(written: str) -> Contact:
    text = f"campaign: trial\ncontact: {{{written}}}\nflows:\n  main:\n    joined: {{when: participant_created}}\n"
    return book(text).contact


def conduct(written: str) -> Conduct:
    node = (
        book(f"""
campaign: trial
agents:
  teller: {{kind: notice, text: Hello}}
flows:
  main:
    joined: {{when: participant_created, next: tell}}
    tell: {{do: communicate, channel: sms, agent: teller, {written}}}
""")
        .flows["main"]
        .nodes["tell"]
    )
    assert isinstance(node, Contacting)
    return node.conduct


def test_without_limits_there_are_none() -> None:
    assert contact("") == NO_LIMITS


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ('quiet_hours: "20:00-08:00"', Contact(hours=(Hours(begins=time(8), ends=time(20)),))),
        (
            'quiet_hours: ["12:00-13:30", "18:00-24:00"]',
            Contact(hours=(Hours(begins=time(13, 30), ends=time(12)), Hours(begins=time(), ends=time(18)))),
        ),
        ("quiet_hours: 20:00\u201308:00", Contact(hours=(Hours(begins=time(8), ends=time(20)),))),
        ("quiet_days: sun", Contact(hours=(Hours(days=frozenset(range(6))),))),
        ("quiet_days: [sat, sun]", Contact(hours=(Hours(days=frozenset(range(5))),))),
        (
            "holidays: [2026-12-25, 01-01, 02-29]",
            Contact(holidays=frozenset({date(2026, 12, 25)}), yearly=frozenset({(1, 1), (2, 29)})),
        ),
        ("holidays: 12-25", Contact(yearly=frozenset({(12, 25)}))),
        ("max_per_day: 1, max_per_week: 3, pace: 600", Contact(per_day=1, per_week=3, pace=600)),
    ],
)
def test_limits_are_read_as_they_are_written(written: str, expected: Contact) -> None:
    assert contact(written) == expected


@pytest.mark.parametrize(
    ("written", "days"),
    [
        ("mon-fri", {0, 1, 2, 3, 4}),
        ("sat", {5}),
        ("[mon, wed, sun]", {0, 2, 6}),
        ("[mon-wed, sat]", {0, 1, 2, 5}),
        ("fri-mon", {4, 5, 6, 0}),
        ("Mon-Tue", {0, 1}),
        ("mon\u2013wed", {0, 1, 2}),  # an en dash, as word processors make of a hyphen
        ("fri \u2014 sun", {4, 5, 6}),
        ("mon-sun", set(EVERY_DAY)),
        ("tue-mon", set(EVERY_DAY)),
    ],
)
def test_days_stand_alone_in_a_list_or_in_a_row(written: str, days: set[int]) -> None:
    assert conduct(f"days: {written}").hours == Hours(days=frozenset(days))


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ('between: "09:00-18:00"', Conduct(hours=Hours(begins=time(9), ends=time(18)))),
        ('between: "22:00-06:00"', Conduct(hours=Hours(begins=time(22), ends=time(6)))),
        ('between: "18:00-24:00"', Conduct(hours=Hours(begins=time(18), ends=time()))),
        ("between: 09:00 - 18:00", Conduct(hours=Hours(begins=time(9), ends=time(18)))),
        ("expires: 2d", Conduct(expires=timedelta(days=2))),
        ("retries: {after: 4h}", Conduct(delays=(timedelta(hours=4),), retried_on=frozenset({FAILED, SILENT}))),
        (
            "retries: {after: [4h, 1d], on: failed}",
            Conduct(delays=(timedelta(hours=4), timedelta(days=1)), retried_on=frozenset({FAILED})),
        ),
        ("fallback: team", Conduct(fallback=("team",), falls_back_on=frozenset({FAILED, SKIPPED}))),
        ("fallback: [team]", Conduct(fallback=("team",), falls_back_on=frozenset({FAILED, SKIPPED}))),
        (
            "fallback: {channel: team, on: [no_response]}",
            Conduct(fallback=("team",), falls_back_on=frozenset({SILENT})),
        ),
    ],
)
def test_a_node_says_how_its_communications_are_held(written: str, expected: Conduct) -> None:
    assert conduct(written) == expected
