"""The operator moves or ends what waits at nodes of earlier versions."""

from dataclasses import replace
from typing import Any

import pytest

from rules.effects import ChangeCommunication, ClearTimer, DropRun, KeepRun, PlaceCall, SendMessage, SetTimer
from rules.reaction import Applied, Reaction
from rules.scene import Communication, Run, Scene
from tests.rules import scenes

BOOK = scenes.book("""
campaign: clinic
agents:
  asker: {kind: form, questions: [{result: coming, ask: "Coming?", type: boolean}]}
  other: {kind: form, questions: [{result: coming, ask: "And now?", type: boolean}]}
flows:
  main:
    typed: {when: incoming_session, keyword: GO, next: pause}
    pause: {do: wait, for: 2d, next: say}
    say: {do: reply, text: new, next: ask}
    ask: {do: call_webhook, service: crm, next: told}
    told: {do: reply, text: told, next: send}
    send: {do: communicate, channel: team, agent: other}
""")


def waiting(**run: Any) -> Run:
    return scenes.waiting(**{"node": "main.gone", "rules": "old", "due": 5, "message": scenes.wrote("go"), **run})


def planned(**changes: Any) -> Communication:
    return scenes.talk("planned", **{"node": "main.gone", "opened": False, "at": scenes.later(days=1), **changes})


def settle(scene: Scene, **moves: str) -> Reaction:
    event = scenes.settled({old.replace("__", "."): new.replace("__", ".") for old, new in moves.items()})
    return scenes.decide(BOOK, event, scene)


def test_a_run_that_is_ended_waits_no_more() -> None:
    reaction = settle(scenes.someone(runs=(waiting(),)), main__gone="")

    assert reaction.effects == (DropRun("r1"), ClearTimer("r1", "wait"))


def test_a_run_moves_to_a_wait_and_waits_there_from_now_on() -> None:
    reaction = settle(scenes.someone(runs=(waiting(),)), main__gone="main__pause")

    moved = replace(waiting(), node="main.pause", rules=BOOK.hash, due=scenes.later(days=2))
    assert reaction.applied is Applied.APPLIED
    assert [replace(e.run, message=None) for e in scenes.only(reaction, KeepRun)] == [replace(moved, message=None)]
    assert scenes.only(reaction, SetTimer) == [SetTimer("r1", "wait", scenes.later(days=2))]


@pytest.mark.parametrize("active", [True, False])
def test_a_run_that_moves_to_another_node_visits_it_as_soon_as_the_campaign_runs(active: bool) -> None:
    moved = settle(scenes.someone(runs=(waiting(due=None, call="c"),), active=active), main__gone="main__ask")
    reaction = scenes.decide(BOOK, scenes.timer(), replace(moved.scene, active=True))

    assert [(run.node, run.due, run.call) for run in moved.scene.runs] == [("main.ask", scenes.NOW, "")]
    assert scenes.only(moved, PlaceCall) == []
    assert [call.target for call in scenes.only(reaction, PlaceCall)] == ["crm"]
    assert [run.node for run in reaction.scene.runs] == ["main.ask"]


def test_a_run_may_move_to_a_node_that_does_not_wait() -> None:
    moved = settle(scenes.someone(runs=(waiting(),)), main__gone="main__say")
    reaction = scenes.decide(BOOK, scenes.timer(), moved.scene)

    assert [message.text for message in scenes.only(reaction, SendMessage)] == ["new"]


@pytest.mark.parametrize("target", ["main.nothing", "nowhere.say", "main.typed", "say"])
def test_a_run_stays_where_the_node_named_cannot_be_entered(target: str) -> None:
    reaction = settle(scenes.someone(runs=(waiting(),)), main__gone=target)

    assert (reaction.applied, reaction.effects) == (Applied.UNCHANGED, ())
    assert target in reaction.note


def test_what_is_at_the_present_node_already_is_left_alone() -> None:
    there = waiting(node="main.pause", rules=BOOK.hash)
    talk = planned(node="main.send", rules=BOOK.hash)

    reaction = settle(
        scenes.someone(runs=(there,), communications=(talk,)), main__pause="main__pause", main__send="main__send"
    )

    assert (reaction.applied, reaction.effects) == (Applied.UNCHANGED, ())


def test_what_waits_at_other_nodes_is_left_alone() -> None:
    reaction = settle(scenes.someone(runs=(waiting(),), communications=(planned(),)), main__other="")

    assert (reaction.applied, reaction.effects) == (Applied.UNCHANGED, ())


def test_a_planned_communication_that_is_ended_is_canceled() -> None:
    reaction = settle(scenes.someone(communications=(planned(),)), main__gone="")

    assert scenes.status(reaction) == "canceled"
    assert reaction.scene.communications[0].reason == "ended by the operator"
    assert scenes.raised(reaction) == ["communication_ended canceled"]


def test_a_planned_communication_takes_what_the_new_node_says_and_begins_when_it_was_to_begin() -> None:
    reaction = settle(scenes.someone(communications=(planned(),)), main__gone="main__send")

    (change,) = scenes.only(reaction, ChangeCommunication)
    assert change.communication == replace(
        planned(), node="main.send", flow="main", agent="other", channel="team", address=scenes.SLACK, rules=BOOK.hash
    )


def test_a_communication_that_has_begun_is_left_alone() -> None:
    reaction = settle(scenes.someone(communications=(planned(opened=True), planned(id="c2"))), main__gone="")

    assert (scenes.status(reaction), scenes.status(reaction, "c2")) == ("planned", "canceled")


def test_a_planned_communication_stays_where_the_node_named_begins_none() -> None:
    reaction = settle(scenes.someone(communications=(planned(),)), main__gone="main__say")

    assert (reaction.applied, reaction.effects) == (Applied.UNCHANGED, ())
    assert "main.say begins no communication" in reaction.note


def test_what_waits_on_the_present_version_does_not_end_with_what_waits_on_earlier_ones() -> None:
    here = {"node": "main.pause", "rules": BOOK.hash}
    talk = planned(node="main.send", rules=BOOK.hash)
    scene = scenes.someone(communications=(talk,), runs=(waiting(**here),))

    assert settle(scene, main__pause="", main__send="").effects == ()
