"""Fills a PostgreSQL with all that `benchmarks.crowd` describes, by the database itself, within minutes."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import psycopg
from sqlalchemy import Boolean, Column, Integer, Table

from benchmarks import crowd as rows
from benchmarks.crowd import CAMPAIGNS, Crowd
from storage import models
from storage.statements import table_of
from storage.types import Json

Columns = Callable[[Crowd], dict[str, str]]
FILLED: tuple[tuple[Any, Columns, Callable[[Crowd], int]], ...] = (
    (models.Campaign, rows.first_campaign, lambda crowd: 1),
    (models.Campaign, rows.campaigns, lambda crowd: CAMPAIGNS - 1),
    (models.Customer, rows.customers, lambda crowd: crowd.people),
    (models.Identifier, rows.phones, lambda crowd: crowd.people),
    (models.Identifier, rows.emails, lambda crowd: crowd.people),
    (models.Identifier, rows.numbers, lambda crowd: crowd.people),
    (models.Participant, rows.participants, lambda crowd: crowd.people),
    (models.Communication, rows.communications, lambda crowd: crowd.talks),
    (models.Message, rows.messages, lambda crowd: crowd.messages),
    (models.Inbox, rows.events, lambda crowd: crowd.talks),
    (models.Decision, rows.decisions, lambda crowd: crowd.talks),
    (models.Run, rows.runs, lambda crowd: crowd.people // 5),
    (models.OptOut, rows.opt_outs, lambda crowd: crowd.people // 5),
    (models.Delivery, rows.deliveries, lambda crowd: crowd.people),
    (models.Audit, rows.audited, lambda crowd: crowd.people),
    (models.Upload, rows.uploads, lambda crowd: crowd.people // 1_000),
    (models.UploadFailure, rows.failures, lambda crowd: crowd.people),
    (models.Token, rows.tokens, lambda crowd: 1_000),
)
SERIES = "generate_series(1, {}::bigint) AS t(n)"


def fill(url: str, crowd: Crowd) -> Iterator[str]:
    """Fill the empty tables at this address (of libpq), and tell the planner of it; tells which table is next."""
    with psycopg.connect(url, autocommit=True) as connection:
        indexes = _indexes(connection)
        for name in indexes:
            connection.execute(f'DROP INDEX "{name}"'.encode())
        for model, columns, number in FILLED:
            table = table_of(model)
            yield table.name
            connection.execute(insertion(table, columns(crowd), number(crowd)).encode())
        for name, definition in indexes.items():
            yield name
            connection.execute(definition.encode())
        yield "vacuum, analyze"
        connection.execute("VACUUM ANALYZE")


def _indexes(connection: psycopg.Connection[Any]) -> Mapping[str, str]:
    """The statements that make the indexes which no constraint needs: made at the end they are made sooner."""
    query = """
        SELECT indexname, indexdef FROM pg_indexes
        WHERE schemaname = current_schema() AND indexname NOT IN (SELECT conname FROM pg_constraint)
    """
    return dict(connection.execute(query).fetchall())


def insertion(table: Table, expressions: Mapping[str, str], number: int, counted: str = SERIES) -> str:
    """The statement that inserts rows 1 to ``number``, what is not given being what it is by default."""
    columns = [column for column in table.c if column.name in expressions or not _is_by_itself(column)]
    names = ", ".join(f'"{column.name}"' for column in columns)
    values = ", ".join(expressions.get(column.name) or by_default(column) for column in columns)
    return f'INSERT INTO "{table.name}" ({names}) SELECT {values} FROM {counted.format(number)}'  # noqa: S608


def _is_by_itself(column: Column[Any]) -> bool:
    return column.nullable or column.autoincrement is True or column.server_default is not None


def by_default(column: Column[Any]) -> str:
    """What the model says, as SQL."""
    given = getattr(column.default, "arg", None)
    value = given(None) if callable(given) else given
    if isinstance(column.type, Json):
        return f"'{json.dumps({} if value is None else value)}'"
    if isinstance(column.type, Boolean):
        return str(bool(value)).lower()
    return str(value or 0) if isinstance(column.type, Integer) else f"'{value or ''}'"
