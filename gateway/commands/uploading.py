"""`pointsman uploads list|show|pause|resume|cancel|errors`: contact lists, and how far they are."""

import json
import sys
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gateway.commands.auditing import entry
from gateway.commands.failing import CommandFailed, Commands
from gateway.commands.project import opened, project_option, rulebook_if_any
from gateway.commands.tables import moment, plain
from gateway.imports.statuses import STATUSES

if TYPE_CHECKING:
    from gateway.imports.steering import Steered
    from storage.database import Storage
    from storage.transaction import Transaction
    from storage.values import Row

SHOWN = 100  # uploads listed, and errors told, unless asked for more
MAX_SHOWN = 10_000
json_option = click.option("--json", "as_json", is_flag=True, help="For programs.")


@click.group(cls=Commands)
def uploads() -> None:
    """Contact lists that were imported, are, or wait for their turn."""


@uploads.command("list")
@click.argument("campaign")
@click.option("--status", type=click.Choice(STATUSES), default=None, help="Only in this status.")
@click.option("--limit", type=click.IntRange(1, MAX_SHOWN), default=SHOWN, show_default=True, help="At most so many.")
@json_option
@project_option
def list_uploads(campaign: str, status: str | None, limit: int, as_json: bool, project: Path) -> None:
    """List the uploads of CAMPAIGN, the latest first."""
    from gateway.settings import load_settings

    with opened(load_settings(project, offline=True)) as storage, storage.reading() as t:
        rows = _latest(t, campaign, status or "", limit)
    if as_json:
        click.echo(json.dumps([told(row) for row in rows], ensure_ascii=False, indent=1))
    elif rows:
        click.echo("\n".join(map(_in_words, rows)))
    else:
        click.echo("there are no such uploads")


@uploads.command()
@click.argument("upload")
@json_option
@project_option
def show(upload: str, as_json: bool, project: Path) -> None:
    """Tell how far UPLOAD is, for which other it waits, and its first errors."""
    from gateway.commands.upload_words import reading_told
    from gateway.imports.waiting import waits_for
    from gateway.intake import printable
    from gateway.settings import load_settings

    with opened(load_settings(project, offline=True)) as storage:
        with storage.reading() as t:
            row = _found(t, upload)
            errors = t.lists.upload_failures.first(upload, SHOWN)
            about = told(row) | {"waits_for": waits_for(t, row)}
        if as_json:
            click.echo(json.dumps(about | {"errors": errors}, ensure_ascii=False, indent=1))
            return
        for name, value in (about | {"reading": reading_told(row["reading"])}).items():
            if value not in ("", None):
                click.echo(f"{name}: {printable(str(value))}")
        for line in errors_told(storage, upload, SHOWN):
            click.echo(line)


@uploads.command()
@click.argument("upload")
@project_option
def pause(upload: str, project: Path) -> None:
    """Read no further row of UPLOAD until it is resumed. Lists behind it wait."""
    from gateway.imports import steering

    _steer(project, "pause_upload", upload, steering.pause)


@uploads.command()
@click.argument("upload")
@project_option
def resume(upload: str, project: Path) -> None:
    """Go on with UPLOAD after the last row that was read. A gateway does, or the next `pointsman import`."""
    from gateway.imports import steering

    _steer(project, "resume_upload", upload, steering.resume)


@uploads.command()
@click.argument("upload")
@project_option
def cancel(upload: str, project: Path) -> None:
    """Read no further row of UPLOAD, for good. What was read stays."""
    from gateway.clock import SystemClock
    from gateway.imports import steering

    _steer(project, "cancel_upload", upload, lambda t, id: steering.cancel(t, id, SystemClock().now()))


@uploads.command()
@click.argument("upload")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="A new file; else stdout.")
@project_option
def errors(upload: str, output: Path | None, project: Path) -> None:
    """Write the failed rows of UPLOAD as CSV, with what is wrong in a last column, to be mended and imported again."""
    from gateway.imports.errors_file import pieces, sheet_of
    from gateway.imports.files import path_of
    from gateway.settings import load_settings

    settings = load_settings(project, offline=True)
    with opened(settings) as storage:
        with storage.reading() as t:
            row = _found(t, upload)
        try:
            sheet = sheet_of(path_of(settings.uploads, upload), rulebook_if_any(settings, row["campaign"]), row)
        except FileNotFoundError:
            raise CommandFailed("its file is kept no longer, or nowhere here: see `pointsman uploads show`") from None
        _write(pieces(storage, sheet, upload), output)


def _write(pieces: Iterator[bytes], output: Path | None) -> None:
    from gateway.private_files import new_file, sync

    if output is None:
        for piece in pieces:
            sys.stdout.buffer.write(piece)
        return
    try:
        with new_file(output) as file:
            for piece in pieces:
                file.write(piece)
            sync(file)
    except FileExistsError:
        raise CommandFailed(f"{output} is there already") from None


def _steer(project: Path, what: str, upload: str, steer: "Callable[[Transaction, str], Steered]") -> None:
    from gateway.imports.steering import NotNow
    from gateway.settings import load_settings

    with opened(load_settings(project, offline=True)) as storage, storage.transaction() as t:
        _found(t, upload)
        try:
            steered = steer(t, upload)
        except NotNow as reason:
            raise CommandFailed(str(reason)) from None
        before, after = ({"status": row["status"]} for row in (steered.before, steered.after))
        t.audit.add([entry(what, f"upload/{upload}", before=before, after=after)])
    click.echo(f"{steered.after['file']} is {steered.after['status']}")


def _found(t: "Transaction", upload: str) -> "Row":
    row = t.uploads.get(upload)
    if row is None:
        raise CommandFailed(f'there is no upload "{upload}": `pointsman uploads list CAMPAIGN` lists them')
    return row


def _latest(t: "Transaction", campaign: str, status: str, limit: int) -> list["Row"]:
    """Page by page, for a page may have fewer rows than were asked for before the end."""
    page = t.lists.uploads.page(campaign, None, limit, status=status)
    rows = list(page.rows)
    while page.next is not None and len(rows) < limit:
        page = t.lists.uploads.page(campaign, page.next, limit - len(rows), status=status)
        rows += page.rows
    return rows


def told(row: "Row") -> dict[str, Any]:
    """An upload as the API tells it in a list."""
    from gateway.api.uploads import in_short

    return plain(in_short(row))


def errors_told(storage: "Storage", upload: str, limit: int) -> Iterator[str]:
    """A line for each of the first errors, and one that says that there are more."""
    from gateway.imports.errors_file import errors_of
    from gateway.imports.errors_file import told as in_words

    found = errors_of(storage, upload)
    for error in islice(found, limit):
        yield f"row {error['row']}: {in_words(error)}"
    if next(found, None) is not None:
        yield f"and more: `pointsman uploads errors {upload}` writes all, with their rows"


def _in_words(row: "Row") -> str:
    """Two lines, so that a narrow terminal leaves the id whole."""
    from gateway.commands.upload_words import standing
    from gateway.intake import printable

    of = "" if row["total"] in (None, row["read"]) else f" of {row['total']:,}"
    far = f"{row['read']:,}{of} rows read, {row['failed']:,} failed, came {moment(row['started_at'])}"
    return f"{row['id']}  {printable(row['file'])}\n  {standing(row)}, {far}"
