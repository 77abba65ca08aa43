"""A scenario file, written: what somebody did, and what was heard then."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

UNITS = (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))

People = Mapping[str, Mapping[str, str]]
Value = str | None | Sequence[str] | Mapping[str, object]


@dataclass
class Story:
    """Steps of one scenario, in the words of docs/reference/scenarios.md, in order.

    ``people`` are identifiers by kind for each name, ``starts`` (aware) is when it begins on the clocks of ``zone``,
    ``services`` and ``functions`` hold what they answer, row by row.
    """

    people: People
    starts: datetime
    zone: ZoneInfo
    remarks: list[str] = field(default_factory=list)
    rooms: list[str] = field(default_factory=list)
    services: dict[str, list[Mapping[str, object]]] = field(default_factory=dict)
    functions: dict[str, list[Mapping[str, object]]] = field(default_factory=dict)
    steps: list[str] = field(default_factory=list)
    passed: int = 0  # seconds

    def add(self, step: str, value: Value = None) -> None:
        """One more step; None where it has no value."""
        self.steps.append(f"- {step}" if value is None else f"- {step}: {written(value)}")

    def hears(self, name: str, texts: Iterable[str], where: str = "") -> None:
        """Somebody hears all this, or nothing."""
        listed = list(texts)
        if not listed:
            self.add(f"{name} hears nothing")
        else:
            self.add(f"{name} hears{where}", listed[0] if len(listed) == 1 else listed)

    def pass_to(self, moment: datetime, late: bool = False) -> None:
        """Time passes until then, to the second before it; where something was due then (``late``), to the one after.
        A moment that has passed is no step."""
        seconds = (moment - self.starts).total_seconds()
        wanted = math.ceil(seconds) if late else math.floor(seconds)
        if wanted > self.passed:
            self.add(f"{span_in_words(wanted - self.passed)} later")
            self.passed = wanted

    def text(self, rules: str, named: bool = False) -> str:
        """The file, with the text of its rule file in it; or, where it is only ``named``, the path to that, from the
        folder of the scenario."""
        told = [f"rules: {written(rules)}"] if named else _block(rules)
        return "\n".join([*self._head(), *told, *self._outside(), *self._story(), ""])

    def _head(self) -> Iterator[str]:
        yield from (f"# {remark}" for remark in self.remarks)
        local = self.starts.astimezone(self.zone)
        if local.fold:  # the clocks show this time twice, and a scenario means the first
            local = self.starts.astimezone(ZoneInfo("UTC"))
        yield f"clock: {local.tzinfo}"
        yield f'starts at: "{local:%Y-%m-%d %H:%M:%S}"'
        yield "people:"
        yield from (f"  {name}: {written(identifiers)}" for name, identifiers in self.people.items())
        if self.rooms:
            yield f"rooms: {written(self.rooms)}"

    def _outside(self) -> Iterator[str]:
        for key, named in (("services", self.services), ("functions", self.functions)):
            if named:
                yield f"{key}:"
            for name, rows in named.items():
                yield f"  {name}:{'' if rows else ' []'}"
                yield from (f"    - {written(row)}" for row in rows)

    def _story(self) -> Iterator[str]:
        yield "story:"
        yield from (f"  {step}" for step in self.steps)


def _block(rules: str) -> Iterator[str]:
    yield from ("rules:", "  - |2")
    yield from (f"    {line}" if line else "" for line in rules.split("\n"))


def written(value: object) -> str:
    """A value on one line, as YAML and JSON have it in common; keys that are plain words stand without quotes."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(str(name))}: {written(part)}" for name, part in value.items()) + "}"
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Iterable) and not isinstance(value, str):
        return "[" + ", ".join(map(written, value)) + "]"
    return quoted(str(value))


def quoted(text: str) -> str:
    """The text as a double-quoted scalar of YAML, on one line: https://yaml.org/spec/1.2.2/#57-escaped-characters."""
    return '"' + "".join(_escaped(character) for character in text) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if character == "\n":
        return "\\n"
    return character if character.isprintable() else f"\\U{ord(character):08x}"


def _key(name: str) -> str:
    return name if name.isidentifier() and name.isascii() else quoted(name)


def span_in_words(seconds: int) -> str:
    """`1d 2h 3s`."""
    left, parts = seconds, []
    for unit, size in UNITS:
        number, left = divmod(left, size)
        parts += [f"{number}{unit}"] if number else []
    return " ".join(parts)
