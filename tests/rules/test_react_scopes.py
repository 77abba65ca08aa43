"""What conditions and texts see: the status a fact tells, and the fields of the rule file a talk began with."""

from decimal import Decimal

import pytest

from rules.effects import SendMessage, SetTimer
from rules.scopes import Person, scope_of
from rules.turn import NO_FACT, Turn
from rules.values import Values
from tests.rules.scenes import (
    NOW,
    PHONE,
    SLACK,
    book,
    decide,
    later,
    only,
    receipt,
    sent,
    someone,
    talk,
    wrote,
)

STATUSES = book("""
campaign: watch
agents:
  teller: {kind: notice, text: Hello}
flows:
  watch:
    updated: {when: communication_updated, next: tell}
    ended: {when: communication_ended, next: tell}
    tell: {do: notify, channel: team, to: "#desk", text: "watch {{ communication.status }}", next: other}
    other: {do: to_another_flow, flow: beside}
  beside:
    entered: {when: from_another_flow, next: tell}
    tell: {do: notify, channel: team, to: "#desk", text: "beside {{ communication.status }}"}
""")


def told(reaction: object) -> list[str]:
    return [effect.text for effect in only(reaction, SendMessage)]  # type: ignore[arg-type]


def test_conditions_and_texts_see_the_status_that_the_fact_tells_though_more_has_happened_since() -> None:
    """A delivered notice is completed at once; both facts are raised before either is worked off."""
    scene = someone(communications=(talk(agent="teller"),), messages=(sent("sent"),))

    reaction = decide(STATUSES, receipt("delivered"), scene)

    assert sorted(told(reaction)) == ["beside completed", "beside delivered", "watch completed", "watch delivered"]


EARLIER = """
campaign: clinic
timezone: Asia/Tokyo
region: JP
fields:
  due: {type: datetime}
  fee: {type: numeric}
  name: {type: string, level: customer}
agents:
  asker:
    kind: form
    questions:
      - {result: phone_number, ask: "Your number?", type: phone}
      - {result: sure, ask: "{{ name }}, {{ fee | money('EUR') }} on {{ due | datetime }}?", type: boolean}
flows:
  main:
    wrote: {when: incoming_session}
"""
PRESENT = book("""
campaign: clinic
timezone: Europe/Berlin
region: DE
fields:
  fee: {type: integer}
flows:
  main:
    wrote: {when: incoming_session}
""")


@pytest.mark.parametrize("fee", [129, Decimal("129.90")])
def test_a_talk_goes_on_with_the_fields_the_time_zone_and_the_region_it_began_with(fee: object) -> None:
    """Fields that the present file does not declare are JSON in the scene."""
    scene = someone(
        communications=(talk(agent="asker", rules="earlier"),),
        earlier={"earlier": book(EARLIER)},
        fields={"due": "2026-12-31T09:00:00+00:00", "fee": fee},
        shared={"name": "Ada"},
    )

    reaction = decide(PRESENT, wrote("03-3210-7000"), scene)

    assert told(reaction) == [f"Ada, {fee:.2f} EUR on 31 Dec 2026 18:00?"]
    assert reaction.scene.communications[0].talk.results == {"phone_number": "+81332107000"}


THREADS = book("""
campaign: desk
agents:
  clerk: {kind: form, questions: [{result: lunch, ask: "Lunch?"}, {result: where, ask: "Where?"}]}
flows:
  talk:
    order: {when: incoming_session, keyword: lunch, next: ask}
    ask: {do: communicate, channel: team, agent: clerk}
  later:
    order: {when: incoming_session, keyword: later, next: ask}
    ask: {do: communicate, channel: team, agent: clerk, at: now() + hours(1)}
""")


def test_a_talk_that_a_message_in_a_thread_begins_goes_on_in_that_thread() -> None:
    in_thread = {"channel": "team", "address": SLACK, "thread": "C1:17.1"}
    begun = decide(THREADS, wrote("lunch", **in_thread), someone())
    answered = decide(THREADS, wrote("soup", **in_thread), begun.scene)

    messages = [*only(begun, SendMessage), *only(answered, SendMessage)]
    assert [(m.text, m.to, m.thread) for m in messages] == [
        ("Lunch?", SLACK, "C1:17.1"),
        ("Where?", SLACK, "C1:17.1"),
    ]
    assert begun.scene.communications[0].thread == "C1:17.1"


@pytest.mark.parametrize(
    "event",
    [
        wrote("lunch", thread="C1:17.1", channel="sms", address=PHONE),
        wrote("lunch", channel="team", address=SLACK),
        wrote("later", thread="C1:17.1", channel="team", address=SLACK),
    ],
    ids=["another channel", "no thread", "at a later time"],
)
def test_any_other_talk_is_a_direct_one(event: object) -> None:
    (communication,) = decide(THREADS, event, someone()).scene.communications

    assert (communication.address, communication.thread) == (SLACK, "")
    assert not only(decide(THREADS, event, someone()), SetTimer) or communication.at == later(hours=1) > NOW


FIELDS = book("""
campaign: shop
timezone: Europe/Berlin
fields:
  name: {type: string, level: customer}
  timezone: {type: string, level: customer}
  phone: {type: string}
  fee: {type: integer}
flows:
  main:
    wrote: {when: incoming_session}
""")


@pytest.mark.parametrize(
    "changes",
    [
        ({"fee": 2},),
        ({"fee": None, "name": "Ada"},),
        ({"phone": "none"}, {"phone": None}),
        ({"timezone": "Asia/Tokyo"}, {"fee": 3}),
        ({"timezone": None, "fee": 3}, {"name": "Bea"}),
        ({"timezone": "Nowhere"}, {"timezone": "UTC"}),
    ],
)
def test_names_told_anew_after_a_change_are_those_that_would_be_collected(changes: tuple[Values, ...]) -> None:
    scene = someone(fields={"fee": 1}, shared={"name": "Eve", "timezone": "America/Lima"})
    turn = Turn(FIELDS, wrote("hello"), scene, NOW)

    for values in changes:
        assert turn.scope
        assert turn.set_fields(values) == frozenset(values)

        assert turn.scope == scope_of(Person(FIELDS, turn.scene), turn.scene, NO_FACT, turn.message, NOW)
