"""Texts as people send them: what each is, how it is said to be, and what an import makes of it."""

import codecs
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.sheets import MAX_LINE
from gateway.sheets.lines import BLOCK_BYTES
from gateway.sheets.records import MAX_CELL


@dataclass(frozen=True)
class Awkward:
    """A file. ``told`` are its rows by their numbers, a problem beginning with "!", or a part of the sentence that
    refuses it; ``reading`` what is stated about it; ``warned`` a part of a warning."""

    name: str
    content: bytes
    told: Mapping[int, str] | str
    reading: Mapping[str, Any]
    warned: str

    def __str__(self) -> str:
        return self.name


def awkward(
    name: str, content: str | bytes, told: Mapping[int, str] | str, *, warned: str = "", **reading: Any
) -> Awkward:
    return Awkward(name, content.encode() if isinstance(content, str) else content, told, reading, warned)


ROWS = "external_id,first_name,amount_due\n4711,Müller,1\n4712,Zoë,2\n"
TOLD = {2: "4711 Müller 1", 3: "4712 Zoë 2"}
PLAIN = "external_id,amount_due\nA,1\nB,2\n"
AB = {2: "A 1", 3: "B 2"}
MANY = 1_200_000

ENCODED = (
    awkward("UTF-8", ROWS, TOLD),
    awkward("UTF-8 with a mark, as Excel saves it", "\ufeff" + ROWS, TOLD),
    awkward("UTF-8 with two marks", "\ufeff\ufeff" + ROWS, TOLD),
    awkward("UTF-8 with a mark, stated", "\ufeff" + ROWS, TOLD, encoding="UTF8"),
    awkward("UTF-16 LE with a mark, as Excel saves Unicode text", codecs.BOM_UTF16_LE + ROWS.encode("utf-16-le"), TOLD),
    awkward("UTF-16 BE with a mark", codecs.BOM_UTF16_BE + ROWS.encode("utf-16-be"), TOLD),
    awkward(
        "UTF-16 BE with a mark, stated as UTF-16",
        codecs.BOM_UTF16_BE + ROWS.encode("utf-16-be"),
        TOLD,
        encoding="utf-16",
    ),
    awkward("UTF-16 LE without a mark", ROWS.encode("utf-16-le"), TOLD),
    awkward("UTF-16 BE without a mark", ROWS.encode("utf-16-be"), TOLD),
    awkward("Windows-1252", ROWS.encode("cp1252"), TOLD, warned="line 2, byte 40: not UTF-8, so the file is read as"),
    awkward("Windows-1252, stated", ROWS.encode("cp1252"), TOLD, encoding="cp1252"),
    awkward(
        "UTF-8 stated as Windows-1252",
        ROWS,
        {2: "4711 MÃ¼ller 1", 3: "4712 ZoÃ« 2"},
        encoding="windows-1252",
        warned="looks like UTF-8",
    ),
    awkward("Windows-1252 stated as UTF-8", ROWS.encode("cp1252"), "line 2, byte 40: not UTF-8", encoding="utf-8"),
    awkward("a mark that contradicts", "\ufeff" + ROWS, "the byte order mark of UTF-8, but", encoding="windows-1252"),
    awkward("UTF-16 stated as UTF-8", ROWS.encode("utf-16-le"), "the file looks like UTF-16 LE", encoding="utf-8"),
    awkward("UTF-8 stated as UTF-16", ROWS, "one byte for each character", encoding="utf-16"),
    awkward("neither UTF-8 nor Windows-1252", PLAIN.encode() + b"\x81\xfc,3\n", "line 4, byte 31: neither UTF-8 nor"),
    awkward("UTF-32", ROWS.encode("utf-32"), "line 1, byte 0: the file is UTF-32"),
    awkward("UTF-8 cut within a character", PLAIN.encode() + b"\xc3", "line 4, byte 31: not UTF-8", encoding="utf-8"),
    awkward("UTF-16 cut within a character", PLAIN.encode("utf-16") + b"C", "line 4, byte 64: not UTF-16 LE"),
    awkward(
        "UTF-8 until far behind its beginning",
        PLAIN.encode() + b"C,3\n" * (MANY // 4) + b"\xfc,4\n",
        f"line {4 + MANY // 4}, byte {31 + MANY}: not UTF-8; save the file as “CSV UTF-8”, or state its encoding",
    ),
    awkward(
        "characters and line ends across the blocks that are read",
        "external_id,amount_due\r\n"
        + "".join(f"{'ü' * n},{n}\r\n" for n in range(1, 3))
        + "\r\n" * BLOCK_BYTES
        + "x,9",
        {2: "ü 1", 3: "üü 2", 4 + BLOCK_BYTES: "x 9"},
    ),
)

LINES = (
    awkward("CR LF", PLAIN.replace("\n", "\r\n"), AB),
    awkward("CR, as old Macs", PLAIN.replace("\n", "\r"), AB),
    awkward("every kind of line end", "external_id,amount_due\rA,1\r\nB,2\n\rC,3", AB | {5: "C 3"}),
    awkward("blank lines", "\n\nexternal_id,amount_due\n\nA,1\n , \nB,2\n\n", {5: "A 1", 7: "B 2"}),
    awkward(
        "a line separator is a character", "external_id,first_name,amount_due\nA,x\u2028y,1\n", {2: "A x\u2028y 1"}
    ),
    awkward("a line without an end", "external_id" + "x" * MAX_LINE, f"line 1 is longer than {MAX_LINE} characters"),
    awkward("a long line further on", PLAIN + "x" * (MAX_LINE + 1), f"line 4 is longer than {MAX_LINE} characters"),
    awkward("nothing", "", "the file is empty"),
    awkward("nothing but a mark", "\ufeff", "the file is empty"),
    awkward("nothing but blank lines", "\r\n" * 20, "the file is empty"),
    awkward("a header and nothing else", "external_id,amount_due\r\n", "a header but no rows"),
)

PARTED = (
    awkward("semicolons", PLAIN.replace(",", ";"), AB),
    awkward("tabs", PLAIN.replace(",", "\t"), AB),
    awkward("pipes", PLAIN.replace(",", "|"), AB),
    awkward("one column, a rare blessing", "external_id\nA\n", {2: "A"}, warned='the required "amount_due"'),
    awkward("what Excel wants to be told", "sep=;\r\n" + PLAIN.replace(",", ";"), AB),
    awkward("told against what is there", "sep=,\n" + PLAIN.replace(",", ";"), "needs at least one of external_id"),
    awkward("told something else", "sep=^\n" + PLAIN.replace(",", "^"), 'line 1: it says that "^" parts the cells'),
    awkward(
        "commas in the header's cells",
        'amount_due;external_id;"a, b, c, d, e"\n1;A;x\n2;B;y\n',
        AB,
        warned='"a, b, c, d, e" is unknown',
    ),
    awkward(
        "decimal commas", "external_id;amount_due\nA;1,50\n", {2: '!amount_due "1,50" is not a number; write a point'}
    ),
    awkward("more commas than semicolons", "Nr;Name\nA;a,b,c\nB;d,e,f\n", "needs at least one of external_id"),
    awkward("stated", "external_id|x;amount_due\nA|x;1\n", "needs at least one of", delimiter="semicolon"),
    awkward(
        "a header that has to be mapped",
        "Kunde, Nr;Betrag, offen\nA;1\nB;2\n",
        AB,
        columns={"Kunde, Nr": "external_id", "Betrag, offen": "amount_due"},
    ),
)

OPEN = "a quote opens a cell and is not closed"
INSIDE = "a quote stands inside a cell"
NOTES = "external_id,first_name,amount_due\n"

QUOTED = (
    awkward("all in quotes", '"external_id","amount_due"\r\n"A","1"\r\n"B","2"\r\n', AB),
    awkward("line ends and delimiters in quotes", NOTES + 'A,"x, y\r\nz",1\nB,"",2\n', {2: "A x, y\nz 1", 3: "B 2"}),
    awkward("quotes in quotes", NOTES + 'A,"the ""Duke""",1\n', {2: 'A the "Duke" 1'}),
    awkward("inches", NOTES + 'A,5" pipe,1\nB,x,2\n', {2: 'A 5" pipe 1', 3: "B x 2"}),
    awkward(
        "a quote that is not closed", NOTES + 'A,"x,1\nB,y,2\nC,z,3\n', {2: f"! line 2: {OPEN}", 3: "B y 2", 4: "C z 3"}
    ),
    awkward(
        "a quote that another one closes",
        NOTES + 'A,"x,1\nB,"y",2\nC,z,3\n',
        {2: f"! line 2: {OPEN}", 3: "B y 2", 4: "C z 3"},
    ),
    awkward(
        "a quote that opens on the second line of a row",
        NOTES + 'A,"x\ny","1\nB,y,2\n',
        {2: f"! line 3: {OPEN}", 3: "B y 2"},
    ),
    awkward("text behind a quote", NOTES + 'A,"x"y,1\nB,y,2\n', {2: f"! line 2: {INSIDE}", 3: "B y 2"}),
    awkward(
        "text behind a quote, everywhere",
        NOTES + 'A,"x"y,1\n' * 2_000,
        {2 + n: f"! line {2 + n}: {INSIDE}" for n in range(2_000)},
    ),
    awkward(
        "quotes that never match",
        NOTES + 'x","abc\n' * 200_000,
        "here, as in many lines before, a quote opens a cell and is not closed",
    ),
    awkward(
        "a quote that is not closed, and much behind it",
        NOTES + 'A,"x,1\n' + "B,y,2\n" * 25_000,
        {2: f"! line 2: {OPEN}"} | {3 + n: "B y 2" for n in range(25_000)},
    ),
    awkward(
        "a header with a broken quote", '"external_id,amount_due\nA,1\n', "the header can't be read: line 1: a quote"
    ),
    awkward(
        "a cell over the limit",
        NOTES + f"A,{'x' * (MAX_CELL + 1)},1\nB,y,2\n",
        {2: f"! line 2: a cell is longer than {MAX_CELL} characters", 3: "B y 2"},
    ),
)

TEXTS = ENCODED + LINES + PARTED + QUOTED
