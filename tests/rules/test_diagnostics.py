"""Diagnostics: the one form in which every mistake is told."""

import re
from pathlib import Path

import pytest

import rules
from rules.diagnostics import CODES, MAX_FOUND, MAX_LINE, MAX_MESSAGE, Diagnostic, did_you_mean, render
from rules.loader import Project, load_rulebook, report
from rules.loading.report import MAX_SHOWN
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


@pytest.mark.parametrize(("column", "shown"), [(1, "^"), (501, "^"), (1000, "^")])
def test_of_a_long_line_the_part_around_the_mistake_is_shown(column: int, shown: str) -> None:
    line = "x" * (column - 1) + "!" + "y" * (1000 - column)

    *_, part, carets = render(Diagnostic(Position("f.yaml", 1, column), "E107", "x"), [line]).splitlines()

    assert part[carets.index("^")] == "!"
    assert len(part) <= MAX_LINE + len(" 1 | ......")


def test_a_mistake_about_something_long_is_told_in_short() -> None:
    assert len(str(Diagnostic(Position("f.yaml", 1, 1), "E107", "x" * 10_000))) < MAX_MESSAGE + 50


def test_a_file_of_mistakes_is_reported_in_bounds_and_says_how_many_there_are_more() -> None:
    few, many = (
        "{campaign: x, flows: {}, " + ", ".join(f"k{n}: 1" for n in range(count)) + "}" for count in (150, 30_000)
    )
    some, most = (load_rulebook(text, "a.yaml", Project()).diagnostics for text in (few, many))

    assert (len(some), len(most)) == (150, MAX_FOUND)
    assert report(some, {"a.yaml": few}).endswith("\n\n... and 50 more\n\na.yaml: 150 errors\n")
    assert f"... and at least {MAX_FOUND - MAX_SHOWN} more" in report(most, {"a.yaml": many})
    assert len(report(most, {"a.yaml": many})) < MAX_SHOWN * 1000


def test_keys_given_again_and_again_are_counted_in_bounds() -> None:
    text = "{campaign: x, flows: {}, " + ", ".join(["k: 1"] * 10_000) + "}"

    assert len(load_rulebook(text, "a.yaml", Project()).diagnostics) == MAX_FOUND


def test_every_code_that_is_used_is_explained() -> None:
    sources = [path.read_text("utf-8") for path in Path(str(rules.__file__)).parent.rglob("*.py")]
    used = {code for source in sources for code in re.findall(r'"([EW]\d{3})"', source)}
    assert used <= set(CODES)
