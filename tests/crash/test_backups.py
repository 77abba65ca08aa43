"""Backups of a gateway at work, kills in the middle of backing up and restoring, and what happens after a restore."""

import json
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from gateway.sandboxes import JOURNAL
from storage.database import Storage
from tests.crash.live import Live, project, running
from tests.crash.processes import POINTSMAN, Ended, Line, ended, killed_at, run, started, transcript
from tests.storage.rows import event

WHERE_IT_STOOD = (("decided, not committed", 1), ("claimed, not committed", 1))


def pointsman(folder: Path, *arguments: str | Path, command: tuple[str, ...] = POINTSMAN) -> Ended:
    name, *rest = map(str, arguments)
    return run(*command, name, "-C", str(folder), *rest)


def books(folder: Path) -> dict[str, object]:
    end = pointsman(folder, "books", "--json")
    assert end.code == 0, end.output
    found: dict[str, object] = json.loads(end.output)
    return found


def seen(folder: Path) -> Counter[Line]:
    """What the providers took and delivered, over all runs."""
    return transcript(folder / JOURNAL)


def write_until_backed_up(live: Live, file: Path) -> tuple[Ended, int]:
    """Bring one SMS after the other while `pointsman backup` runs; its end, and how many were answered 200."""
    answered = 0
    with started((*POINTSMAN, "backup", "-C", str(live.folder), str(file))) as process:
        while process.poll() is None:
            answered += live.webhook(f"SM{file.stem}{answered:031}", "Balance please") == 200
        return ended(process), answered


def test_a_backup_of_a_gateway_at_work_is_one_moment_of_it(tmp_path: Path) -> None:
    here, there = project(tmp_path / "here"), project(tmp_path / "there")
    with running(here) as live:
        backups = [write_until_backed_up(live, tmp_path / f"{number}") for number in range(1)]
        live.wait_until_quiet()
    accepted = [0]
    for number, (backup, answered) in enumerate(backups):
        assert (backup.code, answered > 0) == (0, True), backup.output
        restored = pointsman(there, "restore", tmp_path / f"{number}", "--replace")
        assert restored.code == 0, restored.output
        accepted.append(int(str(books(there)["accepted"])))

    assert accepted == sorted(accepted)
    assert accepted[1] > 0
    assert accepted[-1] < int(str(books(here)["accepted"]))


@pytest.mark.parametrize(("point", "number"), WHERE_IT_STOOD)
def test_a_restored_backup_sends_nothing_twice(point: str, number: int, tmp_path: Path) -> None:
    """Whatever was on its way at the time of the backup has been sent since: the provider has it, the backup not."""
    folder, file = project(tmp_path / "project"), tmp_path / "backup"
    with started((*killed_at(point, number), "run", "--sandbox", "-C", str(folder)), address(folder)) as process:
        assert ended(process).was_killed
    assert pointsman(folder, "backup", file).code == 0
    with running(folder) as live:
        live.wait_until_quiet()
    sent = seen(folder)
    restored = pointsman(folder, "restore", file, "--replace")
    assert restored.code == 0, restored.output
    with running(folder) as live:
        live.wait_until_quiet()

    assert seen(folder) == sent
    assert books(folder)["balance"]


def address(folder: Path) -> dict[str, str]:
    port = (folder / "port").read_text()
    return {"POINTSMAN_PORT": port, "POINTSMAN_PUBLIC_URL": f"http://127.0.0.1:{port}"}


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that has worked."""
    folder = project(tmp_path_factory.mktemp("used") / "project")
    with running(folder) as live:
        live.wait_until_quiet()
    return folder


@pytest.mark.parametrize(
    ("point", "number"), [("a table is backed up", 5), ("a backup is written, not in its place", 1)]
)
def test_a_backup_that_is_killed_leaves_the_one_before_it(used: Path, point: str, number: int, tmp_path: Path) -> None:
    file = tmp_path / "backup"
    assert pointsman(used, "backup", file).code == 0
    before = file.read_bytes()

    assert pointsman(used, "backup", file, "--force", command=killed_at(point, number)).was_killed
    assert file.read_bytes() == before


@pytest.mark.parametrize(("point", "number"), [("a table is restored", 5), ("all is restored, not committed", 1)])
def test_a_restore_that_is_killed_has_not_happened(used: Path, point: str, number: int, tmp_path: Path) -> None:
    file, place = tmp_path / "backup", project(tmp_path / "place")
    assert pointsman(used, "backup", file).code == 0
    assert pointsman(place, "restore", file).code == 0
    with closing(Storage(f"sqlite:///{place}/pointsman.db")) as storage, storage.transaction() as transaction:
        transaction.inbox.keep([event("only here")])
    before = books(place)

    assert pointsman(place, "restore", file, "--replace", command=killed_at(point, number)).was_killed
    assert books(place) == before
    again = pointsman(place, "restore", file, "--replace")
    assert again.code == 0, again.output


def test_nothing_is_restored_into_a_gateway_at_work(used: Path, tmp_path: Path) -> None:
    file = tmp_path / "backup"
    assert pointsman(used, "backup", file).code == 0
    with running(used):
        refused = pointsman(used, "restore", file, "--replace")

    assert refused.code == 2
    assert "already runs" in refused.output
