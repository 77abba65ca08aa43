"""Collects the warnings about one file, and leaves out those that a comment silences (`rules.lint.comments`)."""

from rules.diagnostics import MAX_FOUND, Diagnostic
from rules.lint.comments import silences
from rules.marks import Mark, Marked, Path


class Notes:
    """What was found so far, `MAX_FOUND` at most; the same warning noted again counts once."""

    def __init__(self, marked: Marked) -> None:
        self.marked = marked
        self.silences = silences(marked)
        self._silenced = {(silence.line, silence.code) for silence in self.silences}
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

    def at(self, start: int, end: int, code: str, message: str, hint: str = "") -> None:
        """Outside of what the file says; ``start`` and ``end`` count its characters. No comment silences it."""
        self._keep(self.marked.at(start, end), code, message, hint)

    def _add(self, mark: Mark, path: Path, code: str, message: str, hint: str) -> None:
        begins = self.marked.value(self.marked.written(path)).position.line if self._silenced else 0
        if not any((line, code) in self._silenced for line in (mark.position.line, begins)):
            self._keep(mark, code, message, hint)

    def _keep(self, mark: Mark, code: str, message: str, hint: str) -> None:
        if len(self._found) < MAX_FOUND:
            self._found[Diagnostic(mark.position, code, message, hint, level="warning", width=mark.width)] = None
