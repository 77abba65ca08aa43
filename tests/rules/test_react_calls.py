"""Paths and talks that ask somebody outside: each call is answered once, in order, or not at all."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given as holds_for
from hypothesis import strategies as st

from rules.agents.webhook import MAX_PENDING
from rules.calling import MAX_TEXT
from rules.effects import CancelMessages, DropRun, KeepRun, PlaceCall, SendMessage, SetTimer
from rules.reaction import Applied, Reaction
from rules.scene import Scene, Talk
from tests.rules.scenes import (
    answered,
    book,
    decide,
    given,
    later,
    only,
    raised,
    someone,
    status,
    talk,
    timer,
    wrote,
)
from tests.rules.test_calling import ANSWERS

RULES = """
campaign: desk
fields:
  owed: {type: numeric}
agents:
  clerk: {kind: webhook, service: assistant, results: {good: {type: boolean}}}
  counter: {kind: form, questions: [{result: number, ask: "How many?", type: integer}]}
  polite: {kind: webhook, service: assistant, sorry: "Sorry, {{ results.good }}."}
flows:
  talk:
    typed: {when: incoming_session, keyword: TALK, next: begin}
    begin: {do: communicate, channel: sms, agent: clerk}
    again: {when: incoming_session, keyword: AGAIN, next: insist}
    insist: {do: communicate, channel: sms, agent: clerk, retries: {after: 4h, on: failed}}
    counted: {when: incoming_session, keyword: COUNT, next: count}
    count: {do: communicate, channel: sms, agent: counter}
    answered: {when: communication_ended, of: count, next: begin}
    changed: {when: participant_updated, source: import, next: begin}
    slowly: {when: incoming_session, keyword: SLOWLY, next: pause}
    pause: {do: wait, for: 1h, next: begin}
  ask:
    typed: {when: incoming_session, keyword: ASK, next: ask}
    ask:
      do: call_webhook
      service: crm
      with: {said: {expr: message.text}}
      sets: owed
      cases: {late: chase}
      next: thank
      failed: give_up
    thank: {do: reply, text: "Thanks for {{ message.text }}"}
    chase: {do: run_python, function: scoring.rate, next: thank, failed: give_up}
    give_up: {do: finish, outcome: gave up}
"""
BOOK = book(RULES)
ASKED = someone(communications=(talk("replied", agent="clerk", talk=Talk(asked="call")),))


def call(reaction: Reaction) -> PlaceCall:
    (placed,) = only(reaction, PlaceCall)
    return placed  # type: ignore[no-any-return]


def reply_to(reaction: Reaction, answer: dict[str, Any] | None, error: str = "") -> Reaction:
    """What the answer to the call of a reaction leads to."""
    placed = call(reaction)
    event = answered(answer, call=placed.call, subject=placed.subject, error=error)
    return decide(BOOK, event, reaction.scene)


def test_a_path_goes_on_with_the_answer_and_knows_the_message_that_started_it() -> None:
    asked = decide(BOOK, wrote("ask me"), someone())

    gone_on = reply_to(asked, {"fields": {"owed": "3"}, "outcome": "late"})
    ended = reply_to(gone_on, {})

    assert [kept.run.node for kept in only(gone_on, KeepRun)] == ["ask.chase"]
    assert call(gone_on).target == "scoring.rate"
    assert call(gone_on).body["participant"]["fields"] == {"owed": "3"}  # type: ignore[index]
    assert [sent.text for sent in only(ended, SendMessage)] == ["Thanks for ask me"]
    assert ended.scene.runs == ()


def test_a_call_is_answered_once() -> None:
    asked = decide(BOOK, wrote("ask"), someone())
    first = reply_to(asked, {})

    second = decide(BOOK, answered({}, call=call(asked).call, subject=call(asked).subject), first.scene)

    assert [drop.run for drop in only(first, DropRun)] == [call(asked).subject]
    assert (second.applied, second.effects) == (Applied.STALE, ())


@holds_for(ANSWERS | st.none(), st.text())
def test_no_answer_can_break_a_path(answer: dict[str, Any] | None, error: str) -> None:
    asked = decide(BOOK, wrote("ask"), someone())

    assert reply_to(asked, answer, error).applied is Applied.APPLIED


@holds_for(ANSWERS | st.none(), st.text(), st.sampled_from(["clerk", "polite"]), st.lists(st.text(), max_size=3))
def test_no_answer_can_break_a_talk(answer: dict[str, Any] | None, error: str, agent: str, pending: list[str]) -> None:
    there = talk("replied", agent=agent, talk=Talk(asked="call", pending=tuple(pending)))

    reaction = decide(BOOK, answered(answer, error=error), someone(communications=(there,)))

    assert reaction.applied is Applied.APPLIED


@holds_for(st.lists(st.booleans(), max_size=30))
def test_a_service_is_asked_every_message_once_in_order_and_one_at_a_time(order: list[bool]) -> None:
    """True: the person writes; False: the service answers, if it was asked."""
    scene: Scene = someone(communications=(talk("replied", agent="polite"),))
    asked: list[Any] = []
    open_call: PlaceCall | None = None
    for number, writes in enumerate(order):
        if writes or open_call is None:
            reaction = decide(BOOK, wrote(str(number)), scene)
        else:
            reaction = decide(BOOK, answered({"text": "So?"}, call=open_call.call), scene)
            open_call = None
        placed = only(reaction, PlaceCall)
        assert not (placed and open_call), "two calls at once"
        open_call = placed[0] if placed else open_call
        asked += [effect.body["message"] for effect in placed]
        scene = reaction.scene

    assert asked == sorted(asked, key=int)
    assert len(set(asked)) == len(asked)
    assert (open_call.call if open_call else "") == scene.communications[0].talk.asked
    assert scene.communications[0].talk.pending == () or open_call is not None


def test_more_messages_than_can_wait_are_left_out_and_noted() -> None:
    waiting = talk("replied", agent="clerk", talk=Talk(asked="call", pending=("x",) * MAX_PENDING))

    reaction = decide(BOOK, wrote("one more"), someone(communications=(waiting,)))

    assert reaction.scene.communications[0].talk.pending == ("x",) * MAX_PENDING
    assert reaction.note == "20 messages wait for the service assistant: this one is left out"


def test_of_a_very_long_message_the_beginning_is_handed_over() -> None:
    there = someone(communications=(talk("started", agent="clerk"),))

    reaction = decide(BOOK, wrote("é" * 10_000), there)

    assert call(reaction).body["message"] == "é" * MAX_TEXT


def test_what_people_write_is_handed_over_without_control_characters() -> None:
    reaction = decide(BOOK, wrote("ask\x00 \ud800me" + "!" * 10_000, keyword="ASK"), someone())

    assert call(reaction).body["with"] == {"said": "ask me" + "!" * (MAX_TEXT - 6)}


def test_who_says_stop_hears_nothing_of_the_answer() -> None:
    stopped = decide(BOOK, wrote("STOP", consent="stop"), ASKED)

    late = decide(BOOK, answered({"text": "But wait"}), stopped.scene)

    assert status(stopped) == "canceled"
    assert (late.applied, late.effects) == (Applied.STALE, ())
    assert late.note == "the answer came too late for its communication, which is canceled"


@pytest.mark.parametrize("agent", ["gone", "asker"])
def test_a_talk_whose_agent_no_longer_asks_is_canceled(agent: str) -> None:
    form = '  asker: {kind: form, questions: [{result: good, ask: "Good?", type: boolean}]}\n'
    there = talk("replied", agent=agent, talk=Talk(asked="call"))

    reaction = decide(book(RULES.replace("flows:", f"{form}flows:", 1)), answered({}), someone(communications=(there,)))

    assert status(reaction) == "canceled"
    assert reaction.scene.communications[0].reason == f"agent {agent} no longer asks a service in the rule file"


def test_no_time_to_answer_runs_while_the_service_is_asked() -> None:
    there = someone(communications=(talk("delivered", agent="clerk"),))

    asked = decide(BOOK, wrote("hello"), there)
    answer = decide(BOOK, answered({}, call=call(asked).call), asked.scene)

    assert only(asked, SetTimer) == []
    assert [timer.name for timer in only(answer, SetTimer)] == ["reply"]


def test_a_sorry_that_is_too_long_fails_the_communication() -> None:
    rules = RULES.replace("Sorry, {{ results.good }}.", "{{ results.good }}" + "Sorry! " * 300)
    there = talk("replied", agent="polite", talk=Talk(asked="call"))

    reaction = decide(book(rules), answered(None, error="no"), someone(communications=(there,)))

    assert status(reaction) == "failed"
    assert only(reaction, CancelMessages)


def test_a_service_that_fails_at_the_beginning_is_retried_as_the_node_says() -> None:
    asked = decide(BOOK, wrote("again"), someone())

    failed = reply_to(asked, None, error="assistant answered 503 (5 tries)")

    assert [
        (timer.name, (timer.due - failed.scene.communications[0].at).seconds // 3600)
        for timer in only(failed, SetTimer)
    ] == [("retry", 4)]
    assert raised(failed) == []


def test_a_service_of_another_version_of_the_rules_is_asked_with_its_fields() -> None:
    old = book(RULES.replace("owed: {type: numeric}", "owed: {type: numeric}\n  paid: {type: boolean}"), hash="old")
    scene = someone(fields={"paid": True}, communications=(talk("started", agent="clerk", rules="old"),))

    reaction = decide(BOOK, wrote("hello"), replace(scene, earlier={"old": old}))

    assert call(reaction).body["participant"]["fields"] == {"owed": None, "paid": True}  # type: ignore[index]


def test_a_talk_that_somebody_begins_by_writing_begins_with_what_they_wrote() -> None:
    assert call(decide(BOOK, wrote("talk to me\x00"), someone())).body["message"] == "talk to me"


def test_a_talk_that_nobody_began_by_writing_is_begun_by_the_service() -> None:
    counted = someone(communications=(talk("delivered", agent="counter", node="talk.count", flow="talk"),))
    slowly = decide(BOOK, wrote("slowly"), someone())

    assert call(decide(BOOK, given(owed=Decimal(3)), someone())).body["message"] is None
    assert call(decide(BOOK, wrote("4"), counted)).body["message"] is None
    assert call(decide(BOOK, timer(slowly.scene.runs[0].id), slowly.scene, later(hours=1))).body["message"] is None


def test_an_answer_to_a_talk_that_is_over_is_a_beginning() -> None:
    over = someone(communications=(talk("completed", agent="clerk"),))

    assert call(decide(BOOK, wrote("talk", communication="c1"), over)).body["message"] == "talk"
