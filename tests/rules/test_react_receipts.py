"""Receipts and timers: statuses only move up, and every order of the same receipts ends the same."""

from collections.abc import Sequence
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.effects import ChangeMessage, ClearTimer, SendMessage, SetTimer
from rules.reaction import Applied
from rules.scene import Communication, Scene
from rules.statuses import MessageStatus
from tests.rules.scenes import (
    NOW,
    TALKS,
    book,
    decide,
    due,
    later,
    only,
    raised,
    receipt,
    sent,
    someone,
    status,
    talk,
)

BOOK = book(TALKS)
EARLY = [("accepted", "started"), ("queued", "started"), ("sending", "started"), ("sent", "started")]
FAILURES = ["failed", "undelivered", "canceled"]


@pytest.mark.parametrize(("reported", "expected"), [*EARLY, ("delivered", "delivered"), ("read", "read")])
def test_a_receipt_moves_its_message_and_its_talk_and_fires_once(reported: str, expected: str) -> None:
    reaction = decide(BOOK, receipt(reported), someone(communications=(talk("planned"),), messages=(sent(),)))

    assert reaction.applied is Applied.APPLIED
    assert (reaction.scene.messages[0].status, status(reaction)) == (reported, expected)
    assert raised(reaction) == [f"communication_updated {expected}"]


@pytest.mark.parametrize("lower", list(MessageStatus))
def test_a_lower_or_equal_receipt_is_stale_and_changes_nothing(lower: MessageStatus) -> None:
    for status_now in list(MessageStatus)[list(MessageStatus).index(lower) :]:
        scene = someone(communications=(talk("started"),), messages=(sent(status_now),))
        reaction = decide(BOOK, receipt(lower), scene)

        assert (reaction.applied, reaction.effects, reaction.log) == (Applied.STALE, (), ())


def test_a_receipt_of_an_unknown_message_is_unknown() -> None:
    assert decide(BOOK, receipt("sent", message="who"), someone()).applied is Applied.UNKNOWN


def test_a_receipt_of_a_single_message_moves_only_that() -> None:
    reaction = decide(BOOK, receipt("failed", error="30003"), someone(messages=(sent("sent", communication=""),)))

    assert reaction.effects == (ChangeMessage("m1", "failed", "30003"),)


def test_the_first_acceptance_of_each_question_gives_the_time_to_answer() -> None:
    scene = someone(communications=(talk("replied"),), messages=(sent("delivered"), sent("", id="m2")))

    first = decide(BOOK, receipt("accepted", "m2"), scene)
    second = decide(BOOK, receipt("sent", "m2"), first.scene, later(minutes=5))

    assert only(first, SetTimer) == [SetTimer("c1", "reply", later(hours=2))]
    assert only(second, SetTimer) == []


def test_a_status_reached_before_fires_nothing_again() -> None:
    first = decide(BOOK, receipt("queued"), someone(communications=(talk("planned"),), messages=(sent(),)))
    second = decide(BOOK, receipt("sent"), first.scene)

    assert (raised(first), raised(second)) == (["communication_updated started"], [])


def test_a_question_first_reported_as_failed_gives_the_time_to_answer_once_it_is_delivered() -> None:
    reaction = decide(BOOK, receipt("delivered"), someone(communications=(talk(),), messages=(sent("failed"),)))

    assert only(reaction, SetTimer) == [SetTimer("c1", "reply", later(hours=2))]


@pytest.mark.parametrize("failure", FAILURES)
def test_a_failure_is_held_for_ten_seconds_and_then_ends_the_talk(failure: str) -> None:
    held = decide(BOOK, receipt(failure, error="30003"), someone(communications=(talk(),), messages=(sent("sent"),)))
    ended = decide(BOOK, due("failed"), held.scene, later(seconds=10))

    assert only(held, SetTimer) == [SetTimer("c1", "failed", later(seconds=10))]
    assert (status(held), held.log) == ("started", ())
    assert (status(ended), ended.scene.communications[0].reason) == ("failed", "30003")
    assert (ended.applied, raised(ended)) == (Applied.APPLIED, ["communication_ended failed"])


def test_a_delivered_that_comes_late_wins_over_the_failure() -> None:
    held = decide(BOOK, receipt("undelivered"), someone(communications=(talk(),), messages=(sent("sent"),)))
    saved = decide(BOOK, receipt("delivered"), held.scene)
    after = decide(BOOK, due("failed"), saved.scene)

    assert ClearTimer("c1", "failed") in saved.effects
    assert (after.applied, status(after)) == (Applied.STALE, "delivered")


@pytest.mark.parametrize("other", ["failed", "undelivered"])
def test_a_failure_stands_while_another_message_of_the_attempt_arrives(other: str) -> None:
    scene = someone(communications=(talk(),), messages=(sent(other, error="30003"), sent("sent", id="m2")))
    arrived = decide(BOOK, receipt("delivered", "m2"), scene)

    assert only(arrived, ClearTimer) == []
    assert status(decide(BOOK, due("failed"), arrived.scene)) == "failed"


def test_of_two_failures_the_one_that_was_false_does_not_save_the_other() -> None:
    scene = someone(communications=(talk(),), messages=(sent("failed"), sent("failed", id="m2")))
    arrived = decide(BOOK, receipt("delivered", "m2"), scene)

    assert only(arrived, ClearTimer) == []
    assert status(decide(BOOK, due("failed"), arrived.scene)) == "failed"


def test_what_goes_its_usual_way_clears_no_timer() -> None:
    scene = someone(communications=(talk(),), messages=(sent("sent"),))

    assert only(decide(BOOK, receipt("delivered"), scene), ClearTimer) == []


def test_a_later_message_that_fails_in_an_answered_talk_leaves_the_end_to_the_reply_timer() -> None:
    scene = someone(communications=(talk("replied"),), messages=(sent("delivered"), sent("sent", id="m2")))
    failed = decide(BOOK, receipt("failed", "m2", error="30003"), scene)

    assert only(failed, SetTimer) == []
    assert failed.note == "a later message of an answered communication failed"
    assert decide(BOOK, due("failed"), failed.scene).applied is Applied.STALE
    assert status(decide(BOOK, due("reply"), failed.scene)) == "no_response"


def test_a_later_message_that_is_not_sent_in_an_answered_talk_leaves_the_end_to_the_reply_timer() -> None:
    scene = someone(communications=(talk("replied"),), messages=(sent("delivered"), sent(id="m2")))

    skipped = decide(BOOK, receipt("canceled", "m2", error="opted out", skipped=True), scene)

    assert (status(skipped), skipped.log) == ("replied", ())
    assert skipped.note == "a later message of an answered communication was not sent"


def test_what_was_refused_before_sending_is_skipped_at_once() -> None:
    scene = someone(communications=(talk("planned"),), messages=(sent(),))
    reaction = decide(BOOK, receipt("failed", error="opted out", skipped=True), scene)

    assert (status(reaction), reaction.scene.communications[0].reason) == ("skipped", "opted out")
    assert raised(reaction) == ["communication_ended skipped"]


@pytest.mark.parametrize("final", ["completed", "no_response", "failed", "canceled", "skipped"])
def test_a_talk_that_has_ended_absorbs_every_receipt_and_timer(final: str) -> None:
    scene = someone(communications=(talk(final),), messages=(sent("sent"),))
    for reported in ("failed", "delivered", "read"):
        reaction = decide(BOOK, receipt(reported), scene)
        assert reaction.effects == (ChangeMessage("m1", reported),)
        assert (status(reaction), reaction.log) == (final, ())
        assert reaction.note == f"too late for its communication, which is {final}"
    for timer in ("start", "reply", "failed", "settle"):
        assert decide(BOOK, due(timer), scene).applied is Applied.STALE


def planned(**changes: object) -> Communication:
    return talk("planned", opened=False, **changes)


def test_when_its_time_has_come_a_planned_talk_begins() -> None:
    reaction = decide(BOOK, due("start"), someone(communications=(planned(),), shared={"name": "Ada"}))

    assert reaction.scene.communications[0].opened
    assert [m.text for m in only(reaction, SendMessage)] == ["Hi Ada.\nAre you coming?"]


def test_it_begins_only_once() -> None:
    reaction = decide(BOOK, due("start"), someone(communications=(talk("planned"),)))

    assert (reaction.applied, reaction.effects) == (Applied.STALE, ())


def test_while_the_campaign_does_not_run_it_stays_planned_and_says_so() -> None:
    reaction = decide(BOOK, due("start"), someone(communications=(planned(),), active=False))

    assert (reaction.applied, reaction.effects) == (Applied.STALE, ())
    assert "does not run" in reaction.note


def test_it_is_sent_to_the_address_the_customer_has_by_then() -> None:
    scene = someone(communications=(planned(),), identifiers={"phone": "+4930901820"})

    assert only(decide(BOOK, due("start"), scene), SendMessage)[0].to == "+4930901820"


@pytest.mark.parametrize(
    ("scene", "reason"),
    [
        (someone(communications=(planned(),), opted_out=frozenset({("sms", "+4915112345678")})), "opted out"),
        (someone(communications=(planned(),), identifiers={}), "no phone"),
        (someone(communications=(planned(agent="gone"),)), "agent gone is no longer in the rule file"),
        (someone(communications=(planned(channel="gone"),)), "channel gone is no longer in the rule file"),
    ],
)
def test_what_can_no_longer_be_sent_when_its_time_has_come_is_skipped(scene: Scene, reason: str) -> None:
    reaction = decide(BOOK, due("start"), scene)

    assert (status(reaction), reaction.scene.communications[0].reason) == ("skipped", reason)
    assert raised(reaction) == ["communication_ended skipped"]


@pytest.mark.parametrize("timer", ["start", "reply", "failed", "settle", "unheard of"])
def test_a_timer_without_its_talk_is_unknown_and_one_out_of_place_is_stale(timer: str) -> None:
    assert decide(BOOK, due(timer, "who"), someone()).applied is Applied.UNKNOWN
    if timer not in ("start", "settle"):
        assert decide(BOOK, due(timer), someone(communications=(planned(),))).applied is Applied.STALE


def final_state(agent: str, order: Sequence[str]) -> tuple[str, str]:
    """The statuses of message and talk after these receipts, and then the timer of a held failure if one was set."""
    scene = someone(communications=(talk("planned", agent=agent),), messages=(sent(),))
    for reported in order:
        scene = decide(BOOK, receipt(reported), scene).scene
    reaction = decide(BOOK, due("failed"), scene, later(seconds=10))
    return reaction.scene.messages[0].status, status(reaction)


@st.composite
def orders(draw: st.DrawFn) -> tuple[list[MessageStatus], list[MessageStatus]]:
    """Some receipts, and the same in another order, some of them twice."""
    reported = draw(st.lists(st.sampled_from(list(MessageStatus)), max_size=12))
    return reported, draw(st.permutations([*reported, *reported[:3]]))


@given(st.sampled_from(["asker", "teller"]), orders())
def test_every_order_of_the_same_receipts_ends_the_same(
    agent: str, order: tuple[list[MessageStatus], list[MessageStatus]]
) -> None:
    one, other = order

    assert final_state(agent, one) == final_state(agent, other)


@pytest.mark.parametrize("agent", ["asker", "teller"])
def test_every_order_of_a_usual_stream_with_a_false_failure_ends_delivered(agent: str) -> None:
    ends = {final_state(agent, order) for order in permutations(["queued", "sent", "failed", "delivered"])}

    assert ends == {("delivered", "delivered" if agent == "asker" else "completed")}


@pytest.mark.parametrize("reported", ["accepted", "queued", "sending", "sent"])
def test_a_notice_settles_an_hour_after_the_last_word_of_it(reported: str) -> None:
    scene = someone(communications=(talk("planned", agent="teller", at=NOW),), messages=(sent(),))

    assert only(decide(BOOK, receipt(reported), scene), SetTimer) == [SetTimer("c1", "settle", later(hours=1))]


def test_a_notice_of_which_no_failure_was_heard_is_complete_when_it_settles() -> None:
    scene = someone(communications=(talk(agent="teller"),), messages=(sent("sent"),))
    settled = decide(BOOK, due("settle"), scene, later(hours=1))

    assert (settled.applied, status(settled)) == (Applied.APPLIED, "completed")


def test_a_notice_that_has_not_begun_does_not_settle() -> None:
    reaction = decide(BOOK, due("settle"), someone(communications=(planned(agent="teller"),)))

    assert (reaction.applied, status(reaction)) == (Applied.STALE, "planned")


def test_a_failed_notice_does_not_settle() -> None:
    scene = someone(communications=(talk(agent="teller"),), messages=(sent("failed"),))

    assert decide(BOOK, due("settle"), scene).applied is Applied.STALE
