"""`pointsman token` and `pointsman audit`, and what other commands leave in the trail of changes."""

import getpass
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from gateway.api.access import _fits
from gateway.api.tokens import MAX_DAYS
from gateway.cli import main
from gateway.commands import auditing
from gateway.settings import load_settings
from storage.database import Storage
from storage.values import Row
from tests.gateway.example_rules import ADA, HELLO
from tests.gateway.running import running, write_project


@pytest.fixture
def project(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("POINTSMAN_DATABASE", database_url)
    monkeypatch.setattr(auditing, "getuser", lambda: "olga")
    write_project(tmp_path, HELLO)
    return tmp_path


def pointsman(project: Path, *arguments: str) -> Result:
    result = CliRunner().invoke(main, [*arguments, "-C", str(project)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result


def told(project: Path, *arguments: str) -> Any:
    result = pointsman(project, *arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def stored(project: Path) -> list[Row]:
    storage = Storage(load_settings(project, offline=True).database)
    try:
        with storage.reading() as t:
            return t.tokens.all()
    finally:
        storage.close()


def trail(project: Path, *options: str) -> list[tuple[str, str, str]]:
    return [(one["who"], one["what"], one["subject"]) for one in told(project, "audit", *options)]


def test_a_token_is_told_once_and_only_its_digest_is_kept(project: Path) -> None:
    made = pointsman(project, "token", "create", "crm", "--scope", "write")
    secret = made.stdout.strip()
    (row,) = stored(project)
    (listed,) = told(project, "token", "list")

    assert made.exit_code == 0
    assert _fits(row, secret)
    assert (listed["name"], listed["scope"], listed["expires_at"]) == ("crm", "write", None)
    assert "hash" not in listed
    assert secret not in str(row)


async def test_a_token_of_the_command_opens_the_api(tmp_path: Path) -> None:
    write_project(tmp_path, HELLO)
    secret = told(tmp_path, "token", "create", "crm", "--scope", "read")["token"]
    async with running(tmp_path) as world:
        headers = {"Authorization": f"Bearer {secret}"}
        async with world.http.get(f"{world.url}/api/v1/campaigns", headers=headers) as answer:
            assert answer.status == 200
        async with world.http.post(f"{world.url}/api/v1/campaigns/hello/start", headers=headers) as answer:
            assert answer.status == 403


@pytest.mark.parametrize(("expires", "length"), [("90", timedelta(days=90)), ("1", timedelta(days=1))])
def test_a_token_expires_after_so_many_days(project: Path, expires: str, length: timedelta) -> None:
    token = told(project, "token", "create", "crm", "--scope", "read", "--expires", expires)

    assert datetime.fromisoformat(token["expires_at"]) - datetime.fromisoformat(token["created_at"]) == length


def test_a_token_expires_on_a_date(project: Path) -> None:
    token = told(project, "token", "create", "crm", "--scope", "read", "--expires", "2090-03-01T12:00+01:00")

    assert datetime.fromisoformat(token["expires_at"]) == datetime(2090, 3, 1, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("crm", "--scope", "read", "--expires", "0"), "must be ahead"),
        (("crm", "--scope", "read", "--expires", str(MAX_DAYS + 1)), "36,500"),
        (("crm", "--scope", "read", "--expires", "2020-01-01"), "must be ahead"),
        (("crm", "--scope", "read", "--expires", "soon"), "a number of days, or a date"),
        (("c\nrm", "--scope", "read"), "1 to 100 letters"),
        (("", "--scope", "read"), "1 to 100 letters"),
        (("taken", "--scope", "read"), 'another token is called "taken"'),
        (("crm", "--scope", "all"), "read"),
        (("crm",), "--scope"),
    ],
)
def test_a_token_that_cannot_be_is_refused(project: Path, arguments: tuple[str, ...], said: str) -> None:
    pointsman(project, "token", "create", "taken", "--scope", "read")
    result = pointsman(project, "token", "create", *arguments)

    assert result.exit_code == 2
    assert said in result.output
    assert [row["name"] for row in stored(project)] == ["taken"]


@pytest.mark.parametrize("by", ["name", "id"])
def test_a_token_is_revoked_once_by_name_or_id(project: Path, by: str) -> None:
    token = told(project, "token", "create", "crm", "--scope", "read")
    results = [pointsman(project, "token", "revoke", token[by]) for _ in range(2)]
    (row,) = stored(project)

    assert [(one.exit_code, one.output) for one in results] == [
        (0, "crm is revoked\n"),
        (0, "crm was revoked before\n"),
    ]
    assert row["revoked_at"] is not None
    assert trail(project, "--subject", f"token/{token['id']}") == [
        ("cli:olga", "revoke_token", f"token/{token['id']}"),
        ("cli:olga", "create_token", f"token/{token['id']}"),
    ]


def test_a_token_that_there_is_not_cannot_be_revoked(project: Path) -> None:
    result = pointsman(project, "token", "revoke", "crm")

    assert result.exit_code == 2
    assert 'no token is called "crm"' in result.output


def test_people_read_tables(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    empty = pointsman(project, "token", "list").stdout, pointsman(project, "audit").stdout
    pointsman(project, "token", "create", "crm", "--scope", "read")
    tokens, changes = pointsman(project, "token", "list").stdout, pointsman(project, "audit").stdout

    assert "there are no tokens" in empty[0]
    assert empty[1] == "nothing was changed\n"
    assert tokens.splitlines()[0].split()[:3] == ["id", "name", "scope"]
    assert "crm" in tokens
    assert '{"name": "crm", "scope": "read", "expires_at": null}' in changes


def test_commands_tell_who_changed_a_campaign_and_only_where_they_did(project: Path) -> None:
    for word in ("start", "start", "stop", "stop"):
        assert pointsman(project, "campaign", word, "hello").exit_code == 0
    stop, start = told(project, "audit", "--subject", "campaign/hello")

    assert (start["who"], start["what"]) == ("cli:olga", "start_campaign")
    assert (start["before"], start["after"]) == ({"status": "inactive"}, {"status": "active"})
    assert (stop["what"], stop["after"]) == ("stop_campaign", {"status": "inactive"})


def test_an_import_and_an_erasure_are_told(project: Path) -> None:
    (project / "list.csv").write_text(f"phone,name\n{ADA},Ada\n")
    pointsman(project, "import", "hello", str(project / "list.csv"))
    pointsman(project, "customer", "erase", ADA, "--yes")
    erased, imported = told(project, "audit")

    assert (imported["who"], imported["what"], imported["after"]) == ("cli:olga", "import", {"campaign": "hello"})
    assert erased["what"] == "erase_customer"
    assert ADA not in json.dumps([erased, imported])


def test_a_user_without_a_name_is_told_by_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def nameless() -> str:
        raise KeyError("getpwuid(): uid not found")

    named = auditing.entry("import", "upload/1").who
    monkeypatch.setattr(auditing, "getuser", nameless)

    assert named == f"cli:{getpass.getuser()}"
    assert auditing.entry("import", "upload/1").who == f"cli:{os.getuid()}"
