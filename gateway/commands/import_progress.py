"""How far an import is, for whoever waits for it: a bar on a terminal, a line now and then elsewhere. On stderr."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol

import click

from gateway.imports.statuses import COUNTS

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from storage.values import Row

LINE_SECONDS = 10.0  # between two lines


class Shown(Protocol):
    """What shows an upload."""

    def show(self, row: "Row") -> None:
        """It is as far as this now."""


@contextmanager
def shown(name: str) -> Iterator[Shown]:
    """Shows the upload of the file of this name, for as long as the block runs."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield Lines(name)
        return
    with bar(console) as progress:
        yield Bar(progress, progress.add_task(name, total=None, told=""))


def bar(console: Any) -> "Progress":
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, TextColumn("{task.fields[told]}", markup=False), TimeRemainingColumn(), console=console)


@dataclass(frozen=True)
class Bar:
    """A bar of the rows that were read, with what became of them."""

    progress: "Progress"
    task: "TaskID"

    def show(self, row: "Row") -> None:
        told = f"{speed(row)} {counts_of(row)}".strip()
        self.progress.update(self.task, total=row["total"], completed=row["read"], told=told)


@dataclass
class Lines:
    """A line now and then."""

    name: str
    _next: float = field(default_factory=lambda: monotonic() + LINE_SECONDS)

    def show(self, row: "Row") -> None:
        if monotonic() >= self._next:
            self._next = monotonic() + LINE_SECONDS
            click.echo(f"{self.name}: {row['status']}, {self._far(row)}", err=True)

    def _far(self, row: "Row") -> str:
        if row["total"] is None:
            return f"{row['counted']:,} rows counted"
        return f"{row['read']:,} of {row['total']:,} rows read: {counts_of(row)}"


def counts_of(row: "Row") -> str:
    """What became of the rows."""
    return ", ".join(f"{row[name]} {name}" for name in COUNTS)


def speed(row: "Row") -> str:
    """How many rows were read in a second, on the whole; how many are counted, before that."""
    from gateway.clock import SystemClock

    if row["total"] is None:
        return f"{row['status']}, {row['counted']:,} rows counted"
    if row["begun_at"] is None or not row["read"]:
        return ""
    seconds = (SystemClock().now() - row["begun_at"]).total_seconds()
    return f"{row['read'] / max(seconds, 1.0):,.0f} rows/s"
