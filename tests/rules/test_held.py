"""While a campaign is stopped its flows stand still, and nothing that happens is lost to them."""

from dataclasses import replace

import pytest

from rules.effects import EnterCampaign, HoldFact, JoinCampaign, ReleaseFacts, SendMessage
from rules.events import CampaignStarted
from rules.facts import Fact, Trigger
from rules.held import MAX_HELD
from rules.reaction import Applied
from rules.scene import Scene
from tests.rules.scenes import (
    JOINED,
    NOW,
    book,
    decide,
    due,
    given,
    later,
    only,
    raised,
    receipt,
    sent,
    someone,
    status,
    stranger,
    talk,
    wrote,
)

BOOK = book("""
campaign: reminder
fields:
  paid: {type: boolean}
  fee: {type: integer}
agents:
  asker: {kind: form, questions: [{result: coming, ask: "Coming?", type: boolean}]}
flows:
  main:
    joined: {when: participant_created, next: greet}
    greet: {do: communicate, channel: sms, agent: asker}
  payment:
    changed: {when: participant_updated, field: paid, next: withdraw}
    withdraw: {do: cancel_communications}
  wrap_up:
    ended: {when: communication_ended, next: answer}
    answer: {do: reply, text: "{{ communication.status }}", next: tell}
    tell: {do: notify, channel: team, to: "#desk", text: "{{ communication.node }} {{ communication.status }}"}
""")
STARTED = CampaignStarted(id="started", at=NOW)
PLANNED = talk("planned", opened=False, agent="asker")


def stopped(scene: Scene) -> Scene:
    return replace(scene, active=False)


def running(scene: Scene) -> Scene:
    return replace(scene, active=True)


def held(scene: Scene) -> tuple[Fact, ...]:
    assert scene.participant is not None
    return scene.participant.held


def texts(effects: list[SendMessage]) -> list[str]:
    return [effect.text for effect in effects]


def test_what_a_provider_reports_while_the_campaign_is_stopped_reaches_the_flows_when_it_runs_again() -> None:
    scene = someone(communications=(talk("delivered", agent="asker"),), active=False)

    late = decide(BOOK, due("reply"), scene)
    again = decide(BOOK, STARTED, running(late.scene))

    assert (late.log, [type(e) for e in late.effects][-1]) == ((), HoldFact)
    assert (again.applied, raised(again)) == (Applied.APPLIED, ["communication_ended no_response"])
    assert texts(only(again, SendMessage)) == ["talk.ask no_response"]
    assert held(again.scene) == ()


def test_what_was_held_is_worked_off_once() -> None:
    first = decide(BOOK, STARTED, someone(held=(JOINED,)))
    second = decide(BOOK, STARTED, first.scene)

    assert (second.applied, second.effects, second.log) == (Applied.UNCHANGED, (), ())


@pytest.mark.parametrize("event", [STARTED, given(fee=1), due("reply"), receipt("delivered"), wrote("hello")])
def test_whatever_comes_first_what_was_held_goes_before_it(event: object) -> None:
    scene = someone(held=(Fact(Trigger.PARTICIPANT_UPDATED, changed=frozenset({"paid"})),), messages=(sent(),))

    reaction = decide(BOOK, event, scene)

    assert reaction.effects[0] == ReleaseFacts()
    assert raised(reaction)[0] == "participant_updated"


def test_a_payment_noted_while_it_was_stopped_withdraws_the_reminder_that_falls_due_then() -> None:
    paid = decide(BOOK, given(paid=True), someone(communications=(PLANNED,), active=False))
    reminded = decide(BOOK, due("start"), running(paid.scene))

    assert (reminded.applied, status(reminded)) == (Applied.STALE, "canceled")
    assert not any(message.communication == "c1" for message in only(reminded, SendMessage))


def test_it_stays_held_as_long_as_the_campaign_is_stopped() -> None:
    paid = decide(BOOK, given(paid=True), someone(active=False))
    still = decide(BOOK, due("start"), stopped(paid.scene))

    assert held(still.scene) == held(paid.scene) != ()


def test_several_changes_from_one_source_are_one_change() -> None:
    scene = someone(active=False)
    for event in (given(fee=1), given("api", fee=2), given(paid=True)):
        scene = decide(BOOK, event, scene).scene

    assert [(fact.source, fact.changed) for fact in held(scene)] == [
        ("import", frozenset({"fee", "paid"})),
        ("api", frozenset({"fee"})),
    ]


def test_an_incoming_session_is_not_held() -> None:
    reaction = decide(BOOK, wrote("hello"), someone(active=False))

    assert (reaction.effects, held(reaction.scene)) == ((), ())


def test_who_joins_while_it_is_stopped_enters_at_the_start_by_the_source_they_joined_with() -> None:
    joined = decide(BOOK, given("api"), stopped(stranger()))
    entered = decide(BOOK, STARTED, running(joined.scene))

    assert joined.effects == (JoinCampaign("participant"), HoldFact(Fact(Trigger.PARTICIPANT_CREATED, source="api")))
    assert entered.effects[:2] == (ReleaseFacts(), EnterCampaign())
    assert [c.fact.source for c in entered.log] == ["api"]


def test_who_joined_and_was_changed_while_it_was_stopped_is_created_as_they_are_then() -> None:
    joined = decide(BOOK, given(), stopped(stranger()))
    changed = decide(BOOK, given(fee=2), joined.scene)

    assert held(changed.scene) == (JOINED,)


def test_who_writes_before_the_start_is_told_of_is_created_first_and_answers_nothing_that_was_not_asked() -> None:
    reaction = decide(BOOK, wrote("yes"), someone(entered=False))

    assert raised(reaction) == ["participant_created", "incoming_session"]
    assert texts(only(reaction, SendMessage)) == ["Coming?"]


def test_what_was_held_does_not_take_a_later_message_for_its_own() -> None:
    ended = Fact(Trigger.COMMUNICATION_ENDED, "talk.ask", "failed", "sms", communication="c1")
    scene = someone(communications=(talk("failed"),), held=(ended,))

    reaction = decide(BOOK, wrote("hello"), scene)

    assert [effect.to for effect in only(reaction, SendMessage)] == ["#desk"]


def test_each_fact_that_was_held_has_the_budget_of_an_event() -> None:
    facts = tuple(Fact(Trigger.COMMUNICATION_ENDED, "talk.ask", "failed", communication="c1") for _ in range(MAX_HELD))

    reaction = decide(BOOK, STARTED, someone(communications=(talk("failed"),), held=facts))

    assert len(reaction.log) == MAX_HELD


def test_past_the_limit_nothing_more_is_held_and_it_is_noted() -> None:
    facts = (Fact(Trigger.COMMUNICATION_ENDED, "talk.ask", "failed"),) * MAX_HELD

    reaction = decide(BOOK, given(fee=1), someone(held=facts, active=False), later(hours=1))

    assert held(reaction.scene) == facts
    assert reaction.note == f"{MAX_HELD} facts are held until the campaign runs again: participant_updated is lost"
