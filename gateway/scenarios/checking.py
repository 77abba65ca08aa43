"""Check one step: the names in it, and what it takes."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path as FilePath
from typing import Annotated, Any

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from channels.sandbox import Fault
from gateway.scenarios.forms import CODE, Form, Takes
from gateway.scenarios.mistakes import Mistakes
from gateway.scenarios.values import Rows, Step
from gateway.simulation import CannotDo
from gateway.simulation.refusing import in_reach
from rules.book import Rulebook
from rules.diagnostics import did_you_mean
from rules.fields import IDENTIFIER_KINDS
from rules.loader import Project
from rules.marks import Path

FAULTS = TypeAdapter(Fault)
ROW_KEYS = ("when", "answer", "status", "slow", "times")
MOMENT_HINT = "write it as 2027-03-01 09:00"
WAITS = "waits at"
STANDING = (WAITS, "outcome")  # what may be looked at beside fields and nodes


@dataclass(frozen=True)
class Known:
    """What the steps of a file may name."""

    people: Mapping[str, Mapping[str, str]]
    rooms: tuple[str, ...]
    files: tuple[str, ...]
    whole: bool  # whether all rule files are there and sound: else any campaign may be meant
    books: Mapping[str, Rulebook]
    project: Project
    functions: Mapping[str, Rows]

    def as_form(self, text: str) -> str:
        """The text of a step with the names in it replaced by what they are, as forms have it."""
        kinds = {**dict.fromkeys(self.people, "PERSON"), **dict.fromkeys(self.books, "CAMPAIGN")}
        return " ".join(kinds.get(word, word) for word in text.split())

    def names(self, place: str) -> tuple[str, str, Collection[str]] | None:
        """What stands at this place of a form: the code of an unknown one, what it is called, and all there are. None
        where it can be anything."""
        if place == "CAMPAIGN" and not self.whole:
            return None
        return {
            "PERSON": ("S202", "person", self.people),
            "WHO": ("S202", "person or room", (*self.people, *self.rooms)),
            "ROOM": ("S204", "room", self.rooms),
            "CAMPAIGN": ("S203", "campaign", self.books),
            "CHANNEL": ("S204", "channel", self.project.channels),
            "SERVICE": ("S204", "service", self.project.services),
            "FUNCTION": ("S204", "function whose answers the file tells", self.functions),
            "FILE": ("S204", "rule file", tuple(files_by_name(self.files))),
        }.get(place)


class AnswerRow(BaseModel):
    """The form of a row of answers; unknown keys are told of elsewhere."""

    when: dict[str, Any] = {}
    answer: dict[str, Any] = {}
    status: Annotated[int, Field(ge=100, le=599)] = 200
    slow: bool = False
    times: Annotated[int, Field(ge=1)] = 1


def row_problems(row: Any) -> Iterator[tuple[str, str]]:
    """What is wrong with the values of a row of answers: the key, and why."""
    try:
        AnswerRow.model_validate(row)
    except ValidationError as error:
        yield from ((str(one["loc"][0]), one["msg"]) for one in error.errors(include_url=False))


def files_by_name(files: Iterable[str]) -> dict[str, str]:
    """Rule files by their bare names, and by their numbers."""
    return {name: file for number, file in enumerate(files, 1) for name in (FilePath(file).name, str(number))}


def check_step(mistakes: Mistakes, place: Path, form: Form, step: Step, known: Known, changing: bool) -> None:
    """Tell what is wrong with a step. ``changing``: the rules change in its story, and with them fields and nodes."""
    for name, word in step.words.items():
        if (wanted := known.names(name)) and word not in wanted[2]:
            hint = did_you_mean(word, wanted[2]) or f"there are: {', '.join(wanted[2])}"
            mistakes.at_key(place, wanted[0], f'there is no {wanted[1]} "{word}"', hint)
        if name == "MOMENT" and isinstance(read := moment_of(word), str):
            mistakes.at_key(place, "S103", read, MOMENT_HINT)
    if reason := TAKES[form.takes](step.value):
        mistakes.at(place, "S205", f'"{form.text}" takes {reason}')
    elif form.takes == "fields" and not changing:
        _check_names(mistakes, place, form, step, known)


def _check_names(mistakes: Mistakes, place: Path, form: Form, step: Step, known: Known) -> None:
    book = known.books.get(step.words["CAMPAIGN"])
    if book is None:
        return
    given = "is given" in form.text
    names = (*book.fields, *(IDENTIFIER_KINDS if given else (*STANDING, *_nodes(book))))
    for name in step.value or ():
        if name not in names:
            hint = did_you_mean(name, names)
            mistakes.at_key((*place, name), "S206", f'campaign {book.campaign} has no "{name}"', hint)
    if not given:
        _check_waits(mistakes, place, (step.value or {}).get(WAITS), book)


def _check_waits(mistakes: Mistakes, place: Path, value: Any, book: Rulebook) -> None:
    """Where paths may wait: nodes without their flows, as a list, or in one text with commas between them."""
    nodes = _nodes(book)
    for node in value if isinstance(value, list) else str(value or "").split(","):
        if (name := str(node).strip()) and name not in nodes:
            hint = did_you_mean(name.rpartition(".")[2], nodes)
            mistakes.at((*place, WAITS), "S206", f'campaign {book.campaign} has no node "{name}"', hint)


def _nodes(book: Rulebook) -> list[str]:
    return [name for flow in book.flows.values() for name in flow.nodes]


def moment_of(word: str) -> datetime | str:
    """The local time that is written; where it is none at which a story can be, why not."""
    try:
        return in_reach(datetime.fromisoformat(word).replace(tzinfo=None))
    except ValueError:
        return f'"{word}" is no time'
    except CannotDo as error:
        return f'"{word}" is out of reach: {error}'


def _nothing(value: Any) -> str:
    return "" if value in (None, "") else "nothing after it"


def _text(value: Any) -> str:
    return "" if isinstance(value, str) else "a text"


def _texts(value: Any) -> str:
    listed = isinstance(value, list) and all(isinstance(one, str) for one in value)
    return "" if listed or isinstance(value, str) else "a text, or a list of texts"


def _fields(value: Any) -> str:
    return "" if value in (None, "") or isinstance(value, dict) else "names and values: {name: value}"


def _calls(value: Any) -> str:
    listed = isinstance(value, list) and all(isinstance(one, dict) for one in value)
    return "" if value in (None, "") or listed else "a list of requests, each with a part of it that is told"


def _fault(value: Any) -> str:
    try:
        FAULTS.validate_python(value)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        return f"a fault, such as {{kind: fail, status: 500}}: {'.'.join(map(str, first['loc']))} {first['msg']}"
    return ""


def _code(value: Any) -> str:
    return "" if value in (None, "") or (isinstance(value, str) and CODE.fullmatch(value)) else "a code, or nothing"


TAKES: Mapping[Takes, Callable[[Any], str]] = {
    "nothing": _nothing,
    "text": _text,
    "texts": _texts,
    "fields": _fields,
    "calls": _calls,
    "fault": _fault,
    "code": _code,
    "rules": _text,
}
