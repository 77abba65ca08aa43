"""The command line: what it prints and how it exits."""

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from gateway.cli import main
from gateway.commands.beginning import write_project
from gateway.commands.project import rulebook_of
from gateway.settings import Settings, load_settings
from storage.database import Storage
from tests.gateway.desk import Desk

TODAY = date(2026, 11, 22)
CAMPAIGN = "payment_reminder"
HEADER = "external_id,first_name,phone,amount_due,due_date\n"
ADA = "A,Ada,+4915112345601,129.90,2026-11-30\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [n for n in os.environ if n.upper().startswith("POINTSMAN_")]:
        monkeypatch.delenv(name)
    write_project(tmp_path / "project", TODAY)
    return tmp_path / "project"


def pointsman(*arguments: str | Path) -> Result:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result


def contacts(project: Path, text: str) -> Path:
    path = project / "list.csv"
    path.write_text(text)
    return path


@contextmanager
def running_gateway(settings: Settings) -> Iterator[None]:
    """A process lock and a worker that decides, in a thread of its own."""
    storage, stop = Storage(settings.database), threading.Event()
    storage.claim_process()
    storage.migrate()
    book = rulebook_of(settings, CAMPAIGN)
    desk = Desk(storage, settings.folder / "uploads", books={book.campaign: book})

    async def work() -> None:
        while not stop.is_set():
            await desk.uploads.look()
            if not await desk.worker.work_once():
                await asyncio.sleep(0.02)
        await desk.uploads.close()

    thread = threading.Thread(target=lambda: asyncio.run(work()))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        storage.close()


def test_init_writes_a_project_that_works(tmp_path: Path) -> None:
    made = pointsman("init", tmp_path / "new")

    assert made.exit_code == 0, made.output
    assert load_settings(tmp_path / "new", sandbox=True).channel_kinds == {"sms": "sms", "slack": "slack"}
    checked = pointsman("check", "-C", tmp_path / "new")
    assert checked.exit_code == 0, checked.output


def test_the_dates_of_the_example_contacts_count_from_the_day_of_init(project: Path) -> None:
    text = (project / "contacts.csv").read_text()

    assert "{" not in text
    assert "2026-11-24" in text


def test_init_overwrites_nothing(project: Path) -> None:
    (project / "contacts.csv").unlink()
    result = pointsman("init", project)

    assert result.exit_code == 2
    assert "pointsman.toml" in result.stderr
    assert not (project / "contacts.csv").exists()


def test_check_tells_every_mistake_with_its_place_and_exits_1(project: Path) -> None:
    rules = project / "rules" / "payment_reminder.yaml"
    rules.write_text(rules.read_text().replace("agent: receipt", "agent: recipt").replace("do: finish", "do: finsh"))
    result = pointsman("check", "-C", project)

    assert result.exit_code == 1
    assert "payment_reminder.yaml:" in result.output
    assert 'did you mean "receipt"?' in result.output


def test_check_of_one_file_leaves_the_others_alone(project: Path) -> None:
    (project / "rules" / "broken.yaml").write_text("campaign: [")

    assert pointsman("check", project / "rules" / "payment_reminder.yaml", "-C", project).exit_code == 0
    assert pointsman("check", "-C", project).exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["check", "nowhere.yaml"], "does not exist"),
        (["check", "-C", "/"], "-C FOLDER, or in POINTSMAN_PROJECT, or make a project there with `pointsman init /`"),
        (["impot"], "Did you mean 'import'?"),
        (["run", "-C", "/"], "-C FOLDER, or in POINTSMAN_PROJECT, or make a project there with `pointsman init /`"),
        (["import", CAMPAIGN, "nowhere.csv"], "does not exist"),
        (
            ["campaign", "status", "-C", "/"],
            "-C FOLDER, or in POINTSMAN_PROJECT, or make a project there with `pointsman init /`",
        ),
    ],
)
def test_wrong_usage_exits_2_with_a_sentence(arguments: list[str], complaint: str) -> None:
    result = pointsman(*arguments)

    assert result.exit_code == 2
    assert complaint in result.stderr
    assert "Traceback" not in result.output


def test_run_refuses_settings_that_can_not_work(project: Path) -> None:
    result = pointsman("run", "-C", project)

    assert result.exit_code == 2
    assert "pointsman: the secret POINTSMAN_API_TOKEN is missing" in result.stderr
    assert len(result.stderr.splitlines()) == 4


@pytest.mark.parametrize(("flags", "migrate"), [((), True), (("--no-migrate",), False)])
def test_run_hands_the_settings_to_the_gateway(
    project: Path, monkeypatch: pytest.MonkeyPatch, flags: tuple[str, ...], migrate: bool
) -> None:
    calls: list[tuple[Settings, bool]] = []

    def run(settings: Settings, *, migrate: bool) -> None:
        calls.append((settings, migrate))

    monkeypatch.setattr("gateway.server.run", run)
    assert pointsman("run", "--sandbox", "-C", project, *flags).exit_code == 0
    ((settings, migrated),) = calls
    assert (settings.sandbox, settings.folder, migrated) == (True, project.resolve(), migrate)


def test_import_keeps_good_rows_and_lists_bad_ones(project: Path) -> None:
    file = contacts(project, HEADER + ADA + "B,Ben,\x1b[31mno phone,many,2026-11-30\n")
    result = pointsman("import", CAMPAIGN, file, "-C", project)

    assert result.exit_code == 1
    lines = result.output.splitlines()
    assert lines[0].startswith('row 3: phone "\ufffd[31mno phone": ')
    assert lines[1].startswith('row 3: amount_due "many": ')
    assert "no gateway is running" in lines[2]
    assert lines[3] == "list.csv: 2 rows: 0 created, 0 updated, 0 unchanged, 1 failed, 1 not decided yet"


def test_import_waits_for_a_running_gateway(project: Path) -> None:
    file = contacts(project, HEADER + ADA + "B,Ben,+4915112345602,80,2026-11-30\n")
    with running_gateway(load_settings(project, offline=True)):
        results = [pointsman("import", CAMPAIGN, file, "-C", project) for _ in range(2)]

    assert [result.exit_code for result in results] == [0, 0]
    assert "2 rows: 2 created, 0 updated, 0 unchanged, 0 failed" in results[0].output
    assert "2 rows: 0 created, 0 updated, 2 unchanged, 0 failed" in results[1].output


@pytest.mark.parametrize(
    ("campaign", "text", "complaint"),
    [
        ("payment_remindr", HEADER + ADA, 'did you mean "payment_reminder"?'),
        (CAMPAIGN, "", "the file is empty"),
        (CAMPAIGN, "first_name\nAda\n", "needs at least one of external_id"),
    ],
)
def test_import_refuses_what_can_not_be_imported(project: Path, campaign: str, text: str, complaint: str) -> None:
    result = pointsman("import", campaign, contacts(project, text), "-C", project)

    assert result.exit_code == 2
    assert complaint in result.stderr


def test_a_campaign_is_started_stopped_and_looked_at(project: Path) -> None:
    pointsman("import", CAMPAIGN, contacts(project, HEADER + ADA), "-C", project)
    outputs = [
        pointsman("campaign", *arguments, "-C", project).output
        for arguments in (["status"], ["start", CAMPAIGN], ["status", CAMPAIGN], ["stop", CAMPAIGN], ["status"])
    ]

    assert "payment_reminder: inactive" in outputs[0]
    assert "payment_reminder is active" in outputs[1]
    assert "payment_reminder: active" in outputs[2]
    assert "participants: 0" in outputs[2]
    assert outputs[3] == "payment_reminder is inactive\n"
    assert "payment_reminder: inactive" in outputs[4]


def test_a_database_that_can_not_be_used_is_told_without_a_traceback(project: Path) -> None:
    (project / "pointsman.db").write_text("this is no database, and it is long enough to be seen as none" * 20)
    result = pointsman("campaign", "status", "-C", project)

    assert result.exit_code == 2
    assert "the database can't be used" in result.stderr


def test_a_project_may_lie_in_a_folder_of_any_name(tmp_path: Path) -> None:
    folder = tmp_path / "what? #1 100%"
    write_project(folder, TODAY)
    result = pointsman("import", CAMPAIGN, contacts(folder, HEADER + ADA), "-C", folder)

    assert result.exit_code == 0, result.output
    assert (folder / "pointsman.db").is_file()


def test_help_imports_nothing_costly() -> None:
    script = "import sys, gateway.cli; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    loaded: set[str] = set(run_python(script).split())

    assert not loaded & {"aiohttp", "pydantic", "sqlalchemy", "structlog", "twilio", "slack_sdk", "phonenumbers"}


def run_python(script: str) -> str:
    done: Any = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)  # noqa: S603
    return str(done.stdout)


def test_the_version_is_told() -> None:
    assert pointsman("--version").output.startswith("pointsman ")
