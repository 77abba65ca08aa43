"""The archive that a workbook is, read with distrust: a file of 1 MB can claim to hold gigabytes, or XML that grows.

Whatever the library reads of it passes here first. A part read as a whole is small; one that is streamed is made of
rows (or texts) of bounded size, and of a bounded number of them, for the library forgets each when it ends. No document
type is let through: it is where XML declares entities.
"""

import zipfile
from dataclasses import dataclass
from typing import IO, Any, Literal
from xml.parsers import expat

from gateway.sheets.kinds import MAX_ASKED_BYTES
from gateway.sheets.refused import SheetRefused

MAX_ITEMS = 1_048_576  # rows of a worksheet, as many as Excel has; texts that its cells share
MAX_ITEM_BYTES = 4_000_000  # of one row, and of whatever stands outside the rows
MAX_ITEM_ELEMENTS = 100_000
MAX_PART_BYTES = 2_000_000_000  # of XML, for the rows together
MAX_TEXT_BYTES = 10 * 32_767  # of a text that cells share: Excel has 32,767 characters, and how they look is said here
MAX_TEXTS_BYTES = 100_000_000  # of XML, for such texts together: they are kept while rows are read
MAX_DEPTH = 64
LESS = "save the list as “CSV UTF-8”, of which any size is read"


@dataclass(frozen=True, slots=True)
class Items:
    """What a part is made of that is read bit by bit: an element that is forgotten, or kept as a text, when it ends."""

    name: str
    depth: int
    told: str
    item_bytes: int
    part_bytes: int


NONE = Items("", 0, "a row", MAX_ITEM_BYTES, MAX_ITEM_BYTES)
KINDS = {
    "worksheet": Items("row", 3, "a row", MAX_ITEM_BYTES, MAX_PART_BYTES),
    "sst": Items("si", 2, "a text in a cell", MAX_TEXT_BYTES, MAX_TEXTS_BYTES),
}
"""By the outermost element of the part."""


class Archive(zipfile.ZipFile):
    """As `ZipFile`, for parts that are XML."""

    def open(
        self,
        name: str | zipfile.ZipInfo,
        mode: Literal["r", "w"] = "r",
        pwd: bytes | None = None,
        *,
        force_zip64: bool = False,
    ) -> Any:
        """The part, guarded. Raises `SheetRefused` as it is read."""
        return _Part(super().open(name, mode, pwd, force_zip64=force_zip64))


class _Part:
    """A part of the archive, which checks itself while it is read."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._guard = _Guard()

    def read(self, size: int | None = -1) -> bytes:
        whole = size is None or size < 0
        data = self._stream.read(MAX_ASKED_BYTES + 1 if size is None or size < 0 else size)
        if whole and len(data) > MAX_ASKED_BYTES:
            raise SheetRefused(f"a part of the workbook has more than {MAX_ASKED_BYTES} bytes; {LESS}")
        self._guard.feed(data)
        return data

    def close(self) -> None:
        self._stream.close()

    def __enter__(self) -> "_Part":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Guard:
    """Follows the XML of a part, and refuses what would not stay small."""

    def __init__(self) -> None:
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.StartDoctypeDeclHandler = _refuse_document_type
        self._kind = NONE
        self._depth = self._items = self._elements = self._since = self._fed = 0

    def feed(self, data: bytes) -> None:
        try:
            self._parser.Parse(data, False)
        except expat.ExpatError as error:
            raise SheetRefused(f"the workbook is damaged ({error}); open it in Excel and save it again") from None
        self._fed += len(data)
        self._check_bytes(self._fed)

    def _check_bytes(self, at: int) -> None:
        if at - self._since > self._kind.item_bytes:
            most = f"{self._kind.item_bytes} bytes of XML"
            raise SheetRefused(f"{self._kind.told} of the workbook has more than {most}; {LESS}")
        if at > self._kind.part_bytes:
            raise SheetRefused(f"a part of the workbook has more than {self._kind.part_bytes} bytes of XML; {LESS}")

    def _start(self, name: str, _: dict[str, str]) -> None:
        if not self._depth:
            self._kind = KINDS.get(_local(name), NONE)
        self._depth += 1
        self._elements += 1
        if self._depth > MAX_DEPTH or self._elements > MAX_ITEM_ELEMENTS:
            reason = f"more than {MAX_ITEM_ELEMENTS} elements of XML, or {MAX_DEPTH} in one another"
            raise SheetRefused(f"{self._kind.told} of the workbook has {reason}; {LESS}")

    def _end(self, name: str) -> None:
        if self._depth == self._kind.depth and _local(name) == self._kind.name:
            at = self._parser.CurrentByteIndex
            self._check_bytes(at)
            self._elements, self._since = 0, at
            self._items += 1
            if self._items > MAX_ITEMS:
                raise SheetRefused(f"the workbook has more than {MAX_ITEMS} rows, or texts in its cells; {LESS}")
        self._depth -= 1


def _local(name: str) -> str:
    """Of a name, which may have its namespace before it."""
    return name.rpartition(" ")[2]


def _refuse_document_type(*_: object) -> None:
    raise SheetRefused("the workbook declares a document type, which none that a spreadsheet saves has")
