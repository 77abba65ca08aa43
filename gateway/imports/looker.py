"""`python -m gateway.imports.looker`: look at the beginning of a workbook, for the process that started this one.

What to look at comes on stdin, what was found goes to stdout, as JSON: nothing of it is evaluated. It holds no secret
and opens nothing but the file.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.imports.confined import begun, write
from gateway.sheets import Reading, SheetRefused, open_sheet, preview
from rules.book import Rulebook


@dataclass(frozen=True, slots=True)
class Look:
    """Open the file at ``path``, and preview so many ``rows`` of it if any; ``cut`` says that it is only the beginning
    of a longer one."""

    path: Path
    book: Rulebook
    reading: Reading
    rows: int = 0
    cut: bool = False

    def found(self) -> dict[str, Any]:
        """A `Sheet` or a `Preview` as JSON. Raises `SheetRefused`."""
        if self.rows:
            return preview(self.path, self.book, self.reading, self.rows, cut=self.cut).as_json()
        return open_sheet(self.path, self.book, self.reading).as_json()


def answer(look: Look) -> dict[str, Any]:
    """What was ``found``, or why it is ``refused``."""
    try:
        return {"found": look.found()}
    except SheetRefused as refused:
        return {"refused": refused.as_json()}


if __name__ == "__main__":
    write(json.dumps(answer(begun())).encode())
