"""Dates and times in a stated format: from how a list writes them to ISO 8601, which fields read."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from gateway.intake import shown
from gateway.sheets.refused import ReadingRefused

MAX_FORMAT = 40  # characters
CENTURY_TURNS = 69  # YY: 00 to 68 are 2000 to 2068, 69 to 99 are 1969 to 1999, as POSIX strptime reads %y
WRITE = "write it of DD, MM, YYYY or YY, and for times HH, mm, ss, such as DD.MM.YYYY or MM/DD/YYYY HH:mm"

_TOKENS = {"YYYY": "year", "YY": "short", "MM": "month", "DD": "day", "HH": "hour", "mm": "minute", "ss": "second"}
_PIECE = re.compile("|".join(_TOKENS) + "|[^YMDHms]|.")
_BETWEEN = re.compile(r"[.,:;/\-_ T'()]")
_BLANK = "[ \u00a0\u202f]+"


@dataclass(frozen=True, slots=True)
class DateFormat:
    """One stated format. DD, MM, HH, mm and ss take one digit, too, where something parts them from the next."""

    text: str
    pattern: re.Pattern[str]

    @classmethod
    def of(cls, text: str) -> "DateFormat":
        """Raises `ReadingRefused` where ``text`` is no format."""
        pieces = _PIECE.findall(text[:MAX_FORMAT])
        long = f"it has {len(text)} characters of at most {MAX_FORMAT}" if len(text) > MAX_FORMAT else ""
        if reason := long or next(_wrong(pieces), ""):
            raise ReadingRefused("dates", f'"{shown(text)}" is no format of dates: {reason}; {WRITE}')
        return cls(text, re.compile("".join(_patterns(pieces))))

    def read(self, cell: str) -> datetime | None:
        """The date and time that ``cell`` says in this format; None where it does not, or there is no such day."""
        found = self.pattern.fullmatch(cell)
        if found is None:
            return None
        parts = {name: int(digits) for name, digits in found.groupdict().items()}
        if (short := parts.pop("short", None)) is not None:
            parts["year"] = short + (1900 if short >= CENTURY_TURNS else 2000)
        try:
            return datetime(**parts)  # type: ignore[arg-type]
        except ValueError:
            return None


def iso(cell: str, formats: tuple[DateFormat, ...], *, day: bool) -> str | None:
    """``cell`` in ISO 8601, by the first format that reads it: the ``day`` alone, or the time of the day as well. None
    where no format does."""
    for format in formats:
        if (moment := format.read(cell)) is not None:
            return moment.date().isoformat() if day else moment.isoformat()
    return None


def _wrong(pieces: list[str]) -> Iterator[str]:
    tokens = [piece for piece in pieces if piece in _TOKENS]
    for piece in pieces:
        if piece not in _TOKENS and not _BETWEEN.fullmatch(piece):
            yield f'"{shown(piece)}" means nothing in it'
    if doubled := {token for token in tokens if tokens.count(token) > 1}:
        yield f"{min(doubled)} is there twice"
    if not {"DD", "MM"} <= set(tokens) or ("YYYY" in tokens) == ("YY" in tokens):
        yield "it needs a day, a month (in capitals; mm are minutes) and a year"
    if ("ss" in tokens and "mm" not in tokens) or ("mm" in tokens) != ("HH" in tokens):
        yield "a time needs HH and mm"


def _patterns(pieces: list[str]) -> Iterator[str]:
    for before, piece, after in zip(["", *pieces], pieces, [*pieces[1:], ""], strict=False):
        if piece == "YYYY":
            yield "(?P<year>[0-9]{4})"
        elif piece in _TOKENS:
            alone = before not in _TOKENS and after not in _TOKENS and piece != "YY"
            yield f"(?P<{_TOKENS[piece]}>[0-9]{{{'1,2' if alone else '2'}}})"
        else:
            yield _BLANK if piece == " " else re.escape(piece)
