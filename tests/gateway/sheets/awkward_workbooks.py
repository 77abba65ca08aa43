"""Workbooks, honest and not, whose names say .csv."""

import io
import zipfile
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from openpyxl import Workbook

from gateway.sheets.archive import MAX_ITEM_BYTES, MAX_ITEM_ELEMENTS
from tests.gateway.sheets.awkward import awkward

HEADER = ("external_id", "first_name", "amount_due", "due_date")
TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{TYPES}">'
    f'<Override PartName="/xl/workbook.xml" ContentType="{KIND}.sheet.main+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{KIND}.styles+xml"/>'
    f'<Override PartName="/xl/sharedStrings.xml" ContentType="{KIND}.sharedStrings+xml"/></Types>',
    "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}">'
    '<sheets><sheet name="List" sheetId="1" r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}">'
    f'<Relationship Id="r1" Type="{RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
    "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}"/>',
}
FIRST = '<row r="1"><c r="A1" t="inlineStr"><is><t>external_id</t></is></c></row>'
SECOND = '<row r="2"><c r="A2" t="inlineStr"><is><t>A</t></is></c></row>'


def saved(*sheets: Iterable[Iterable[object]], hidden: str = "") -> bytes:
    """A workbook as a program saves it; its worksheets are called Sheet, Sheet1, ..."""
    workbook, file = Workbook(), io.BytesIO()
    workbook.remove(workbook.worksheets[0])
    for rows in sheets:
        sheet = workbook.create_sheet()
        for row in rows:
            sheet.append(list(row))
    if hidden:
        workbook[hidden].sheet_state = "hidden"
    workbook.save(file)
    return file.getvalue()


with zipfile.ZipFile(io.BytesIO(saved([]))) as program:
    STYLES = program.read("xl/styles.xml").decode()


def written(rows: str = FIRST + SECOND, /, *, start: str = "", tail: str = "", **parts: str) -> bytes:
    """A workbook whose worksheet has these ``rows`` of XML, and whose other parts are as named (`_` for `/`)."""
    sheet = f'{start}<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData>{tail}</worksheet>'
    given = {name.replace("__", "/") + ".xml": text for name, text in parts.items()}
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in {**PARTS, "xl/styles.xml": STYLES, "xl/worksheets/sheet1.xml": sheet, **given}.items():
            archive.writestr(name, text)
    return file.getvalue()


def claiming(size: int) -> bytes:
    """A workbook whose list of contents is said to have so many bytes."""
    content = bytearray(written() + bytes(size))
    end = content.rfind(b"PK\x05\x06")
    record = content[end : end + 22]
    del content[end : end + 22]
    record[12:16] = size.to_bytes(4, "little")
    return bytes(content + record)


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
PEOPLE = (
    HEADER,
    (4711, "Müller", 129.9, date(2026, 12, 31)),
    (491511234567890, "x\ny", 0.1 + 0.2, datetime(2026, 12, 1)),
    (),
    ("C", None, 3, "2026-12-31"),
    (True, "=1+1", "x", timedelta(days=1)),
)

WORKBOOKS = (
    awkward(
        "a workbook",
        saved(PEOPLE),
        {
            2: "4711 Müller 129.9 2026-12-31",
            3: "491511234567890 x\ny 0.3 2026-12-01",
            5: "C 3 2026-12-31",
            6: '!amount_due "x" is not a number',
        },
    ),
    awkward(
        "its other worksheet", saved([["x"]], [["external_id"], ["A"]]), {2: "A"}, sheet="Sheet1", warned="amount_due"
    ),
    awkward(
        "the first that is shown", saved([["x"]], [["external_id"], ["A"]], hidden="Sheet"), {2: "A"}, warned="amount"
    ),
    awkward("a worksheet that is not there", saved(PEOPLE), 'no worksheet "May"; there are "Sheet"', sheet="May"),
    awkward("a worksheet of a text", "external_id\nA\n", "the file is no workbook", sheet="May"),
    awkward("an empty worksheet", saved([]), "the file is empty"),
    awkward("a worksheet of a header", saved([HEADER]), "a header but no rows"),
    awkward("a worksheet of 10,000 columns", saved([[f"c{n}" for n in range(10_000)]]), "has 10000 columns"),
    awkward(
        "a cell far away",
        written(FIRST + SECOND + '<row r="20000"><c r="XFD20000"><v>1</v></c></row>'),
        {2: "A", 20_000: "! has 16384 cells"},
        warned="amount_due",
    ),
    awkward(
        "rows beyond all",
        written(FIRST + SECOND + '<row r="4000000000"><c><v>1</v></c></row>'),
        {2: "A"},
        warned="amount_due",
    ),
    awkward(
        "a formula that failed",
        written(FIRST + '<row r="2"><c r="A2" t="e"><f>1/0</f><v>#DIV/0!</v></c></row>'),
        {2: "!external_id is an error"},
        warned="amount_due",
    ),
    awkward(
        "what a formula gave",
        written(FIRST + '<row r="2"><c r="A2" t="str"><f>"A"</f><v>A</v></c></row>'),
        {2: "A"},
        warned="amount_due",
    ),
    awkward("a workbook that was cut", written()[:500], "a damaged ZIP archive or workbook"),
    awkward("rows that are no XML", written(FIRST + SECOND + "<row"), "the workbook is damaged"),
    awkward(
        "texts that are not there",
        written(FIRST + '<row r="2"><c r="A2" t="s"><v>7</v></c></row>'),
        "the workbook is damaged",
    ),
    awkward(
        "a workbook without worksheets",
        written(xl__workbook=f'<workbook xmlns="{MAIN}"><sheets/></workbook>'),
        "no worksheet",
    ),
    awkward("XML that grows", written(start=BOMB), "declares a document type"),
    awkward(
        "XML that grows, elsewhere",
        written(xl__workbook=f'{BOMB}<workbook xmlns="{MAIN}"/>'),
        "declares a document type",
    ),
    awkward(
        "a row without an end",
        written(FIRST + '<row r="2">' + "<c/>" * (MAX_ITEM_ELEMENTS + 1) + "</row>"),
        f"more than {MAX_ITEM_ELEMENTS} elements",
    ),
    awkward(
        "rows in a row",
        written(FIRST + "<row>" + ("<row/>" + "<c/>" * 999) * 101 + "</row>"),
        f"more than {MAX_ITEM_ELEMENTS} elements",
    ),
    awkward(
        "a text without an end",
        written(FIRST + "<row><c><v>" + "1" * 2 * MAX_ITEM_BYTES + "</v></c></row>"),
        f"more than {MAX_ITEM_BYTES} bytes of XML",
    ),
    awkward("elements in elements", written(FIRST + SECOND + "<x>" * 100 + "</x>" * 100), "or 64 in one another"),
    awkward(
        "styles without an end",
        written(xl__styles=f'<styleSheet xmlns="{MAIN}">' + " " * 2 * MAX_ITEM_BYTES + "</styleSheet>"),
        "a part of the workbook has more than",
    ),
    awkward("contents without an end", claiming(5_000_000), "a part of the file has more than"),
)

MANY = 1_000  # what a test says is more than a workbook may hold
ENDLESS = {
    "rows": written(FIRST + "<row/>" * MANY),
    "texts": written(
        FIRST + SECOND + f'<row><c t="s"><v>{MANY + 1}</v></c></row>',
        xl__sharedStrings=f'<sst xmlns="{MAIN}">' + "<si/>" * (MANY + 2) + "</sst>",
    ),
}
