"""What people's words are worth as answers to the questions of a form."""

from datetime import date
from decimal import Decimal

import pytest

from rules.effects import SendMessage
from rules.reaction import Reaction
from rules.templates import MAX_RENDERED
from rules.values import Value
from tests.rules.scenes import book, decide, only, someone, talk, wrote


def heard(question: str, text: str) -> Reaction:
    """What comes of the words as an answer to a question that may be asked again once; then there is another one."""
    written = f"""
campaign: survey
region: DE
agents:
  asker:
    kind: form
    questions:
      - {{result: answer, ask: "Well?", retries: 1, {question}}}
      - {{result: more, ask: "More?"}}
flows:
  main:
    wrote: {{when: incoming_session}}
"""
    return decide(book(written), wrote(text), someone(communications=(talk(),)))


def read(question: str, text: str) -> Value:
    return heard(question, text).scene.communications[0].talk.results.get("answer")


def answered(kind: str, text: str) -> Value:
    return read(f"type: {kind}", text)


def said(question: str, text: str) -> str:
    (message,) = only(heard(question, text), SendMessage)
    return str(message.text)


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


DAYS = "type: enumeration, values: [Monday, Friday]"
SCALE = 'type: enumeration, values: ["2", "1", "10 or more"]'


@pytest.mark.parametrize(
    ("question", "text", "value"),
    [
        (DAYS, "friday!", "Friday"),
        (DAYS, "2", "Friday"),
        (DAYS, " 2) ", "Friday"),
        (DAYS, "\uff12", "Friday"),
        (DAYS, "2 Friday", "Friday"),
        (DAYS, "2 Monday", None),
        (DAYS, "0", None),
        (DAYS, "3", None),
        (DAYS, "-1", None),
        (DAYS, "02", None),
        (DAYS, "1,2", None),
        (DAYS, "\uff26\uff32\uff29\uff24\uff21\uff39", "Friday"),
        (SCALE, "1", "1"),
        (SCALE, "2", "2"),
        (SCALE, "3", None),
        (SCALE, "10 or more", "10 or more"),
        ("type: enumeration, values: [Caf\u00e9, Stra\u00dfe]", "cafe\u0301", "Caf\u00e9"),
        ("type: enumeration, values: [Caf\u00e9, Stra\u00dfe]", "STRASSE", "Stra\u00dfe"),
        ("type: enumeration, optional: true, values: [skip, help]", "skip", "skip"),
        ("type: enumeration, help: Choose., values: [skip, help]", "help", "help"),
        ("type: boolean", "1", True),
        ("type: boolean", "0", False),
        ("type: boolean", "2", None),
        ("type: boolean", "Ja.", True),
        ("type: integer, min: -5, max: 5", "-5", -5),
        ("type: integer, min: -5, max: 5", "6", None),
        ("type: integer, min: 0", "-1", None),
        ("type: numeric, max: 0.5", "0.5", Decimal("0.5")),
        ("type: numeric, max: 0.5", "0.51", None),
        ("type: numeric", "3,5", None),
        ("type: numeric", "129.90.", Decimal("129.90")),
        ("type: integer", "9!", 9),
        ("type: integer", "!", None),
        ("type: date", "2027-03-31.", date(2027, 3, 31)),
        ("pattern: '^[a-z]{2}$'", "DE", "DE"),
        ("pattern: '^[a-z]{2}$'", "DEU", None),
        ("pattern: '^[a-z]{2}$'", "DE\nDE", None),
        ("optional: true", "-", None),
        ("optional: false", "-", "-"),
        ("optional: true", "skip it", "skip it"),
        ("help: Anything.", "help", None),
        ("optional: false", "help", "help"),
        ("help: Anything.", "help me", "help me"),
    ],
)
def test_words_are_worth_what_a_person_means_by_them(question: str, text: str, value: Value) -> None:
    assert read(question, text) == value


@pytest.mark.parametrize(
    ("question", "text", "words"),
    [
        ("type: integer, min: 1", "0", "Sorry, please answer with a whole number of at least 1.\nWell?"),
        ("type: numeric, max: 2.5", "3", "Sorry, please answer with a number of at most 2.5.\nWell?"),
        ("type: numeric, min: 1, max: 2", "3", "Sorry, please answer with a number from 1 to 2.\nWell?"),
        ("pattern: x", "y", "Sorry, that does not have the right form.\nWell?"),
        ("pattern: x, invalid: 'An x, please.'", "y", "An x, please.\nWell?"),
        (DAYS, "?", "Sorry, please answer with one of: Monday, Friday.\nWell?\n1 Monday\n2 Friday"),
        (f"{DAYS}, help: We open at 9.", "??", "We open at 9.\nWell?\n1 Monday\n2 Friday"),
        (f"{DAYS}, help: We open at 9.", " HELP! ", "We open at 9.\nWell?\n1 Monday\n2 Friday"),
        (SCALE, "none", "Sorry, please answer with one of: 2, 1, 10 or more.\nWell?\n2, 1, 10 or more"),
        ("optional: true", "\u2013", "More?"),
        ("type: boolean, optional: true", "Skip.", "More?"),
    ],
)
def test_a_person_is_told_what_to_do(question: str, text: str, words: str) -> None:
    assert said(question, text) == words


def test_help_may_be_asked_for_as_often_as_one_likes() -> None:
    (before,) = someone(communications=(talk(),)).communications

    assert heard("type: integer, help: Count.", "?").scene.communications[0].talk == before.talk
