"""The database and the disks."""

from collections.abc import Iterator
from contextlib import closing
from errno import EDQUOT, ENOSPC
from pathlib import Path
from shutil import disk_usage

from gateway.commands.project import is_running
from gateway.commands.upload_words import commands_for, standing
from gateway.doctor.findings import Finding, ok, warning, wrong
from gateway.doctor.hooks import troubles
from gateway.doctor.processes import processes
from gateway.doctor.project import files_gone, files_older
from gateway.imports.waiting import stands
from gateway.settings import Settings
from storage.database import Storage
from storage.errors import SchemaMismatch, StorageUnavailable
from storage.examining import DatabaseState, examine, timed_sync
from storage.values import Row

LITTLE_BYTES, MUCH_TOO_LITTLE_BYTES = 2_000_000_000, 200_000_000  # the spool alone may grow to 2 GB
SLOW_SECONDS, MUCH_TOO_SLOW_SECONDS = 0.02, 0.25  # a webhook is answered after its commit, within half a second
TOPIC = "database"
FULL = ("disk is full", "No space left on device", "disk quota exceeded")
CROWDED = ("too many clients", "remaining connection slots", "too many connections")  # PostgreSQL's words
ROOM = "make room on that disk with what is not ours: the gateway goes on by itself"


def database(settings: Settings) -> Iterator[Finding]:
    """Whether it answers, has our tables, and is fast enough. Nothing is migrated."""
    if (file := file_of(settings)) and not file.exists():
        yield warning(TOPIC, f"there is no {file} yet", "`pointsman run` makes it")
        return
    try:
        state = examine(settings.database)
        with closing(Storage(settings.database)) as storage:
            yield ok(TOPIC, f"{state.server} answers")
            yield from _tables(storage, settings)
    except (StorageUnavailable, OSError) as error:
        yield _away(error, settings)
        return
    yield _speed(state.commit_seconds)
    yield from _room(state, settings)


def _away(error: Exception, settings: Settings) -> Finding:
    text = f"it {'takes nothing' if is_full(error) else 'does not answer'}: {told(error)}"
    if is_full(error):
        return wrong(TOPIC, text, ROOM)
    if any(words in str(error) for words in CROWDED):
        return wrong(TOPIC, text, "raise max_connections of PostgreSQL: docs/how-to/run-many-processes.md, How large")
    if file := file_of(settings):
        return wrong(TOPIC, text, f"see that this user may write {file} and its folder; damaged: docs/operations.md")
    return wrong(TOPIC, text, "start it, and see that POINTSMAN_DATABASE names it with a role that may use it")


def _tables(storage: Storage, settings: Settings) -> Iterator[Finding]:
    try:
        storage.check_version()
    except SchemaMismatch as mismatch:
        if file_of(settings) and is_running(settings):
            yield wrong(TOPIC, str(mismatch), "stop the gateway and start this version of it")
        else:
            remedy = "`pointsman run` brings older tables forward; newer ones need the newer program"
            yield warning(TOPIC, str(mismatch), remedy)
        return
    yield ok(TOPIC, "its tables are those of this program")
    yield from work(storage)
    yield from processes(settings, storage)
    yield from files_gone(settings, storage)
    yield from files_older(settings, storage)
    yield from troubles(storage, settings.hooks)


def work(storage: Storage) -> Iterator[Finding]:
    """What in it waits for an operator."""
    with storage.reading() as t:
        parked, campaigns, lists = t.parked.count(), t.campaigns.all(), t.uploads.unread()
    if parked:
        remedy = "see `pointsman events parked`: docs/how-to/parked-events.md"
        yield warning("work", f"parked events: {parked:,}", remedy)
    for row in campaigns:
        if row["status"] == "error":
            remedy = f"see `pointsman campaign status {row['name']}`, mend it, then `pointsman campaign start`"
            yield wrong("work", f"campaign {row['name']} stands in error", remedy)
    yield from (_standing(row) for row in lists if stands(row))


def _standing(row: Row) -> Finding:
    text = f"a contact list of campaign {row['campaign']} does not go on, nor what is behind it: {standing(row)}"
    return warning("work", text, f"mend that, or {commands_for(row)}")


def _speed(seconds: float | None) -> Finding:
    if seconds is None:
        return warning(TOPIC, "how fast it commits is not known", "let its role call pg_logical_emit_message")
    text = f"a commit takes {seconds * 1000:.1f} ms"
    if seconds < SLOW_SECONDS:
        return ok(TOPIC, text)
    remedy = f"put it on a disk that syncs within {SLOW_SECONDS * 1000:.0f} ms: every webhook waits for it"
    return wrong(TOPIC, text, remedy) if seconds >= MUCH_TOO_SLOW_SECONDS else warning(TOPIC, text, remedy)


def _room(state: DatabaseState, settings: Settings) -> Iterator[Finding]:
    if state.free_bytes is None:
        yield ok("disk", "the database's disk is its server's: watch it there")
    else:
        yield _free("database", state.free_bytes)
    folder = settings.spool.parent
    yield _free("spool", disk_usage(folder).free)
    try:
        timed_sync(folder)
    except OSError as error:
        remedy = ROOM if is_full(error) else f"let the gateway write {folder}"
        yield wrong("disk", f"the spool can't be written in {folder}: {told(error)}", remedy)


def _free(what: str, free: int) -> Finding:
    text = f"{free / 1e9:,.1f} GB are free on the disk of the {what}"
    if free >= LITTLE_BYTES:
        return ok("disk", text)
    remedy = (
        f"make room: keep {LITTLE_BYTES / 1e9:.0f} GB free; retention (docs/reference/settings.md) forgets old rows"
    )
    return wrong("disk", text, remedy) if free < MUCH_TOO_LITTLE_BYTES else warning("disk", text, remedy)


def file_of(settings: Settings) -> Path | None:
    """SQLite's file; None on PostgreSQL."""
    _, sqlite, file = settings.database.partition("sqlite:///")
    return Path(file) if sqlite else None


def is_full(error: Exception) -> bool:
    """Whether a disk has no room, in the words of the system, of SQLite or of PostgreSQL."""
    full = isinstance(error, OSError) and error.errno in (ENOSPC, EDQUOT)
    return full or any(words in str(error) for words in FULL)


def told(error: Exception) -> str:
    """An error in few words."""
    return (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
