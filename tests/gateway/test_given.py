"""What `react` was given comes back from JSON as it was: made again from it, a decision is the same."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import given as told
from hypothesis import strategies as st

from gateway.decided import Reacted
from gateway.explaining import reaction_log
from gateway.given import given, given_text
from gateway.recorded import part_of
from gateway.scenes import Place
from rules import events
from rules.book import Rulebook
from rules.events import Event, MessageReceived, ParticipantGiven
from rules.facts import Fact, Trigger
from rules.participants import SOURCE_CUSTOMER
from rules.react import TAKES, react
from rules.scene import Communication, Customer, Message, Participant, Run, Scene, Talk
from rules.statuses import CommunicationStatus
from rules.values import Value
from tests.rules.scenes import NOW, PHONE, book

FIELDS = """
  text: {type: string}
  whole: {type: integer}
  amount: {type: numeric}
  sure: {type: boolean}
  day: {type: date}
  moment: {type: datetime}
  kind: {type: enumeration, values: [one, two]}
  name: {type: string, level: customer}
  born: {type: date, level: customer}
"""
BOOK = book(f"""
campaign: given
fields: {FIELDS}
agents:
  asker:
    kind: form
    questions:
      - {{result: coming, ask: "Coming?", type: boolean}}
      - {{result: guests, ask: "Guests?", type: integer}}
      - {{result: fee, ask: "Fee?", type: numeric}}
      - {{result: on, ask: "When?", type: date}}
      - {{result: meal, ask: "Which?", type: enumeration, values: [soup, salad]}}
flows:
  main:
    came: {{when: incoming_session, next: much}}
    changed: {{when: participant_updated, field: [amount, sure], next: much}}
    ended: {{when: communication_ended, next: much}}
    much: {{if: amount > 5, match: over, else: wait}}
    wait: {{do: wait, for: 2h, next: say}}
    say: {{do: reply, text: "{{{{ amount }}}} {{{{ day }}}} {{{{ name }}}}"}}
    over: {{do: to_another_flow, flow: taken, with: {{sum: {{expr: amount}}, on: {{expr: day}}}}}}
  taken:
    entered:
      when: from_another_flow
      takes: {{sum: {{type: numeric}}, on: {{type: date}}}}
      next: rest
    rest: {{do: wait, for: 1d, next: ask}}
    ask: {{do: communicate, channel: sms, agent: asker}}
""")
FEWER = book("""
campaign: given
fields:
  amount: {type: string}
flows:
  main:
    changed: {when: participant_updated, next: end}
    end: {do: finish, outcome: done}
""")

SLOW = [HealthCheck.too_slow]  # to make, on a busy machine: a scene has many parts
words = st.text(max_size=8)
ids = st.sampled_from(["a1", "b2", "c3"])
moments = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))
amounts = st.decimals(-1000, 1000, places=2)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "text": words,
    "whole": st.integers(-(2**40), 2**40),
    "amount": amounts,
    "sure": st.booleans(),
    "day": st.dates(),
    "moment": moments,
    "kind": st.sampled_from(["one", "two"]),
}
SHARED = {"name": words, "born": st.dates()}
RESULTS = {
    "coming": st.booleans(),
    "guests": st.integers(0, 9),
    "fee": amounts,
    "on": st.dates(),
    "meal": st.sampled_from(["soup", "salad"]),
}


def some_of(values: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """Some of these, unset ones among them."""
    return st.fixed_dictionaries({}, optional={name: st.none() | value for name, value in values.items()})


inputs = st.tuples(st.none() | amounts, st.none() | st.dates())
passed_on = inputs.map(
    lambda two: Fact(Trigger.FROM_ANOTHER_FLOW, flow="taken", inputs=(("sum", two[0]), ("on", two[1])))
)
facts = st.tuples(
    st.sampled_from([Trigger.INCOMING_SESSION, Trigger.PARTICIPANT_UPDATED]),
    words,
    st.frozensets(st.sampled_from(sorted(VALUES))),
).map(lambda parts: Fact(parts[0], keyword=parts[1], changed=parts[2]))
messages = st.builds(
    MessageReceived,
    id=words,
    at=moments,
    channel=st.just("sms"),
    address=st.just(PHONE),
    text=words,
    keyword=st.sampled_from(["", "YES"]),
    consent=st.sampled_from(["", "stop", "start", "help"]),
)
talks = st.builds(
    Communication,
    ids,
    st.just("taken"),
    st.just("taken.ask"),
    st.just("asker"),
    st.just("sms"),
    st.just(PHONE),
    st.just(BOOK.hash),
    moments,
    status=st.sampled_from(CommunicationStatus),
    opened=st.booleans(),
    talk=st.builds(Talk, st.integers(0, 4), st.integers(0, 2), some_of(RESULTS), pending=st.lists(words).map(tuple)),
    reason=words,
    expires=st.none() | moments,
    begun_at=st.none() | moments,
    attempt=st.integers(1, 3),
)
runs = st.builds(
    Run,
    ids,
    st.sampled_from(["main.wait", "taken.rest"]),
    st.just(BOOK.hash),
    facts | passed_on,
    st.none() | messages,
    st.none() | moments,
)
scenes = st.builds(
    Scene,
    st.builds(Customer, ids, st.just({"phone": PHONE}), some_of(SHARED)),
    st.none()
    | st.builds(
        Participant, ids, some_of(VALUES), st.booleans(), words, st.lists(facts | passed_on, max_size=3).map(tuple)
    ),
    st.lists(talks, max_size=3, unique_by=lambda talk: talk.id).map(tuple),
    st.lists(st.builds(Message, ids, ids | st.just(""), st.sampled_from(["", "sent"]), words), max_size=2).map(tuple),
    st.frozensets(st.tuples(st.just("sms"), st.sampled_from([PHONE, "+491"]))),
    st.booleans(),
    st.just({BOOK.hash: BOOK}),
    st.lists(runs, max_size=3, unique_by=lambda run: run.id).map(tuple),
    st.dictionaries(ids, moments, max_size=2),
)
local = moments.map(lambda at: at.replace(tzinfo=None))
answers = st.dictionaries(words, st.none() | words | st.integers() | st.lists(words, max_size=2), max_size=3)
OF_EVENTS: dict[str, st.SearchStrategy[Any]] = {
    "participant": ids,
    "fields": some_of({**VALUES, "moment": moments | local}),
    "identifiers": st.frozensets(st.sampled_from(["phone", "email"])),
    "joins": st.booleans(),
    "source": st.sampled_from(["import", "api", "enroll"]),
    "channel": st.just("sms"),
    "address": st.just(PHONE),
    "text": words,
    "message": ids,
    "status": st.sampled_from(["sent", "delivered", "failed"]),
    "subject": ids,
    "name": st.sampled_from(["wait", "reply", "start"]),
    "call": ids,
    "answer": st.none() | answers,
    "error": words,
    "moves": st.dictionaries(st.just("main.wait"), st.sampled_from(["", "taken.rest"])),
    "reason": words,
}


def an_event(kind: type[Event]) -> st.SearchStrategy[Event]:
    named = {name: OF_EVENTS[name] for name in kind.__dataclass_fields__ if name in OF_EVENTS}
    return st.builds(kind, id=words, at=moments, **named)


happenings = st.sampled_from(list(TAKES)).flatmap(an_event)


def again(event: Event, scene: Scene, rules: Rulebook = BOOK) -> tuple[Event, Scene]:
    stored = json.loads(given_text(event, scene))
    return given(stored, rules, {BOOK.hash: BOOK}.get)


@settings(max_examples=400, deadline=None, suppress_health_check=SLOW)
@told(happenings, scenes)
def test_whatever_was_given_comes_back_and_is_decided_the_same(event: Event, scene: Scene) -> None:
    found = again(event, scene)

    assert found == (event, scene)
    assert react(BOOK, *found, NOW) == react(BOOK, event, scene, NOW)


@settings(max_examples=200, deadline=None, suppress_health_check=SLOW)
@told(happenings, scenes)
def test_what_is_kept_of_a_decision_is_what_was_answered_and_given(event: Event, scene: Scene) -> None:
    reaction = react(BOOK, event, scene, NOW)
    kept = json.loads(part_of(Reacted(Place("c", "given"), reaction, event, scene, BOOK.hash)))

    assert kept.pop("given") == json.loads(given_text(event, scene))
    assert kept.pop("rules") == BOOK.hash
    assert kept == json.loads(json.dumps(reaction_log("given", reaction)))


@settings(max_examples=100, deadline=None, suppress_health_check=SLOW)
@told(happenings, scenes)
def test_other_rules_may_be_given_the_same(event: Event, scene: Scene) -> None:
    react(FEWER, *again(event, scene, FEWER), NOW)


def test_other_rules_read_it_as_they_declare_it_and_leave_the_rest_as_it_is() -> None:
    values: dict[str, Value] = {"amount": Decimal("12.50"), "day": date(2027, 1, 1)}
    event = ParticipantGiven(id="e", at=NOW, participant="p", source="api", fields=values)
    scene = Scene(Customer("c"), Participant("p", values, entered=True))

    happened, seen = again(event, scene, FEWER)

    assert isinstance(happened, ParticipantGiven)
    assert happened.fields == {"amount": "12.50"}
    assert seen.participant is not None
    assert seen.participant.fields == {"amount": "12.50", "day": "2027-01-01"}


def test_what_the_fields_of_a_customer_were_before_comes_back() -> None:
    before = {"name": None, "born": date(1815, 12, 10)}
    event = ParticipantGiven(id="e", at=NOW, participant="", source=SOURCE_CUSTOMER, fields=before)

    assert again(event, Scene(Customer("c")))[0] == event


def test_a_version_that_was_lost_then_is_not_found_again() -> None:
    talk = Communication("c1", "f", "f.n", "asker", "sms", PHONE, "gone", NOW, talk=Talk(results={"fee": "1.5"}))
    scene = Scene(Customer("c"), communications=(talk,))

    event, seen = again(events.TimerDue(id="e", at=NOW, subject="c1", name="reply"), scene)

    assert (seen, seen.earlier) == (scene, {})
    assert event.at == NOW


def test_what_is_as_it_mostly_is_takes_no_room() -> None:
    scene = Scene(Customer("c", {"phone": PHONE}), Participant("p", entered=True))
    event = events.CampaignStarted(id="e", at=NOW - timedelta(hours=1))

    assert json.loads(given_text(event, scene)) == {
        "event": {"kind": "CampaignStarted", "id": "e", "at": "2026-11-22 11:00:00+00:00"},
        "scene": {
            "customer": {"id": "c", "identifiers": {"phone": PHONE}},
            "participant": {"id": "p", "entered": True},
            "active": True,
        },
    }
