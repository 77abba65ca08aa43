"""Whoever watches a reaction hears what it evaluates, node by node, and changes nothing."""

from dataclasses import dataclass, field

from rules.expressions import Expression
from rules.names import Scope
from rules.react import react
from rules.scene import Talk
from rules.values import Value
from tests.rules.scenes import NOW, book, someone, talk, wrote

BOOK = book("""
campaign: watched
fields:
  fee: {type: integer, default: 0}
agents:
  asker:
    kind: form
    questions:
      - {result: coming, ask: "Are you coming?", type: boolean}
      - {result: guests, ask: "How many guests?", type: integer, if: results.coming}
    closing: "Thanks {{ fee }}."
flows:
  talk:
    came: {when: incoming_session, next: dear}
    dear: {if: {all: [fee > 3, fee < 10]}, match: raise, else: ask}
    raise: {do: update_field, set: {fee: {expr: fee * 2}}, next: say}
    say: {do: reply, text: "{{ fee + 1 }}"}
    ask: {do: communicate, channel: sms, agent: asker}
""")


@dataclass
class Ear:
    """Writes down what it hears."""

    visited: list[str] = field(default_factory=list)
    heard: list[tuple[str, str, Value]] = field(default_factory=list)

    def visits(self, node: str) -> None:
        self.visited.append(node)

    def evaluated(self, node: str, expression: Expression, scope: Scope, value: Value) -> None:
        assert expression.evaluate(scope) == value
        self.heard.append((node, expression.source, value))


def test_every_condition_and_value_is_heard_at_its_node_and_texts_are_not() -> None:
    ear, scene, message = Ear(), someone(fields={"fee": 4}), wrote("go")

    reaction = react(BOOK, message, scene, NOW, ear)

    assert ear.heard == [
        ("talk.dear", "fee > 3", True),
        ("talk.dear", "fee < 10", True),
        ("talk.raise", "fee * 2", 8),
    ]
    assert reaction == react(BOOK, message, scene, NOW)
    walked = [visit.node for one in reaction.log for path in one.activations for visit in path.visits]
    assert ear.visited == walked


def test_whether_a_question_applies_is_heard_at_the_node_that_planned_the_talk() -> None:
    ear, asked = Ear(), talk("started", talk=Talk(question=0), rules=BOOK.hash)

    react(BOOK, wrote("yes"), someone(communications=(asked,)), NOW, ear)

    assert ("talk.ask", "results.coming", True) in ear.heard
