"""`pointsman import`."""

import asyncio
import json
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

import click

from gateway.commands.auditing import entry
from gateway.commands.import_progress import Shown, counts_of, shown
from gateway.commands.project import is_running, opened, project_option, rulebook_of
from gateway.commands.readings import reading_of, reading_options

if TYPE_CHECKING:
    from gateway.settings import Settings
    from gateway.sheets import Reading
    from rules.book import Rulebook
    from storage.database import Storage
    from storage.values import Row

POLL_SECONDS = 0.2
STALLED_SECONDS = 15.0  # without any row read or decided, after which the command no longer waits
ROWS_FAILED = 1
MAX_TOLD = 1_000  # errors told; all are in the file of errors
json_option = click.option("--json", "as_json", is_flag=True, help="For programs.")


@click.command("import")
@click.argument("campaign")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--preview", "only_preview", is_flag=True, help="Show how the first rows are read; keep nothing.")
@reading_options
@json_option
@project_option
def import_contacts(campaign: str, file: Path, only_preview: bool, as_json: bool, project: Path, **said: Any) -> None:
    """Import the contacts of FILE (CSV or XLSX) into CAMPAIGN. Good rows are kept; bad ones are listed: exit 1 then.

    A gateway that runs does it; without one, this command does. What is cut off is gone on with by either.
    """
    from gateway.commands.previewing import show_preview
    from gateway.imports.files import is_being_read
    from gateway.intake import printable
    from gateway.settings import load_settings

    settings = load_settings(project, offline=True)
    book, reading = rulebook_of(settings, campaign), reading_of(**said)
    if only_preview:
        show_preview(file, book, reading, as_json=as_json)
        return
    with opened(settings, make=True) as storage:
        upload = _accepted(storage, book, file, reading, settings.uploads)
        with shown(printable(file.name)) as progress:
            _have_it_read(settings, storage, book, upload, progress)
            row, note = _decided(settings, storage, upload, progress)
        _tell(storage, row, note, as_json=as_json)
    if row["failed"] or is_being_read(row) or row["status"] not in ("completed", "processing"):
        raise SystemExit(ROWS_FAILED)


def _accepted(storage: "Storage", book: "Rulebook", file: Path, reading: "Reading", folder: Path) -> str:
    """Begin the upload, its file first put into ``folder``: whatever ends this command, others go on with it there."""
    from gateway.clock import SystemClock
    from gateway.ids import new_id
    from gateway.imports.desk import add, upload_row
    from gateway.imports.files import path_of
    from gateway.intake import printable
    from gateway.private_files import copy
    from gateway.sheets import open_sheet

    upload = new_id()
    path = path_of(folder, upload)
    copy(file, path)
    try:
        sheet = open_sheet(path, book, reading)
        row = upload_row(upload, book.campaign, printable(file.name), sheet, SystemClock().now())
        noted = entry("import", f"upload/{upload}", after={"campaign": book.campaign})
        with storage.transaction() as t:
            add(t, row, lambda t: t.audit.add([noted]))
    except Exception:
        path.unlink()
        raise
    for warning in sheet.warnings:
        click.echo(f"warning: {warning}", err=True)
    return upload


def _have_it_read(settings: "Settings", storage: "Storage", book: "Rulebook", upload: str, progress: Shown) -> None:
    """Return once no row of the upload is left to be read, or nobody goes on with it."""
    _tell_who_comes_first(storage, upload)
    if is_running(settings):
        _read_by_gateway(storage, upload, progress)
        return
    asyncio.run(_read_here(settings, storage, book, upload, progress))


def _tell_who_comes_first(storage: "Storage", upload: str) -> None:
    if first := _who_is_first(storage, _looked(storage, upload)[0]):
        click.echo(first, err=True)


def _who_is_first(storage: "Storage", row: "Row") -> str:
    from gateway.commands.upload_words import who_is_first

    with storage.reading() as t:
        return who_is_first(t, row)


def _read_by_gateway(storage: "Storage", upload: str, progress: Shown) -> None:
    """Return once the gateway has read all of it, or does not go on with it."""
    from gateway.imports.files import is_being_read

    seen, since = _looked(storage, upload), monotonic()
    while is_being_read(seen[0]) and not _goes_nowhere(*seen) and monotonic() - since <= STALLED_SECONDS:
        sleep(POLL_SECONDS)
        before, seen = seen, _looked(storage, upload)
        since = since if seen == before else monotonic()
        progress.show(seen[0])


def _goes_nowhere(row: "Row", head: "Row | None") -> bool:
    """Whether the upload is paused, or one before it waits for somebody."""
    from gateway.imports.waiting import stands

    return row["status"] == "paused" or (head is not None and head["id"] != row["id"] and stands(head))


async def _read_here(settings: "Settings", storage: "Storage", book: "Rulebook", upload: str, progress: Shown) -> None:
    """Read what of the campaign's lists is to be read, in turn. Raises `StorageUnavailable`: others go on."""
    from gateway.clock import SystemClock
    from gateway.imports.runner import Runner

    books = {book.campaign: book}
    runner = Runner(storage, settings.uploads, lambda: books, SystemClock().now, lambda: None, patience=0.0)
    reading = asyncio.create_task(runner.run(book.campaign))
    try:
        while not reading.done():
            await asyncio.wait([reading], timeout=POLL_SECONDS)
            progress.show(await storage.read(lambda t: t.uploads.these([upload])[upload]))
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
    reading.result()


def _decided(settings: "Settings", storage: "Storage", upload: str, progress: Shown) -> tuple["Row", str]:
    """Wait until a running gateway has decided every row of an upload that is read. Returns its row, and what is to be
    said where not all are read or decided."""
    from gateway.imports.progress import DECIDING, phase_of

    (row, waiting), since = _waiting(storage, upload), monotonic()
    if phase_of(row) == DECIDING and not is_running(settings):
        return row, "no gateway is running: the rows are kept, and decided when `pointsman run` starts"
    while phase_of(row) == DECIDING and monotonic() - since < STALLED_SECONDS:
        sleep(POLL_SECONDS)
        before, (row, waiting) = (row, waiting), _waiting(storage, upload)
        since = since if (row, waiting) == before else monotonic()
        progress.show(row)
    return row, _why_not(storage, row)


def _why_not(storage: "Storage", row: "Row") -> str:
    """Why the upload is not over; "" where it is."""
    from gateway.imports.progress import DECIDING, phase_of

    if row["finished_at"] is not None:
        return str(row["reason"])
    if phase_of(row) == DECIDING:
        return f"no row was decided for {STALLED_SECONDS:.0f} seconds: is a gateway running? The rows are kept"
    why = row["reason"] or _who_is_first(storage, row)
    told = f"not all rows are read: it is {row['status']}{f': {why}' if why else ''}"
    return f"{told}; `pointsman uploads show {row['id']}` tells how far"


def _tell(storage: "Storage", row: "Row", note: str, *, as_json: bool) -> None:
    from gateway.commands.tables import plain
    from gateway.commands.uploading import errors_told

    if as_json:
        click.echo(json.dumps(plain({"upload": row["id"], **row, "note": note}), indent=1))
        return
    for line in errors_told(storage, row["id"], MAX_TOLD):
        click.echo(line)
    if note:
        click.echo(note)
    if row["duplicates"]:
        click.echo(f"rows that give the same person as an earlier one: {row['duplicates']:,} or more")
    total = "its" if row["total"] is None else row["total"]
    click.echo(f"{row['file']}: {total} rows: {_counts(row)}")
    if row["failed"]:
        mend = f"`pointsman uploads errors {row['id']} -o failed.csv` writes them, to be mended and imported again"
        click.echo(f"the rows that failed: {mend}")


def _counts(row: "Row") -> str:
    from gateway.imports.progress import undecided

    waiting = undecided(row)
    unread = (row["total"] or 0) - row["read"]
    parts = [counts_of(row), *([f"{waiting} not decided yet"] if waiting else [])]
    return ", ".join(parts + ([f"{unread} not read yet"] if unread else []))


def _looked(storage: "Storage", upload: str) -> tuple["Row", "Row | None"]:
    """The upload, and the one of its campaign whose turn it is."""
    with storage.reading() as t:
        row = t.uploads.these([upload])[upload]
        return row, t.uploads.head(row["campaign"])


def _waiting(storage: "Storage", upload: str) -> tuple["Row", int]:
    """The upload, and how many events of any kind wait to be decided."""
    with storage.reading() as t:
        return t.uploads.these([upload])[upload], t.inbox.waiting_count()
