"""Values of `rules` as JSON, and the comparison with what was kept that makes none."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from gateway.explaining import is_plain, plain
from rules.effects import EnterCampaign, KeepRun, PlanCommunication, SetFields
from rules.facts import Fact, Trigger
from rules.scene import Communication, Run, Talk
from rules.statuses import CommunicationStatus

NOW = datetime(2027, 3, 1, 8, tzinfo=UTC)
TALK = Communication(
    id="c1",
    flow="main",
    node="main.ask",
    agent="asker",
    channel="sms",
    address="+4915112000001",
    rules="ab",
    status=CommunicationStatus.STARTED,
    at=NOW,
    talk=Talk(results={"pays": False, "sum": Decimal("0"), "when": None}),
)
FACT = Fact(Trigger.PARTICIPANT_UPDATED, changed=frozenset({"b", "a"}), inputs=(("n", 0),))
VALUES = [
    EnterCampaign(),
    SetFields({"name": ""}, {"amount": Decimal("1.50"), "left": 0, "paid": False, "due": NOW.date(), "gone": None}),
    PlanCommunication(TALK),
    KeepRun(Run("r1", "main.wait", "ab", FACT, due=NOW)),
    FACT,
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_a_value_is_what_was_made_of_it(value: Any) -> None:
    stored = plain(value)

    assert is_plain(stored, value)
    assert is_plain({"effect": "any", **stored}, value, others=1)
    assert not is_plain({"effect": "any", **stored}, value)


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_whatever_is_otherwise_in_what_was_kept_is_seen(value: Any) -> None:
    for other in altered(plain(value)):
        assert not is_plain(other, value), other


def altered(part: Any) -> list[Any]:
    """The same with one value more, less or otherwise."""
    if isinstance(part, dict):
        own = [{name: kept for name, kept in part.items() if name != gone} for gone in part]
        deep = [{**part, name: other} for name, kept in part.items() for other in altered(kept)]
        return [*own, *deep, {**part, "more": 1}, []]
    return [[*part, "more"], part[1:]] if isinstance(part, list) and part else ["otherwise"]


def test_another_value_is_not_taken_for_the_same() -> None:
    assert not is_plain(plain(TALK), replace(TALK, status=CommunicationStatus.PLANNED))
    assert not is_plain(plain(TALK), replace(TALK, thread="t"))
    assert not is_plain(plain(SetFields({"a": 1})), SetFields(participant={"a": 1}))
