"""Every promise of docs/guarantees.md names the tests that prove it, and those tests are there."""

import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
PAGE = (REPOSITORY / "docs" / "guarantees.md").read_text("utf-8")
NAMED = re.compile(r"^- `(test_\w+)`$", re.MULTILINE)
DEFINED = re.compile(r"^(?:async )?def (test_\w+)\(", re.MULTILINE)


def sections() -> list[tuple[str, str]]:
    """The innermost headings that promise something, with the text below each."""
    parts = re.split(r"^(##+) (.+)$", PAGE, flags=re.MULTILINE)[1:]
    found = zip(parts[0::3], parts[1::3], parts[2::3], strict=True)
    return [(title, text) for level, title, text in found if level == "###"]


def defined() -> set[str]:
    files = (REPOSITORY / "tests").rglob("test_*.py")
    return {name for file in files for name in DEFINED.findall(file.read_text("utf-8"))}


@pytest.mark.parametrize(("title", "text"), sections(), ids=lambda value: value if len(value) < 99 else "")
def test_each_promise_names_the_tests_that_prove_it(title: str, text: str) -> None:
    assert NAMED.findall(text), title


def test_each_test_that_is_named_is_there() -> None:
    assert set(NAMED.findall(PAGE)) - defined() == set()


def test_nothing_is_named_in_a_form_that_is_not_checked() -> None:
    assert PAGE.count("`test_") == len(NAMED.findall(PAGE))
