"""The rule files in `rulebooks/`: good ones load, bad ones print what an operator needs to mend them."""

import re
from pathlib import Path

import pytest

from rules.diagnostics import CODES
from rules.loader import load_rulebook
from tests.rules.rulebooks import BAD, GOOD, PROJECT, printed

CLOSING = re.compile(r"^(\S+): (?:(\d+) errors?)?(?:, )?(?:(\d+) warnings?)?$", re.MULTILINE)
ELSEWHERE = {"E113"}  # needs two files: test_rule_folder.py


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_a_good_file_loads_without_a_word(path: Path) -> None:
    loaded = load_rulebook(path.read_text(encoding="utf-8"), path.name, PROJECT)

    assert loaded.diagnostics == ()
    assert loaded.rulebook is not None


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_a_bad_file_prints_all_that_is_wrong_and_nothing_else(path: Path) -> None:
    assert printed(path) == path.with_suffix(".txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_a_file_with_an_error_gives_no_rulebook(path: Path) -> None:
    loaded = load_rulebook(path.read_bytes(), path.name, PROJECT)

    assert (loaded.rulebook is None) == any(d.level == "error" for d in loaded.diagnostics)


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_the_closing_line_counts_what_was_printed(path: Path) -> None:
    text = printed(path)
    closing = CLOSING.search(text.splitlines()[-1])

    assert closing is not None
    assert int(closing[2] or 0) == text.count(": error[")
    assert int(closing[3] or 0) == text.count(": warning[")


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_an_operator_never_reads_a_word_of_a_library(path: Path) -> None:
    words = ("pydantic", "NoneType", "Traceback", "Input should", "dict", " str ", "_type", "ValueError", "Decimal")

    messages = [d.message + d.hint for d in load_rulebook(path.read_bytes(), path.name, PROJECT).diagnostics]

    assert [m for m in messages if any(word in m for word in words)] == []


def test_ten_different_mistakes_are_ten_located_errors() -> None:
    path = BAD[0]

    found = load_rulebook(path.read_bytes(), path.name, PROJECT).diagnostics

    assert path.stem == "00_ten_mistakes"
    assert [d.level for d in found] == ["error"] * 10
    assert len({d.position for d in found}) == 10


def test_every_code_of_shape_and_meaning_has_a_bad_file() -> None:
    seen = set(re.findall(r"\[([EW]\d{3})\]", "".join(printed(path) for path in BAD)))
    wanted = {code for code in CODES if code.startswith(("E1", "E2"))} - ELSEWHERE

    assert wanted <= seen <= set(CODES)
