"""Whatever can happen has words: no decision is left unexplained because somebody forgot one."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, get_args

import pytest

from gateway.explain import effects, facts, incoming
from gateway.explain.aftermath import KEYS, NEWS
from gateway.explain.before import Before
from gateway.explain.known import Known
from gateway.explain.writing import written
from rules.effects import TIMERS, Effect
from rules.facts import Trigger
from tests.reference.pages import DOCS

EFFECTS = {effect.__name__ for effect in get_args(Effect)}
PAGE = (DOCS / "how-to" / "parked-events.md").read_text("utf-8")
TABLE = PAGE.partition("| kind | what it is |")[2].partition("\n\n")[0]
KINDS = {kind for row in re.findall(r"^\| (`[^|]*`) \|", TABLE, re.MULTILINE) for kind in re.findall(r"`(\w+)`", row)}


def test_every_effect_every_fact_and_every_kind_of_event_has_words() -> None:
    assert set(effects.WORDS) == EFFECTS
    assert set(KEYS) | set(NEWS) <= EFFECTS
    assert set(facts.WORDS) == set(Trigger)
    assert set(incoming.WORDS) == KINDS
    assert set(incoming.TIMERS) == set(TIMERS)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "unset"),
        (True, "true"),
        ("paid", '"paid"'),
        ('a\nb "c"', '"a\\nb \\"c\\""'),
        (3, "3"),
        (Decimal("129.90"), "129.90"),
        (date(2027, 3, 4), "2027-03-04"),
        (datetime(2027, 3, 4, 8, 30, tzinfo=UTC), "2027-03-04 08:30:00 UTC"),
        (timedelta(days=3), "3d"),
        (timedelta(hours=-2), "-2h"),
        (("a", 1), '["a", 1]'),
        ({"name": "Ada", "due": None}, '{name = "Ada", due = unset}'),
    ],
)
def test_a_value_is_told_as_rule_files_write_it(value: Any, words: str) -> None:
    assert written(value) == words


TALK = {"id": "c", "node": "flow.ask", "agent": "clerk", "channel": "sms", "address": "+49", "rules": "r"}
PLANNED = {**TALK, "at": "2027-03-01 08:00:00+00:00", "status": "planned", "opened": False, "attempt": 1, "retried": 0}
CHANGES = [
    ({}, "the communication of flow.ask: goes on as before"),
    ({"opened": True}, "the communication of flow.ask: begins"),
    ({"status": "failed", "reason": "no phone"}, "the communication of flow.ask: planned -> failed (no phone)"),
    ({"channel": "slack", "address": "U1"}, "the communication of flow.ask: goes on on slack to U1"),
    ({"attempt": 2}, "the communication of flow.ask: attempt 2"),
    ({"at": "2027-03-02 08:00:00+00:00"}, "the communication of flow.ask: planned for 2027-03-02 08:00:00 UTC"),
    ({"node": "flow.other"}, "the communication of flow.other: was that of flow.ask"),
    ({"talk": {"question": 1, "tries": 0}}, "the communication of flow.ask: 1 of its questions is done"),
    ({"talk": {"question": 0, "tries": 1}}, "the communication of flow.ask: what was answered does not fit (try 1)"),
    ({"talk": {"results": {"yes": True}}}, "the communication of flow.ask: results.yes = true"),
    ({"talk": {"asked": "call"}}, "the communication of flow.ask: its service is asked"),
]


@pytest.mark.parametrize(("change", "words"), CHANGES)
def test_a_change_of_a_communication_tells_what_is_other_than_before(change: dict[str, Any], words: str) -> None:
    before = Before(fields={}, communications={"c": PLANNED})
    effect = {"effect": "ChangeCommunication", "communication": {**PLANNED, **change}}

    assert effects.in_words(effect, before, Known()) == words


def test_a_field_is_told_with_what_it_was_where_that_is_known() -> None:
    effect = {"effect": "SetFields", "participant": {"status": "paid"}}

    assert effects.in_words(effect, Before({"status": "open"}), Known()) == 'status: "open" -> "paid"'
    assert effects.in_words(effect, Before({}), Known()) == 'status: unset -> "paid"'
    assert effects.in_words(effect, Before(), Known()) == 'status becomes "paid"'


def test_an_effect_stands_on_those_before_it() -> None:
    effect = {"effect": "SetFields", "participant": {"status": "paid"}}
    after = Before({"status": "open"}).after(effect)

    assert effects.in_words(effect, after, Known()) == 'status: "paid" -> "paid"'


EVENTS = [
    ("message", {"address": "+49", "channel": "sms", "text": "STOP", "consent": "stop"}, "asks to be left alone"),
    ("message", {"address": "U1", "channel": "slack", "text": "", "media": [{}, {}]}, "with 2 files"),
    (
        "receipt",
        {"message": "", "provider_id": "SM1", "status": "sent", "channel": "sms"},
        "SM1 of the provider is sent",
    ),
    ("participant", {"source": "customer", "fields": {"name": "Bo"}}, 'these were the values before: name = "Bo"'),
    ("participant", {"source": "api", "fields": {}, "identifiers": ["phone"]}, "gave no fields and a new phone"),
    ("answer", {"subject": "c", "answer": None, "error": "timed out"}, "failed: timed out"),
    ("answer", {"subject": "c", "answer": {}, "error": ""}, "was answered: nothing"),
    ("settled", {"moves": {"a.b": "a.c", "a.d": ""}}, "a.b moves to a.c, a.d ends"),
    ("stranded", {"subject": "c", "reason": ""}, "what it waited for was lost"),
    ("opted_out", {"address": "+49", "channel": "sms"}, "an operator opted +49 out on sms"),
    ("timer", {}, "emptied"),
]


@pytest.mark.parametrize(("kind", "payload", "words"), EVENTS)
def test_what_came_in_is_told_in_words(kind: str, payload: dict[str, Any], words: str) -> None:
    assert words in incoming.what_came(kind, payload, Known())
