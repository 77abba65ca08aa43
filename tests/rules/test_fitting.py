"""Texts for patterns, and inputs that lead behind conditions on them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.inputs import find_inputs
from rules.inputs.fitting import MAX_FITTING, fitting, unfit
from rules.patterns import PatternRefused, compile_pattern, matches
from rules.ways import ways_of
from tests.rules.scenes import book

MONDAY = datetime(2027, 3, 1, 9, tzinfo=UTC)
PARTS = (
    *("a", "B", "7", " ", "-", "\u00e4", ".", r"\.", r"\d", r"\w", r"\s", r"\S", r"\D", r"\W", r"\b", r"\B", "^", "$"),
    *("[a-z]", "[^a-z]", "[A-Z0-9_-]", "[\u00e4\u00f6\u00fc]", "[]x]", "(", "(?:", ")", "|"),
    *("?", "*", "+", "+?", "{2}", "{2,}", "{0,3}", "{1,4}?"),
)
PATTERNS = st.lists(st.sampled_from(PARTS), max_size=12).map("".join)
FILE = r"""
campaign: shapes
fields:
  code: {type: string}
  mail: {type: email}
  call: {type: phone}
agents:
  asker:
    kind: form
    questions: [{result: plate, ask: "Which car?", pattern: "^[A-Z]{1,3}-[A-Z]{1,2} [0-9]{1,4}$", retries: 1}]
flows:
  main:
    joined: {when: participant_created, next: coded}
    coded:
      if: matches(code, "^(AB|CD)-?\d{4}$")
      match: mailed
      else: never
    mailed:
      if: matches(mail, "@example\.org$")
      match: called
    called:
      if: not matches(call, "^\+49")
      match: done
    never:
      if: matches(code, "a^b")
      match: done
    done: {do: finish}
  talk:
    wrote: {when: incoming_session, next: says}
    says:
      if: {all: ['matches(message.text, "\bpri(ce|se)s?\b")', 'not matches(message.text, "x")']}
      match: ask
      else: other
    other:
      if: matches(message.text, "^[^?]+$")
      match: ended
    ended: {do: finish}
    ask: {do: communicate, channel: sms, agent: asker}
  asked:
    told: {when: communication_ended, of: talk.ask, status: completed, next: over}
    over: {do: finish, outcome: told}
"""


@pytest.mark.parametrize(
    ("pattern", "texts"),
    [
        ("order", ("order",)),
        ("^[A-Z]{2}$", ("AA",)),
        (r"^\d{5}$", ("11111",)),
        ("ja|yes", ("ja", "yes")),
        ("^(?:AB|C(?:D|E))-?x$", ("ABx", "CDx", "CEx", "AB-x")),
        (".*", ("x",)),
        (r"^a\s?b{2,}?$", ("abb", "a bb")),
        (r"\bfoo\b", ("foo",)),
        (r"\Boo", ("xoo",)),
        (r"[^a-z]\.", ("1.",)),
        ("[]x]", ("x",)),
        ("", ("x",)),
        ("^$", ()),
        (r"^\s+$", ()),
        ("a^b", ()),
    ],
)
def test_texts_for_a_pattern_are_short_and_plain(pattern: str, texts: tuple[str, ...]) -> None:
    assert fitting(pattern) == texts


@pytest.mark.parametrize(("pattern", "text"), [("order", "something"), (r"\w", "?!"), (".", None), ("^.{3}", "?!")])
def test_a_text_in_which_a_pattern_is_not_found_is_at_hand(pattern: str, text: str | None) -> None:
    assert unfit(pattern) == (() if text is None else (text,))


@given(PATTERNS)
def test_whatever_is_made_for_a_pattern_fits_it_and_can_be_written(pattern: str) -> None:
    try:
        compile_pattern(pattern)
    except PatternRefused:
        return
    texts = fitting(pattern)
    assert len(texts) <= MAX_FITTING
    assert all(matches(text, pattern) and text.isprintable() and text.strip() for text in texts)
    assert not any(matches(text, pattern) for text in unfit(pattern))


@given(st.lists(st.sampled_from(["a", "B7", r"\d{3}", "[a-z]+", r"\w?", "(?:x|yz)", ".", "[^0-9]*"]), min_size=1))
def test_a_pattern_without_edges_always_has_a_text(parts: list[str]) -> None:
    pattern = "".join(parts)
    try:
        compile_pattern(pattern)
    except PatternRefused:
        return
    assert fitting(pattern) != ()


@pytest.mark.parametrize(
    ("way", "led"),
    [
        ("main.coded: match -> main.mailed", "with code = AB1111"),
        ("main.mailed: match -> main.called", "with code = AB1111 and mail = ada@example.org"),
        ("main.called: match -> main.done", ""),
        ("main.never: match -> main.done", None),
        ("talk.says: match -> talk.ask", 'then the person writes "price" on sms'),
        ("talk.other: match -> talk.ended", 'then the person writes "something" on sms'),
        ("talk.other: else -> the path ends", 'then the person writes "?!" on sms'),
        ("asked.told: next -> asked.over", 'then the person writes "A-A 0" on sms'),
    ],
)
def test_ways_behind_patterns_are_found(way: str, led: str | None) -> None:
    rulebook = book(FILE)
    known = {str(placed.way): placed.way for placed in ways_of(rulebook)}
    found = find_inputs(rulebook, {known[way]}, MONDAY).get(known[way])
    assert (found is None) is (led is None)
    assert found is None or str(found).endswith(led or "")
