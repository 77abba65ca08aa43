"""`pointsman import`."""

from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

import click

from gateway.commands.failing import CommandFailed
from gateway.commands.project import is_running, opened, project_option, rulebook_of

if TYPE_CHECKING:
    from gateway.contacts import ContactImport
    from gateway.intake import RowProblem
    from gateway.settings import Settings
    from storage.database import Storage

POLL_SECONDS = 0.2
STALLED_SECONDS = 15.0  # without any row decided, after which the command no longer waits
ROWS_FAILED = 1
COUNTS = ("created", "updated", "unchanged", "failed")


@click.command("import")
@click.argument("campaign")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@project_option
def import_contacts(campaign: str, file: Path, project: Path) -> None:
    """Import the contacts of FILE (CSV) into CAMPAIGN. Good rows are kept; bad ones are listed: exit 1 then."""
    from gateway.settings import load_settings

    settings = load_settings(project, offline=True)
    contacts = _prepared(settings, campaign, file)
    for warning in contacts.sheet.warnings:
        click.echo(f"warning: {warning}")
    with opened(settings) as storage:
        upload = _decided(settings, storage, _keep(storage, contacts, file.name))
    click.echo(f"{file.name}: {upload['total']} rows: {_counts(upload)}")
    if upload["failed"]:
        raise SystemExit(ROWS_FAILED)


def _counts(upload: dict[str, Any]) -> str:
    waiting = upload["total"] - sum(upload[name] for name in COUNTS)
    counts = ", ".join(f"{upload[name]} {name}" for name in COUNTS)
    return f"{counts}, {waiting} not decided yet" if waiting else counts


def _prepared(settings: "Settings", campaign: str, file: Path) -> "ContactImport":
    from gateway.clock import SystemClock
    from gateway.contacts import ContactImport
    from gateway.ids import new_id
    from gateway.sheets import SheetRefused, open_sheet

    book = rulebook_of(settings, campaign)
    try:
        return ContactImport(new_id(), book, open_sheet(file, book), SystemClock().now)
    except SheetRefused as refused:
        raise CommandFailed(f"{file} can't be imported: {refused}") from None


def _keep(storage: "Storage", contacts: "ContactImport", name: str) -> dict[str, Any]:
    with storage.transaction() as t:
        contacts.begin(t, name)
    for chunk in contacts.chunks():
        with storage.transaction() as t:
            problems = contacts.keep(t, chunk)
        contacts.note(problems)
        for problem in problems:
            click.echo(_line(problem))
    with storage.transaction() as t:
        return contacts.end(t)


def _line(problem: "RowProblem") -> str:
    from gateway.intake import printable

    where = f" {problem.field}" if problem.field else ""
    what = f' "{problem.value}"' if problem.value else ""
    return printable(f"row {problem.row}:{where}{what}: {problem.reason}")


def _decided(settings: "Settings", storage: "Storage", upload: dict[str, Any]) -> dict[str, Any]:
    """Wait until a running gateway has decided every row; say so where none does."""
    if upload["status"] == "processing" and not is_running(settings):
        click.echo("no gateway is running: the rows are kept, and decided when `pointsman run` starts")
        return upload
    changed = monotonic()
    while upload["status"] == "processing" and monotonic() - changed < STALLED_SECONDS:
        sleep(POLL_SECONDS)
        with storage.reading() as t:
            now = t.uploads.get(upload["id"]) or upload
        changed = monotonic() if now != upload else changed
        upload = now
    if upload["status"] == "processing":
        click.echo(f"no row was decided for {STALLED_SECONDS:.0f} seconds: is a gateway running? The rows are kept")
    return upload
