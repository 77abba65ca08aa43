"""The operator takes somebody out of a campaign, lets somebody enter anew, or opts an address out."""

from dataclasses import replace

import pytest

from rules.effects import CancelMessages, ChangeCommunication, ClearTimer, DropRun, LeaveCampaign, PlanCommunication
from rules.events import ContactStopped, ParticipantEnrolled, ParticipantGiven, ParticipantRemoved
from rules.facts import Fact, Trigger
from rules.leaving import REMOVED
from rules.reaction import Applied, Reaction
from rules.scene import Scene
from tests.rules import scenes

BOOK = scenes.book(scenes.TALKS)
REMOVE = ParticipantRemoved(id="e1", at=scenes.NOW)
ENROLL = ParticipantEnrolled(id="e1", at=scenes.NOW)
STOP = ContactStopped(id="e1", at=scenes.NOW, channel="sms", address=scenes.PHONE)


def ended(reaction: Reaction) -> list[tuple[str, str, str]]:
    changed = [effect.communication for effect in scenes.only(reaction, ChangeCommunication)]
    return [(one.id, one.status.value, one.reason) for one in changed]


def facts(reaction: Reaction) -> list[str]:
    return [considered.fact.trigger.value for considered in reaction.log]


def test_who_is_removed_leaves_nothing_that_goes_on_and_no_rule_hears_of_it() -> None:
    scene = scenes.someone(
        communications=(
            scenes.talk(),
            scenes.talk("planned", id="c2", opened=False),
            scenes.talk("completed", id="c3"),
        ),
        runs=(scenes.waiting("talk.tell", due=5),),
    )
    reaction = scenes.decide(BOOK, REMOVE, scene)

    assert reaction.applied is Applied.APPLIED
    assert reaction.effects[:3] == (DropRun("r1"), ClearTimer("r1", "wait"), LeaveCampaign())
    assert ended(reaction) == [("c1", "canceled", REMOVED), ("c2", "canceled", REMOVED)]
    assert scenes.only(reaction, CancelMessages) == [CancelMessages("c1")]
    assert ClearTimer("c2", "start") in reaction.effects
    assert (reaction.scene.participant, reaction.scene.runs, facts(reaction)) == (None, (), [])


@pytest.mark.parametrize("active", [True, False])
def test_what_was_held_for_somebody_who_is_removed_never_begins(active: bool) -> None:
    reaction = scenes.decide(BOOK, REMOVE, scenes.someone(entered=False, active=active))

    assert reaction.effects == (LeaveCampaign(),)


def test_who_is_no_participant_cannot_be_removed_or_enrolled() -> None:
    for event in (REMOVE, ENROLL):
        reaction = scenes.decide(BOOK, event, scenes.stranger())

        assert (reaction.applied, reaction.effects) == (Applied.UNKNOWN, ())


def test_who_was_removed_may_join_anew() -> None:
    gone = scenes.decide(BOOK, REMOVE, scenes.someone(fields={}, communications=(scenes.talk(),)))
    reaction = scenes.decide(BOOK, scenes.given(), gone.scene)

    assert reaction.applied is Applied.CREATED
    assert facts(reaction)[0] == "participant_created"


def test_who_is_enrolled_anew_enters_once_more_without_an_outcome() -> None:
    scene = scenes.someone()
    assert scene.participant is not None
    scene = replace(scene, participant=replace(scene.participant, outcome="paid"))
    reaction = scenes.decide(BOOK, ENROLL, scene)

    assert reaction.applied is Applied.APPLIED
    assert facts(reaction)[0] == "participant_created"
    assert [effect.communication.node for effect in scenes.only(reaction, PlanCommunication)] == [
        "talk.tell",
        "talk.ask",
    ]
    assert reaction.scene.participant is not None
    assert reaction.scene.participant.outcome == ""


def test_who_is_enrolled_anew_while_the_campaign_stands_still_enters_once_when_it_runs() -> None:
    first = scenes.decide(BOOK, ENROLL, scenes.someone(active=False))
    again = scenes.decide(BOOK, ENROLL, first.scene)
    runs = scenes.decide(BOOK, scenes.receipt("sent"), replace(again.scene, active=True))

    assert (first.applied, again.applied) == (Applied.APPLIED, Applied.UNCHANGED)
    assert facts(runs).count("participant_created") == 1


def test_who_has_yet_to_enter_is_not_enrolled_twice() -> None:
    reaction = scenes.decide(BOOK, ENROLL, scenes.someone(entered=False, active=False))

    assert (reaction.applied, reaction.effects) == (Applied.UNCHANGED, ())


def test_what_is_open_on_an_address_that_is_opted_out_ends_and_the_rules_hear_of_it() -> None:
    elsewhere = scenes.talk(id="c2", channel="team", address=scenes.SLACK)
    reaction = scenes.decide(BOOK, STOP, scenes.someone(communications=(scenes.talk(), elsewhere)))

    assert ended(reaction) == [("c1", "canceled", "opted out")]
    assert facts(reaction) == ["communication_ended"]


def test_an_address_on_which_nothing_is_open_is_opted_out_without_a_trace() -> None:
    assert scenes.decide(BOOK, STOP, scenes.someone()).applied is Applied.UNCHANGED


def test_a_late_receipt_still_moves_a_message_of_somebody_who_has_left() -> None:
    scene: Scene = scenes.someone(communications=(scenes.talk(),), messages=(scenes.sent(),))
    gone = scenes.decide(BOOK, REMOVE, scene)
    reaction = scenes.decide(BOOK, scenes.receipt("delivered"), gone.scene)

    assert reaction.applied is Applied.APPLIED
    assert reaction.scene.messages[0].status == "delivered"
    assert Fact(Trigger.COMMUNICATION_UPDATED) not in [considered.fact for considered in reaction.log]


def test_a_change_of_one_who_has_left_does_not_bring_them_back() -> None:
    change = ParticipantGiven(id="e1", at=scenes.NOW, participant="p1", source="api", joins=False)
    reaction = scenes.decide(BOOK, change, scenes.stranger())

    assert (reaction.applied, reaction.effects) == (Applied.UNKNOWN, ())
