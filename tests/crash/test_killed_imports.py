"""kill -9 at random rows of an import, of the gateway, the reader or the command: every row is decided once."""

import os
import random
import signal
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

from gateway.settings import SANDBOX_API_TOKEN
from tests.crash.live import CAMPAIGN, Live, project, running, wait_until
from tests.crash.processes import POINTSMAN, Ended, ended, run, started
from tests.forking.processes import Told

ROWS = 500
CHUNKS = "from gateway.imports import chunks; chunks.CHUNK_ROWS = 50; "  # ten of them
COMMAND = (sys.executable, "-c", CHUNKS + "from gateway.cli import main; main()")
KILLED = (sys.executable, "-c", CHUNKS + "from tests.crash.kill_at import main; main()")
BAD = ROWS // 10
NOBODY = ""  # in the sandbox: no example is played
UPLOADS = f"/api/v1/campaigns/{CAMPAIGN}/uploads"
BEARER = {"Authorization": f"Bearer {SANDBOX_API_TOKEN}"}
HEADER = "external_id,first_name,phone,amount_due,due_date\n"
POINTS = (
    ("an upload is accepted, not answered", 1),
    ("an upload's turn has come, not committed", 1),
    ("rows are counted, not committed", 1),
    ("rows are kept, not committed", 2),
    ("after a commit", 40),
    ("rows are kept, their list is not over", 1),
)


def contact_list() -> str:
    """Every tenth row is wrong."""
    return HEADER + "".join(f"P{n},Name {n},,{'x' if n % 10 == 0 else n},2027-03-04\n" for n in range(ROWS))


def uploaded(live: Live) -> str:
    """Send the list; "" where nobody has answered."""
    status, answer = live.ask("POST", UPLOADS, contact_list(), Content_Type="text/csv", **BEARER)
    return str(answer["upload"]) if status == 202 else ""


def latest(live: Live) -> dict[str, object]:
    """The campaign's latest upload; {} where there is none, or nobody answers."""
    status, answer = live.ask("GET", UPLOADS, **BEARER)
    return answer["uploads"][0] if status == 200 and answer["uploads"] else {}


def read(live: Live) -> int:
    return int(str(latest(live).get("read", 0)))


def is_over(live: Live) -> bool:
    return latest(live).get("finished_at") is not None


def wait_until_over(live: Live) -> None:
    """All rows are decided: as long as one more is every now and then, it goes on."""
    done = -1
    while not is_over(live):
        before, done = done, decided(live)
        wait_until(lambda before=before: decided(live) > before or is_over(live))  # type: ignore[misc]


def decided(live: Live) -> int:
    upload = latest(live)
    return sum(int(str(upload.get(name, 0))) for name in ("read", "created", "failed"))


def check(folder: Path) -> None:
    """Every row is there once, and the books balance."""
    with closing(sqlite3.connect(folder / "pointsman.db")) as database:

        def one(query: str) -> tuple[int, ...]:
            found: tuple[int, ...] = database.execute(query).fetchone()
            return found

        counts = "SELECT total, read, created, updated, unchanged, failed FROM upload"
        assert one(counts) == (ROWS, ROWS, ROWS - BAD, 0, 0, BAD)
        assert one('SELECT COUNT(*), COUNT(DISTINCT "row") FROM upload_failure') == (BAD, BAD)
        assert one("SELECT COUNT(*), COUNT(DISTINCT key) FROM inbox WHERE key LIKE 'upload:%'") == (ROWS - BAD,) * 2
        assert one("SELECT COUNT(*) FROM identifier WHERE kind = 'external_id'") == (ROWS - BAD,)
        assert one("SELECT COUNT(*) FROM participant") == (ROWS - BAD,)
    books = run(*POINTSMAN, "books", "-C", str(folder))
    assert books.code == 0, books.output


def test_readers_and_gateways_killed_at_random_rows_are_followed_by_others_after_the_last_one_that_was_kept(
    tmp_path: Path,
) -> None:
    folder = project(tmp_path, NOBODY)
    first, second = sorted(random.Random(1).sample(range(ROWS), 2))  # noqa: S311 - the same rows each time
    with running(folder, COMMAND) as live:
        wait_until(lambda: bool(uploaded(live)))
        wait_until(lambda: bool(readers_of(live)))
        for reader in readers_of(live):
            os.kill(reader, signal.SIGKILL)
        kill_at(live, first)
    with running(folder, COMMAND) as live:
        kill_at(live, second)
    with running(folder, COMMAND) as live:
        wait_until_over(live)
        assert live.end(signal.SIGTERM).code == 0
    check(folder)


def kill_at(live: Live, row: int) -> None:
    """Once so many rows are read; its readers end with it."""
    wait_until(lambda: read(live) >= row or is_over(live))
    readers = readers_of(live)
    assert live.end(signal.SIGKILL).was_killed
    wait_until(lambda: not any(lives(reader) for reader in readers))


def test_an_import_killed_at_its_weakest_points_goes_on_each_time(tmp_path: Path) -> None:
    folder = project(tmp_path, NOBODY)
    (first, number), *later = POINTS
    with running(folder, (*KILLED, first, str(number))) as live:
        assert not uploaded(live)
        assert ended(live.process).was_killed
    for point, number in later:
        with gateway(folder, (*KILLED, point, str(number))) as process:
            assert ended(process).was_killed, point
    with running(folder, COMMAND) as live:
        wait_until_over(live)
    check(folder)


def gateway(folder: Path, command: tuple[str, ...]) -> Told:
    """One that may die before it is ready."""
    settings = {"POINTSMAN_PORT": (folder / "port").read_text(), "POINTSMAN_PUBLIC_URL": "http://127.0.0.1"}
    return started((*command, "run", "--sandbox", "-C", str(folder)), settings)


def test_a_command_that_was_killed_is_finished_by_the_gateway(tmp_path: Path) -> None:
    folder = project(tmp_path, NOBODY)
    (folder / "list.csv").write_text(contact_list())
    command = ("import", CAMPAIGN, str(folder / "list.csv"), "-C", str(folder))
    killed: Ended = run(*KILLED, "rows are kept, not committed", "2", *command)
    assert killed.was_killed, killed.output
    with running(folder, COMMAND) as live:
        wait_until_over(live)
    check(folder)


def test_a_command_beside_a_gateway_hands_its_list_over(tmp_path: Path) -> None:
    folder = project(tmp_path, NOBODY)
    (folder / "list.csv").write_text(contact_list())
    with (
        running(folder, COMMAND) as live,
        started((*POINTSMAN, "import", CAMPAIGN, str(folder / "list.csv"), "-C", str(folder))) as command,
    ):
        done = ended(command)
        assert (done.code, f"{ROWS - BAD} created" in done.output) == (1, True), done.output
        assert is_over(live)
    check(folder)


def readers_of(live: Live) -> list[int]:
    """The processes that read for this gateway."""
    children = Path(f"/proc/{live.process.pid}/task").glob("*/children")
    return [int(child) for file in children for child in file.read_text().split()]


def lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
