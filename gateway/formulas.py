"""Texts in tables, so that a spreadsheet that opens one obeys none of them, and an import reads them as they were.

Whoever writes to us chooses texts. A cell that begins as a formula does gets an apostrophe before it, as spreadsheets
mark text (OWASP, CSV Injection), and so does one that would be taken for an error or a rounded number:
docs/decisions/0023-exports-guard-their-cells.md says why.
"""

import re

GUARD = "'"
FORMULAS = frozenset("=+-@#\t\r\n＝＋－＠")  # noqa: RUF001 - the wide ones, too; # begins an error such as #N/A
ROUNDED = re.compile(r"[0-9](?:[.,][0-9]+)?E\+[0-9]+")  # what a spreadsheet makes of a long number, and we refuse
NUMBER = re.compile(r"[+-][0-9]+(\.[0-9]+)?", re.ASCII)  # a phone number, too: obeyed or not, it is what it says


def guarded(text: str) -> str:
    """The text so that no spreadsheet takes it for a formula; `unguarded` gives it back."""
    return GUARD + text if _is_formula(text) and not NUMBER.fullmatch(text) else text


def unguarded(text: str) -> str:
    """A cell of a file as it is meant: without the apostrophe that says that what follows is no formula."""
    return text[1:] if text.startswith(GUARD) and _is_formula(text) else text


def _is_formula(text: str) -> bool:
    """Whether it begins as one, or as one that was guarded, however often."""
    bare = text.lstrip(GUARD)
    return bare[:1] in FORMULAS or ROUNDED.fullmatch(bare) is not None
