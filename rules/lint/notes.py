"""Collects the warnings about one file, and leaves out those that a comment silences.

`# lint: ok W305` at the end of a line silences that code for what stands on the line, and for a text that begins there
and goes on below; several codes are written `# lint: ok W305 W307`.
"""

import re

from rules.diagnostics import MAX_FOUND, Diagnostic
from rules.marks import Mark, Marked, Path

_COMMENT = re.compile(r"#.*?\blint:\s*ok((?:[ ,]+W\d{3})+)")
_CODE = re.compile(r"W\d{3}")


def silenced(text: str) -> dict[int, frozenset[str]]:
    """The codes that each line (from 1) silences."""
    if "lint:" not in text:
        return {}
    comments = ((number, _COMMENT.search(line)) for number, line in enumerate(text.splitlines(), start=1))
    return {number: frozenset(_CODE.findall(comment[1])) for number, comment in comments if comment}


class Notes:
    """What was found so far, `MAX_FOUND` at most; the same warning noted again counts once."""

    def __init__(self, marked: Marked) -> None:
        self.marked = marked
        self._silenced = silenced(marked.text)
        self._found: dict[Diagnostic, None] = {}

    @property
    def found(self) -> tuple[Diagnostic, ...]:
        """In file order."""
        return tuple(sorted(self._found, key=lambda d: (d.position.line, d.position.column, d.code)))

    def at_key(self, path: Path, code: str, message: str, hint: str = "") -> None:
        self._add(self.marked.key(path), path, code, message, hint)

    def at_value(self, path: Path, code: str, message: str, hint: str = "") -> None:
        self._add(self.marked.value(self.marked.written(path)), path, code, message, hint)

    def inside(self, path: Path, span: tuple[int, int], code: str, message: str, hint: str = "") -> None:
        """Within a text; ``span`` is the offset from its start and the width, in characters."""
        self._add(self.marked.inside(path, *span), path, code, message, hint)

    def _add(self, mark: Mark, path: Path, code: str, message: str, hint: str) -> None:
        begins = self.marked.value(self.marked.written(path)).position.line if self._silenced else 0
        if any(code in self._silenced.get(line, ()) for line in (mark.position.line, begins)):
            return
        if len(self._found) < MAX_FOUND:
            self._found[Diagnostic(mark.position, code, message, hint, level="warning", width=mark.width)] = None
