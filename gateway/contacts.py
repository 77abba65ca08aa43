"""Import a contact list: chunk by chunk, each in one transaction, good rows kept and bad ones reported."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import islice

from gateway.intake import Given, Read, RowProblem
from gateway.keeping import keep_participants
from gateway.sheets import Sheet, read_rows
from rules.book import Rulebook
from storage.transaction import Transaction
from storage.uploads import ERRORS_KEPT
from storage.values import Row

CHUNK_ROWS = 500

Now = Callable[[], datetime]


@dataclass
class ContactImport:
    """One upload on its way in.

    Its steps are `begin`, `keep` for each of `chunks`, and `end`; each is one transaction, so that a caller may run
    them on whatever thread owns the database. Doing all of them again after a crash changes nothing that was done.
    """

    upload: str
    book: Rulebook
    sheet: Sheet
    now: Now
    failed: int = 0
    problems: list[RowProblem] = field(default_factory=list)

    def begin(self, t: Transaction, file: str) -> Row:
        """The upload exists; ``file`` is the name people know it by. Returns its row."""
        t.campaigns.ensure(self.book.campaign)
        row = {
            "id": self.upload,
            "campaign": self.book.campaign,
            "file": file,
            "status": "processing",
            "total": self.sheet.total,
            "created": 0,
            "updated": 0,
            "unchanged": 0,
            "failed": 0,
            "errors": [],
            "started_at": self.now(),
            "finished_at": None,
        }
        t.uploads.add(row)
        return row

    def chunks(self) -> Iterator[list[Read]]:
        """The rows of the file, read and validated, `CHUNK_ROWS` at a time."""
        rows = read_rows(self.sheet, self.book)
        while chunk := list(islice(rows, CHUNK_ROWS)):
            yield chunk

    def keep(self, t: Transaction, chunk: list[Read]) -> tuple[RowProblem, ...]:
        """Keep the good rows; returns what is wrong with the bad ones, in the order of the file."""
        givens = [read for read in chunk if isinstance(read, Given)]
        read_problems = [problem for read in chunk if not isinstance(read, Given) for problem in read]
        kept = keep_participants(t, self.book.campaign, givens, source="import", upload=self.upload, now=self.now())
        return tuple(sorted((*read_problems, *kept.problems), key=lambda problem: problem.row))

    def note(self, problems: tuple[RowProblem, ...]) -> None:
        """Remember the problems of a chunk whose transaction is done."""
        self.failed += len({problem.row for problem in problems})
        self.problems += problems[: ERRORS_KEPT - len(self.problems)]

    def end(self, t: Transaction) -> Row:
        """Every row was read: report the bad ones, and return the upload as it stands now."""
        upload = _found(t, self.upload)
        if self.failed and not upload["failed"]:
            t.uploads.report_failures(self.upload, [asdict(problem) for problem in self.problems], self.failed)
        t.uploads.finish_when_counted(self.upload, self.now())
        return _found(t, self.upload)


def _found(t: Transaction, upload: str) -> Row:
    row = t.uploads.get(upload)
    if row is None:
        raise LookupError(f"upload {upload} was never begun")
    return row
