"""What can be stated about a file, and what is wrong with such a statement."""

import json
from pathlib import Path

import pytest

from gateway.sheets import Reading, ReadingRefused, Sheet, SheetRefused, open_sheet
from gateway.sheets.dates import DateFormat, iso
from tests.gateway.books import BOOK

FULL = Reading(
    encoding="UTF8",
    delimiter="Semicolon",
    sheet="May",
    columns={" Nr ": "external_id", "x": "-"},
    dates=("DD.MM.YYYY", "MM/DD/YY HH:mm"),
    region="de",
)


def test_a_reading_is_put_right_and_kept_as_json() -> None:
    assert (FULL.encoding, FULL.delimiter, FULL.region) == ("utf-8", ";", "DE")
    assert FULL.columns == {"Nr": "external_id", "x": "-"}
    assert Reading.from_json(FULL.as_json()) == FULL
    assert Reading().as_json() == {}
    assert Reading.from_json({}) == Reading()


@pytest.mark.parametrize(
    ("stated", "delimiter"), [("comma", ","), ("tab", "\t"), ("\\t", "\t"), ("PIPE", "|"), (";", ";"), ("", "")]
)
def test_a_delimiter_may_be_said_in_words(stated: str, delimiter: str) -> None:
    assert Reading(delimiter=stated).delimiter == delimiter


@pytest.mark.parametrize(
    ("stated", "encoding"),
    [
        ("UTF-8", "utf-8"),
        ("utf-16", "utf-16-le"),
        ("UTF_16BE", "utf-16-be"),
        ("ANSI", "windows-1252"),
        ("ISO-8859-1", "windows-1252"),
    ],
)
def test_an_encoding_may_be_spelt_in_many_ways(stated: str, encoding: str) -> None:
    assert Reading(encoding=stated).encoding == encoding


@pytest.mark.parametrize(
    ("stated", "complaint"),
    [
        ({"encoding": "klingon"}, 'the encoding "klingon" is none of utf-8, utf-16-le, utf-16-be, windows-1252'),
        ({"delimiter": "::"}, 'the delimiter "::" is none of comma, semicolon, tab, pipe'),
        ({"region": "Germany"}, 'there is no region "Germany": write two letters such as DE'),
        ({"sheet": "x" * 201}, "is longer than 200 characters"),
        ({"dates": ("YYYY-MM-DD",) * 11}, "11 formats of dates, at most 10"),
        ({"columns": {str(n): "phone" for n in range(501)}}, "501 columns are mapped, at most 500"),
        ({"columns": {"x" * 201: "phone"}}, "a name is longer than 200 characters"),
        ({"columns": {"": "phone"}}, "a column has no name"),
        ({"columns": {"x": " "}}, 'write "-" for one that is not to be imported'),
        ({"dates": ("DD.MM",)}, "it needs a day, a month (in capitals; mm are minutes) and a year"),
        ({"dates": ("TT.MM.JJJJ",)}, '"J" means nothing in it'),
        ({"dates": ("dd.mm.yyyy",)}, '"d" means nothing in it'),
        ({"dates": ("DD.DD.MM.YYYY",)}, "DD is there twice"),
        ({"dates": ("DD.MM.YYYY HH",)}, "a time needs HH and mm"),
        ({"dates": ("DD.MM.YYYY" * 9,)}, "it has 90 characters of at most 40"),
        ({"dates": ("",)}, "is no format of dates"),
    ],
)
def test_a_statement_that_no_file_can_be_read_by_is_refused(stated: dict[str, object], complaint: str) -> None:
    with pytest.raises(ReadingRefused) as caught:
        Reading(**stated)  # type: ignore[arg-type]

    assert complaint in str(caught.value)
    assert caught.value.setting == next(iter(stated))


@pytest.mark.parametrize(
    ("format", "cell", "day", "moment"),
    [
        ("DD.MM.YYYY", "31.12.2026", "2026-12-31", "2026-12-31T00:00:00"),
        ("DD.MM.YYYY", "1.3.2026", "2026-03-01", "2026-03-01T00:00:00"),
        ("DD.MM.YY", "01.03.68", "2068-03-01", "2068-03-01T00:00:00"),
        ("DD.MM.YY", "01.03.69", "1969-03-01", "1969-03-01T00:00:00"),
        ("MM/DD/YYYY HH:mm", "3/1/2026 9:05", "2026-03-01", "2026-03-01T09:05:00"),
        ("YYYYMMDDHHmmss", "20260301090507", "2026-03-01", "2026-03-01T09:05:07"),
        ("DD. MM. YYYY", "1.\u00a03. 2026", "2026-03-01", "2026-03-01T00:00:00"),
        ("YYYY-MM-DDTHH:mm:ss", "2026-03-01T09:05:07", "2026-03-01", "2026-03-01T09:05:07"),
        ("DD.MM.YYYY", "31.02.2026", None, None),
        ("DD.MM.YYYY", "31.12.26", None, None),
        ("DDMMYYYY", "1122026", None, None),
        ("DD.MM.YYYY", "31.12.2026 10:00", None, None),
        ("DD.MM.YYYY", "31x12x2026", None, None),
        ("DD.MM.YYYY", "٣١.١٢.٢٠٢٦", None, None),
        ("DD.MM.YYYY", "01.01.0000", None, None),
    ],
)
def test_dates_are_read_in_a_stated_format(format: str, cell: str, day: str | None, moment: str | None) -> None:
    formats = (DateFormat.of(format),)

    assert (iso(cell, formats, day=True), iso(cell, formats, day=False)) == (day, moment)


def test_a_sheet_goes_from_process_to_process(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("Nr;amount_due\nA;1\n")
    sheet = open_sheet(tmp_path / "x.csv", BOOK, Reading(columns={"Nr": "external_id"}))

    assert Sheet.from_json(sheet.path, json.loads(json.dumps(sheet.as_json()))) == sheet


def test_a_refusal_goes_from_process_to_process() -> None:
    refused = ReadingRefused("encoding", "why", line=1, byte=2, column=3)
    whole = SheetRefused("why", line=4)

    for refusal in (refused, whole):
        found = SheetRefused.from_json(refusal.as_json())
        assert (type(found), str(found), vars(found)) == (type(refusal), "why", vars(refusal))
