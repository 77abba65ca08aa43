"""Whatever happens in whatever order: deciding never breaks, and what has ended stays ended."""

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from rules.effects import TIMERS, ChangeCommunication, SendMessage
from rules.events import CampaignStarted
from rules.reaction import LoopFound
from rules.scene import Scene
from rules.statuses import FINAL_STATUSES, MessageStatus, message_rank
from tests.rules import scenes

BOOK = scenes.book("""
campaign: everything
contact: {quiet_hours: "20:00-08:00", max_per_day: 20}
fields:
  name: {type: string, level: customer}
  steps: {type: integer, default: 0}
  visit: {type: date}
agents:
  teller: {kind: notice, text: "Hello {{ name }}"}
  asker:
    kind: form
    questions:
      - {result: coming, ask: "Are you coming?", type: boolean, retries: 1}
      - {result: guests, ask: "How many guests?", type: integer, retries: 2}
    closing: "Thanks {{ name }}"
flows:
  talk:
    joined: {when: participant_created, next: tell}
    tell: {do: communicate, channel: sms, agent: teller, retries: {after: [1h, 2h]}, fallback: team, next: remind}
    remind:
      do: communicate
      channel: sms
      agent: asker
      at: participant.visit - days(1)
      between: "11:00-13:00"
      expires: 1d
      retries: {after: 10m}
      fallback: {channel: team, on: [failed, skipped, no_response]}
  hear:
    came: {when: incoming_session, keyword: [JOIN, YES], next: ask}
    ask: {do: communicate, channel: sms, agent: asker, next: count}
    count: {do: update_field, set: {steps: {expr: participant.steps + 1}}}
  drop:
    came: {when: incoming_session, keyword: DROP, next: drop}
    drop: {do: cancel_communications, next: say}
    say: {do: reply, text: dropped}
  over:
    ended: {when: communication_ended, next: many}
    many:
      if: participant.steps > 2
      match: finish
      else: again
    again: {do: to_another_flow, flow: count}
    finish: {do: finish, outcome: enough}
  count:
    entered: {when: from_another_flow, next: count}
    count: {do: update_field, set: {steps: {expr: participant.steps + 1}}, next: ask}
    ask: {do: communicate, channel: team, agent: teller}
  insist:
    changed: {when: participant_updated, source: customer, next: insist}
    insist: {do: update_field, set: {steps: {expr: participant.steps + 1}}, next: insist}
""")

texts = st.sampled_from(["JOIN", "yes", "no", "3", "perhaps", "DROP", "", "stop"]) | st.text(max_size=10)
moves = st.one_of(
    st.tuples(st.just("wrote"), texts, st.sampled_from(["", "", "", "start", "help", "stop"])),
    st.tuples(st.just("receipt"), st.integers(0, 9), st.sampled_from(list(MessageStatus)), st.booleans()),
    st.tuples(st.just("due"), st.integers(0, 9), st.sampled_from(TIMERS)),
    st.tuples(st.just("given"), st.sampled_from(["import", "api", "customer"]), st.text(max_size=3)),
    st.tuples(st.just("started")),
    st.tuples(st.just("active"), st.booleans()),
)


def event_of(move: tuple[Any, ...], scene: Scene) -> Any:
    """The event of a move, about a message or communication of the scene where there is one."""
    if move[0] == "wrote":
        return scenes.wrote(move[1], consent=move[2])
    if move[0] == "receipt":
        return scenes.receipt(move[2], nth([m.id for m in scene.messages], move[1]), skipped=move[3])
    if move[0] == "due":
        return scenes.due(move[2], nth([c.id for c in scene.communications], move[1]))
    if move[0] == "given":
        return scenes.given(move[1], name=move[2], visit=scenes.later(days=3).date())
    return CampaignStarted(id="started", at=scenes.NOW)


def nth(ids: list[str], number: int) -> str:
    return ids[number % len(ids)] if ids else "nobody"


def ended(scene: Scene) -> dict[str, object]:
    return {c.id: c.status for c in scene.communications if c.status in FINAL_STATUSES}


def ranks(scene: Scene) -> dict[str, int]:
    return {m.id: message_rank(m.status) for m in scene.messages}


@settings(max_examples=200, deadline=None)
@given(st.lists(moves, max_size=25))
def test_no_sequence_of_events_breaks_a_decision_or_moves_anything_back(sequence: list[tuple[Any, ...]]) -> None:
    scene = scenes.stranger()
    for move in sequence:
        before = scene
        scene = after(move, scene)

        assert ended(before).items() <= ended(scene).items()
        assert all(ranks(scene)[message] >= rank for message, rank in ranks(before).items())


def after(move: tuple[Any, ...], scene: Scene) -> Scene:
    if move[0] == "active":
        return replace(scene, active=move[1])
    try:
        reaction = scenes.decide(BOOK, event_of(move, scene), scene)
    except LoopFound:
        return scene
    check(reaction)
    return reaction.scene


def check(reaction: Any) -> None:
    """Nothing is said in a talk that has ended, and each talk ends once."""
    over: set[str] = set()
    for effect in reaction.effects:
        if isinstance(effect, SendMessage):
            assert effect.communication not in over
        elif isinstance(effect, ChangeCommunication):
            assert effect.communication.id not in over
            if effect.communication.status in FINAL_STATUSES:
                over.add(effect.communication.id)
