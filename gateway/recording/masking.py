"""Made-up names and numbers in place of people's own."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from rules.book import Field, Rulebook
from rules.values import ValueType

SHORTEST = 2  # characters of a value that is looked for in what people wrote
NAMES = ("Ada", "Ben", "Cem", "Dora", "Elif", "Finn", "Gül", "Hugo")
_PHONE = re.compile(r"(?<![\w+])(?:\+|00?)\d[\d ()/-]{6,}\d")
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


@dataclass
class Mask:
    """``instead`` are values and what stands for each; ``verbatim``: nothing is replaced.

    Replaced are identifiers, the values of fields that are texts, unless the rule file names them (conditions may hang
    on them), and phone numbers and email addresses in what people wrote. What they wrote otherwise stays.
    """

    verbatim: bool = False
    instead: dict[str, str] = field(default_factory=dict)

    def add(self, value: str, made_up: str) -> None:
        """From now on something else stands for this value."""
        if value:
            self.instead.setdefault(value, made_up)

    def add_fields(self, book: Rulebook, rules: str, values: Mapping[str, Any]) -> None:
        """Let something else stand for the values of fields that tell of a person."""
        for name, value in values.items():
            kept = book.fields.get(name)
            if kept is not None and isinstance(value, str) and len(value) >= SHORTEST and _tells(kept, value, rules):
                self.add(value, self._made_up(kept))

    def of(self, value: Any) -> Any:
        """The value, a JSON one, without what is replaced."""
        if self.verbatim:
            return value
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, Mapping):
            return {name: self.of(part) for name, part in value.items()}
        return [self.of(part) for part in value] if isinstance(value, list | tuple) else value

    def _text(self, text: str) -> str:
        known = "|".join(re.escape(value) for value in sorted(self.instead, key=len, reverse=True))
        masked = re.sub(rf"(?<!\w)(?:{known})(?!\w)", lambda found: self.instead[found[0]], text) if known else text
        if masked in self.instead.values():
            return masked
        return _EMAIL.sub(self._email, _PHONE.sub(self._phone, masked))

    def _phone(self, found: re.Match[str]) -> str:
        if found[0] in self.instead.values():
            return found[0]
        return self.instead.setdefault(found[0], _digits(found[0]))

    def _email(self, found: re.Match[str]) -> str:
        if found[0] in self.instead.values():
            return found[0]
        return self.instead.setdefault(found[0], f"somebody{len(self.instead)}@example.com")

    def _made_up(self, kept: Field) -> str:
        number = len(self.instead) + 1
        if kept.type is ValueType.EMAIL:
            return f"somebody{number}@example.com"
        if kept.type is ValueType.PHONE:
            return f"+49151123457{number:02}"
        names = self._unused(NAMES) if "name" in kept.name else iter(())
        return next(names, f"{kept.name.replace('_', ' ')} {number}")

    def _unused(self, names: Iterable[str]) -> Iterator[str]:
        return (name for name in names if name not in self.instead.values())


def _tells(kept: Field, value: str, rules: str) -> bool:
    """Whether the value tells of a person, and nothing hangs on it. "Tim" is not named by the `timezone` of a file."""
    if kept.type in (ValueType.EMAIL, ValueType.PHONE):
        return True
    named = re.search(rf"(?<!\w){re.escape(value)}(?!\w)", rules, re.IGNORECASE)
    return kept.type is ValueType.STRING and kept.name != "timezone" and named is None


def _digits(number: str) -> str:
    """A number of the same shape, whose last seven digits are made up."""
    kept = len(re.findall(r"\d", number)) - 7
    count = iter(range(len(number)))
    return re.sub(r"\d", lambda digit: digit[0] if (n := next(count)) < kept else str((n * 3 + 1) % 10), number)
