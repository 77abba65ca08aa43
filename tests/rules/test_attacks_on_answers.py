"""Attacks by patterns, and by those who answer: whatever people or services send, a decision comes soon."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.agents.replies import MAX_SAID, read_reply
from rules.book import Field, Rulebook
from rules.calling import MAX_OUTCOME, MAX_REASON, CallFailed, read_outcome
from rules.effects import SendMessage
from rules.expressions import ExpressionError, compile_expression
from rules.fields import FieldError, coerce
from rules.names import Scope
from rules.patterns import MAX_TEXT, PatternRefused, compile_pattern, matches
from rules.templates import MAX_RENDERED
from rules.texts import MAX_RAW
from rules.values import FIELD_TYPES, Position, Value
from tests.rules.language import NAMES
from tests.rules.scenes import NOW, answered, book, decide, due, only, someone, talk, wrote
from tests.rules.watchdog import watched

SLACK_TEXT = 40_000  # characters of one message (https://api.slack.com/methods/chat.postMessage, text)
HERE = Position("a.yaml", 1, 1)

PATTERNS = {
    "a repeated repeat": "(a+)+$",
    "a repeated choice": "(a|a)*$",
    "a repeated choice of lengths": "(?:a|aa)+$",
    "a repeated group, counted": "(?:a{1,9}){1,9}$",
    "a repeat that begins at nothing": "(a{,99}){,99}$",
    "a repeat without bounds": "(a{,}){,}$",
    "a repeat of many zeros": "(?:a{0000000000,}){0000000000,}$",
    "repeats in a row": "a*a*a*a*b",
    "repeats in a row, lazy": "a*?a*?a*?b",
    "repeats in a row, counted": "a{0,400}a{0,400}a{0,400}b",
    "repeats in a row that begin at nothing": "a{,}a{,}a{,}a{,}b",
    "repeats in a row of many zeros": "a{0000000000,}a{0000000000,}a{0000000000,}b",
    "repeats of a set in a row": "[a-z]*[^x]*[a]*b",
    "optional ones in a row": "a?" * 25 + "a" * 25,
    "choices in a row": "(a|b|ab)" * 12 + "c",
    "an email by the book of bad examples": r"^([a-zA-Z0-9_.]+)+@$",
    "a huge repeat": "a{9999999}",
    "a repeat past Python": "a{99999999999999999999}",
    "a repeat that ends before it begins": "a{5,2}",
    "a repeated repeat, counted": "a{9}{9}{9}",
    "a greedy repeat of a repeat": "a**",
    "a possessive repeat": "a*+b",
    "a backreference": r"(a*)\1b",
    "a named group": "(?P<a>a)",
    "a named backreference": "(?P<a>a)(?P=a)",
    "a look-ahead": "(?=a)b",
    "a look-behind": "(?<=a)b",
    "an atomic group": "(?>a*)b",
    "a condition": "(a)?(?(1)b|c)",
    "a flag": "(?i)a",
    "flags of a group": "(?s:a)",
    "a comment": "(?#a)b",
    "a set in a set": "[[a]b]",
    "a set without end": "[a",
    "a group without end": "(" * 90,
    "a backwards range": "[z-a]",
    "an unknown escape": r"\Z\A\k",
    "too many characters": "a" * 1_000_000,
}
SLOWEST = [
    r".*.{250}x",
    r"[^x]*[^x]{250}[^x]?[^x]?x",
    r"\w*\w{250}\w?\w?!",
    r"(?:[^x]|y)[^x]*[^x]{250}[^x]?x",
    "a*a?a?!",
]
WORDS: dict[str, str] = {
    "letters without end": "x" * 1_000_000,
    "digits without end": "9" * 1_000_000,
    "decimals without end": f"1.{'1' * 100_000}",
    "marks in the worst order": "a" + "\u0315\u0300" * SLACK_TEXT,
    "marks without end": "\u0300" * 1_000_000,
    "letters that grow": "\ufdfa" * SLACK_TEXT,
    "blanks without end": " " * 1_000_000,
    "lines without end": "\n" * 1_000_000,
    "question marks without end": "?" * 1_000_000,
    "nulls": "\x00" * 1_000,
    "half a surrogate pair": "\ud800",
    "a change of direction": "\u202eyes",
    "an infinite number": "1e999",
    "no number": "nan",
    "digits of another script": "\u0663\u00b2\u00bd",
    "a number in words of Python": "0x10",
    "the first day": "0001-01-01",
    "the last day": "9999-12-31",
    "before the first moment": "0001-01-01T00:00+12:00",
    "after the last moment": "9999-12-31T23:59:59-12:00",
    "an address without end": "a@" + "a." * 20_000,
    "an address that nearly fits": "a" * 64 + "@" + "a-." * 60 + "!",
    "a phone number without end": "+" + "9" * 100_000,
    "a text with values in it": "{{ amount_due }}{% if x %}",
}
QUESTIONS = (
    *("type: string", 'pattern: "^[a-z]*[0-9]?$"', "type: integer, min: 1", "type: numeric, max: 0.5", "type: boolean"),
    *("type: enumeration, values: [Yes, No]", "type: date", "type: datetime", "type: email", "type: phone"),
    "optional: true, help: So",
)
FORM = """
campaign: survey
region: DE
fields: {timezone: {type: string}}
agents:
  asker:
    kind: form
    questions:
      - {result: answer, ask: "Well?", retries: 1, QUESTION}
      - {result: more, ask: "More than {{ results.answer }}?"}
flows:
  main:
    wrote: {when: incoming_session}
"""
TIMED = """
campaign: t
contact: {quiet_hours: "20:00-08:00", quiet_days: [sun], holidays: ["01-01"], max_per_day: 1, max_per_week: 2}
fields: {timezone: {type: string}, d: {type: date}, m: {type: datetime}, x: {type: numeric}}
agents:
  teller: {kind: notice, text: "{{ d }} {{ m | date }} {{ x }}"}
flows:
  waits:
    came: {when: incoming_session, keyword: WAIT, next: wait}
    wait: {do: wait, until: "WHEN", next: tell}
    tell: {do: communicate, channel: sms, agent: teller, at: "WHEN", between: "22:00-06:00", days: mon-fri}
  plans:
    came: {when: incoming_session, keyword: PLAN, next: tell}
    tell: {do: communicate, channel: sms, agent: teller, at: "WHEN", expires: 366d, retries: {after: [366d, 366d]}}
"""
TIMES = (
    *("d", "m", "d + days(1)", "d - days(1)", "m + hours(1)", "m - hours(1)", "d + days(999999999)", "d - weeks(x)"),
    *("datetime(9999, 12, 31, 23, 59)", "datetime(1, 1, 1)", "anniversary(d)", "anniversary(m)", "m + days(x)"),
)
EDGES = [
    (date.min, datetime.min.replace(tzinfo=UTC)),
    (date.max, datetime.max.replace(tzinfo=UTC)),
    (date(9998, 12, 31), datetime(9999, 1, 3, tzinfo=UTC)),
]
ANSWERS: dict[str, object] = {
    "a number without end": 10**4_000,
    "a list in lists": [[[[["good"]]]]],
    "an object": {"__proto__": {"admin": True}},
    "a text without end": "x" * 60_000,
    "marks in the worst order": "a" + "\u0315\u0300" * 30_000,
    "control characters": "\x00\x1b[2J\ud800",
    "infinity": float("inf"),
    "no number": float("nan"),
    "a tiny number": 5e-324,
}


@pytest.fixture(autouse=True)
def _watched() -> Iterator[None]:
    with watched():
        yield


@pytest.mark.parametrize("pattern", [pytest.param(pattern, id=name) for name, pattern in PATTERNS.items()])
def test_a_pattern_that_may_search_forever_is_refused(pattern: str) -> None:
    with pytest.raises(PatternRefused) as caught:
        compile_pattern(pattern)
    with pytest.raises(ExpressionError):
        compile_expression(f"matches(first_name, '{pattern}')", NAMES)

    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("pattern", SLOWEST)
def test_the_slowest_patterns_that_are_allowed_search_no_more_than_the_beginning(pattern: str) -> None:
    assert [matches(text * 1_000_000, pattern) for text in ("a", "\u00e9")] == [False, False]
    assert not matches("a" * MAX_TEXT + "x", "x")


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="aab.*+?{},019()|[]^$:-\\d", max_size=40))
def test_any_pattern_is_refused_or_soon_done(pattern: str) -> None:
    try:
        found = [matches(text, pattern) for text in ("a" * 500, "ab" * 250, "1" * 499 + "!")]
    except PatternRefused:
        found = []

    assert len(found) in (0, 3)


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("words", [pytest.param(words, id=name) for name, words in WORDS.items()])
def test_any_answer_of_a_person_is_heard_within_bounds(question: str, words: str) -> None:
    asked = someone(fields={"timezone": "Pacific/Kiritimati"}, communications=(talk(),))
    said = only(decide(book(FORM.replace("QUESTION", question)), wrote(words), asked), SendMessage)

    assert all(0 < len(message.text) <= MAX_RENDERED for message in said)


@pytest.mark.parametrize("when", TIMES)
@pytest.mark.parametrize("keyword", ["wait", "plan"])
def test_times_at_the_ends_of_the_calendar_harm_nothing(when: str, keyword: str) -> None:
    rulebook = book(TIMED.replace("WHEN", when))
    for day, moment in EDGES:
        for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago", "UTC"):
            decide_all(rulebook, keyword, {"timezone": zone, "d": day, "m": moment, "x": Decimal(10) ** 18})


def decide_all(rulebook: Rulebook, keyword: str, fields: dict[str, Value]) -> None:
    """The message, then every timer that may come of it."""
    scene = decide(rulebook, wrote(keyword), someone(fields=fields)).scene
    assert len(scene.communications) + len(scene.runs) == 1
    subjects = [one.id for one in scene.communications] + [run.id for run in scene.runs]
    for subject, timer in product(subjects, ("start", "expire", "retry", "wait")):
        decide(rulebook, due(timer, subject), scene)


@pytest.mark.parametrize("raw", [pytest.param(raw, id=name) for name, raw in ANSWERS.items()])
def test_any_answer_of_a_service_is_read_within_bounds(raw: object) -> None:
    fields = {kind.value: Field(name=kind.value, type=kind, values=("good",), position=HERE) for kind in FIELD_TYPES}
    many = {"text": [raw] * 500, "choices": [raw] * 500, "results": dict.fromkeys(fields, raw), "end": raw}
    reply = read_reply(many, fields, Scope({}, NOW))
    try:
        word = read_outcome(answered({"fields": {}, "outcome": raw}), fields).word
    except CallFailed as problem:
        word = str(problem)[:MAX_OUTCOME]

    assert len(reply.says) <= MAX_SAID
    assert len(reply.note) < 2 * MAX_REASON
    assert "".join((word, *(said.text for said in reply.says))).replace("\n", "").isprintable()


@pytest.mark.parametrize("kind", FIELD_TYPES)
@pytest.mark.parametrize(
    "raw", [*WORDS.values(), "a" + "\u0315\u0300" * (MAX_RAW // 2 - 1)], ids=[*WORDS, "the longest"]
)
def test_any_value_given_for_a_field_is_read_within_bounds(kind: str, raw: str) -> None:
    field = Field(name="f", type=next(t for t in FIELD_TYPES if t == kind), values=("good",), position=HERE)
    try:
        value = coerce(field, raw, "DE")
    except FieldError as error:
        value = error.reason

    assert len(str(value)) <= MAX_RENDERED
