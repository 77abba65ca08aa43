"""What the tests of people's data look for, and where: every column of every table."""

import asyncio
from collections.abc import Iterable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text
from sqlmodel import SQLModel

from gateway.cli import main
from storage.books import Books
from storage.database import Storage
from storage.packing import unpack
from storage.types import json_text
from tests.gateway.example_rules import ADA
from tests.gateway.running import CARLA, World

NAME, SECRET, MAIL = "Ada Lovelace", "engine number nine", "ada@example.com"
HERS = (ADA, NAME, SECRET, MAIL, "A-4711", CARLA)


def books(world: World) -> Books:
    return world.gateway.storage.books()


def everything(storage: Storage, *, but: Iterable[str] = ()) -> str:
    """All columns of all tables, as text."""
    lines = []
    with storage._reading.connect() as connection:
        for table in sorted(set(SQLModel.metadata.tables) - set(but)):
            rows = connection.execute(text(f'SELECT * FROM "{table}"'))  # noqa: S608 - our own tables
            lines += [f"{table}: {'|'.join(map(shown, row))}" for row in rows]
    return "\n".join(lines)


def shown(value: object) -> str:
    """What a column holds, unpacked."""
    return json_text(unpack(value)) if isinstance(value, bytes) else str(value)


def found(storage: Storage, words: Iterable[str], *, but: Iterable[str] = ()) -> list[str]:
    """The rows in which one of the words stands."""
    return [line for line in everything(storage, but=but).splitlines() if any(word in line for word in words)]


async def pointsman(project: Path, *arguments: str | Path) -> Result:
    """Run a command beside the gateway, as another process would."""
    line = [*(str(argument) for argument in arguments), "-C", str(project)]
    result = await asyncio.to_thread(CliRunner().invoke, main, line)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result


def use_database(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """Commands use this database."""
    monkeypatch.setenv("POINTSMAN_DATABASE", url)
