"""Import one contact list as the gateway does, in a process of its own: `python -m benchmarks.uploading URL FILE`.

It prints what came of it as JSON (`Imported`). The process that reads the file is a third one, as always.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from time import perf_counter

from benchmarks.people import BOOK, NOW, start
from gateway.imports.chunks import CHUNK_ROWS
from gateway.imports.desk import add, upload_row
from gateway.imports.files import path_of
from gateway.imports.runner import Runner
from gateway.sheets import Reading, open_sheet
from storage.database import Storage

ROOT = Path(__file__).parent.parent
UPLOAD = "upload"
LOOK_SECONDS = 0.05
KIB_PER_MB = 1_000_000 / 1024


@dataclass(frozen=True, slots=True)
class Imported:
    """How long it took from the upload's acceptance to its last row, starting the process that reads included; and the
    most memory that either process held, in MB."""

    rows: int
    seconds: float
    keeper: float
    reader: float

    @property
    def transactions(self) -> int:
        """That kept rows."""
        return -(-self.rows // CHUNK_ROWS)


def import_list(url: str, file: Path) -> Imported:
    """Have it imported. Raises CalledProcessError."""
    command = (sys.executable, "-m", "benchmarks.uploading", url, str(file))
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE)  # noqa: S603 - our own program
    return Imported(**json.loads(done.stdout))


def imported(url: str, file: Path) -> Imported:
    """Import it here. Raises RuntimeError where a row was not kept."""
    storage = Storage(url)
    with TemporaryDirectory(prefix="uploads-") as folder:
        accept(storage, Path(folder), file)
        runner = Runner(storage, Path(folder), lambda: {BOOK.campaign: BOOK}, lambda: NOW, lambda: None)
        with Memory() as memory:
            began = perf_counter()
            asyncio.run(runner.run(BOOK.campaign))
            seconds = perf_counter() - began
    with storage.reading() as t:
        row = t.uploads.these([UPLOAD])[UPLOAD]
    storage.close()
    if row["read"] != row["total"] or row["failed"]:
        raise RuntimeError(f"{row['read']} of {row['total']} rows read, {row['failed']} not kept")
    return Imported(row["read"], seconds, high_water("self"), memory.most)


def accept(storage: Storage, folder: Path, file: Path) -> None:
    path_of(folder, UPLOAD).symlink_to(file.resolve())
    sheet = open_sheet(file, BOOK, Reading())
    with storage.transaction() as t:
        start(t)
        add(t, upload_row(UPLOAD, BOOK.campaign, file.name, sheet, NOW))


class Memory:
    """Watches the processes that this one starts, for as long as the block runs: ``most`` MB that one of them held."""

    def __enter__(self) -> "Memory":
        self.most = 0.0
        self._ends = Event()
        self._thread = Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ends.wait(LOOK_SECONDS):
            self.most = max(self.most, *map(high_water, children()), 0.0)


def children() -> Iterator[str]:
    """The processes that this one has started and that run."""
    for started in Path("/proc/self/task").glob("*/children"):
        yield from started.read_text().split()


def high_water(process: str) -> float:
    """The most memory that a process has held so far, in MB; 0 of one that has ended."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return next((int(line.split()[1]) / KIB_PER_MB for line in lines if line.startswith("VmHWM")), 0.0)


if __name__ == "__main__":
    print(json.dumps(asdict(imported(sys.argv[1], Path(sys.argv[2])))))
