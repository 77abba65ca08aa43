"""Facts start flows, flows raise facts; everything is worked off in one reaction and written down."""

import pytest

from rules.effects import FinishParticipant, SendMessage
from rules.reaction import LoopFound, Visit
from rules.scene import Talk
from rules.silent import silent
from rules.walk import MAX_ACTIVATIONS, MAX_NODES
from tests.rules.scenes import TALKS, book, decide, due, given, only, raised, someone, stranger, talk, wrote


def says(book_text: str, text: str = "go", **scene: object) -> list[str]:
    """What is sent when somebody writes ``text``."""
    reaction = decide(book(book_text), wrote(text), someone(**scene))  # type: ignore[arg-type]
    return [m.text for m in only(reaction, SendMessage)]


FIFO = """
campaign: fifo
fields:
  step: {type: integer, default: 0}
flows:
  one:
    go: {when: incoming_session, next: set}
    set: {do: update_field, set: {step: 1}, next: over}
    over: {do: to_another_flow, flow: deep, next: say}
    say: {do: reply, text: one}
  two:
    go: {when: incoming_session, next: say}
    say: {do: reply, text: two}
  watch:
    changed: {when: participant_updated, next: say}
    say: {do: reply, text: changed}
  deep:
    entered: {when: from_another_flow, next: say}
    say: {do: reply, text: deep}
"""


def test_facts_are_worked_off_in_the_order_in_which_they_were_raised() -> None:
    """First every flow of the first fact, in file order; then what they raised."""
    assert says(FIFO) == ["one", "two", "changed", "deep"]


def test_the_log_tells_the_whole_story() -> None:
    reaction = decide(book(FIFO), wrote("go"), someone())

    story = [(c.fact.trigger, [a.trigger for a in c.activations]) for c in reaction.log]
    assert story == [
        ("incoming_session", ["one.go", "two.go"]),
        ("participant_updated", ["watch.changed"]),
        ("from_another_flow", ["deep.entered"]),
    ]
    assert [v.node for v in reaction.log[0].activations[0].visits] == ["one.go", "one.set", "one.over", "one.say"]


DECIDES = """
campaign: decides
fields:
  state: {type: enumeration, values: [new, paid]}
  fee: {type: numeric}
flows:
  one:
    go: {when: incoming_session, keyword: [GO, START], next: paid}
    paid:
      if: participant.state == "paid" and participant.fee > 3
      match: thank
      else: kind
    thank: {do: reply, text: thanks}
    kind:
      switch: participant.state
      cases: {new: welcome}
      else: ask
    welcome: {do: reply, text: welcome}
    ask: {do: reply, text: who?}
  other:
    stop: {when: incoming_session, keyword: BYE, channel: team}
"""


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"state": "paid", "fee": 4}, "thanks"),
        ({"state": "paid", "fee": 3}, "who?"),
        ({"state": "paid"}, "who?"),
        ({"state": "new"}, "welcome"),
        ({}, "who?"),
    ],
)
def test_conditions_choose_the_way_and_what_is_unset_goes_else(fields: dict[str, object], said: str) -> None:
    assert says(DECIDES, fields=fields) == [said]


def test_every_condition_is_logged_with_the_values_it_saw_and_the_way_it_took() -> None:
    reaction = decide(book(DECIDES), wrote("go"), someone(fields={"state": "new", "fee": 4}))

    condition = reaction.log[0].activations[0].visits[1]
    assert isinstance(condition, Visit)
    assert (condition.node, condition.next, str(condition.position)) == ("one.paid", "kind", "a.yaml:9:5")
    assert dict(condition.saw) == {"participant.state": "new", "participant.fee": 4}


def test_a_trigger_that_stayed_silent_says_why() -> None:
    rules = book(DECIDES)
    (considered,) = decide(rules, wrote("hello"), someone()).log

    (one, other) = silent(rules, considered.fact)
    assert (one.node, one.narrowing, one.wanted, one.saw) == ("one.go", "keyword", "GO, START", "HELLO")
    assert other.node == "other.stop"


def test_a_flow_sees_what_the_flows_before_it_did() -> None:
    text = FIFO.replace("text: changed", 'text: "step {{ step }}"')

    assert "step 1" in says(text)


def test_a_flow_sees_the_talk_its_fact_is_about_and_not_the_last_one() -> None:
    text = TALKS.replace(
        "ended: {when: communication_ended}",
        "ended: {when: communication_ended, next: tell}\n"
        '    tell: {do: notify, channel: team, to: C1, text: "{{ communication.status }} {{ results.guests }}"}',
    )
    scene = someone(communications=(talk(), talk("completed", id="c2")))

    reaction = decide(book(text), due("reply"), scene)

    assert [m.text.strip() for m in only(reaction, SendMessage)] == ["no_response"]


def test_a_flow_entered_from_another_sees_the_talk_that_one_saw() -> None:
    text = TALKS.replace(
        "ended: {when: communication_ended}",
        "ended: {when: communication_ended, next: over}\n"
        "    over: {do: to_another_flow, flow: desk}\n"
        "  desk:\n"
        "    entered: {when: from_another_flow, next: tell}\n"
        '    tell: {do: notify, channel: team, to: C1, text: "{{ communication.status }}"}\n'
        "  sessions:",
    )

    reaction = decide(book(text), due("reply"), someone(communications=(talk(), talk("completed", id="c2"))))

    assert [m.text for m in only(reaction, SendMessage)] == ["no_response"]


def test_each_of_two_talks_that_end_together_is_seen_by_its_own_run_of_the_flow() -> None:
    text = TALKS.replace(
        "ended: {when: communication_ended}",
        "ended: {when: communication_ended, next: which}\n"
        "    which: {if: communication.node == 'talk.ask', match: done}\n"
        "    done: {do: finish}",
    )
    scene = someone(communications=(talk(node="talk.tell"), talk(id="c2")))

    reaction = decide(book(text), wrote("stop", consent="stop"), scene)

    seen = [dict(c.activations[0].visits[1].saw) for c in reaction.log]
    assert seen == [{"communication.node": "talk.tell"}, {"communication.node": "talk.ask"}]


KNOWS = TALKS.replace("Hi {{ name }}.", "Hi {{ results.guests }}.").replace("see you", "{{ results.guests }}")
OLDER = talk("completed", id="c0", talk=Talk(2, 0, {"guests": 7}))
NEWER = talk("completed", id="c2", talk=Talk(2, 0, {"guests": 9}))


def test_what_another_talk_recorded_is_not_known_to_an_agent() -> None:
    begins = talk("planned", opened=False)
    reaction = decide(book(KNOWS), due("start"), someone(communications=(OLDER, begins, NEWER)))

    assert only(reaction, SendMessage)[0].text == "Hi .\nAre you coming?"


def test_what_an_answer_records_is_known_to_the_next_text() -> None:
    answering = talk("replied", talk=Talk(1))
    reaction = decide(book(KNOWS), wrote("3"), someone(communications=(OLDER, answering, NEWER)))

    assert only(reaction, SendMessage)[0].text == "Thanks, 3."


def test_what_another_talk_recorded_is_not_known_to_a_text_after_an_answer() -> None:
    answering = talk("replied", talk=Talk(1))
    reaction = decide(book(KNOWS), wrote("many"), someone(communications=(OLDER, answering, NEWER)))

    assert only(reaction, SendMessage)[0].text == "Thanks, ."


LOOP = """
campaign: loop
fields:
  turn: {type: integer, default: 0}
flows:
  ping:
    go: {when: incoming_session, next: over}
    back: {when: from_another_flow, next: over}
    over: {do: to_another_flow, flow: pong}
  pong:
    entered: {when: from_another_flow, next: over}
    over: {do: to_another_flow, flow: ping}
  circle:
    updated: {when: participant_updated, next: first}
    first: {do: update_field, set: {turn: 1}, next: second}
    second: {do: update_field, set: {turn: 1}, next: first}
"""


def test_flows_that_send_each_other_round_are_found_and_named() -> None:
    with pytest.raises(
        LoopFound, match=rf"more than {MAX_ACTIVATIONS} flows started.*ping\.over 2\d times \(a\.yaml:9:5\)"
    ):
        decide(book(LOOP), wrote("go"), someone())


def test_nodes_that_lead_round_in_a_circle_are_found_and_named() -> None:
    with pytest.raises(LoopFound, match=rf"more than {MAX_NODES} nodes.*circle\.first 2\d\d times \(a\.yaml:15:5\)"):
        decide(book(LOOP), given(turn=5), someone())


def test_a_long_way_within_the_budgets_is_no_loop() -> None:
    flows = "".join(f"  f{n}: {{go: {{when: incoming_session, next: end}}, end: {{do: finish}}}}\n" for n in range(50))

    reaction = decide(book(f"campaign: wide\nflows:\n{flows}"), wrote("go"), someone())

    assert len(only(reaction, FinishParticipant)) == MAX_ACTIVATIONS


def test_the_same_event_decided_again_gives_the_same_ids_and_another_event_others() -> None:
    event = given(name="Ada")
    first, again = (decide(book(TALKS), event, stranger()) for _ in range(2))
    other = decide(book(TALKS), given(name="Ada"), stranger())

    assert first == again
    assert not {m.message for m in only(first, SendMessage)} & {m.message for m in only(other, SendMessage)}


def test_ids_are_different_in_every_campaign_that_decides_the_event() -> None:
    """One inbound message is decided by each campaign that knows its sender."""
    event = given(name="Ada")
    here, there = (decide(book(TALKS, campaign=name), event, stranger()) for name in ("here", "there"))

    assert not {m.message for m in only(here, SendMessage)} & {m.message for m in only(there, SendMessage)}


def test_joining_begins_every_talk_of_the_flow() -> None:
    reaction = decide(book(TALKS), given(name="Ada"), stranger())

    assert [m.text for m in only(reaction, SendMessage)] == ["Hello Ada", "Hi Ada.\nAre you coming?"]
    assert raised(reaction) == ["participant_created"]
