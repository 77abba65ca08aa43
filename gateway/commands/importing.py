"""`pointsman import`."""

from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

import click

from gateway.commands.project import is_running, opened, project_option, rulebook_of

if TYPE_CHECKING:
    from gateway.contacts import ContactImport
    from gateway.intake import RowProblem
    from gateway.settings import Settings
    from rules.book import Rulebook
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
    book = rulebook_of(settings, campaign)
    with opened(settings) as storage:
        _go_on(storage, book, settings.uploads)
        contacts = _accepted(storage, book, file, settings.uploads)
        for warning in contacts.sheet.warnings:
            click.echo(f"warning: {warning}")
        _keep(storage, contacts)
        upload = _decided(settings, storage, contacts.upload)
    click.echo(f"{file.name}: {upload['total']} rows: {_counts(upload)}")
    if upload["failed"]:
        raise SystemExit(ROWS_FAILED)


def _counts(upload: dict[str, Any]) -> str:
    waiting = upload["total"] - sum(upload[name] for name in COUNTS)
    counts = ", ".join(f"{upload[name]} {name}" for name in COUNTS)
    return f"{counts}, {waiting} not decided yet" if waiting else counts


def _accepted(storage: "Storage", book: "Rulebook", file: Path, folder: Path) -> "ContactImport":
    """Begin the upload, its file first put into ``folder``: whatever ends this command, others go on with it there."""
    from gateway.ids import new_id
    from gateway.private_files import copy
    from gateway.uploads import path_of

    path = path_of(folder, new_id())
    copy(file, path)
    try:
        contacts = _import_of(path, book)
        with storage.transaction() as t:
            contacts.begin(t, file.name)
    except Exception:
        path.unlink()
        raise
    return contacts


def _import_of(path: Path, book: "Rulebook") -> "ContactImport":
    """The import of a file that lies in the uploads folder, named by its upload."""
    from gateway.clock import SystemClock
    from gateway.contacts import ContactImport
    from gateway.sheets import open_sheet

    return ContactImport(path.stem, book, open_sheet(path, book), SystemClock().now)


def _go_on(storage: "Storage", book: "Rulebook", folder: Path) -> None:
    """Finish the imports into this campaign that were cut off."""
    for path in sorted(folder.glob("*.csv")):
        with storage.reading() as t:
            upload = t.uploads.get(path.stem)
        if upload and (upload["campaign"], upload["status"]) == (book.campaign, "processing"):
            click.echo(f"going on with {upload['file']}, whose import was cut off")
            with suppress(FileNotFoundError):  # a running gateway may have been at it too, and be done
                _keep(storage, _import_of(path, book))


def _keep(storage: "Storage", contacts: "ContactImport") -> None:
    from gateway.uploads import forget

    for chunk in contacts.chunks():
        with storage.transaction() as t:
            problems = contacts.keep(t, chunk)
        for problem in problems:
            click.echo(_line(problem))
    forget(contacts)


def _line(problem: "RowProblem") -> str:
    from gateway.intake import printable

    what = f'{problem.field} "{problem.value}"' if problem.value else problem.field
    return printable(": ".join(part for part in (f"row {problem.row}", what.strip(), problem.reason) if part))


def _decided(settings: "Settings", storage: "Storage", id: str) -> dict[str, Any]:
    """Wait until a running gateway has decided every row of the upload; say so where none does. Returns its row."""
    upload = _row(storage, id)
    if upload["status"] == "processing" and not is_running(settings):
        click.echo("no gateway is running: the rows are kept, and decided when `pointsman run` starts")
        return upload
    changed = monotonic()
    while upload["status"] == "processing" and monotonic() - changed < STALLED_SECONDS:
        sleep(POLL_SECONDS)
        now = _row(storage, id)
        changed = monotonic() if now != upload else changed
        upload = now
    if upload["status"] == "processing":
        click.echo(f"no row was decided for {STALLED_SECONDS:.0f} seconds: is a gateway running? The rows are kept")
    return upload


def _row(storage: "Storage", upload: str) -> dict[str, Any]:
    with storage.reading() as t:
        row = t.uploads.get(upload)
    if row is None:
        raise LookupError(f"there is no upload {upload}")
    return row
