"""A table that was exported can be imported again, and no cell of it is obeyed by a spreadsheet."""

import tempfile
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.carry import encoded
from gateway.exports.cells import cell
from gateway.exports.formats import MARK, csv_lines
from gateway.exports.people import columns, values
from gateway.formulas import guarded, unguarded
from gateway.identity import IDENTIFIERS
from gateway.intake import Given, read_row
from gateway.sheets import Reading, open_sheet, read_rows
from gateway.sheets.header import EXPORTED
from rules.book import Rulebook
from rules.values import ValueType
from tests.gateway.books import BOOK, HERE, field

FIELDS = (
    field("name", ValueType.STRING, level="customer"),
    field("note", ValueType.STRING),
    field("count", ValueType.INTEGER),
    field("amount", ValueType.NUMERIC),
    field("paid", ValueType.BOOLEAN),
    field("day", ValueType.DATE),
    field("moment", ValueType.DATETIME),
    field("size", ValueType.ENUMERATION, values=("=S", "-1", "large; very")),
    field("other", ValueType.EMAIL),
    field("mobile", ValueType.PHONE, level="customer"),
)
TABLE = Rulebook(
    campaign="table",
    hash="0" * 64,
    file=HERE.file,
    title="Table",
    region="DE",
    fields={one.name: one for one in FIELDS},
)
SIGNS = "=+-@#'\t\n\r;,\"＝ \u2028a0"  # noqa: RUF001 - some of what spreadsheets obey
TEXTS = st.one_of(
    st.text(st.one_of(st.sampled_from(SIGNS), st.characters(codec="utf-8")), max_size=20),
    st.sampled_from(("#N/A", "1E+5", "'1E+5", "'#REF!")),
)
PHONES = st.integers(15112345600, 15112345699).map(lambda number: f"+49{number}")
RAW: Mapping[str, st.SearchStrategy[Any]] = {
    "name": TEXTS,
    "note": TEXTS,
    "count": st.integers(-(10**15), 10**15),
    "amount": st.decimals(-1000, 1000, allow_nan=False, places=4).map(lambda number: number + Decimal(0)),
    "paid": st.booleans(),
    "day": st.dates(date(1900, 1, 1), date(2200, 1, 1)),
    "moment": st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)),
    "size": st.sampled_from(("=S", "-1", "large; very")),
    "other": st.sampled_from(("a@example.com", "-b+c@example.com", "'=x@example.com")),
    "mobile": PHONES,
}
ROWS = st.lists(
    st.tuples(
        st.fixed_dictionaries({"external_id": TEXTS, "phone": PHONES}),
        st.fixed_dictionaries({}, optional=RAW),
    ),
    max_size=5,
)


def exported(rows: list[Given]) -> bytes:
    """The table of people who are kept so."""
    table = [
        [*(one.identifiers.get(kind) for kind in IDENTIFIERS), *values(TABLE, stored(one)), *("" for _ in EXPORTED)]
        for one in rows
    ]
    return MARK.encode() + csv_lines([columns(TABLE), *table])


def stored(one: Given) -> dict[str, dict[str, Any]]:
    fields = encoded(one.fields)
    return {
        level: {name: value for name, value in fields.items() if TABLE.fields[name].level == level}
        for level in ("customer", "participant")
    }


@given(ROWS)
def test_a_table_that_is_imported_again_changes_nothing(rows: list[tuple[dict[str, Any], dict[str, Any]]]) -> None:
    read = [read_row(TABLE, number, *row) for number, row in enumerate(rows, 2)]
    kept = [one for one in read if isinstance(one, Given)]
    if not kept:
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "people.csv")
        file.write_bytes(exported(kept))
        sheet = open_sheet(file, TABLE, Reading())
        again = list(read_rows(sheet, TABLE))

    assert sheet.warnings == ()
    assert [(one.identifiers, one.fields) for one in again if isinstance(one, Given)] == [
        (one.identifiers, {name: value for name, value in one.fields.items() if value is not None}) for one in kept
    ]


@given(TEXTS)
def test_no_text_is_a_formula_and_each_comes_back(text: str) -> None:
    shown = cell(text)

    assert unguarded(shown) == text
    assert not shown.startswith(("=", "@", "\t", "\r", "\n", "＝"))  # noqa: RUF001
    assert shown[:1] not in "+-" or not shown or shown[1:].replace(".", "").isdigit()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "true"),
        ("=1+1", "'=1+1"),
        ("-2", "-2"),
        ("+4915112345601", "+4915112345601"),
        ("+49151|calc", "'+49151|calc"),
        ("-1+1", "'-1+1"),
        ("'=1", "''=1"),
        ("#N/A", "'#N/A"),
        ("1.5E+9", "'1.5E+9"),
        ("15", "15"),
        ("'tis", "'tis"),
        (-12, "-12"),
        (datetime(2027, 3, 1, 8, tzinfo=UTC) + timedelta(microseconds=5), "2027-03-01T08:00:00.000005Z"),
        (date(2027, 3, 1), "2027-03-01"),
        ({"a": ["ä", 1]}, '{"a": ["ä", 1]}'),
    ],
)
def test_values_are_told_in_cells(value: object, text: str) -> None:
    assert cell(value) == text


def test_a_field_that_is_called_as_an_identifier_is_not_taken_for_it() -> None:
    book = Rulebook(campaign="x", hash="", file="", title="", fields={"phone": field("phone", ValueType.PHONE)})

    assert columns(book)[: len(IDENTIFIERS) + 1] == [*IDENTIFIERS, "participant.phone"]
    assert len(set(columns(BOOK))) == len(columns(BOOK))


def test_what_fits_its_field_no_longer_is_not_told() -> None:
    kept: dict[str, dict[str, Any]] = {"customer": {"name": "Ada"}, "participant": {"count": "many", "paid": True}}

    assert values(TABLE, kept)[:5] == ["Ada", None, None, None, True]
    assert guarded("") == unguarded("") == ""
