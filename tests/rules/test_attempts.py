"""Retries and fallback: one communication, several attempts, and whatever the order of the news, one end."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.effects import ClearTimer, SendMessage, SetTimer
from rules.reaction import Reaction
from rules.scene import Communication, Scene
from rules.statuses import MessageStatus
from tests.rules.scenes import NOW, PHONE, book, decide, due, later, only, raised, receipt, sent, someone, status, wrote
from tests.rules.scenes import talk as a_talk

BOOK = book("""
campaign: talks
agents:
  teller: {kind: notice, text: Hello}
  asker:
    kind: form
    opening: Good day.
    questions:
      - {result: coming, ask: "Coming?", type: boolean}
      - {result: guests, ask: "How many?", type: integer}
    reply_within: 2h
flows:
  talk:
    joined: {when: participant_created, next: tell}
    tell: {do: communicate, channel: sms, agent: teller, retries: {after: [4h, 4h]}, fallback: team, next: ask}
    ask:
      do: communicate
      channel: sms
      agent: asker
      retries: {after: [4h, 4h]}
      fallback: {channel: team, on: [failed, skipped, no_response]}
      next: brief
    brief: {do: communicate, channel: sms, agent: asker, expires: 6h, retries: {after: 4h}, fallback: team}
  watch:
    updated: {when: communication_updated}
    ended: {when: communication_ended}
    came: {when: incoming_session}
""")
AGENTS = {"ask": "asker", "tell": "teller", "brief": "asker"}


def talk(node: str = "ask", status: str = "started", **changes: object) -> Communication:
    return a_talk(status, node=f"talk.{node}", agent=AGENTS[node], rules=BOOK.hash, **changes)


def timers(reactions: Sequence[Reaction]) -> dict[str, object]:
    """The timers that stand after all of these, each with its time."""
    standing: dict[str, object] = {}
    for effect in (effect for reaction in reactions for effect in reaction.effects):
        if isinstance(effect, SetTimer):
            standing[effect.name] = effect.due
        elif isinstance(effect, ClearTimer):
            standing.pop(effect.name, None)
    return standing


def last_said(reaction: Reaction) -> SendMessage:
    said: SendMessage = only(reaction, SendMessage)[-1]
    return said


def test_a_form_that_nobody_answers_goes_through_its_retries_and_its_channels_and_then_ends() -> None:
    scene = someone(communications=(talk(status="planned", opened=False),))
    reaction = decide(BOOK, due("start"), scene)
    said = [last_said(reaction)]
    for timer in ("retry", "retry", "", "retry", "retry"):
        reaction = decide(BOOK, receipt("delivered", said[-1].message), reaction.scene)
        reaction = decide(BOOK, due("reply"), reaction.scene)
        assert "communication_ended no_response" not in raised(reaction)
        reaction = decide(BOOK, due(timer), reaction.scene) if timer else reaction
        said.append(last_said(reaction))
    ended = decide(BOOK, due("reply"), decide(BOOK, receipt("read", said[-1].message), reaction.scene).scene)

    assert [(m.channel, m.attempt) for m in said] == [
        ("sms", 1),
        ("sms", 2),
        ("sms", 3),
        *(("team", n) for n in (4, 5, 6)),
    ]
    assert raised(ended) == ["communication_ended no_response"]
    assert ended.scene.communications[0].reason == "no response to 6 attempts"


def test_the_time_to_answer_does_not_run_while_the_next_attempt_waits() -> None:
    asked = decide(BOOK, receipt("accepted"), someone(communications=(talk(),), messages=(sent(),)))
    failed = decide(BOOK, receipt("failed"), asked.scene)
    waiting = decide(BOOK, due("failed"), failed.scene, later(seconds=10))

    assert timers([asked, failed]) == {"reply": later(hours=2), "failed": later(seconds=10)}
    assert timers([asked, failed, waiting]) == {"retry": later(hours=4, seconds=10)}


def test_a_late_answer_goes_on_with_the_form_and_uses_up_no_retry() -> None:
    waiting = decide(BOOK, due("reply"), someone(communications=(talk(status="read"),), messages=(sent("read"),)))
    heard = decide(BOOK, wrote("yes"), waiting.scene, later(hours=1))

    assert last_said(heard).text == "How many?"
    assert timers([waiting, heard]) == {"reply": later(hours=3)}
    assert heard.scene.communications[0].retried == 0


def test_a_talk_that_was_answered_waits_for_the_next_attempt_too_where_its_message_fails() -> None:
    waiting = someone(communications=(talk(status="replied", attempt=2),), messages=(sent("read"),))
    asked = decide(BOOK, due("retry"), waiting)
    failed = decide(BOOK, receipt("failed", last_said(asked).message), asked.scene)

    assert timers([asked, failed]) == {"reply": later(hours=2)}


@pytest.mark.parametrize(("hours", "timer"), [(1, "retry"), (2, ""), (5, "")])
def test_no_attempt_is_made_at_or_after_the_end(hours: int, timer: str) -> None:
    """It would be made four hours later; the channel to fall back to is tried at once, while there is time."""
    begun = talk("brief", expires=later(hours=6))
    scene = someone(communications=(begun,), messages=(sent("failed"),))
    reaction = decide(BOOK, due("failed"), scene, later(hours=hours))

    assert list(timers([reaction])) == ([timer] if timer else [])
    assert [m.channel for m in only(reaction, SendMessage)] == ([] if timer else ["team"])


def test_past_its_end_it_ends_without_another_channel() -> None:
    begun = talk("brief", expires=later(hours=6))
    scene = someone(communications=(begun,), messages=(sent("failed", error="30003"),))
    reaction = decide(BOOK, due("failed"), scene, later(hours=6))

    assert (status(reaction), only(reaction, SendMessage)) == ("failed", [])


def test_a_retry_goes_to_the_address_that_the_customer_has_by_then() -> None:
    scene = someone(communications=(talk(attempt=2),), messages=(sent("failed"),), identifiers={"phone": "+4930901820"})

    assert last_said(decide(BOOK, due("retry"), scene)).to == "+4930901820"


def test_who_has_lost_the_address_is_tried_on_the_next_channel() -> None:
    scene = someone(communications=(talk(attempt=2),), messages=(sent("failed"),), identifiers={"slack": "U1"})
    reaction = decide(BOOK, due("retry"), scene)

    assert (last_said(reaction).channel, reaction.scene.communications[0].attempt) == ("team", 2)


def test_the_next_attempt_waits_while_the_campaign_does_not_run() -> None:
    scene = someone(communications=(talk(attempt=2),), messages=(sent("failed"),), active=False)

    assert decide(BOOK, due("retry"), scene).effects == ()
    assert only(decide(BOOK, due("retry"), replace(scene, active=True)), SendMessage) != []


Receipts = list[tuple[str, MessageStatus]]


@st.composite
def orders(draw: st.DrawFn) -> tuple[Receipts, Receipts]:
    """Some receipts of the messages of two attempts, and the same in another order, some of them twice."""
    one = st.tuples(st.sampled_from(["m1", "m2"]), st.sampled_from(list(MessageStatus)))
    reported = draw(st.lists(one, max_size=10))
    return reported, draw(st.permutations([*reported, *reported[:3]]))


def end_of(scene: Scene, order: Receipts) -> tuple[object, ...]:
    """How it all stands after these receipts, and after the timer of a held failure if one was set. For an answered
    talk the time to answer runs from the start."""
    reactions: list[Reaction] = []
    for message, reported in order:
        reactions.append(decide(BOOK, receipt(reported, message), scene))
        scene = reactions[-1].scene
    if "failed" in timers(reactions):
        reactions.append(decide(BOOK, due("failed"), scene, later(seconds=10)))
        scene = reactions[-1].scene
    there = scene.communications[0]
    first = tuple(m.status for m in scene.messages[:2])
    standing = timers(reactions).keys() | ({"reply"} if there.status == "replied" else set())
    return first, there.status, there.channel, there.attempt, there.retried, there.reason, standing


@given(
    st.sampled_from([("ask", "started"), ("ask", "read"), ("ask", "replied"), ("tell", "started")]),
    st.sampled_from([(PHONE, "sms", 1), (PHONE, "sms", 2), ("U0ADA", "team", 0), ("U0ADA", "team", 2)]),
    st.sampled_from(["", "sent", "failed"]),
    orders(),
)
def test_every_order_of_the_news_of_two_attempts_ends_the_same(
    kind: tuple[str, str], place: tuple[str, str, int], first: str, order: tuple[Receipts, Receipts]
) -> None:
    address, channel, retried = place
    begun = talk(*kind, address=address, channel=channel, retried=retried, attempt=2, at=NOW)
    scene = someone(communications=(begun,), messages=(sent(first), sent(id="m2", attempt=2)))

    assert end_of(scene, order[0]) == end_of(scene, order[1])


@given(st.sampled_from(["ask", "tell"]), orders())
def test_every_order_of_what_is_heard_while_the_next_attempt_waits_ends_the_same(
    node: str, order: tuple[Receipts, Receipts]
) -> None:
    scene = someone(communications=(talk(node, attempt=2),), messages=(sent("sent"), sent(id="m2")))

    assert end_of(scene, order[0]) == end_of(scene, order[1])
