"""Why a file can't be imported, and where."""

from collections.abc import Mapping
from typing import Any


class SheetRefused(Exception):
    """The file as a whole can't be imported; nothing of it was kept. The message names the place, too.

    ``line`` counts from 1, ``byte`` from 0, as the file lies on disk; ``column`` is a cell of the header, from 1. None
    where the place is not the reason.
    """

    setting = ""

    def __init__(
        self, reason: str, *, line: int | None = None, byte: int | None = None, column: int | None = None
    ) -> None:
        super().__init__(reason)
        self.line = line
        self.byte = byte
        self.column = column

    def as_json(self) -> dict[str, Any]:
        """All it tells, as JSON holds it: some files are read by a process of their own."""
        place = {"line": self.line, "byte": self.byte, "column": self.column}
        return {"setting": self.setting, "reason": str(self), **place}

    @staticmethod
    def from_json(told: Mapping[str, Any]) -> "SheetRefused":
        """What `as_json` wrote."""
        reason, place = told["reason"], {name: told[name] for name in ("line", "byte", "column")}
        return ReadingRefused(told["setting"], reason, **place) if told["setting"] else SheetRefused(reason, **place)


class ReadingRefused(SheetRefused):
    """What was said about how to read the file makes no sense, or not for this file. ``setting`` is the name of the
    wrong one: encoding, delimiter, sheet, columns, dates, region or decimal."""

    def __init__(
        self,
        setting: str,
        reason: str,
        *,
        line: int | None = None,
        byte: int | None = None,
        column: int | None = None,
    ) -> None:
        super().__init__(reason, line=line, byte=byte, column=column)
        self.setting = setting
