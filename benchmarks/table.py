"""The figures of one run, for people and for programs."""

import os
import platform
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.harness import Plan, Row

VERDICTS = {True: "reached", False: "short", None: ""}


def machine() -> dict[str, str | int]:
    """What the figures were taken on."""
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": len(os.sched_getaffinity(0)),
        "sqlite": sqlite3.sqlite_version,
    }


def table(rows: Sequence[Row]) -> Table:
    """The table as printed."""
    made = Table(*("benchmark", "case", "against", "median (min - max)", "goal", "", "this run, as colour"))
    for row in rows:
        made.add_row(row.benchmark, row.case, row.baseline, figure(row), goal(row), VERDICTS[row.reached], colour(row))
    return made


def show(rows: Sequence[Row]) -> None:
    """Print the table, as wide as it needs to be."""
    facts = ", ".join(f"{name} {value}" for name, value in machine().items())
    console = Console(width=300, highlight=False)
    console.print(table(rows))
    console.print(f"{facts}. Ratios are good to about 0.1, absolute figures to a factor of two.")


def figure(row: Row) -> str:
    """The median and its spread."""
    unit = "" if row.unit == "of baseline" else f" {row.unit}"
    return f"{number(row.median)}{unit} ({number(min(row.samples))} - {number(max(row.samples))})"


def goal(row: Row) -> str:
    if row.goal is None:
        return ""
    return f"{'>=' if row.unit == 'of baseline' else '<='} {row.goal:g}"


def colour(row: Row) -> str:
    return ", ".join(f"{name} {number(value)}" for name, value in row.colour.items())


def number(value: float) -> str:
    """As many digits as mean something."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def document(rows: Sequence[Row], plan: Plan) -> dict[str, Any]:
    """The run as JSON, every sample included."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "plan": {"seconds": plan.seconds, "rounds": plan.rounds},
        "rows": [entry(row) for row in rows],
    }


def entry(row: Row) -> dict[str, Any]:
    return {
        "benchmark": row.benchmark,
        "case": row.case,
        "baseline": row.baseline,
        "unit": row.unit,
        "median": row.median,
        "min": min(row.samples),
        "max": max(row.samples),
        "samples": list(row.samples),
        "goal": row.goal,
        "reached": row.reached,
        "colour": dict(row.colour),
    }
