"""YAML text read as plain data, with the place of every key and every value."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from rules.diagnostics import Diagnostic
from rules.scalars import Span, index_inside
from rules.values import Position
from rules.yaml_events import MAX_BYTES, EventReader, Path, Refused, parse_into

__all__ = ["MAX_BYTES", "Mark", "Marked", "Path", "read_what_can_be_read", "read_yaml"]

LOOK = 100


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a rule file; ``width`` is how many characters of its line it covers."""

    position: Position
    width: int = 1


@dataclass(frozen=True)
class Marked:
    """What a YAML file holds, in mappings (``dict`` with text keys as written), lists and plain values.

    A path is a tuple of keys and list indices. A path the file does not hold answers with the place of the nearest
    one above it that it does hold, so that a missing key is reported at its owner.
    """

    data: object
    file: str
    text: str
    keys: Mapping[Path, Span] = field(repr=False)
    values: Mapping[Path, Span] = field(repr=False)

    @property
    def lines(self) -> list[str]:
        """The lines of the file, as `rules.diagnostics.render` needs them."""
        return self.text.splitlines()

    def key(self, path: Path) -> Mark:
        """The place of the key that ``path`` ends with; of the value itself where it is an item of a list."""
        known = self._known(path)
        return self._mark(self.keys.get(known) or self.values[known])

    def value(self, path: Path) -> Mark:
        """The place of the value at ``path``."""
        return self._mark(self.values[self._known(path)])

    def written(self, path: Path) -> Path:
        """The path without list indices that the file does not hold: one value may stand where a list may."""
        while path and path not in self.values and isinstance(path[-1], int):
            path = path[:-1]
        return path

    def inside(self, path: Path, offset: int, width: int = 1) -> Mark:
        """The place of the ``offset``-th character (from 0) of the text at ``path``, for ``width`` characters.

        Exact for texts on one line, quoted or not; in texts over several lines exact for all but blanks.
        """
        span = self.values[self._known(path)]
        if span.style is None:
            return self._mark(span)
        return self._at(index_inside(self.text, span, max(offset, 0)), width)

    def at(self, start: int, end: int) -> Mark:
        """The place of a stretch of the file, in characters from 0."""
        return self._at(start, end - start)

    def before(self, path: Path) -> str:
        """Up to `LOOK` characters before the key at ``path``."""
        start = self.keys[path].start if path in self.keys else 0
        return self.text[max(0, start - LOOK) : start]

    def after(self, path: Path) -> str:
        """What stands behind the value at ``path`` on its line, up to `LOOK` characters."""
        end = self.values[self._known(path)].end
        return self.text[end : end + LOOK].partition("\n")[0].strip()

    def _known(self, path: Path) -> Path:
        while path and path not in self.values:
            path = path[:-1]
        return path

    def _mark(self, span: Span) -> Mark:
        return Mark(Position(self.file, span.line, span.column), self._width(span.start, span.end))

    def _at(self, index: int, width: int) -> Mark:
        before = (self.text[:index] + ".").splitlines()
        position = Position(self.file, len(before), len(before[-1]))
        return Mark(position, self._width(index, index + max(width, 1)))

    def _width(self, start: int, end: int) -> int:
        lines = self.text[start:end].splitlines()
        return max(1, len(lines[0].rstrip())) if lines else 1


def read_yaml(text: str | bytes, file: str) -> tuple[Marked | None, tuple[Diagnostic, ...]]:
    """The content of a rule file and everything wrong with it as YAML; never raises.

    None comes with at least one error; a `Marked` may still come with errors (keys that appear twice: the first one
    counts). Limits: `MAX_BYTES` and those of `rules.yaml_events`. ``file`` is the name that positions carry.
    """
    reader = EventReader(file)
    try:
        clean = parse_into(reader, text)
    except Refused as refused:
        return None, (*reader.problems, refused.diagnostic)
    return Marked(reader.root, file, clean, reader.keys, reader.values), tuple(reader.problems)


def read_what_can_be_read(text: str | bytes) -> object:
    """The content of a rule file up to the place where it cannot be read further; None where that is nothing."""
    reader = EventReader("")
    try:
        parse_into(reader, text)
    except Refused:
        return reader.root
    return reader.root
