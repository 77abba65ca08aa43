"""When a communication begins: pace, answers to what the person has just written, and what has changed meanwhile."""

from dataclasses import replace
from datetime import timedelta

import pytest

from rules.book import Rulebook
from rules.effects import PlanCommunication, SendMessage, SetTimer
from rules.scene import Scene
from tests.rules.scenes import NOW, book, decide, due, later, only, someone, status, talk, waiting, wrote

RULES = """
campaign: talks
contact: {LIMITS}
fields:
  timezone: {type: string}
agents:
  teller: {kind: notice, text: Hello}
flows:
  talk:
    came: {when: incoming_session, keyword: NOW, next: tell}
    tell: {do: communicate, channel: sms, agent: teller}
  timed:
    came: {when: incoming_session, keyword: TIMED, next: tell}
    tell: {do: communicate, channel: sms, agent: teller, at: now()}
  nightly:
    came: {when: incoming_session, keyword: NIGHT, next: tell}
    tell: {do: communicate, channel: sms, agent: teller, between: "22:00-06:00"}
  slow:
    came: {when: incoming_session, keyword: SLOW, next: wait}
    wait: {do: wait, for: 1m, next: tell}
    tell: {do: communicate, channel: sms, agent: teller}
"""


def limited(limits: str) -> Rulebook:
    return book(RULES.replace("LIMITS", limits))


QUIET = limited('quiet_hours: "10:00-21:00"')
PACED = limited("pace: 60")


def test_with_a_pace_nothing_begins_at_once_but_answers() -> None:
    planned = decide(PACED, wrote("timed"), someone())

    assert only(planned, SetTimer) == [SetTimer(planned.scene.communications[0].id, "start", NOW)]
    assert only(planned, SendMessage) == []
    assert len(only(decide(PACED, wrote("now"), someone()), SendMessage)) == 1
    assert len(only(decide(PACED, due("start", planned.scene.communications[0].id), planned.scene), SendMessage)) == 1


def test_an_answer_keeps_to_the_hours_of_its_node_and_then_to_all_others() -> None:
    """Between 22:00 and 06:00 alone it may begin, and from 21:00 to 10:00 people may be written to."""
    (planned,) = only(decide(QUIET, wrote("night"), someone()), PlanCommunication)

    assert planned.communication.at == NOW.replace(hour=22)


@pytest.mark.parametrize(("minutes", "sent"), [(1, 1), (4, 1), (5, 0), (600, 0)])
def test_what_goes_on_soon_after_a_message_still_answers_it(minutes: int, sent: int) -> None:
    message = replace(wrote("slow"), at=NOW - timedelta(minutes=minutes))
    scene = someone(runs=(waiting(node="slow.wait", rules=QUIET.hash, message=message, due=0),))

    assert len(only(decide(QUIET, due("wait", "r1"), scene), SendMessage)) == sent


def test_what_a_stop_begins_elsewhere_is_no_answer_to_it() -> None:
    """Who stops one channel at night is not woken on another."""
    ended = "  ended:\n    over: {when: communication_ended, next: tell}\n"
    ended += "    tell: {do: communicate, channel: team, agent: teller}\n"
    rulebook = book((RULES + ended).replace("LIMITS", 'quiet_hours: "10:00-21:00"'))
    open_talk = talk(rules=rulebook.hash, node="talk.tell", agent="teller")
    reaction = decide(rulebook, wrote("stop", consent="stop"), someone(communications=(open_talk,)))

    assert only(reaction, SendMessage) == []
    assert [timer.due for timer in only(reaction, SetTimer)] == [NOW.replace(hour=21)]


def planned(**changes: object) -> Scene:
    waits = talk("planned", opened=False, node="talk.tell", agent="teller", **changes)
    return someone(communications=(waits,))


def test_limits_that_came_into_force_meanwhile_are_kept_to() -> None:
    reaction = decide(QUIET, due("start"), planned())

    assert only(reaction, SetTimer) == [SetTimer("c1", "start", NOW.replace(hour=21))]
    assert reaction.scene.communications[0].at == NOW.replace(hour=21)


def test_of_two_that_may_begin_on_one_day_the_second_begins_on_the_next() -> None:
    rulebook = limited("max_per_day: 1")
    both = (talk("planned", opened=False, node="talk.tell", agent="teller", id=id) for id in ("c1", "c2"))
    first = decide(rulebook, due("start"), someone(communications=tuple(both)))
    second = decide(rulebook, due("start", "c2"), first.scene)

    assert len(only(first, SendMessage)) == 1
    assert only(second, SetTimer) == [SetTimer("c2", "start", NOW.replace(day=23, hour=0))]
    assert only(decide(rulebook, due("start", "c2"), second.scene, later(hours=12)), SendMessage) != []


def test_what_can_begin_only_after_it_expires_is_skipped_when_its_time_has_come() -> None:
    never = limited('quiet_hours: "00:00-23:59"')
    scene = planned(expires=later(days=1))

    assert status(decide(never, due("start"), scene)) == "planned"
    assert status(decide(never, due("start"), scene, later(hours=12))) == "skipped"
