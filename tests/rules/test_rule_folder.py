"""Several rule files at once, and how what is wrong with them is reported."""

from rules.diagnostics import Diagnostic
from rules.loader import load_folder, report
from rules.values import Position
from tests.rules.rulebooks import PROJECT


def small(name: str = "trial", to: str = "done") -> str:
    flow = f"    joined: {{when: participant_created, next: {to}}}\n    done: {{do: finish}}\n"
    return f"campaign: {name}\nflows:\n  main:\n{flow}"


def test_the_same_campaign_in_two_files_is_an_error_in_the_second() -> None:
    texts = {"b.yaml": small(), "a.yaml": small(), "c.yaml": small("other")}

    folder = load_folder(texts, PROJECT)

    assert {name: book.file for name, book in folder.rulebooks.items()} == {"trial": "a.yaml", "other": "c.yaml"}
    assert [str(d) for d in folder.diagnostics] == [
        'b.yaml:1:11: error[E113]: the campaign "trial" is defined in a.yaml already'
    ]


def test_a_broken_file_takes_no_other_with_it() -> None:
    folder = load_folder({"a.yaml": "flows: [", "b.yaml": small()}, PROJECT)

    assert list(folder.rulebooks) == ["trial"]
    assert {d.position.file for d in folder.diagnostics} == {"a.yaml"}


def test_a_report_is_sorted_by_file_and_line_and_counts_each_file() -> None:
    texts = {"b.yaml": small(to="nowhere"), "a.yaml": small(to="dne") + "    odd: {do: finish, then: x}\n"}
    found = load_folder(texts, PROJECT).diagnostics

    lines = report(tuple(reversed(found)), texts).splitlines()

    assert [line for line in lines if line.startswith(("a.yaml", "b.yaml"))] == [
        'a.yaml:4:47: error[E201]: there is no node "dne"',
        'a.yaml:6:23: error[E107]: unknown key "then"',
        "a.yaml: 2 errors",
        'b.yaml:4:47: error[E201]: there is no node "nowhere"',
        "b.yaml: 1 error",
    ]


def test_a_report_of_nothing_is_empty() -> None:
    assert report((), {}) == ""


def test_a_report_counts_errors_and_warnings() -> None:
    place = Position("a.yaml", 1, 1)
    found = (Diagnostic(place, "E106", "one"), Diagnostic(place, "W900", "two", level="warning"))

    assert report(found, {}).splitlines()[-1] == "a.yaml: 1 error, 1 warning"
