"""What is wrong with a scenario file, gathered with its places."""

from dataclasses import dataclass, field
from typing import Any

from rules.diagnostics import Diagnostic
from rules.marks import Mark, Marked, Path


@dataclass
class Mistakes:
    """The file as it was written, and all that was found so far."""

    marked: Marked
    found: list[Diagnostic] = field(default_factory=list)

    @property
    def data(self) -> dict[str, Any]:
        """The whole file."""
        assert isinstance(self.marked.data, dict)  # noqa: S101 - looked at before
        return self.marked.data

    def at(self, place: Path, code: str, message: str, hint: str = "") -> None:
        """The value at this place is wrong."""
        self._add(self.marked.value(place), code, message, hint)

    def at_key(self, place: Path, code: str, message: str, hint: str = "") -> None:
        """The key at this place is wrong, or what it should hold is missing."""
        self._add(self.marked.key(place), code, message, hint)

    def _add(self, mark: Mark, code: str, message: str, hint: str) -> None:
        self.found.append(Diagnostic(mark.position, code, message, hint, width=mark.width))

    def at_path(self, place: Path) -> Any:
        """What stands there, typed as YAML has it."""
        value: Any = self.marked.data
        for part in place:
            value = value[part]
        return value

    def written(self, place: Path) -> Any:
        """The same with all values as text, as they were written; null is None."""
        value = self.at_path(place)
        if isinstance(value, dict):
            return {key: self.written((*place, key)) for key in value}
        if isinstance(value, list):
            return [self.written((*place, number)) for number in range(len(value))]
        return None if value is None else self.marked.values[place].content

    def text(self, place: Path) -> str:
        """The text that stands there; "" and a mistake where it is none."""
        value = self.written(place)
        if not isinstance(value, str):
            self.at(place, "S103", "a text is wanted here")
            return ""
        return value
