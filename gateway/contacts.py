"""Import a contact list: chunk by chunk, each in one transaction, good rows kept and bad ones reported."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice

from gateway.intake import Given, Read, RowProblem
from gateway.keeping import keep_participants
from gateway.sheets import Sheet, read_rows
from rules.book import Rulebook
from storage.transaction import Transaction
from storage.values import Row

CHUNK_ROWS = 500

Now = Callable[[], datetime]


@dataclass(frozen=True)
class ContactImport:
    """One upload on its way in.

    Its steps are `begin` and `keep` for each of `chunks`; each is one transaction, so that a caller may run them on
    whatever thread owns the database. A chunk that was kept is left alone: whoever is cut off, or comes second, may
    keep all of them again.
    """

    upload: str
    book: Rulebook
    sheet: Sheet
    now: Now

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
        """Keep the good rows and report the bad ones; returns what is wrong with them, in the order of the file."""
        last = t.uploads.last_row(self.upload)
        new = [read for read in chunk if _row(read) > last]
        if not new:
            return ()
        givens = [read for read in new if isinstance(read, Given)]
        read_problems = [problem for read in new if not isinstance(read, Given) for problem in read]
        kept = keep_participants(t, self.book.campaign, givens, source="import", upload=self.upload, now=self.now())
        problems = tuple(sorted((*read_problems, *kept.problems), key=lambda problem: problem.row))
        t.uploads.report_failures(self.upload, [asdict(problem) for problem in problems])
        t.uploads.read_to(self.upload, _row(new[-1]))
        t.uploads.finish_when_counted(self.upload, self.now())
        return problems


def _row(read: Read) -> int:
    return read.row if isinstance(read, Given) else read[0].row
