"""The rows of `PUT .../participants`: from JSON objects to validated rows."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from gateway.api.problems import Problem
from gateway.hints import did_you_mean
from gateway.identity import IDENTIFIERS
from gateway.intake import Read, RowProblem, read_cells, read_row, shown
from rules.book import Rulebook
from rules.fields import FieldError

MAX_ROWS = 1000
KEYS = (*IDENTIFIERS, "identifiers", "fields")


def read_rows(book: Rulebook, body: Any) -> list[Read]:
    """Each row of the body (one object or a list of them), validated or as its problems; rows count from 1.

    Raises 400 where the body is neither, 422 where it is empty or has more than `MAX_ROWS`.
    """
    rows = body if isinstance(body, list) else [body]
    if not isinstance(body, list | dict):
        raise Problem(400, "malformed", "The body must be one participant (an object) or a list of them")
    if not 0 < len(rows) <= MAX_ROWS:
        raise Problem(422, "too-many", f"There must be 1 to {MAX_ROWS} participants", f"this body has {len(rows)}")
    return [_read(book, number, row) for number, row in enumerate(rows, start=1)]


def _read(book: Rulebook, number: int, row: Any) -> Read:
    if not isinstance(row, dict):
        return (RowProblem(number, "", shown(row), "must be an object"),)
    _, problems = read_cells(number, {key: None for key in row if key not in KEYS}, partial(_refuse, book))
    problems += [
        RowProblem(number, key, shown(row[key]), "must be an object")
        for key in ("identifiers", "fields")
        if not isinstance(row.get(key, {}), dict)
    ]
    if problems:
        return tuple(problems)
    return read_row(book, number, _identifiers(row), row.get("fields", {}))


def _refuse(book: Rulebook, key: str, raw: object) -> None:
    if key in book.fields:
        raise FieldError('belongs under "fields"')
    raise FieldError(f"is an unknown key{did_you_mean(key, KEYS)}")


def _identifiers(row: Mapping[str, Any]) -> dict[str, Any]:
    """Identifiers may stand at the top or under `identifiers`, where they win."""
    top = {kind: row[kind] for kind in IDENTIFIERS if kind in row}
    return {**top, **row.get("identifiers", {})}
