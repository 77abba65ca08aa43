"""Texts whose columns and cells are not what a list should have."""

import random

from gateway.sheets import MAX_COLUMNS
from tests.gateway.sheets.awkward import PLAIN, awkward

AB = {2: "A 1", 3: "B 2"}
GERMAN = "Kundennr.;Handy;Vorname;Offen;Fällig\nA;0151 12345678;Ada;1;31.12.2026\nB;+43 664 1234567;Ben;2;1.3.27\n"
MAPPED = {"Kundennr.": "external_id", "Handy": "phone", "Vorname": "-", "Offen": "amount_due", "Fällig": "due_date"}
DATED = "external_id,amount_due,due_date\n"
EXCEL = "external_id,amount_due,first_name\n" + "A,1,x\n" * 15 + "B,2\n" * 16 + "C,3,y\n"
FAILED = PLAIN.replace("due\n", "due,problem\n").replace("1\n", "1,is required\n").replace("2\n", "2,\n")

COLUMNS = (
    awkward("columns that Excel writes behind the last", "external_id,amount_due,,\nA,1,,\nB,2,,\n", AB),
    awkward(
        "one of them with something in it",
        "external_id,amount_due,\nA,1,x\n",
        {2: "A 1"},
        warned="column 3 has no name",
    ),
    awkward("rows with a delimiter at their ends", "external_id,amount_due\nA,1,\nB,2,,\n", AB),
    awkward(
        "columns that Excel leaves out, sixteen rows at a time",
        EXCEL,
        dict.fromkeys(range(2, 17), "A 1 x") | dict.fromkeys(range(17, 33), "B 2") | {33: "C 3 y"},
    ),
    awkward(
        "rows that are short among others",
        "external_id,amount_due,first_name\nA,1,x\nB,2\nC,3,z\nD\n",
        {2: "A 1 x", 3: "! has 2 cells, the header has 3", 4: "C 3 z", 5: "! has 1 cells, the header has 3"},
    ),
    awkward(
        "rows that are long",
        "external_id,amount_due\nA,1,x\nB,2\n" + "C" + ",4" * 9_000 + "\n",
        {2: "! has 3 cells, the header has 2", 3: "B 2", 4: "! has 9001 cells, the header has 2"},
    ),
    awkward("10,000 columns", ",".join(f"c{n}" for n in range(10_000)) + "\n", f"10000 columns, at most {MAX_COLUMNS}"),
    awkward("a million columns without a name", "external_id" + "," * 900_000 + "\nA\n", {2: "A"}, warned="amount_due"),
    awkward("a column without a name", "external_id,,amount_due\nA,x,1\n", {2: "A 1"}, warned="column 2 has no name"),
    awkward(
        "the same column twice",
        "external_id,phone,phone\nA,1,2\n",
        'the column "phone" is there twice, as columns 2 and 3',
    ),
    awkward("two that are not read", "external_id,x,x\nA,1,2\n", {2: "A"}, warned='"x" is unknown'),
    awkward("a field called problem", "external_id,problem,problem\nA,1,2\n", {2: "A"}, warned='"problem" is unknown'),
    awkward("no column that says who", "first_name,amount_due\nAda,1\n", "needs at least one of external_id, phone"),
    awkward(
        "a name that is nearly right", "Phone,amount_due\n1,1\n", 'unknown and is not imported; did you mean "phone"?'
    ),
    awkward(
        "rows before the header", "Contacts of March\n\nexternal_id,amount_due\nA,1\n", '"Contacts of March" is unknown'
    ),
    awkward(
        "German, mapped, with dates and national numbers",
        GERMAN,
        {2: "A +4915112345678 1 2026-12-31", 3: "B +436641234567 2 2027-03-01"},
        columns=MAPPED,
        dates=("DD.MM.YYYY", "DD.MM.YY"),
    ),
    awkward("national numbers of elsewhere", "phone,amount_due\n0664 1234567,1\n", {2: "+436641234567 1"}, region="at"),
    awkward("numbers of nowhere", "phone,amount_due\n99,1\n", {2: '!phone "99" is not a phone number that can exist'}),
    awkward("a mapping to the same", PLAIN, "are both imported as", columns={"external_id": "amount_due"}),
    awkward("a mapping of what is not there", PLAIN, 'no column "Nr"', columns={"Nr": "external_id"}),
    awkward("a mapping to nothing", PLAIN, 'is mapped to "reminded", which', columns={"amount_due": "reminded"}),
    awkward(
        "dates as stated",
        DATED + "A,1,12/31/2026\nB,2,2026-12-31\n",
        {2: "A 1 2026-12-31", 3: "B 2 2026-12-31"},
        dates=("MM/DD/YYYY",),
    ),
    awkward(
        "dates that are not as stated",
        DATED + "A,1,31.02.2026\nB,2,12/31/2026\n",
        {
            n: f'!due_date "{cell}" is not a date; write year-month-day, such as 2027-03-31, or as stated: DD.MM.YYYY'
            for n, cell in ((2, "31.02.2026"), (3, "12/31/2026"))
        },
        dates=("DD.MM.YYYY",),
    ),
    awkward("a format that means nothing", PLAIN, '"dd.mm.yyyy" is no format of dates', dates=("dd.mm.yyyy",)),
    awkward("rows that failed, mended", FAILED, AB),
    awkward(
        "errors of formulas",
        "external_id,amount_due,first_name,note\n#N/A,1,x,\nB,2,#REF!,\nC,3,z,#N/A\n",
        {2: "!external_id is an error of the spreadsheet", 3: "!first_name is an error of", 4: "C 3 z"},
        warned='"note" is unknown',
    ),
    awkward(
        "numbers that Excel has rounded", "external_id,amount_due\n1.23457E+14,1\n", {2: "!external_id was rounded"}
    ),
    awkward("NULs", PLAIN.encode() + b"C\0,3\n", "line 4, byte 32: a NUL character, so this is no text in UTF-8"),
    awkward("NULs in UTF-16", (PLAIN + "C\0,3\n").encode("utf-16"), "line 4, byte 66: a NUL character"),
    awkward("noise", random.Random(5).randbytes(5_000), "line "),  # noqa: S311 - a file, no secret
)
