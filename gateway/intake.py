"""From raw rows (a CSV line, a JSON object) to validated ones, or to everything that is wrong with them."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from json import JSONEncoder
from typing import NamedTuple, TypeVar

from gateway.hints import did_you_mean
from gateway.identity import IDENTIFIERS, IdentityMissing
from rules.book import Field, Rulebook
from rules.fields import FieldError, coerce, normalise_identifier, to_json
from rules.values import Value, Values

MAX_SHOWN = 100  # characters of a wrong value that a report repeats
MAX_PROBLEMS = 100  # problems reported of one row's identifiers, and as many of its fields

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_JSON = JSONEncoder(ensure_ascii=False, separators=(",", ":"))  # as databases keep it

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Given:
    """One validated row. ``fields`` holds only what was given (None clears); ``missing`` required fields were not.

    Moments without an offset are local (see `rules.local`): whose clocks they mean is known when the row is decided.
    """

    row: int
    identifiers: Mapping[str, str]
    fields: Values
    missing: tuple[str, ...] = ()


class ReadyRow(NamedTuple):
    """One validated row as it is kept, and as it goes from process to process: its fields are JSON text."""

    row: int
    identifiers: Mapping[str, str]
    fields: str
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RowProblem:
    """Why a row was not kept. ``field`` is "" where the whole row is meant, ``value`` what was given, shortened."""

    row: int
    field: str
    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class Change:
    """What is to change of one participant: identifiers that are given, kinds of those that are taken away, fields
    (None clears)."""

    identifiers: Mapping[str, str]
    taken_away: frozenset[str]
    fields: Values


Read = Given | tuple[RowProblem, ...]


def ready(given: Given) -> ReadyRow:
    """The row, with nothing left to be done for it but to find out whom it is about."""
    fields = {name: to_json(value) for name, value in given.fields.items()}
    return ReadyRow(given.row, given.identifiers, _JSON.encode(fields), given.missing)


def shown(raw: object) -> str:
    """A raw value as a report repeats it: text, shortened, safe to store and to print."""
    return "" if raw is None else printable(str(raw)[:MAX_SHOWN])


def printable(text: str) -> str:
    """``text`` with U+FFFD for whatever a terminal would obey or a database refuse."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def is_required(field: Field) -> bool:
    """Whether a new participant must bring it: a default fills a field that was not given."""
    return field.required and field.default is None


def read_row(book: Rulebook, row: int, identifiers: Mapping[str, object], fields: Mapping[str, object]) -> Read:
    """Validate one row: every value by its declared type, identifiers normalised. All problems of the row at once.

    A value of None clears its field; an identifier of None or "" is not given. What a new participant would lack is
    named in `Given.missing`, for only the database knows who is new.
    """
    given = {kind: raw for kind, raw in identifiers.items() if raw is not None and raw != ""}
    kept, problems = read_cells(row, given, partial(_identifier, book))
    values, wrong = read_cells(row, fields, partial(_value, book))
    problems += wrong
    if not kept and not problems:
        problems.append(RowProblem(row, "", "", str(IdentityMissing())))
    return tuple(problems) if problems else Given(row, kept, values, tuple(_missing(book, values)))


def read_change(
    book: Rulebook, identifiers: Mapping[str, object], fields: Mapping[str, object]
) -> tuple[Change, list[RowProblem]]:
    """Validate what is to change of one participant, as `read_row` does; an identifier of None is taken away."""
    given = {kind: raw for kind, raw in identifiers.items() if raw is not None}
    kept, problems = read_cells(1, given, partial(_identifier, book))
    values, wrong = read_cells(1, fields, partial(_value, book))
    return Change(kept, frozenset(identifiers) - frozenset(given), values), problems + wrong


def missing_problems(row: int, fields: Iterable[str]) -> tuple[RowProblem, ...]:
    """What to report of a row that lacks these fields where they are needed."""
    return tuple(RowProblem(row, name, "", "is required") for name in fields)


def read_cells(
    row: int, cells: Mapping[str, object], read: Callable[[str, object], V]
) -> tuple[dict[str, V], list[RowProblem]]:
    """What ``read`` makes of each cell by its name, and a problem for each where it raises `FieldError`.

    After `MAX_PROBLEMS` no further cell is read: the last problem says how many were left.
    """
    kept: dict[str, V] = {}
    problems: list[RowProblem] = []
    for number, (name, raw) in enumerate(cells.items()):
        if len(problems) == MAX_PROBLEMS:
            return kept, [*problems, RowProblem(row, "", "", f"and {len(cells) - number} more, which were not read")]
        try:
            kept[name] = read(name, raw)
        except FieldError as error:
            problems.append(RowProblem(row, shown(name), shown(raw), str(error)))
    return kept, problems


def _identifier(book: Rulebook, kind: str, raw: object) -> str:
    if kind not in IDENTIFIERS:
        raise FieldError(f"is no identifier: there are {', '.join(IDENTIFIERS)}{did_you_mean(kind, IDENTIFIERS)}")
    return normalise_identifier(kind, _storable(raw), book.region)


def _value(book: Rulebook, name: str, raw: object) -> Value:
    field = book.fields.get(name)
    if field is None:
        raise FieldError(f"campaign {book.campaign} has no such field{did_you_mean(name, book.fields)}")
    if not field.imported:
        raise FieldError("is set by the rules only: its field says import: false")
    value = coerce(field, _storable(raw), book.region)
    if value is None and field.required:
        raise FieldError("is required and can't be cleared")
    return value


def _storable(raw: object) -> object:
    """Databases hold UTF-8 text without NUL; JSON can spell both what is not UTF-8 and NUL."""
    if isinstance(raw, str) and _UNSTORABLE.search(raw):
        raise FieldError("holds characters that are not text")
    return raw


def _missing(book: Rulebook, values: Mapping[str, Value]) -> Iterator[str]:
    return (name for name, field in book.fields.items() if is_required(field) and values.get(name) is None)
