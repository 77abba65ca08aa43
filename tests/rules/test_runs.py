"""A path that waits stays on its version, goes on once, and knows what started it."""

from dataclasses import replace
from typing import Any

import pytest

from rules.effects import DropRun, KeepRun, PlaceCall, SendMessage, SetFields, SetTimer
from rules.facts import Fact, Trigger
from rules.reaction import Applied, LoopFound, Reaction
from rules.scene import Run, Scene
from rules.turn import MAX_RUNS
from tests.rules import scenes

OLD = """
campaign: clinic
fields:
  amount: {type: numeric}
  colour: {type: string}
  shared: {type: integer, level: participant}
flows:
  remind:
    typed: {when: incoming_session, keyword: GO, next: pause}
    pause: {do: wait, for: 1d, next: say}
    say: {do: reply, text: "old {{ amount }}", next: set}
    set: {do: update_field, set: {amount: 12.5, shared: 3, colour: blue}, next: hand_over}
    hand_over: {do: to_another_flow, flow: other}
  other:
    entered: {when: from_another_flow, next: answer}
    answer: {do: reply, text: old other, next: pause}
    pause: {do: wait, until: "now() + days(amount)", next: last}
    last: {do: reply, text: old last}
"""
NEW = """
campaign: clinic
fields:
  amount: {type: string}
  shared: {type: integer, level: customer}
flows:
  remind:
    typed: {when: incoming_session, keyword: GO, next: say}
    say: {do: reply, text: new}
  other:
    entered: {when: from_another_flow, next: answer}
    answer: {do: reply, text: new other}
  watch:
    updated: {when: participant_updated, next: answer}
    answer: {do: reply, text: "new saw {{ amount }} and {{ shared }}"}
"""
CALLS = """
campaign: clinic
fields:
  amount: {type: numeric}
flows:
  ask:
    typed: {when: incoming_session, keyword: GO, next: ask}
    ask: {do: call_webhook, service: crm, sets: [amount], next: say, failed: sorry}
    say: {do: reply, text: "{{ amount }}"}
    sorry: {do: reply, text: sorry}
"""
OLD_BOOK, NEW_BOOK, CALL_BOOK = scenes.book(OLD, hash="old"), scenes.book(NEW, hash="new"), scenes.book(CALLS)


def texts(reaction: Reaction) -> list[str]:
    return [message.text for message in scenes.only(reaction, SendMessage)]


def waiting(node: str = "remind.pause", **run: Any) -> Run:
    return scenes.waiting(node, **{"rules": "old", "due": scenes.NOW, "message": scenes.wrote("go"), **run})


def on(*runs: Run, **scene: Any) -> Scene:
    return scenes.someone(runs=runs, earlier={"old": OLD_BOOK}, **scene)


def test_a_run_goes_on_in_the_version_it_began_with_and_so_do_the_flows_it_leads_to() -> None:
    reaction = scenes.decide(NEW_BOOK, scenes.timer(), on(waiting(), fields={"amount": "7"}))

    assert texts(reaction) == ["old 7", "new saw 12.5 and 3", "old other"]
    assert [(run.node, run.rules) for run in reaction.scene.runs] == [("other.pause", "old")]


def test_an_earlier_version_writes_fields_as_the_present_one_declares_them() -> None:
    reaction = scenes.decide(NEW_BOOK, scenes.timer(), on(waiting()))

    assert scenes.only(reaction, SetFields) == [SetFields({"shared": 3}, {"amount": "12.5", "colour": "blue"})]


def test_what_an_earlier_version_would_write_is_left_where_it_does_not_fit_any_more() -> None:
    narrow = scenes.book(NEW.replace("amount: {type: string}", "amount: {type: date}"), hash="new")

    reaction = scenes.decide(narrow, scenes.timer(), on(waiting()))

    assert scenes.only(reaction, SetFields) == [SetFields({"shared": 3}, {"colour": "blue"})]


def test_a_run_is_dropped_when_its_version_is_not_to_be_had_any_more() -> None:
    reaction = scenes.decide(NEW_BOOK, scenes.timer(), replace(on(waiting()), earlier={}))

    assert reaction.applied is Applied.APPLIED
    assert scenes.only(reaction, DropRun) == [DropRun("r1")]
    assert reaction.log == ()
    assert "a path ends at remind.pause" in reaction.note


def test_a_run_goes_on_once() -> None:
    first = scenes.decide(NEW_BOOK, scenes.timer(), on(waiting()))

    again = scenes.decide(NEW_BOOK, scenes.timer(), first.scene)

    assert (again.applied, again.effects) == (Applied.STALE, ())


def test_the_log_tells_a_path_that_goes_on_from_a_fact_that_is_new() -> None:
    log = scenes.decide(OLD_BOOK, scenes.timer(), on(waiting())).log

    assert [(c.run, c.fact.trigger.value) for c in log[:2]] == [("r1", "incoming_session"), ("", "participant_updated")]
    assert [v.node for v in log[0].activations[0].visits][:2] == ["remind.pause", "remind.say"]


def test_after_a_wait_the_communication_is_seen_as_it_is_then() -> None:
    book = scenes.book("""
campaign: clinic
agents:
  asker: {kind: form, questions: [{result: coming, ask: "Coming?", type: boolean}]}
flows:
  talk:
    typed: {when: incoming_session, keyword: GO, next: ask}
    ask: {do: communicate, channel: sms, agent: asker}
    updated: {when: communication_updated, status: started, next: pause}
    pause: {do: wait, for: 1h, next: tell}
    tell: {do: notify, channel: team, to: C0TEAM, text: "{{ communication.status }}"}
""")
    fact = Fact(Trigger.COMMUNICATION_UPDATED, of="talk.ask", status="started", channel="sms", communication="c1")
    run = replace(waiting("talk.pause", rules=book.hash), fact=fact)
    scene = on(run, communications=(scenes.talk("read"), scenes.talk("failed", id="c2")))

    assert texts(scenes.decide(book, scenes.timer(), scene)) == ["read"]


def test_one_run_more_than_may_wait_parks_the_event_and_names_the_node() -> None:
    full = on(*(waiting(id=f"r{number}") for number in range(MAX_RUNS)))

    with pytest.raises(LoopFound, match=rf"{MAX_RUNS} paths .* remind\.pause \(a\.yaml:10:"):
        scenes.decide(OLD_BOOK, scenes.wrote("go"), full)


def test_the_last_run_that_may_wait_waits() -> None:
    almost = on(*(waiting(id=f"r{number}") for number in range(1, MAX_RUNS)))

    assert len(scenes.decide(OLD_BOOK, scenes.wrote("go"), almost).scene.runs) == MAX_RUNS


def test_facts_held_meanwhile_go_before_a_run_that_goes_on() -> None:
    held = (Fact(Trigger.PARTICIPANT_UPDATED, source="api", changed=frozenset({"amount"})),)

    reaction = scenes.decide(NEW_BOOK, scenes.timer(), on(waiting(), held=held))

    assert [c.run for c in reaction.log][:2] == ["", "r1"]
    assert texts(reaction)[0] == "old "  # the fact that was held came without a message to reply to


@pytest.mark.parametrize(
    ("changes", "applied"),
    [
        ({}, Applied.APPLIED),
        ({"call": "another"}, Applied.STALE),
        ({"subject": "r9"}, Applied.STALE),
    ],
)
def test_an_answer_is_taken_by_the_run_that_waits_for_it_only(changes: dict[str, str], applied: Applied) -> None:
    asked = scenes.decide(CALL_BOOK, scenes.wrote("go"), on())
    (call,) = scenes.only(asked, PlaceCall)
    event = scenes.answered({"fields": {"amount": "3"}}, **{"call": call.call, "subject": call.subject, **changes})

    reaction = scenes.decide(CALL_BOOK, event, asked.scene)

    assert reaction.applied is applied
    assert texts(reaction) == (["3"] if applied is Applied.APPLIED else [])


def test_a_call_has_no_time_of_its_own() -> None:
    asked = scenes.decide(CALL_BOOK, scenes.wrote("go"), on())

    assert scenes.only(asked, SetTimer) == []
    assert scenes.decide(CALL_BOOK, scenes.timer(asked.scene.runs[0].id), asked.scene).applied is Applied.STALE


def test_an_answer_that_comes_in_a_stopped_campaign_changes_nothing() -> None:
    asked = scenes.decide(CALL_BOOK, scenes.wrote("go"), on())
    (call,) = scenes.only(asked, PlaceCall)
    event = scenes.answered({}, call=call.call, subject=call.subject)

    reaction = scenes.decide(CALL_BOOK, event, replace(asked.scene, active=False))

    assert (reaction.applied, reaction.effects) == (Applied.STALE, ())


def test_the_same_event_makes_the_same_runs() -> None:
    event = scenes.wrote("go")

    first, second = (scenes.decide(OLD_BOOK, event, on()) for _ in range(2))

    assert first.effects == second.effects
    assert len(scenes.only(first, KeepRun)) == 1


def test_a_change_by_another_campaign_tells_the_time_anew() -> None:
    book = scenes.book("""
campaign: clinic
fields: {visit: {type: date, level: customer}}
flows:
  remind:
    joined: {when: participant_created, next: pause}
    pause: {do: wait, until: "customer.visit - days(1)", next: done}
    done: {do: finish}
""")
    run = waiting("remind.pause", rules=book.hash, due=None)
    day = scenes.later(days=3).date()
    scene = on(run, shared={"visit": day})

    reaction = scenes.decide(book, scenes.given("customer", visit=None), scene)

    assert [run.due for run in reaction.scene.runs] == [scenes.later(days=1, hours=12)]


def test_in_a_stopped_campaign_a_time_is_told_anew_all_the_same() -> None:
    run = waiting("other.pause", due=scenes.later(days=9))

    reaction = scenes.decide(OLD_BOOK, scenes.given("api", amount=2), on(run, active=False))

    assert [run.due for run in reaction.scene.runs] == [scenes.later(days=2)]


def test_waits_that_bring_one_another_forward_do_it_once_a_minute() -> None:
    book = scenes.book("""
campaign: endless
fields: {ping: {type: datetime}, pong: {type: datetime}}
flows:
  ping:
    typed: {when: incoming_session, next: pause}
    pause: {do: wait, until: ping, next: set}
    set: {do: update_field, set: {ping: , pong: {expr: now()}}, next: pause}
  pong:
    typed: {when: incoming_session, next: pause}
    pause: {do: wait, until: pong, next: set}
    set: {do: update_field, set: {pong: , ping: {expr: now()}}, next: pause}
""")
    scene = scenes.decide(book, scenes.wrote("go"), scenes.someone()).scene
    scene = scenes.decide(book, scenes.given("api", ping=scenes.NOW), scene).scene
    times = []
    for _ in range(5):
        run, due = next((run, run.due) for run in scene.runs if run.due)
        times.append(due)
        scene = scenes.decide(book, scenes.timer(run.id), scene, due).scene

    assert times == [scenes.later(minutes=minute) for minute in range(5)]
