"""`pointsman import --preview`: what an import would do."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.commands.tables import print_table

if TYPE_CHECKING:
    from gateway.api.upload_preview import Previewed, PreviewedRow
    from gateway.sheets import Reading
    from rules.book import Rulebook


def show_preview(file: Path, book: "Rulebook", reading: "Reading", *, as_json: bool) -> None:
    """Print how the file is read, its columns, what is doubtful, and its first rows. Raises `SheetRefused`."""
    from gateway.api.upload_preview import told
    from gateway.sheets import preview

    found = told(preview(file, book, reading))
    if as_json:
        click.echo(json.dumps(found.model_dump(mode="json"), ensure_ascii=False, indent=1))
        return
    _print(found)


def _print(found: "Previewed") -> None:
    for name, value in found.reading.items():
        click.echo(f"{name}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}")
    print_table(("column", "is read as"), [(one.name, one.target or "(not imported)") for one in found.columns])
    for warning in found.warnings:
        click.echo(f"warning: {warning}")
    again = set(found.duplicates)
    for row in found.rows:
        click.echo(f"row {row.row}: {_told(row, row.row in again)}")


def _told(row: "PreviewedRow", again: bool) -> str:
    if row.errors:
        return "; ".join(f"{one.field}: {one.reason}".removeprefix(": ") for one in row.errors)
    given = {**row.identifiers, **row.fields}
    text = ", ".join(f"{name}={value}" for name, value in given.items())
    return f"{text} (the same person as before)" if again else text
