"""`pointsman uploads` and `import --preview`: how far lists are, and what may be done about them."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

import pytest

from gateway.commands import importing
from gateway.settings import load_settings
from storage.database import Storage
from storage.errors import StorageUnavailable
from tests.gateway.test_commands import ADA, CAMPAIGN, HEADER, contacts, pointsman, project, running_gateway

__all__ = ["project"]

BAD = "B,Ben,no phone,many,2026-11-30\n"


def listed(project: Path, *options: str) -> list[dict[str, object]]:
    told = pointsman("uploads", "list", CAMPAIGN, *options, "--json", "-C", project)
    found: list[dict[str, object]] = json.loads(told.stdout)
    return found


def imported(project: Path, text: str) -> str:
    """The upload of this list, read by the command itself."""
    pointsman("import", CAMPAIGN, contacts(project, text), "-C", project)
    return str(listed(project)[0]["upload"])


def queued(project: Path) -> str:
    """An upload of which nothing was read when its command was killed."""
    upload = imported(project, HEADER + ADA)
    storage = Storage(load_settings(project, offline=True).database)
    with storage.transaction() as t:
        t.uploads.change(upload, status="queued", read=0, last_row=0, total=None, begun_at=None)
    storage.close()
    return upload


def test_a_preview_shows_how_the_rows_would_be_read_and_keeps_nothing(project: Path) -> None:
    text = "Kunde;Name;amount_due;due_date\nA;Ada;129.90;30.11.2026\nB;Ben;1;soon\n"
    options = ["--preview", "--column", "Kunde=external_id", "--column", "Name=-", "--date", "DD.MM.YYYY"]
    told = pointsman("import", CAMPAIGN, contacts(project, text), *options, "-C", project)
    as_json = pointsman("import", CAMPAIGN, contacts(project, text), *options, "--json", "-C", project)
    rows = json.loads(as_json.stdout)["rows"]

    assert told.exit_code == 0, told.output
    assert "external_id=A" in told.output
    assert "(not imported)" in told.output
    assert (rows[0]["fields"]["due_date"], [one["field"] for one in rows[1]["errors"]]) == ("2026-11-30", ["due_date"])
    assert not (project / "uploads").exists()


def test_an_import_obeys_what_is_said_about_the_file(project: Path) -> None:
    text = "Kunde;first_name;amount_due;due_date;phone\nA;Ada;1;30.11.2026;0151 12345601\n"
    options = ["--column", "Kunde=external_id", "--date", "DD.MM.YYYY", "--region", "DE", "--delimiter", "semicolon"]
    with running_gateway(load_settings(project, offline=True)):
        done = pointsman("import", CAMPAIGN, contacts(project, text), *options, "--json", "-C", project)

    told = json.loads(done.stdout)
    assert (done.exit_code, told["status"], told["created"]) == (0, "completed", 1)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--column", "phone"], "must be CELL=NAME"),
        (["--encoding", "klingon"], "klingon"),
        (["--column", "Mobile=phone"], 'the header has no column "Mobile"'),
    ],
)
def test_what_is_said_wrongly_about_the_file_is_refused(project: Path, options: list[str], complaint: str) -> None:
    told = pointsman("import", CAMPAIGN, contacts(project, HEADER + ADA), *options, "-C", project)

    assert (told.exit_code, complaint in told.stderr) == (2, True), told.stderr


def test_uploads_are_listed_and_shown_with_their_errors(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    upload = imported(project, HEADER + ADA + BAD)
    told = pointsman("uploads", "list", CAMPAIGN, "-C", project)
    shown = pointsman("uploads", "show", upload, "-C", project)

    assert "list.csv" in told.output
    assert listed(project, "--status", "paused") == []
    assert 'row 3: amount_due "many"' in shown.output
    assert "\nreading: encoding utf-8, delimiter comma\n" in shown.output
    assert pointsman("uploads", "show", "0" * 32, "-C", project).exit_code == 2


def test_an_upload_is_paused_resumed_and_cancelled_and_that_is_noted(project: Path) -> None:
    upload = queued(project)
    outputs = [
        pointsman("uploads", change, upload, "-C", project).output for change in ("pause", "resume", "resume", "cancel")
    ]
    trail = json.loads(pointsman("audit", "--subject", f"upload/{upload}", "--json", "-C", project).stdout)

    assert outputs[:2] == ["list.csv is paused\n", "list.csv is queued\n"]
    assert "it is queued, not paused" in outputs[2]
    assert outputs[3] == "list.csv is cancelled\n"
    assert [line["what"] for line in trail] == ["cancel_upload", "resume_upload", "pause_upload", "import"]


def test_behind_a_paused_list_an_import_says_whom_it_waits_for(project: Path) -> None:
    upload = queued(project)
    pointsman("uploads", "pause", upload, "-C", project)
    told = pointsman("import", CAMPAIGN, contacts(project, HEADER + ADA), "-C", project)

    assert told.exit_code == 1
    assert f"list.csv (upload {upload}) comes first, and is paused (`pointsman uploads resume {upload}`" in told.stderr
    assert f"it is queued: list.csv (upload {upload}) comes first, and is paused" in told.stdout


def test_an_import_whose_file_another_process_holds_says_that_its_rows_are_not_read(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def by_another(path: Path) -> Iterator[bool]:
        yield False

    monkeypatch.setattr("gateway.imports.runner.held", by_another)
    told = pointsman("import", CAMPAIGN, contacts(project, HEADER + ADA), "-C", project)

    assert (told.exit_code, "not all rows are read: it is queued" in told.stdout) == (1, True), told.output
    assert "are kept" not in told.output


def test_rows_that_nobody_decides_are_waited_for_as_long_as_others_are_decided(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A gateway is busy with another list for longer than the command waits for any row to be decided."""
    waits, at_first = iter(range(20, 0, -1)), iter([False])  # it begins once the list is read
    monkeypatch.setattr(importing, "STALLED_SECONDS", 0.1)
    monkeypatch.setattr(importing, "POLL_SECONDS", 0.05)
    monkeypatch.setattr(importing, "is_running", lambda settings: next(at_first, True))
    monkeypatch.setattr("storage.inbox.Inbox.waiting_count", lambda self: next(waits, 0))
    began = monotonic()
    told = pointsman("import", CAMPAIGN, contacts(project, HEADER + ADA), "-C", project)

    assert monotonic() - began > 20 * 0.05
    assert "no row was decided for" in told.stdout


def test_a_database_that_takes_nothing_is_told_once_in_words(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise StorageUnavailable("database or disk is full")

    monkeypatch.setattr("gateway.imports.rows.keep_upload", full)
    told = pointsman("import", CAMPAIGN, contacts(project, HEADER + ADA), "-C", project)

    assert (told.exit_code, told.stderr) == (2, "pointsman: the database can't be used: database or disk is full\n")


@pytest.mark.parametrize("name", ["e\x1b[31mred.csv", os.fsdecode(b"b\xfcd.csv")])
def test_a_terminal_obeys_no_name_of_a_file(project: Path, name: str) -> None:
    path = contacts(project, HEADER + ADA).rename(project / name)
    told = pointsman("import", CAMPAIGN, path, "-C", project)
    shown = pointsman("uploads", "list", CAMPAIGN, "-C", project)

    assert (told.exit_code, shown.exit_code) == (0, 0), told.output
    assert all("\ufffd" in one.stdout and "\x1b" not in one.stdout for one in (told, shown))


def test_an_import_says_how_many_rows_give_the_same_person(project: Path) -> None:
    told = pointsman("import", CAMPAIGN, contacts(project, HEADER + ADA + ADA), "-C", project)

    assert "rows that give the same person as an earlier one: 1 or more" in told.stdout


def test_an_import_with_failed_rows_names_the_command_that_writes_them(project: Path) -> None:
    told = pointsman("import", CAMPAIGN, contacts(project, HEADER + ADA + BAD), "-C", project)
    upload = listed(project)[0]["upload"]

    assert told.exit_code == 1
    assert f"the rows that failed: `pointsman uploads errors {upload} -o failed.csv` writes them" in told.stdout


@pytest.mark.parametrize(("options", "failed"), [([], 2), (["--decimal", "comma"], 0)])
def test_decimals_with_a_comma_are_read_where_that_is_said_and_else_it_is_told_how(
    project: Path, options: list[str], failed: int
) -> None:
    header = "external_id;first_name;phone;amount_due;due_date\n"
    rows = ("A;Ada;+4915112345601;12,50;2026-11-30\n", "B;Ben;+4915112345602;1.234,50;2026-11-30\n")
    text = header + "".join(rows)
    told = pointsman("import", CAMPAIGN, contacts(project, text), *options, "--json", "-C", project)
    previewed = pointsman("import", CAMPAIGN, contacts(project, text), "--preview", *options, "-C", project).stdout

    assert json.loads(told.stdout)["failed"] == failed
    assert previewed.count("--decimal comma") == failed
    assert ("amount_due=12.50" in previewed and "amount_due=1234.50" in previewed) == (failed == 0)


def test_a_narrow_terminal_leaves_the_id_of_an_upload_whole(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    upload = imported(project, HEADER + ADA)
    first, second = pointsman("uploads", "list", CAMPAIGN, "-C", project).stdout.splitlines()

    assert first == f"{upload}  list.csv"
    assert "processing, 1 rows read, 0 failed, came " in second


def test_failed_rows_are_written_to_a_file_to_be_mended_and_imported_again(project: Path) -> None:
    upload = imported(project, HEADER + ADA + BAD)
    file = project / "failed.csv"
    written = pointsman("uploads", "errors", upload, "-o", file, "-C", project)
    again = pointsman("uploads", "errors", upload, "-o", file, "-C", project)

    assert (written.exit_code, again.exit_code) == (0, 2), written.output
    assert file.read_text("utf-8-sig").splitlines()[0] == "external_id,first_name,phone,amount_due,due_date,problem"
    assert file.stat().st_mode & 0o777 == 0o600
    assert pointsman("uploads", "errors", upload, "-C", project).stdout == file.read_text("utf-8")


def test_failed_rows_are_written_where_the_rule_file_can_not_be_used(project: Path) -> None:
    upload = imported(project, HEADER + ADA + BAD)
    sound = pointsman("uploads", "errors", upload, "-C", project)
    for file in (project / "rules").iterdir():
        file.write_text("campaign: {}\n")
    told = pointsman("uploads", "errors", upload, "-C", project)

    assert told.exit_code == 0, told.output
    assert "B,Ben," in told.stdout
    assert told.stdout == sound.stdout


def test_an_erasure_removes_the_lists_that_were_read(project: Path) -> None:
    upload = imported(project, HEADER + ADA + BAD)
    assert (project / "uploads" / f"{upload}.csv").exists()
    erased = pointsman("customer", "erase", "external_id:A", "--yes", "-C", project)

    assert erased.exit_code == 0, erased.output
    assert list((project / "uploads").glob("*.csv")) == []
    assert pointsman("uploads", "errors", upload, "-C", project).exit_code == 2
