"""What people's words are worth as answers to the questions of a form."""

import pytest

from rules.effects import SendMessage
from rules.templates import MAX_RENDERED
from rules.values import Value
from tests.rules.scenes import book, decide, only, someone, talk, wrote


def answered(kind: str, text: str) -> Value:
    written = f"""
campaign: survey
region: DE
agents:
  asker: {{kind: form, questions: [{{result: answer, ask: "Well?", type: {kind}, retries: 1}}]}}
flows:
  main:
    wrote: {{when: incoming_session}}
"""
    reaction = decide(book(written), wrote(text), someone(communications=(talk(),)))
    return reaction.scene.communications[0].talk.results.get("answer")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("  fine\r\nthanks ", "fine\nthanks"),
        ("so\x00 so\x07", "so so"),
        ("x" * MAX_RENDERED, "x" * MAX_RENDERED),
        ("x" * (MAX_RENDERED + 1), None),
        ("\x00\x07", None),
        ("   ", None),
    ],
)
def test_any_text_that_could_be_sent_is_a_text(text: str, value: Value) -> None:
    assert answered("string", text) == value


@pytest.mark.parametrize("text", ["030 901820", "+49 30 901820", "0049 30 901820"])
def test_a_phone_number_is_read_as_it_is_written_in_the_region_of_the_campaign(text: str) -> None:
    assert answered("phone", text) == "+4930901820"


def test_an_apology_leaves_the_list_of_answers_out_where_it_would_be_too_long_to_be_sent() -> None:
    values = [f"{letter * 400}" for letter in "abcd"]
    text = f"""
campaign: survey
agents:
  asker:
    kind: form
    questions:
      - {{result: day, ask: "Which?", type: enumeration, retries: 1, values: {values}}}
flows:
  main:
    wrote: {{when: incoming_session}}
"""
    reaction = decide(book(text), wrote("none"), someone(communications=(talk(),)))

    (message,) = only(reaction, SendMessage)
    assert message.text == "Sorry, that is not one of the answers.\nWhich?"
    assert message.choices == tuple(values)
