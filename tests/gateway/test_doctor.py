"""`pointsman doctor`: beside a running gateway and its sandbox, and where things are wrong."""

import json
from collections.abc import Callable
from dataclasses import replace
from errno import ENOSPC
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from channels.sandbox.behaviour import Fault
from gateway.cli import main
from gateway.doctor import channels, database
from gateway.doctor.findings import Finding
from gateway.doctor.project import secrets, settings_of
from gateway.doctor.rounds import look_at
from gateway.settings import Settings
from gateway.settings_file import ServiceSettings
from storage.database import Storage
from storage.errors import StorageUnavailable
from storage.examining import examine
from tests.gateway.example_rules import ECHO
from tests.gateway.running import ACCOUNT, World, running, write_project
from tests.gateway.troubles import damaged


def pointsman(project: Path, *options: str) -> Result:
    result = CliRunner().invoke(main, ["doctor", *options, "-C", str(project)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result


def told(project: Path, *options: str) -> list[tuple[str, str, str]]:
    """Topic, level and text of each finding that is not ok."""
    found = json.loads(pointsman(project, "--json", *options).stdout)["found"]
    return [(one["topic"], one["level"], one["text"]) for one in found if one["level"] != "ok"]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """As operators have it: files that are theirs alone, at the address of `running`."""
    write_project(tmp_path, ECHO)
    return tmp_path


async def beside(world: World, monkeypatch: pytest.MonkeyPatch, folder: Path) -> list[Finding]:
    """What the doctor finds beside this gateway."""
    monkeypatch.setenv("POINTSMAN_PORT", str(world.gateway.settings.port))
    return await look_at(folder, sandbox=True)


def of(found: list[Finding], topic: str) -> list[tuple[str, str]]:
    return [(one.level, one.text) for one in found if one.topic == topic]


async def test_beside_a_gateway_that_is_well_all_is_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(tmp_path, ECHO) as world:
        found = await beside(world, monkeypatch, tmp_path)

        assert [one for one in found if one.level == "wrong"] == []
        assert of(found, "webhooks") == [("ok", f"{world.url} leads to a gateway")]
        inbound = f"the provider sends what people write to {world.url}/webhooks/sms/inbound"
        account = f"the provider takes our credentials: account {ACCOUNT}, active"
        assert of(found, "channel sms") == [("ok", account), ("ok", inbound)]
        assert [level for level, _ in of(found, "clock")] == ["ok", "ok"]
        assert [level for level, _ in of(found, "database")] == ["ok"] * 3
        assert await world.events() == 0


async def test_a_provider_that_refuses_us_and_one_that_does_not_answer_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path, ECHO) as world:
        world.sandbox.twilio("sms").behaviour.add(Fault(kind="refuse", on="read"))
        world.sandbox.slack("slack").behaviour.add(Fault(kind="drop", on="read"))
        found = await beside(world, monkeypatch, tmp_path)
    (sms,) = (one for one in found if one.topic == "channel sms")
    (slack,) = (one for one in found if one.topic == "channel slack")

    assert (sms.level, slack.level) == ("wrong", "wrong")
    assert "POINTSMAN_CHANNELS__SMS__AUTH_TOKEN" in sms.remedy
    assert "did not answer" in slack.text


async def test_a_webhook_that_leads_elsewhere_is_told_with_where_it_belongs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path, ECHO) as world:
        monkeypatch.setattr("channels.sandbox.desk.Desk.webhook", lambda desk, name, route: "https://old.example.org/x")
        found = await beside(world, monkeypatch, tmp_path)
    (wrong,) = (one for one in found if one.topic == "channel sms" and one.level == "wrong")

    assert "old.example.org" in wrong.text
    assert f"{world.url}/webhooks/sms/inbound (HTTP POST)" in wrong.remedy


async def test_a_proxy_that_passes_only_webhooks_is_as_it_should_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path, ECHO) as world:
        monkeypatch.setattr("gateway.doctor.reach._is_healthy", unhealthy)
        found = await beside(world, monkeypatch, tmp_path)

    assert of(found, "webhooks") == [("ok", f"{world.url}/webhooks/ leads to a gateway")]


async def unhealthy(*_: object) -> bool:
    return False


def test_without_a_gateway_its_address_and_the_sandbox_do_not_answer(
    project: Path, unused_tcp_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POINTSMAN_PORT", str(unused_tcp_port))
    result = pointsman(project, "--sandbox", "--json")
    wrong = [one["topic"] for one in json.loads(result.stdout)["found"] if one["level"] == "wrong"]

    assert result.exit_code == 1
    assert wrong == ["webhooks", "channel sms", "channel slack"]


def test_settings_that_are_wrong_are_told_and_the_rest_is_looked_at_all_the_same(project: Path) -> None:
    (project / "rules" / "1.yaml").write_text("campaign: 1\n")
    result = pointsman(project)
    lines = told(project)

    assert result.exit_code == 1
    assert ("settings", "wrong") in {(topic, level) for topic, level, _ in lines}
    assert any("POINTSMAN_API_TOKEN" in text for _, _, text in lines)
    assert any(topic == "rules" and level == "wrong" for topic, level, _ in lines)
    assert not any(topic.startswith("channel") for topic, _, _ in lines)


def test_a_rotation_that_was_not_ended_and_a_service_without_a_secret_are_told(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (project / "pointsman.toml").open("a") as file:
        file.write('[services.crm]\nurl = "https://crm.example.org"\n')
        file.write('[hooks.ledger]\nurl = "https://ledger.example.org"\n')
    secret = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    monkeypatch.setenv("POINTSMAN_CHANNELS__SLACK__SIGNING_SECRET_PREVIOUS", "made-up-former-secret")
    for key in ("SECRET", "SECRET_PREVIOUS"):
        monkeypatch.setenv(f"POINTSMAN_HOOKS__LEDGER__{key}", secret)
    settings, found = settings_of(project, sandbox=True)
    assert settings, found
    told = [*secrets(settings), *secrets(replace(settings, services={**lacking(settings)}))]

    assert [one.remedy.split()[1] for one in told if "still" in one.text][:2] == [
        "POINTSMAN_CHANNELS__SLACK__SIGNING_SECRET_PREVIOUS",
        "POINTSMAN_HOOKS__LEDGER__SECRET_PREVIOUS",
    ]
    assert [one.level for one in told if "service crm" in one.text] == ["wrong"]


def lacking(settings: Settings) -> dict[str, ServiceSettings]:
    """The services, as they are without the sandbox's secrets."""
    return {name: one.model_copy(update={"secret": None}) for name, one in settings.services.items()}


def test_where_there_is_no_project_that_is_told_and_nothing_else(tmp_path: Path) -> None:
    (line,) = told(tmp_path)

    assert "pointsman init" in line[2]


@pytest.mark.parametrize(
    ("spoil", "level", "topic", "word"),
    [
        (lambda home: (home / "spool.db").touch(0o644), "wrong", "files", "644"),
        (lambda home: (home / "rules").chmod(0o777), "warning", "files", "777"),
        (lambda home: (home / "rules" / "1.yaml").unlink(), "warning", "rules", "no rule files"),
    ],
)
def test_what_others_may_read_or_change_and_what_is_missing_is_told(
    project: Path, spoil: Callable[[Path], Any], level: str, topic: str, word: str
) -> None:
    spoil(project)

    assert any((one[0], one[1]) == (topic, level) and word in one[2] for one in told(project, "--sandbox"))


async def test_a_database_that_is_damaged_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(tmp_path, ECHO) as world:
        await world.quiet()
        with damaged(tmp_path / "pointsman.db", world.gateway.storage):
            found = await beside(world, monkeypatch, tmp_path)

    assert [level for level, _ in of(found, "database")][-1] == "wrong"


async def test_a_campaign_in_error_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(tmp_path, ECHO) as world:
        await world.start("echo")
        await world.gateway.storage.run(lambda t: t.campaigns.fail(["echo"], "a reason"))
        found = await beside(world, monkeypatch, tmp_path)

    assert of(found, "work") == [("wrong", "campaign echo stands in error")]


def test_each_database_tells_its_version_and_how_fast_it_commits(database_url: str) -> None:
    state = examine(database_url)
    found = [database._speed(state.commit_seconds).text, *(one.text for one in _tables(database_url))]

    assert state.server.split()[0] in ("SQLite", "PostgreSQL")
    assert state.commit_seconds
    assert found[0].startswith("a commit takes ")
    assert found[1] == "its tables are those of this program"


def _tables(url: str) -> list[Finding]:
    storage = Storage(url)
    try:
        storage.check_version()
        return [Finding("database", "ok", "its tables are those of this program"), *database.work(storage)]
    finally:
        storage.close()


@pytest.mark.parametrize(("seconds", "level"), [(0.001, "ok"), (0.05, "warning"), (0.5, "wrong"), (None, "warning")])
def test_a_slow_disk_is_told(seconds: float | None, level: str) -> None:
    assert database._speed(seconds).level == level


def test_a_disk_that_takes_nothing_more_is_told_as_that(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(folder: Path) -> float:
        raise OSError(ENOSPC, "No space left on device")

    (project / "pointsman.db").touch(0o600)
    monkeypatch.setattr("storage.examining.timed_sync", full)
    settings, _ = settings_of(project, sandbox=True)
    assert settings
    (found,) = database.database(settings)

    assert (found.level, found.text) == ("wrong", "it takes nothing: No space left on device")
    assert found.remedy.startswith("make room")


def test_a_server_without_room_for_one_more_session_is_told_as_that(project: Path) -> None:
    settings, _ = settings_of(project, sandbox=True)
    assert settings

    found = database._away(StorageUnavailable("FATAL:  sorry, too many clients already"), settings)

    assert found.remedy.startswith("raise max_connections")


def test_a_missing_secret_is_told_with_its_variable_and_the_file_that_it_belongs_in(project: Path) -> None:
    found = json.loads(pointsman(project, "--json").stdout)["found"]
    (token,) = (one for one in found if "POINTSMAN_API_TOKEN" in one["text"])

    assert "/etc/pointsman.env" in token["remedy"]


@pytest.mark.parametrize(("free", "level"), [(10**10, "ok"), (10**9, "warning"), (10**8, "wrong")])
def test_a_full_disk_is_told(free: int, level: str) -> None:
    assert database._free("database", free).level == level


@pytest.mark.parametrize(
    ("ahead", "level"), [(0.0, "ok"), (-5.5, "ok"), (20.0, "warning"), (-20.0, "warning"), (300.0, "wrong")]
)
def test_a_clock_that_is_wrong_is_told(ahead: float, level: str) -> None:
    assert channels._clock("channel sms", ahead).level == level


def test_warnings_fail_only_where_that_is_asked_for(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def only_doubtful(folder: Path, *, sandbox: bool) -> list[Finding]:
        return [Finding("clock", "warning", "it is late", "wait")]

    monkeypatch.setattr("gateway.doctor.rounds.look_at", only_doubtful)

    assert (pointsman(project).exit_code, pointsman(project, "--strict").exit_code) == (0, 1)
    assert "-> wait" in pointsman(project).stdout
