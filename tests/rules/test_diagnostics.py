"""Diagnostics: the one form in which every mistake is told."""

import re
from pathlib import Path

import pytest

import rules
from rules.diagnostics import CODES, Diagnostic, RulebookInvalid, did_you_mean, render
from rules.values import Position

LINES = ["flow:", "\tif: days_until(due_dat) <= 3"]


def test_a_mistake_reads_as_place_line_caret_and_help() -> None:
    wrong = Diagnostic(Position("f.yaml", 2, 17), "E401", 'unknown name "due_dat"', 'did you mean "due_date"?', width=7)
    assert render(wrong, LINES).splitlines() == [
        'f.yaml:2:17: error[E401]: unknown name "due_dat"',
        "   |",
        " 2 | \tif: days_until(due_dat) <= 3",
        "   | \t               ^^^^^^^",
        '   = help: did you mean "due_date"?',
    ]


def test_a_warning_without_a_line_is_one_line() -> None:
    warning = Diagnostic(Position("f.yaml", 9, 1), "W900", 'node "x" is never reached', level="warning")
    assert render(warning, LINES) == 'f.yaml:9:1: warning[W900]: node "x" is never reached'


@pytest.mark.parametrize(("column", "width", "carets"), [(1, 99, "^^^^^"), (5, 0, "    ^"), (99, 3, "     ^")])
def test_carets_stay_within_the_line(column: int, width: int, carets: str) -> None:
    shown = render(Diagnostic(Position("f.yaml", 1, column), "E107", "x", width=width), LINES)
    assert shown.splitlines()[-1] == f"   | {carets}"


@pytest.mark.parametrize(
    ("name", "hint"),
    [("due_dat", 'did you mean "due_date"?'), ("DUE_DATE", 'did you mean "due_date"?'), ("xyz", ""), ("", "")],
)
def test_the_nearest_known_name_is_offered(name: str, hint: str) -> None:
    assert did_you_mean(name, ["due_date", "first_name"]) == hint


def test_an_invalid_rulebook_tells_all_its_mistakes() -> None:
    wrong = [Diagnostic(Position("f.yaml", line, 1), "E107", "unknown key") for line in (1, 2)]
    invalid = RulebookInvalid(wrong)
    assert invalid.diagnostics == tuple(wrong)
    assert str(invalid) == "f.yaml:1:1: error[E107]: unknown key\nf.yaml:2:1: error[E107]: unknown key"


def test_every_code_that_is_used_is_explained() -> None:
    sources = [path.read_text("utf-8") for path in Path(str(rules.__file__)).parent.rglob("*.py")]
    used = {code for source in sources for code in re.findall(r'"([EW]\d{3})"', source)}
    assert used <= set(CODES)
