"""Talks named by their node: which nodes a rulebook names, and what their names stand for."""

from dataclasses import replace

import pytest

from rules.effects import SendMessage
from rules.loader import load_rulebook
from rules.scene import Communication
from rules.values import Value
from tests.rules.rulebooks import PROJECT
from tests.rules.scenes import book, decide, only, someone, talk, wrote

RULES = """
campaign: trial
fields:
  name: {type: string}
agents:
  asker:
    kind: form
    questions:
      - {result: coming, ask: "Coming?", type: boolean}
      - {result: guests, ask: "How many?", type: integer, if: %s}
  teller: {kind: notice, text: "%s"}
flows:
  talk:
    came: {when: incoming_session, next: choose}
    choose: {if: %s, match: tell}
    tell: {do: communicate, channel: sms, agent: teller}
    joined: {when: participant_created, next: ask}
    ask: {do: communicate, channel: sms, agent: asker}
  visit:
    joined: {when: participant_created, next: rate}
    rate: {do: communicate, channel: sms, agent: asker}
"""


@pytest.mark.parametrize(
    ("question", "text", "condition", "named"),
    [
        ("'true'", "Hello", "results.coming", set()),
        ("'true'", "Hello", "results.ask.coming", {"talk.ask"}),
        ("'true'", "Hello", "results.talk.ask.coming", {"talk.ask"}),
        ("'true'", "{{ communication.rate.reason }}", "'true'", {"visit.rate"}),
        ("results.rate.coming", "{{ results.ask.guests }}", "'true'", {"visit.rate", "talk.ask"}),
        (
            "'true'",
            "Hello",
            '{any: [communication.rate.status == "read", results.ask.coming]}',
            {"visit.rate", "talk.ask"},
        ),
    ],
)
def test_a_rulebook_tells_whose_talks_it_names(question: str, text: str, condition: str, named: set[str]) -> None:
    assert book(RULES % (question, text, condition)).talks_named == named


def test_a_text_shows_the_last_talk_of_a_node_while_another_is_spoken() -> None:
    rulebook = book(RULES % ("'true'", "{{ results.ask.guests }} guests, {{ communication.rate.reason }}", "'true'"))
    asked = talk("completed", id="c1", rules=rulebook.hash)
    scene = someone(
        communications=(
            talk("completed", id="c0", node="visit.rate", reason="nobody asked"),
            _with_guests(asked, 3),
            _with_guests(talk("completed", id="c2", node="visit.rate", reason="late"), 7),
        )
    )

    (message,) = only(decide(rulebook, wrote("hello"), scene), SendMessage)
    assert message.text == "3 guests, late"


def test_a_result_that_has_another_type_than_the_file_says_is_unset_where_it_does_not_fit() -> None:
    rulebook = book(RULES % ("'true'", "{{ results.ask.guests + 1 }}!", "'true'"))

    scene = someone(communications=(_with_guests(talk("completed"), "many"),))

    (message,) = only(decide(rulebook, wrote("hello"), scene), SendMessage)
    assert message.text == "!"


def test_a_misshapen_agent_or_node_is_one_mistake_and_no_other_follows_from_it() -> None:
    broken = RULES.replace("kind: form", "kind: from").replace("channel: sms, agent: asker", "chanel: sms")
    text = broken % (
        "'true'",
        "{{ results.rate.whatever }}",
        "communication.ask.status == 'read' and results.ask.coming",
    )

    codes = [d.code for d in load_rulebook(text, "a.yaml", PROJECT).diagnostics]

    assert not {"E401", "E402", "E501"} & set(codes)


def _with_guests(communication: Communication, guests: Value) -> Communication:
    return replace(communication, talk=replace(communication.talk, results={"guests": guests}))
