"""Numbers whose decimals have a comma, where that is said."""

from decimal import Decimal
from pathlib import Path

import pytest

from gateway.intake import Given
from gateway.sheets import Reading, ReadingRefused, open_sheet, read_rows
from tests.gateway.books import BOOK
from tests.gateway.sheets.awkward_workbooks import saved


def read(path: Path, *cells: str, decimal: str = "comma") -> list[Decimal | str]:
    """What each number is read as, or why it is not."""
    path.write_text("external_id;amount_due\n" + "".join(f"{row};{cell}\n" for row, cell in enumerate(cells, 1)))
    reading = Reading(decimal=decimal)
    rows = read_rows(open_sheet(path, BOOK, reading), BOOK)
    return [row.fields["amount_due"] if isinstance(row, Given) else row[0].reason for row in rows]  # type: ignore[misc]


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("12,50", "12.50"),
        ("12", "12"),
        ("-0,5", "-0.5"),
        ("+7,0", "7.0"),
        ("1.234", "1234"),
        ("1.234,50", "1234.50"),
        ("12.345.678,9", "12345678.9"),
        ("1234,50", "1234.50"),
    ],
)
def test_a_comma_is_before_the_decimals_and_points_are_between_thousands(
    tmp_path: Path, cell: str, number: str
) -> None:
    assert read(tmp_path / "list.csv", cell) == [Decimal(number)]


@pytest.mark.parametrize("cell", ["12.50", "1.23,4", "1.2345", "1,234.50", "1,2,3", ",5", "viel", "1 234,50"])
def test_what_is_not_written_so_is_refused_and_not_guessed(tmp_path: Path, cell: str) -> None:
    (reason,) = read(tmp_path / "list.csv", cell)

    assert "with a comma before its decimals, as was stated: write 1234,50" in str(reason)


def test_without_a_word_a_point_is_before_the_decimals_and_a_comma_is_told_with_what_may_be_said(
    tmp_path: Path,
) -> None:
    number, comma, thousands, other = read(tmp_path / "list.csv", "12.50", "12,50", "1.234,50", "viel", decimal="")

    assert number == Decimal("12.50")
    assert all("--decimal comma" in str(reason) for reason in (comma, thousands))
    assert "--decimal" not in str(other)


def test_numbers_of_a_workbook_are_what_they_are_and_its_texts_are_read_as_stated(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    path.write_bytes(saved([["external_id", "amount_due"], ["A", 12.5], ["B", "1.234,50"]]))
    rows = read_rows(open_sheet(path, BOOK, Reading(decimal="comma")), BOOK)

    found = [row.fields["amount_due"] for row in rows if isinstance(row, Given)]
    assert found == [Decimal("12.5"), Decimal("1234.50")]


def test_no_other_word_is_taken() -> None:
    assert Reading(decimal=" Comma").as_json() == {"decimal": "comma"}
    with pytest.raises(ReadingRefused, match='the decimal "dot" is none of point, comma'):
        Reading(decimal="dot")
