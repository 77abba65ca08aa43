"""Tables for people; programs take `--json`."""

import os
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.table import Table

WIDEST = 10_000  # characters of a line of a table that nobody looks at


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, whole: int = 0) -> None:
    """Print rows under their columns, each cell on one line where the terminal is wide enough, else on several; those
    of the first ``whole`` columns on one in any case."""
    from rich.table import Column, Table
    from rich.text import Text

    heads = (Column(name, overflow="fold", no_wrap=place < whole) for place, name in enumerate(columns))
    table = Table(*heads, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    _show(table)


def print_pairs(pairs: Sequence[tuple[str, str]]) -> None:
    """Print names and what each is; nothing where there are none."""
    if not pairs:
        return
    from rich.table import Column, Table
    from rich.text import Text

    table = Table(Column(no_wrap=True), Column(overflow="fold"), box=None, pad_edge=False, show_header=False)
    for name, value in pairs:
        table.add_row(Text(name), Text(value))
    _show(table)


def _show(table: "Table") -> None:
    """On the terminal; elsewhere, as in a pipe, with one line for each row."""
    from rich.console import Console

    if sys.stdout.isatty() or "COLUMNS" in os.environ:
        Console(highlight=False).print(table)
        return
    console = Console(highlight=False, width=WIDEST)
    with console.capture() as caught:
        console.print(table)
    click.echo("\n".join(line.rstrip() for line in caught.get().splitlines()))


def moment(time: datetime | None) -> str:
    """A time (UTC) to the second; "" for none."""
    return time.isoformat(sep=" ", timespec="seconds").removesuffix("+00:00") if time else ""


def plain(row: dict[str, Any]) -> dict[str, Any]:
    """A row as JSON takes it."""
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.items()}
