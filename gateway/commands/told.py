"""Answers of the API as people read them: a table of rows, or one thing line by line; programs take the JSON."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, get_args, get_origin

import click
from pydantic import BaseModel

from gateway.api.campaigns import Campaign
from gateway.api.communications import Communication
from gateway.api.endpoints import AnyEndpoint
from gateway.api.events import Event
from gateway.api.flows import Agent, Flow, FlowNode
from gateway.api.hooks import Delivery, Hook
from gateway.api.listing import Participant, Talk
from gateway.api.messages import Message
from gateway.api.serving import as_bytes
from gateway.api.tokens import AuditEntry
from gateway.api.uploads import UploadInShort
from gateway.commands.tables import moment, print_pairs, print_table
from gateway.intake import printable

COLUMNS: Mapping[type[BaseModel], tuple[str, ...]] = {  # of rows that have more than a terminal is wide
    Agent: ("agent", "kind", "results", "reply_within", "service", "nodes"),
    AuditEntry: ("at", "who", "what", "subject", "before", "after"),
    Campaign: ("campaign", "title", "status", "reason", "started_at", "broken_file"),
    Communication: ("communication", "campaign", "node", "channel", "address", "status", "reason", "at"),
    Delivery: ("id", "type", "state", "attempts", "created_at", "next_at", "error"),
    Event: ("event", "received_at", "kind", "state", "campaign", "customer", "attempts", "error"),
    Flow: ("flow", "nodes"),
    FlowNode: ("node", "kind", "edges", "passed", "taken", "waiting", "planned", "open", "failed"),
    Hook: ("hook", "status", "owed", "failing_since", "disabled_at", "last_error", "url"),
    Message: ("message", "created_at", "channel", "direction", "address", "status", "text", "error"),
    Participant: ("participant", "campaign", "identifiers", "fields", "entered", "outcome", "updated_at"),
    Talk: ("id", "node", "channel", "status", "reason", "at"),
    UploadInShort: ("upload", "file", "status", "phase", "total", "read", "failed", "started_at"),
}
LIVE: Mapping[str, tuple[str, ...]] = {  # what only a gateway at work knows, by endpoint
    "get_upload": ("rows_per_second",),
}
CURSOR = "next"
NO_NAME = "none"  # what counts tell under "", such as participants without an outcome
KEYS = 1  # columns that name a row, which one may want to copy
MAX_KEYS = 4  # of things in a cell that are told whole; of larger ones their number is


def tell(endpoint: AnyEndpoint, answer: BaseModel, *, as_json: bool) -> None:
    """Print the answer; on stderr what is left out of it, and how to go on where there is more."""
    live = LIVE.get(endpoint.name, ())
    if as_json:
        click.echo(json.dumps(_without(json.loads(as_bytes(answer)), live), indent=1))
    else:
        _print(endpoint, answer, live)
    if live:
        told = ", ".join(live)
        click.echo(f"left out, for only the gateway at work knows it: {told} (ask GET {endpoint.path} there)", err=True)
    if following := getattr(answer, CURSOR, None):
        click.echo(f"there is more: take a larger --limit, or go on with --after {following}", err=True)


def rows_of(model: type[BaseModel]) -> dict[str, type[BaseModel]]:
    """The lists of an answer whose rows are things, by name, and of what kind the things are."""
    found = {name: _things(field.annotation) for name, field in model.model_fields.items()}
    return {name: kind for name, kind in found.items() if kind is not None}


def rows_name(model: type[BaseModel]) -> str:
    """What the rows of a list are called in its answer."""
    return next(iter(rows_of(model)))


def columns_of(kind: type[BaseModel]) -> Sequence[str]:
    """What a table tells of such things."""
    chosen = (COLUMNS[one] for one in kind.__mro__ if one in COLUMNS)
    return next(chosen, tuple(kind.model_fields))


def cell(value: Any, *, whole: bool = False) -> str:
    """The value on one line, with nothing in it that a terminal would obey. Of lists of large things only their number,
    unless the ``whole`` is wanted."""
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{cell(name) or NO_NAME}={_inner(one, whole)}" for name, one in value.items())
    if isinstance(value, list):
        return _several(value, whole)
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else printable(" ".join(str(value).split()))


def _inner(value: Any, whole: bool) -> str:
    text = cell(value, whole=whole)
    return f"{{{text}}}" if isinstance(value, Mapping | list) else text


def _several(values: Sequence[Any], whole: bool) -> str:
    if not values or not all(isinstance(one, Mapping) for one in values):
        return ", ".join(_inner(one, whole) for one in values)
    if all(len(one) <= MAX_KEYS for one in values):
        return "; ".join(" ".join(_inner(part, whole) for part in one.values()) for one in values)
    return "; ".join(_inner(one, whole) for one in values) if whole else str(len(values))


def _things(annotation: Any) -> type[BaseModel] | None:
    kinds = get_args(annotation) if get_origin(annotation) is list else ()
    return kinds[0] if kinds and isinstance(kinds[0], type) and issubclass(kinds[0], BaseModel) else None


def _print(endpoint: AnyEndpoint, answer: BaseModel, live: Sequence[str]) -> None:
    """Of a list its table, then what else is told with it; of one thing each value on a line, then its lists."""
    told, lists = answer.model_dump(), rows_of(type(answer))
    first = rows_name(type(answer)) if endpoint.name.startswith("list_") else ""
    if first:
        _print_rows(first, lists.pop(first), told.pop(first), live)
    lines = [
        (_words(name), cell(value, whole=True)) for name, value in told.items() if name not in (*lists, *live, CURSOR)
    ]
    print_pairs([(name, text) for name, text in lines if text])
    for name, kind in lists.items():
        if told[name]:
            click.echo(f"\n{_words(name)}:")
        if told[name] or not first:
            _print_rows(name, kind, told[name], live)


def _print_rows(name: str, kind: type[BaseModel], rows: Sequence[Mapping[str, Any]], live: Sequence[str]) -> None:
    shown = [column for column in columns_of(kind) if column not in live]
    if rows:
        cells = ([cell(row[column]) for column in shown] for row in rows)
        print_table([_words(column) for column in shown], cells, whole=KEYS)
    else:
        click.echo(f"{_words(name)}: none")


def _words(name: str) -> str:
    return name.replace("_", " ")


def _without(told: Any, names: Sequence[str]) -> Any:
    """JSON without these keys, wherever they stand."""
    if isinstance(told, dict):
        return {name: _without(value, names) for name, value in told.items() if name not in names}
    return [_without(one, names) for one in told] if isinstance(told, list) else told
