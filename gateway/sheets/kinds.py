"""What a file is that somebody takes for a contact list: told by its first bytes, whatever its name says."""

import io
import re
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO

from gateway.sheets.refused import SheetRefused

MAX_ASKED_BYTES = 4_000_000  # at once of an archive: its list of contents, or one of its parts
EXPORT = "open it in the program that wrote it and save it as “CSV UTF-8” or as an Excel workbook (.xlsx)"
RESAVE = "open it in Excel or LibreOffice and save it as “CSV UTF-8” or as an Excel workbook (.xlsx)"
UNPACK = "unpack it and import the list that is in it"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = b"PK\x03\x04"
_LOCKED = "EncryptedPackage".encode("utf-16-le")

_SIGNS = (
    (b"%PDF-", "a PDF document", "ask for the list itself, or copy its table into a spreadsheet"),
    (b"\x1f\x8b", "a gzip archive", UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", UNPACK),
    (b"Rar!\x1a", "a RAR archive", UNPACK),
    (b"BZh91AY&SY", "a bzip2 archive", UNPACK),
    (b"\xfd7zXZ\x00", "an xz archive", UNPACK),
    (b"PK\x05\x06", "an empty ZIP archive", UNPACK),
    (b"{\\rtf", "an RTF document", EXPORT),
    (b"PAR1\x15", "a Parquet file", EXPORT),
    (b"SQLite format 3\x00", "an SQLite database", EXPORT),
    (b"\x89PNG", "a picture (PNG)", "ask for the list itself"),
    (b"\xff\xd8\xff", "a picture (JPEG)", "ask for the list itself"),
    (b"BEGIN:VCARD", "a file of vCards", "export the contacts as CSV"),
    (b"ID;PWXL", "a SYLK file", RESAVE),
)
_TEXTS = (
    (re.compile(r"<(!doctype\s+html|html|head|body|table|meta)\b", re.I), "a web page (HTML)", RESAVE),
    (re.compile(r"<\?xml\b", re.I), "an XML file", RESAVE),
    (re.compile(r'[\[{]\s*("|\{|\[|\]|\}|$)'), "JSON", "send JSON to the API's participants, or convert it to CSV"),
)
_MAX_SIGN = 200


class BoundedFile(io.BufferedReader):
    """A file of which nobody reads more at once than `MAX_ASKED_BYTES`: how much that is, an archive says itself."""

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(MAX_ASKED_BYTES + 1 if size is None or size < 0 else min(size, MAX_ASKED_BYTES + 1))
        if len(data) > MAX_ASKED_BYTES:
            raise SheetRefused(f"a part of the file has more than {MAX_ASKED_BYTES} bytes: this is no contact list")
        return data


def opened(path: Path) -> BoundedFile:
    """The file, for who trusts what it says of itself."""
    return BoundedFile(io.FileIO(path))


def is_archive(path: Path) -> bool:
    """Whether the file is a ZIP archive, as workbooks are."""
    with path.open("rb") as file:
        return file.read(len(_ZIP)) == _ZIP


def is_workbook(path: Path, head: bytes) -> bool:
    """Whether the file is an XLSX workbook; a text where not. Raises `SheetRefused` for what is neither, with what it
    is and what to do."""
    if head.startswith(_ZIP):
        with opened(path) as file:
            _check_archive(file)
        return True
    if head.startswith(_OLE):
        raise _ole(path, head)
    for sign, kind, remedy in _SIGNS:
        if head.startswith(sign):
            raise _refused(kind, remedy)
    beginning = head[:_MAX_SIGN].decode("utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8", "replace")
    for pattern, kind, remedy in _TEXTS:
        if pattern.match(beginning.lstrip("\ufeff \t\r\n")):
            raise _refused(kind, remedy)
    return False


def _refused(kind: str, remedy: str) -> SheetRefused:
    return SheetRefused(f"this is {kind}, not a contact list: {remedy}")


def _ole(path: Path, head: bytes) -> SheetRefused:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - len(head)))
        locked = _LOCKED in head or _LOCKED in file.read(len(head))
    if locked:
        return _refused("a document that is protected by a password", "take the password away and save it again")
    return _refused("an old Excel workbook (.xls)", RESAVE)


def _check_archive(file: BinaryIO) -> None:
    try:
        with zipfile.ZipFile(file) as archive:
            names = set(archive.namelist())
            kind = _declared(archive) if "mimetype" in names else ""
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, ValueError) as error:
        raise _refused("a damaged ZIP archive or workbook", f"save or send it again ({error})") from None
    if "opendocument" in kind:
        raise _refused("an OpenDocument file (.ods)", RESAVE)
    if "xl/workbook.bin" in names:
        raise _refused("a binary Excel workbook (.xlsb)", RESAVE)
    if any(name.startswith("word/") for name in names):
        raise _refused("a Word document", "copy its table into a spreadsheet")
    if any(name.endswith(".iwa") for name in names):
        raise _refused("a Numbers document", EXPORT)
    if "[Content_Types].xml" not in names or not any(name.startswith("xl/") for name in names):
        raise _refused("a ZIP archive", UNPACK)


def _declared(archive: zipfile.ZipFile) -> str:
    with archive.open("mimetype") as part:
        return part.read(_MAX_SIGN).decode("ascii", "replace")
