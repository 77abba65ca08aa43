"""Contact lists as spreadsheets really write them."""

from pathlib import Path

import pytest

from gateway.intake import Given
from gateway.sheets import MAX_COLUMNS, MAX_LINE, Sheet, SheetRefused, open_sheet, read_rows
from tests.gateway.books import BOOK
from tests.gateway.sheets.counted import count_rows

HEADER = "external_id,amount_due"


@pytest.fixture
def sheet(tmp_path: Path) -> "SheetMaker":
    return SheetMaker(tmp_path / "contacts.csv")


class SheetMaker:
    """Writes a file and opens it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(self, content: str | bytes) -> Sheet:
        self.path.write_bytes(content.encode() if isinstance(content, str) else content)
        return open_sheet(self.path, BOOK)

    def rows(self, content: str | bytes) -> list[tuple[int, str]]:
        """Row number and external_id of good rows, row number and what is wrong of the others."""
        return [
            (read.row, read.identifiers["external_id"])
            if isinstance(read, Given)
            else (read[0].row, "; ".join(f"{p.field} {p.reason}" for p in read))
            for read in read_rows(self(content), BOOK)
        ]


@pytest.mark.parametrize(
    "content",
    [
        "external_id,amount_due\nA,1\nB,2\n",
        "external_id,amount_due\r\nA,1\r\nB,2",
        "external_id,amount_due\rA,1\rB,2\r",
        "\ufeffexternal_id,amount_due\nA,1\nB,2\n",
        "external_id;amount_due\nA;1\nB;2\n",
        "external_id\tamount_due\nA\t1\nB\t2\n",
        '"external_id","amount_due"\n"A","1"\n"B","2"\n',
        " external_id , amount_due \n A , 1 \n B , 2 \n",
        'amount_due;external_id;"a, b, c, d"\n1;A;x\n2;B;y\n',
    ],
)
def test_the_same_rows_are_read_whatever_wrote_the_file(sheet: SheetMaker, content: str) -> None:
    assert sheet.rows(content) == [(2, "A"), (3, "B")]


def test_blank_lines_are_left_out_but_counted_as_a_spreadsheet_does(sheet: SheetMaker) -> None:
    content = f"{HEADER}\n\nA,1\n , \nB,2\n\n"

    assert sheet.rows(content) == [(3, "A"), (5, "B")]
    assert count_rows(sheet(content)) == 2


def test_a_quoted_cell_may_hold_line_ends_and_delimiters(sheet: SheetMaker) -> None:
    content = 'external_id,first_name,amount_due\nA,"Ada\r\nKing, Countess",1\nB,Ben,2\n'

    first, second = read_rows(sheet(content), BOOK)
    assert isinstance(first, Given)
    assert isinstance(second, Given)
    assert "King, Countess" in str(first.fields["first_name"])
    assert (first.row, second.row) == (2, 3)


def test_a_blank_cell_is_not_given(sheet: SheetMaker) -> None:
    (read,) = read_rows(sheet("external_id,first_name,amount_due,phone\nA,,1,\n"), BOOK)

    assert isinstance(read, Given)
    assert set(read.fields) == {"amount_due"}
    assert set(read.identifiers) == {"external_id"}


def test_bad_rows_never_stop_good_ones(sheet: SheetMaker) -> None:
    content = f'{HEADER}\nA,1\nB,many\nC\nD,1,2\n,1\n"E"x,1\nF,1\n'

    found = dict(sheet.rows(content))
    assert [row for row, text in found.items() if text in ("A", "F")] == [2, 8]
    assert found[3].startswith("amount_due ")
    assert found[4] == " has 1 cells, the header has 2"
    assert found[5] == " has 3 cells, the header has 2"
    assert found[6] == " needs at least one of external_id, phone, email, slack"
    assert found[7] == " line 7: a quote stands inside a cell; write it twice there, and quotes around the cell"


def test_a_quote_that_is_never_closed_costs_the_row_it_opened_in(sheet: SheetMaker) -> None:
    rows = sheet.rows(f'{HEADER}\nA,1\n"B,1\nC,1\n')

    assert rows == [(2, "A"), (3, " line 3: a quote opens a cell and is not closed"), (4, "C")]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("", "the file is empty"),
        ("\n\n", "the file is empty"),
        (f"{HEADER}\n\n", "a header but no rows"),
        ("first_name,amount_due\nAda,1\n", "the header needs at least one of external_id, phone, email, slack"),
        ("Phone,amount_due\n1,1\n", 'did you mean "phone"?'),
        ("phone,phone,amount_due\n1,1,1\n", 'the column "phone" is there twice'),
        ("x," * MAX_COLUMNS + "phone\n", f"at most {MAX_COLUMNS} are allowed"),
        ("x" * (MAX_LINE + 1), f"line 1 is longer than {MAX_LINE} characters"),
        (b"phone,amount_due\n1,1\nPK\x03\x04\x00\n", "line 3, byte 25: a NUL character"),
    ],
)
def test_a_file_that_can_not_be_imported_is_refused_as_a_whole(
    sheet: SheetMaker, content: str | bytes, complaint: str
) -> None:
    with pytest.raises(SheetRefused) as caught:
        sheet(content)

    assert complaint in str(caught.value)


def test_columns_that_are_not_read_are_named_once(sheet: SheetMaker) -> None:
    found = sheet("external_id,amount_due,first_nam,reminded,\nA,1,x,true,y\n")

    assert found.warnings == (
        'the column "first_nam" is unknown and is not imported; did you mean "first_name"?',
        'the column "reminded" is not imported: the field says import: false',
        "column 5 has no name and is not imported",
    )
    (read,) = read_rows(found, BOOK)
    assert isinstance(read, Given)
    assert set(read.fields) == {"amount_due"}


@pytest.mark.parametrize("content", [f"{HEADER}\nA,\n", "external_id\nA\n"])
def test_what_a_new_person_would_lack_is_left_to_who_knows_the_people(sheet: SheetMaker, content: str) -> None:
    (read,) = read_rows(sheet(content), BOOK)

    assert isinstance(read, Given)
    assert read.missing == ("amount_due",)


def test_a_required_column_that_is_not_there_is_told(sheet: SheetMaker) -> None:
    told = 'the required "amount_due" is not imported: rows of new people will fail'

    assert sheet("external_id\nA\n").warnings == (told,)
