"""A talk that was kept as JSON goes on where it stood."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from gateway.carry import talk_row, talk_value
from rules.scene import Talk
from rules.values import Value
from tests.rules.scenes import book

FORM = """
campaign: clinic
agents:
  asker:
    kind: form
    questions:
      - {result: meal, ask: Meat or fish?, type: enumeration, values: [meat, fish]}
      - {result: coming, ask: Coming?, type: boolean}
      - {result: amount, ask: How much?, type: numeric}
      - {result: day, ask: When?, type: date}
      - {result: at, ask: At what time?, type: datetime}
      - {result: name, ask: Who?}
flows:
  main:
    joined: {when: participant_created, next: ask}
    ask: {do: communicate, channel: sms, agent: asker}
"""
BOOK = book(FORM)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("meal", "fish"),
        ("coming", False),
        ("amount", Decimal("1.50")),
        ("day", date(2026, 12, 31)),
        ("at", datetime(2026, 12, 31, 9, tzinfo=UTC)),
        ("name", "Ada"),
    ],
)
def test_a_result_of_every_type_is_kept_as_it_was_recorded(name: str, value: Value) -> None:
    talk = Talk(1, 0, {name: value})

    assert talk_value(talk_row(talk), "asker", BOOK) == talk


def test_a_talk_that_waits_for_a_service_keeps_its_call_and_what_was_written_meanwhile() -> None:
    talk = Talk(asked="call", pending=("one", "two"))

    assert talk_value(talk_row(talk), "asker", BOOK) == talk
