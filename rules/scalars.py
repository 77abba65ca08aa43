"""Single YAML values: which type a plain one has, and where a character of one stands in the file."""

import re
from dataclasses import dataclass
from decimal import Decimal

MAX_DIGITS = 18

_NULLS = {"", "~", "null", "Null", "NULL"}
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]*)\.[0-9]+")

_CHARACTER = re.compile(r".", re.DOTALL)
_UNITS = {
    "'": re.compile(r"''|.", re.DOTALL),
    '"': re.compile(r"\\(?:x..|u.{4}|U.{8}|.)|.", re.DOTALL),
}
_BLANK_ESCAPES = {f"\\{letter}" for letter in "nrtv fNLP_\n"}


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a file: character indices from 0 and, of its first character, line and column from 1.

    ``style`` is the YAML style of a scalar ("" plain, quotes, | or >), None for mappings and lists; ``content`` is
    the scalar's value as text.
    """

    start: int
    end: int
    line: int
    column: int
    style: str | None = None
    content: str = ""


def plain_value(written: str) -> object:
    """An unquoted value by the YAML 1.2 core schema, narrowed: what could be an identifier stays text.

    null, true, false, whole numbers and decimals are values. NO, on, 08:30, 0151, +49, 0x1F, 1e3 and numbers with
    more than ``MAX_DIGITS`` digits stay text.
    """
    if written in _NULLS:
        return None
    if written in _BOOLEANS:
        return _BOOLEANS[written]
    if len(written) > MAX_DIGITS + 1:
        return written
    if _INTEGER.fullmatch(written):
        return int(written)
    return Decimal(written) if _DECIMAL.fullmatch(written) else written


def index_inside(text: str, span: Span, offset: int) -> int:
    """The index in ``text`` of the ``offset``-th character of a scalar's value.

    Exact for scalars on one line; in folded and block scalars, exact unless the character is a blank. Works by
    counting the characters that are not blank, which folding and indentation leave alone.
    """
    before, visible = span.content[:offset], bool(span.content[offset : offset + 1].strip())
    wanted = sum(not character.isspace() for character in before)
    blanks = 0 if visible else offset - len(before.rstrip())
    return _after_visible(text, span, wanted, visible_next=visible) + blanks


def body(text: str, span: Span) -> tuple[int, int]:
    """Where the characters of a scalar begin and end, without quotes and without the line that opens a block."""
    if span.style in ("'", '"'):
        return span.start + 1, span.end - 1
    if span.style in ("|", ">"):
        header_end = text.find("\n", span.start)
        return (header_end + 1 if header_end >= 0 else span.end), span.end
    return span.start, span.end


def _after_visible(text: str, span: Span, wanted: int, *, visible_next: bool) -> int:
    """The index behind ``wanted`` visible characters; with ``visible_next``, of the visible one that follows."""
    pattern = _UNITS.get(span.style or "", _CHARACTER)
    at, end = body(text, span)
    for unit in pattern.finditer(text, at, end):
        blank = unit.group().isspace() or unit.group() in _BLANK_ESCAPES
        if not wanted and not (visible_next and blank):
            return unit.start()
        wanted -= not blank
    return end
