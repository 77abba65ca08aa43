"""In which encoding a text is: by its byte order mark, by what was stated, or by how its beginning looks."""

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

from gateway.intake import shown
from gateway.sheets.refused import ReadingRefused, SheetRefused

UTF_8, UTF_16_LE, UTF_16_BE, WINDOWS_1252 = ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "windows-1252")
NAMES = {UTF_8: "UTF-8", UTF_16_LE: "UTF-16 LE", UTF_16_BE: "UTF-16 BE", WINDOWS_1252: "Windows-1252"}
SAVE_AGAIN = "save the file as “CSV UTF-8”"

_MARKS = ((b"\xef\xbb\xbf", UTF_8), (b"\xff\xfe", UTF_16_LE), (b"\xfe\xff", UTF_16_BE))
_UTF_32 = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_SPELLINGS = {
    "utf8": UTF_8,
    "utf8sig": UTF_8,
    "utf8bom": UTF_8,
    "utf16": UTF_16_LE,
    "utf16le": UTF_16_LE,
    "utf16be": UTF_16_BE,
    "windows1252": WINDOWS_1252,
    "cp1252": WINDOWS_1252,
    "ansi": WINDOWS_1252,
    "latin1": WINDOWS_1252,
    "iso88591": WINDOWS_1252,
}
_EVIDENT = 0.7  # of every second byte is NUL where a text is UTF-16 without a mark; of the others, next to none


@dataclass(frozen=True, slots=True)
class Encoding:
    """``name`` is one of `ENCODINGS`, ``mark`` the length of the byte order mark in bytes, ``doubt`` what to tell of a
    guess or of a doubtful statement."""

    name: str
    mark: int = 0
    doubt: str = ""


def encoding_named(stated: str) -> str:
    """One of `ENCODINGS` for a name as people write it, "" for "". Raises `ReadingRefused`."""
    word = "".join(character for character in stated.lower() if character.isalnum())
    if stated and word not in _SPELLINGS:
        raise ReadingRefused("encoding", f'the encoding "{shown(stated)}" is none of {", ".join(ENCODINGS)}')
    return _SPELLINGS.get(word, "")


def find_encoding(head: bytes, stated: str = "") -> Encoding:
    """The encoding of a text by its first bytes; ``stated`` is one of `ENCODINGS` and taken at its word unless the
    file contradicts it. Raises `SheetRefused` where it is none that we read."""
    if head.startswith(_UTF_32):
        raise SheetRefused(f"line 1, byte 0: the file is UTF-32, which is not read; {SAVE_AGAIN}", line=1, byte=0)
    marked = next((Encoding(name, len(mark)) for mark, name in _MARKS if head.startswith(mark)), None)
    evident = marked or _evident_utf_16(head)
    if stated:
        return _as_stated(stated, marked, evident, head)
    return evident or _utf_8_or_not(head)


def mark_of(path: Path, encoding: str) -> int:
    """How many bytes of a byte order mark of this encoding the file begins with."""
    with path.open("rb") as file:
        head = file.read(max(len(mark) for mark, _ in _MARKS))
    return next((len(mark) for mark, name in _MARKS if name == encoding and head.startswith(mark)), 0)


def _as_stated(stated: str, marked: Encoding | None, evident: Encoding | None, head: bytes) -> Encoding:
    utf_16 = {UTF_16_LE, UTF_16_BE}
    if marked and marked.name != stated:
        if {marked.name, stated} == utf_16:
            return marked
        raise _contradicted(stated, f"the file begins with the byte order mark of {NAMES[marked.name]}")
    if evident and evident.name != stated:
        raise _contradicted(stated, f"the file looks like {NAMES[evident.name]}")
    if stated in utf_16 and not evident and b"\0" not in head and b"," in head.replace(b";", b",").replace(b"\t", b","):
        raise _contradicted(stated, "the file has one byte for each character")
    if stated == WINDOWS_1252 and not head.isascii() and _is_utf_8(head):
        return Encoding(
            stated, 0, "the file looks like UTF-8, and is read as Windows-1252 as stated: check its accents"
        )
    return marked or Encoding(stated)


def _contradicted(stated: str, evidence: str) -> ReadingRefused:
    reason = f"line 1, byte 0: {evidence}, but {NAMES[stated]} was stated: state the right encoding or none"
    return ReadingRefused("encoding", reason, line=1, byte=0)


def _evident_utf_16(head: bytes) -> Encoding | None:
    """Of a list in UTF-16, which is mostly of delimiters, digits and Latin letters, every second byte is NUL."""
    even, odd = (part.count(0) / max(1, len(part)) for part in (head[::2], head[1::2]))
    if odd >= _EVIDENT and even < 1 - _EVIDENT:
        return Encoding(UTF_16_LE)
    return Encoding(UTF_16_BE) if even >= _EVIDENT and odd < 1 - _EVIDENT else None


def _utf_8_or_not(head: bytes) -> Encoding:
    if _is_utf_8(head):
        return Encoding(UTF_8)
    try:
        head.decode(WINDOWS_1252)
    except UnicodeDecodeError as error:
        line, byte = _line_of(head, error.start), error.start
        reason = f"line {line}, byte {byte}: neither UTF-8 nor Windows-1252; {SAVE_AGAIN}"
        raise SheetRefused(reason, line=line, byte=byte) from None
    return Encoding(WINDOWS_1252, 0, _guessed(head))


def _guessed(head: bytes) -> str:
    start = _bad_utf_8(head)[0]
    return (
        f"line {_line_of(head, start)}, byte {start}: not UTF-8, so the file is read as Windows-1252; "
        f"check its accents, and if they are wrong, {SAVE_AGAIN}"
    )


def _line_of(head: bytes, byte: int) -> int:
    return len(re.findall(rb"\r\n|\r|\n", head[:byte])) + 1


def _is_utf_8(head: bytes) -> bool:
    return not _bad_utf_8(head)


def _bad_utf_8(head: bytes) -> list[int]:
    """Where ``head`` is not UTF-8; what its end may have cut through is left out."""
    try:
        codecs.getincrementaldecoder(UTF_8)().decode(head)
    except UnicodeDecodeError as error:
        return [error.start]
    return []
