"""`/campaigns/{campaign}/uploads`: take a contact list, and say how far it is."""

from typing import Annotated, Any

from pydantic import AfterValidator, Field

from gateway.api.answers import Answer, Moment
from gateway.api.asked import Asked
from gateway.api.endpoints import Endpoint, NoQuery, Told
from gateway.api.problems import RETRY_AFTER, Problem
from gateway.api.readings import ReadingQuery, refusal
from gateway.api.receiving import ALSO_TAKEN, CSV, MAX_UPLOAD_BYTES, receive, require_list
from gateway.api.scopes import Scope
from gateway.ids import is_id, new_id
from gateway.imports.desk import MAX_IMPORTS
from gateway.imports.progress import phase_of
from gateway.imports.waiting import waits_for
from gateway.intake import printable
from gateway.sheets import SheetRefused
from storage.transaction import Transaction
from storage.values import Row

MAX_FILE_NAME = 200
DEFAULT_FILE = "upload.csv"
ERRORS_SHOWN = 100  # of one upload; all are listed by its errors
COUNTED = ("total", "counted", "read", "created", "updated", "unchanged", "failed", "duplicates")
KEYS = ("campaign", "file", "status", "reason", "reading", *COUNTED, "started_at", "begun_at", "finished_at")


class FileQuery(ReadingQuery):
    """What the file is called, and how it is to be read."""

    file: Annotated[str, Field(max_length=MAX_FILE_NAME), AfterValidator(printable)] = DEFAULT_FILE


class UploadInShort(Told):
    """A contact list: ``status`` is queued, processing, paused, cancelled, completed or failed (some row failed, or the
    file as a whole, which ``reason`` tells; it also tells what a list waits for that does not go on). ``phase`` is
    waiting, counting, reading, deciding or over. ``reading`` is how the file is read. Of ``total`` rows (null until
    they are counted; ``counted`` are so far) so many are ``read``; then rows by what became of them. ``duplicates`` of
    them at least give the same person as an earlier row of the file. ``started_at`` it came, ``begun_at`` its turn
    came."""

    upload: str
    campaign: str
    file: str
    status: str
    phase: str
    reason: str
    reading: dict[str, Any]
    total: int | None
    counted: int
    read: int
    created: int
    updated: int
    unchanged: int
    failed: int
    duplicates: int
    started_at: Moment
    begun_at: Moment | None
    finished_at: Moment | None


class RowError(Told):
    """What is wrong with a row; ``field`` is "" where the whole row is meant."""

    row: int
    field: str
    value: str
    reason: str


class Upload(UploadInShort):
    """With the first errors, how many rows are read in a second (null where none are), and the id of the upload that it
    waits for, null for none: one of its campaign, or of another, where no more can be read at once."""

    errors: list[RowError]
    rows_per_second: float | None
    waits_for: str | None


class NewUpload(UploadInShort):
    """With what is doubtful about the file as a whole."""

    warnings: list[str]


async def post_upload(asked: Asked[FileQuery, None]) -> Answer:
    """Upload a contact list.

    Take a file as the body, CSV or a workbook (XLSX) of at most 4 GiB: 202 with the upload, once it is on disk. Its
    rows are imported when its turn comes. 409 where the file as a whole can't be imported, 503 where too many wait, 507
    where the disk is full; wrong rows are told in the upload.
    """
    desk, file = asked.desk, asked.query.file or DEFAULT_FILE
    book = desk.book(asked.path["campaign"])
    reading = asked.query.reading(require_list(asked.http))
    _require_turn(await desk.storage.read(lambda t: t.uploads.unread_count()))
    upload = new_id()
    await receive(asked.http, desk.uploads.path(upload), MAX_UPLOAD_BYTES)
    try:
        entry = asked.entry("post_upload", f"upload/{upload}", after={"campaign": book.campaign})
        row, sheet = await desk.uploads.accept(upload, book, file, reading, lambda t: t.audit.add([entry]))
    except SheetRefused as refused:
        raise refusal(refused) from None
    body = NewUpload(**in_short(row), warnings=list(sheet.warnings))
    location = f"{asked.http.path}/{upload}"
    return Answer(body=body, status=202, headers={"Location": location})


def _require_turn(imports: int) -> None:
    if imports >= MAX_IMPORTS:
        detail = f"{imports} uploads wait to be imported, of at most {MAX_IMPORTS}; send it again later"
        raise Problem(503, "busy", "Too many uploads at once", detail, headers={"Retry-After": RETRY_AFTER})


async def get_upload(asked: Asked[NoQuery, None]) -> Answer:
    """How far an upload is, with the first errors."""
    return Answer(body=await asked.desk.storage.read(lambda t: in_full(t, asked, upload_of(t, asked))))


def upload_of(t: Transaction, asked: Asked[Any, None]) -> Row:
    """The upload that the address names, whether or not the rule file of its campaign can be used. Raises 404."""
    upload, campaign = asked.path["upload"], asked.path["campaign"]
    row = t.uploads.get(upload) if is_id(upload) else None
    if row is None or row["campaign"] != campaign:
        campaign = asked.desk.book(campaign).campaign
        raise Problem(404, "unknown-upload", "Unknown upload", f"campaign {campaign} has no such upload")
    return row


def in_short(row: Row) -> Row:
    """What is told of every upload."""
    return {"upload": row["id"], "phase": phase_of(row), **{name: row[name] for name in KEYS}}


def in_full(t: Transaction, asked: Asked[Any, None], row: Row) -> Upload:
    """An upload as it is asked for alone."""
    return Upload(
        **in_short(row),
        errors=[row_error(error) for error in t.lists.upload_failures.first(row["id"], ERRORS_SHOWN)],
        rows_per_second=asked.desk.uploads.rows_per_second(row["id"]),
        waits_for=waits_for(t, row),
    )


def row_error(row: Row) -> RowError:
    """What is wrong, as it is told."""
    return RowError(**{name: row[name] for name in RowError.model_fields})


PATH = "/campaigns/{campaign}/uploads"
NO_FILE = "The file, or how it is said to be read, can't be used; `line`, `byte` and `column` say where"
DISK_FULL = "The disk has no room for it"
ENDPOINTS: tuple[Endpoint[Any, Any], ...] = (
    Endpoint(
        method="POST",
        path=PATH,
        tag="uploads",
        scope=Scope.WRITE,
        handler=post_upload,
        query=FileQuery,
        media=CSV,
        also_taken=ALSO_TAKEN,
        answers={202: NewUpload},
        problems={409: NO_FILE, 507: DISK_FULL},
    ),
    Endpoint(
        method="GET",
        path=f"{PATH}/{{upload}}",
        tag="uploads",
        scope=Scope.READ,
        handler=get_upload,
        answers={200: Upload},
    ),
)
