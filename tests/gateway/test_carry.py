"""What deciding knows comes back from its rows as it was, whatever its types."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from gateway.carry import (
    communication_row,
    communication_value,
    fact_row,
    fact_value,
    message_value,
    run_changes,
    run_row,
    run_value,
)
from rules.events import MessageReceived
from rules.facts import Fact, Trigger
from rules.scene import Communication, Run
from rules.values import Value
from tests.rules.scenes import book
from tests.storage.rows import message

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
TAKING = """
campaign: taking
agents: {host: {kind: notice, text: Hello}}
flows:
  main:
    joined: {when: participant_created, next: pass_on}
    pass_on: {do: to_another_flow, flow: taken}
  taken:
    entered:
      when: from_another_flow
      takes:
        text: {type: string}
        number: {type: integer}
        amount: {type: numeric}
        sure: {type: boolean}
        day: {type: date}
        moment: {type: datetime}
        kind: {type: enumeration, values: [one, two]}
      next: pause
    pause: {do: wait, for: 1d, next: end}
    end: {do: finish, outcome: done}
"""
BOOK = book(TAKING)
INPUTS: dict[str, Value] = {
    "text": "Zoë 👋",
    "number": 7,
    "amount": Decimal("12.50"),
    "sure": False,
    "day": date(2027, 12, 31),
    "moment": NOON,
    "kind": "two",
}
HANDED = Fact(Trigger.FROM_ANOTHER_FLOW, flow="taken", inputs=tuple(INPUTS.items()))
HEARD = MessageReceived(
    id="m", at=NOON, channel="sms", address="+4915100001", text="Hi 👋", keyword="HI", thread="t", communication="k"
)


def kept(row: Any) -> Any:
    """As the database gives it back."""
    return json.loads(json.dumps(row))


@pytest.mark.parametrize(
    "fact",
    [
        HANDED,
        HANDED._replace(inputs=(("sure", None), ("text", ""))),
        Fact(Trigger.PARTICIPANT_UPDATED, source="api", changed=frozenset({"b", "a"})),
        Fact(Trigger.COMMUNICATION_ENDED, of="main.say", status="failed", channel="sms", communication="k"),
        Fact(Trigger.INCOMING_SESSION, keyword="HI"),
    ],
    ids=["entered", "entered with little", "updated", "ended", "wrote"],
)
def test_a_kept_fact_is_the_one_that_was_raised(fact: Fact) -> None:
    assert fact_value(kept(fact_row(fact)), BOOK) == fact


def test_what_a_flow_no_longer_takes_stays_as_it_was_kept() -> None:
    older = kept(fact_row(HANDED._replace(flow="gone", inputs=(("day", date(2027, 12, 31)),))))

    for rulebook in (BOOK, None):
        assert fact_value(older, rulebook).inputs == (("day", "2027-12-31"),)


@pytest.mark.parametrize("heard", [None, HEARD, replace(HEARD, consent="start", thread="")])
@pytest.mark.parametrize(("due", "call"), [(None, "c1"), (NOON, "")])
def test_a_kept_run_is_the_path_that_waits(heard: MessageReceived | None, due: datetime | None, call: str) -> None:
    run = Run("r1", "taken.pause", BOOK.hash, HANDED, heard, due, call)
    row = run_row(run, "taking", "p1", "c1", NOON)
    documents = {name: kept(row[name]) for name in ("fact", "message")}

    assert run_value({**row, **documents}, BOOK) == run
    assert {name: row[name] for name in run_changes(run)} == run_changes(run)


def test_a_kept_communication_knows_its_attempts_and_where_it_lives_now() -> None:
    planned = Communication(
        id="k",
        flow="main",
        node="main.say",
        agent="host",
        channel="team",
        address="U0ADA",
        rules="hash",
        at=NOON,
        thread="123.45",
        opened=True,
        expires=NOON.replace(day=3),
        begun_at=NOON,
        attempt=4,
        retried=1,
    )

    assert communication_value(communication_row(planned, "taking", "p1", "c1", NOON), BOOK) == planned


def test_a_message_knows_the_attempt_that_it_belongs_to() -> None:
    row = message("m1", communication="k", status="failed", error="30003", attempt=2)

    assert message_value(row).attempt == 2
