"""A field takes the same values by import and by API, and what does not fit is reported the same."""

import csv
from pathlib import Path

import pytest

from gateway.api.rows import read_rows as read_body
from gateway.intake import Given, Read, RowProblem
from gateway.sheets import open_sheet, read_rows
from rules.book import Rulebook
from rules.local import placed
from rules.values import Value
from tests.rules.field_values import BAD, GOOD, declared
from tests.rules.language import BERLIN
from tests.rules.scenes import book

RULES = """
campaign: trial
timezone: Europe/Berlin
region: DE
fields:
  it: {%s}
  ours: {type: integer, default: 0, import: false}
flows:
  main:
    came: {when: participant_created}
"""


def book_of(type_: str) -> Rulebook:
    return book(RULES % declared(type_))


def imported(folder: Path, type_: str, raw: str) -> Read:
    path = folder / "contacts.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["external_id", "it", "ours"], ["4711", raw, "7"]])
    (read,) = read_rows(open_sheet(path, book_of(type_)), book_of(type_))
    return read


def given(type_: str, **fields: object) -> Read:
    (read,) = read_body(book_of(type_), {"external_id": "4711", "fields": fields})
    return read


@pytest.mark.parametrize(("type_", "raw", "value"), GOOD)
def test_a_good_value_comes_in_by_import_and_by_api(tmp_path: Path, type_: str, raw: str, value: Value) -> None:
    for read in (imported(tmp_path, type_, raw), given(type_, it=raw)):
        assert isinstance(read, Given), read
        assert {name: placed(kept, BERLIN) for name, kept in read.fields.items()} == {"it": value}


@pytest.mark.parametrize(("type_", "raw", "reason"), BAD)
def test_a_bad_value_is_reported_by_import_and_by_api(tmp_path: Path, type_: str, raw: str, reason: str) -> None:
    for read in (imported(tmp_path, type_, raw), given(type_, it=raw)):
        assert not isinstance(read, Given)
        assert [(problem.field, reason in problem.reason) for problem in read] == [("it", True)]


def test_a_field_that_is_not_imported_is_not_set_by_the_api_either() -> None:
    read = given("string", ours=5)

    assert read == (RowProblem(1, "ours", "5", "is set by the rules only: its field says import: false"),)
