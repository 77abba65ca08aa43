"""Collects what is wrong with one file, each mistake once and at its place."""

from collections.abc import Callable, Iterable

from rules.diagnostics import MAX_FOUND, Diagnostic, cut
from rules.marks import Mark, Marked, Path


class Mistakes:
    """What was found wrong so far, `MAX_FOUND` at most. The same one noted again counts once.

    ``all_read`` is whether all that the file says could be read; else what is missing may be what was wrong.
    """

    def __init__(self, marked: Marked, found: Iterable[Diagnostic] = ()) -> None:
        self.marked = marked
        self._found = dict.fromkeys(found)
        self._left_out = 0
        self.all_read = not self._found

    @property
    def found(self) -> tuple[Diagnostic, ...]:
        """In file order."""
        return tuple(sorted(self._found, key=lambda d: (d.position.line, d.position.column, d.code)))

    @property
    def count(self) -> int:
        """How many were noted, those left out included."""
        return len(self._found) + self._left_out

    @property
    def is_full(self) -> bool:
        """Whether what is noted from now on is left out."""
        return len(self._found) >= MAX_FOUND

    @property
    def any_error(self) -> bool:
        return any(d.level == "error" for d in self._found)

    def at_key(self, path: Path, code: str, message: str, hint: str = "") -> None:
        self._add(lambda: self.marked.key(path), code, message, hint)

    def at_value(self, path: Path, code: str, message: str, hint: str = "") -> None:
        self._add(lambda: self.marked.value(path), code, message, hint)

    def inside(self, path: Path, span: tuple[int, int], code: str, message: str, hint: str = "") -> None:
        """Within a text value; ``span`` is the offset from its start and the width, in characters."""
        self._add(lambda: self.marked.inside(path, *span), code, message, hint)

    def _add(self, place: Callable[[], Mark], code: str, message: str, hint: str) -> None:
        if self.is_full:
            self._left_out += 1
            return
        mark = place()
        level = "warning" if code.startswith("W") else "error"
        found = Diagnostic(mark.position, code, cut(message), cut(hint), level=level, width=mark.width)
        self._found[found] = None
