"""The keys that differ between what is written for one part in the old file and in the new one."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import Enum

from rules.difference.meaning import form
from rules.marks import Path

EXPRESSIONS = ("if", "switch", "at", "until", "expr", "all", "any", "none")
BY_ITEM = ("all", "any", "none", "questions")  # lists whose items are compared one by one
_DURATION = re.compile(r"(\d{1,6})([mhdw])")
_MINUTES = {"m": 1, "h": 60, "d": 1_440, "w": 10_080}


class Nothing(Enum):
    """Stands where one of the files has nothing."""

    NOTHING = ""


NOTHING = Nothing.NOTHING
Meant = Callable[[str, object], object]
"""What an old value under a key is called in the new file."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """One key that differs: its path in each file below that of the part, and its two values."""

    old: Path
    new: Path
    before: object
    after: object


def leaves(before: object, after: object, meant: Meant, old: Path = (), new: Path = ()) -> Iterator[Leaf]:
    """What is written otherwise, in the order of the new file; ways to write the same are not told apart."""
    key = next((key for key in reversed(new) if isinstance(key, str)), "")
    if new == ("if",):
        before, after = _lines(before), _lines(after)
    if isinstance(before, dict) and isinstance(after, dict):
        for name in dict.fromkeys((*after, *before)):
            yield from leaves(before.get(name, NOTHING), after.get(name, NOTHING), meant, (*old, name), (*new, name))
    elif key in BY_ITEM and isinstance(before, list) and isinstance(after, list):
        yield from _of_lists(before, after, meant, old, new)
    elif _normal(key, _renamed(meant, new, before)) != _normal(key, after):
        yield Leaf(old, new, before, after)


def _lines(condition: object) -> object:
    """One condition as what it stands for: all of one line."""
    several = condition if isinstance(condition, dict) else {"all": condition}
    return {how: lines if isinstance(lines, list) else [lines] for how, lines in several.items()}


def _of_lists(before: list[object], after: list[object], meant: Meant, old: Path, new: Path) -> Iterator[Leaf]:
    signs = [_sign(item) for item in before], [_sign(item) for item in after]
    for how, a, b, c, d in SequenceMatcher(None, *signs, autojunk=False).get_opcodes():
        paired = min(b - a, d - c) if how in ("equal", "replace") else 0
        for one, other in zip(range(a, a + paired), range(c, c + paired), strict=True):
            yield from leaves(before[one], after[other], meant, (*old, one), (*new, other))
        yield from (Leaf((*old, n), new, before[n], NOTHING) for n in range(a + paired, b))
        yield from (Leaf(old, (*new, n), NOTHING, after[n]) for n in range(c + paired, d))


def _sign(item: object) -> str:
    """What makes two items of lists the same one: what a question asks for, the form of an expression."""
    return str(item.get("result")) if isinstance(item, dict) else form(str(item))


def _renamed(meant: Meant, path: Path, value: object) -> object:
    key = str(path[0]) if path else ""
    return [meant(key, item) for item in value] if isinstance(value, list) else meant(key, value)


def _normal(key: str, value: object) -> object:
    """The same for all ways to write the same value."""
    if isinstance(value, list):
        return _normal(key, value[0]) if len(value) == 1 else tuple(_normal(key, item) for item in value)
    if isinstance(value, Mapping):
        return {name: _normal(str(name), part) for name, part in value.items()}
    if value is None or value is NOTHING:
        return NOTHING
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if found := _DURATION.fullmatch(text):
        return int(found[1]) * _MINUTES[found[2]]
    return form(text) if key in EXPRESSIONS else text
