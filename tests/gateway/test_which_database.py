"""Commands work on the project's and the gateway's database, and on no other one that they would have to make."""

import os
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli import main
from gateway.commands.beginning import write_project
from storage.database import Storage
from tests.conftest import prepared_file
from tests.databases import PostgresServer
from tests.gateway.example_rules import HELLO
from tests.gateway.running import running

CAMPAIGN = "payment_reminder"
LOOKING = (
    ("events", "parked"),
    ("tail", "--no-follow"),
    ("campaign", "status"),
    ("list", "campaigns"),
    ("token", "list"),
    ("hooks", "list"),
    ("audit",),
    ("books",),
    ("backup", "it.backup"),
)
MAKING = (
    ("token", "create", "it", "--scope", "read"),
    ("campaign", "start", CAMPAIGN),
    ("import", CAMPAIGN, "contacts.csv"),
)


@pytest.fixture(autouse=True)
def _in_the_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [n for n in os.environ if n.upper().startswith("POINTSMAN_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def pointsman(*arguments: str | Path) -> Result:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result


def files() -> set[str]:
    return {path.name for path in Path.cwd().iterdir()}


@pytest.mark.parametrize("command", LOOKING)
def test_what_only_looks_makes_no_database_and_says_where_it_looked(command: tuple[str, ...], tmp_path: Path) -> None:
    write_project(tmp_path, date(2026, 11, 22))
    before = files()
    refused = pointsman(*command)

    assert refused.exit_code == 2
    assert refused.stdout == ""
    assert f"pointsman: there is no database yet at {tmp_path}/pointsman.db: `pointsman run` makes it" in refused.stderr
    assert "POINTSMAN_DATABASE" in refused.stderr
    assert files() == before


@pytest.mark.parametrize("command", LOOKING)
def test_what_only_looks_makes_no_tables_on_postgres(
    command: tuple[str, ...], tmp_path: Path, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_project(tmp_path, date(2026, 11, 22))
    with postgres.database() as url:
        monkeypatch.setenv("POINTSMAN_DATABASE", url)
        refused = pointsman(*command)
        with closing(Storage(url)) as storage:
            assert not storage.is_made()

    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "pointsman: there is no database yet at postgresql://postgres@/test_" in refused.stderr


@pytest.mark.parametrize("command", MAKING)
def test_what_begins_something_makes_the_database_of_a_new_project(command: tuple[str, ...], tmp_path: Path) -> None:
    write_project(tmp_path, date(2026, 11, 22))

    assert pointsman(*command).exit_code == 0
    assert (tmp_path / "pointsman.db").exists()


@pytest.mark.parametrize("command", MAKING)
def test_where_a_gateway_was_at_work_no_command_makes_another_database(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    write_project(tmp_path, date(2026, 11, 22))
    (tmp_path / "spool.db").touch()
    refused = pointsman(*command)

    assert refused.exit_code == 2
    assert "If the gateway has another one, name it as the gateway does, by POINTSMAN_DATABASE" in refused.stderr
    assert not (tmp_path / "pointsman.db").exists()


@pytest.mark.parametrize("left_behind", [False, True])
async def test_beside_a_gateway_on_postgres_no_command_works_on_a_file(
    left_behind: bool, tmp_path: Path, database_of_postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if left_behind:
        prepared_file(tmp_path / "pointsman.db")
    beginning = (("campaign", "start", "hello"), MAKING[0], ("restore", "pointsman.toml"))
    async with running(tmp_path, HELLO, database=database_of_postgres):
        refused = [pointsman(*command) for command in (*LOOKING, *beginning)]
        monkeypatch.setenv("POINTSMAN_DATABASE", database_of_postgres)
        answered = pointsman("events", "parked")

    assert {one.exit_code for one in refused} == {2}
    told = f"a gateway is at work in {tmp_path}, but not on {tmp_path}/pointsman.db: name it as the gateway does"
    assert all(told in one.stderr for one in refused)
    assert ("pointsman.db" in files()) == left_behind
    assert (answered.exit_code, answered.stdout) == (0, "no event is parked\n")


@pytest.fixture
def database_of_postgres(postgres: PostgresServer, prepared: str) -> Iterator[str]:
    with postgres.database(prepared) as url:
        yield url


def test_a_restore_says_into_which_database(tmp_path: Path) -> None:
    write_project(tmp_path, date(2026, 11, 22))
    prepared_file(tmp_path / "pointsman.db")
    pointsman("backup", "it.backup")
    restored = pointsman("restore", "it.backup", "--replace")

    assert f": restored into {tmp_path}/pointsman.db\n" in restored.stdout


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("sqlite:////srv/it.db", "/srv/it.db"),
        ("postgresql://ann:pass@db.example.com:5433/it?sslmode=require", "postgresql://ann@db.example.com:5433/it"),
        ("postgresql://ann@/it?host=/run/postgresql&password=pass", "postgresql://ann@/it"),
    ],
)
def test_a_database_is_named_without_its_password(url: str, name: str) -> None:
    with closing(Storage(url)) as storage:
        assert storage.name == name


def test_a_variable_may_name_the_project_for_all_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_project(tmp_path / "one", date(2026, 11, 22))
    write_project(tmp_path / "other", date(2026, 11, 22))
    monkeypatch.setenv("POINTSMAN_PROJECT", str(tmp_path / "one"))

    assert f"there is no database yet at {tmp_path}/one/pointsman.db" in pointsman("events", "parked").stderr
    assert f"at {tmp_path}/other/pointsman.db" in pointsman("events", "parked", "-C", "other").stderr
    assert pointsman("check").exit_code == 0


def test_a_folder_that_is_no_project_is_told_with_how_to_name_the_project(tmp_path: Path) -> None:
    name = "give the project's folder with -C FOLDER, or in POINTSMAN_PROJECT"
    nothing = pointsman("events", "parked").stderr
    (tmp_path / "pointsman.toml").mkdir()
    unreadable = pointsman("events", "parked").stderr

    made = f"or make a project there with `pointsman init {tmp_path}`"
    assert nothing == f"pointsman: there is no {tmp_path}/pointsman.toml: {name}, {made}\n"
    elsewhere = f"if the project is elsewhere, {name}"
    assert unreadable == f"pointsman: {tmp_path}/pointsman.toml cannot be read: Is a directory; {elsewhere}\n"
