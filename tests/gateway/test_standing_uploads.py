"""A contact list that does not go on is told wherever an operator looks, with the command that moves it."""

from pathlib import Path
from time import monotonic

import pytest

from gateway.commands import importing
from gateway.doctor import database
from gateway.settings import load_settings
from storage.database import Storage
from storage.values import Row
from tests.gateway.example_rules import ECHO
from tests.gateway.running import START, World, running, until
from tests.gateway.test_commands import ADA, CAMPAIGN, HEADER, contacts, pointsman, project, running_gateway
from tests.gateway.test_health import metrics
from tests.gateway.test_upload_commands import listed, queued

__all__ = ["project"]

NO_FILE = "its file is not in the uploads folder, or not whole: put it back, or cancel the upload"


def test_behind_a_paused_list_an_import_says_at_once_which_it_is_and_what_moves_it(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "STALLED_SECONDS", 60.0)
    upload = queued(project)
    pointsman("uploads", "pause", upload, "-C", project)
    began = monotonic()
    with running_gateway(load_settings(project, offline=True)):
        told = pointsman("import", CAMPAIGN, contacts(project, HEADER + ADA), "-C", project)

    commands = f"`pointsman uploads resume {upload}` or `pointsman uploads cancel {upload}`"
    first = f"list.csv (upload {upload}) comes first, and is paused ({commands})"
    assert (told.exit_code, monotonic() - began < 10) == (1, True)
    assert first in told.stderr
    assert f"not all rows are read: it is queued: {first}" in told.stdout


def test_behind_a_list_whose_file_is_missing_an_import_says_why_it_waits(project: Path) -> None:
    upload = queued(project)
    (project / "uploads" / f"{upload}.csv").unlink()
    with running_gateway(load_settings(project, offline=True)):
        told = pointsman("import", CAMPAIGN, contacts(project, HEADER + ADA), "-C", project)
    shown = pointsman("uploads", "list", CAMPAIGN, "-C", project).stdout
    found = {one["upload"]: one["reason"] for one in listed(project)}

    assert f"comes first, and is queued: {NO_FILE} (`pointsman uploads cancel {upload}`)" in told.stdout
    assert found[upload] == NO_FILE
    assert f"{upload}  list.csv\n  queued: {NO_FILE}, 0 rows read" in shown


def test_the_doctor_names_lists_that_do_not_go_on(project: Path) -> None:
    upload = queued(project)
    pointsman("uploads", "pause", upload, "-C", project)
    storage = Storage(load_settings(project, offline=True).database)
    (found,) = database.work(storage)
    storage.close()

    assert (found.topic, found.level) == ("work", "warning")
    assert f"a contact list of campaign {CAMPAIGN} does not go on, nor what is behind it: paused" in found.text
    assert f"`pointsman uploads resume {upload}` or `pointsman uploads cancel {upload}`" in found.remedy


async def test_metrics_count_lists_whose_file_is_missing(tmp_path: Path) -> None:
    async with running(tmp_path, ECHO) as world:
        before = (await metrics(world))["hindered_uploads"]
        await world.gateway.storage.run(lambda t: t.uploads.add(without_file()))
        await until(lambda: hindered(world, 1))

    assert before == 0


def without_file() -> Row:
    return {"id": "u1", "campaign": "echo", "file": "lost.csv", "status": "queued", "started_at": START, "size": 5}


async def hindered(world: World, number: int) -> bool:
    counted = await metrics(world)
    return (counted["hindered_uploads"], counted["uploads queued"]) == (number, number)


async def test_a_list_that_is_paused_is_counted_as_that_alone(tmp_path: Path) -> None:
    async with running(tmp_path, ECHO) as world:
        paused = without_file() | {"status": "paused", "reason": "something went wrong here"}
        await world.gateway.storage.run(lambda t: t.uploads.add(paused))
        counted = await metrics(world)

    assert (counted["uploads paused"], counted["hindered_uploads"]) == (1, 0)
