"""What a process does of a gateway of several: from the file, the environment or the command line."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.cli import main
from gateway.roles import Role
from gateway.settings import SettingsError, load_settings

POSTGRES = "postgresql://pointsman@db.example.com/pointsman"
EVERY = frozenset(Role)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "rules").mkdir()
    (tmp_path / "pointsman.toml").write_text(f'public_url = "https://example.com"\ndatabase = "{POSTGRES}"\n')
    monkeypatch.setenv("POINTSMAN_API_TOKEN", "api-token-of-the-tests")
    return tmp_path


def say(project: Path, roles: str) -> None:
    file = project / "pointsman.toml"
    file.write_text(f"roles = {roles}\n{file.read_text()}")


def problems(project: Path, *roles: str, sandbox: bool = False) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load_settings(project, sandbox=sandbox, roles=roles)
    return list(caught.value.problems)


def test_without_roles_a_process_does_everything_and_is_the_only_one(project: Path) -> None:
    settings = load_settings(project)

    assert settings.roles == frozenset()
    assert all(settings.plays(role) for role in Role)


@pytest.mark.parametrize(
    ("told", "roles"),
    [
        ('["worker"]', {Role.WORKER}),
        ('["ingress", "sender"]', {Role.INGRESS, Role.SENDER}),
        ('["all"]', EVERY),
        ('["timers", "all"]', EVERY),
        ("[]", set()),
    ],
)
def test_the_file_names_roles(project: Path, told: str, roles: set[Role]) -> None:
    say(project, told)

    assert load_settings(project).roles == roles


@pytest.mark.parametrize(
    ("told", "roles"),
    [("worker", {Role.WORKER}), ("ingress, timers", {Role.INGRESS, Role.TIMERS}), ("all", EVERY), ("", set())],
)
def test_the_environment_names_roles_with_commas_between(
    project: Path, told: str, roles: set[Role], monkeypatch: pytest.MonkeyPatch
) -> None:
    say(project, '["sender"]')
    monkeypatch.setenv("POINTSMAN_ROLES", told)

    assert load_settings(project).roles == roles


def test_the_command_line_goes_before_both(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    say(project, '["sender"]')
    monkeypatch.setenv("POINTSMAN_ROLES", "timers")
    settings = load_settings(project, roles=["worker", "ingress"])

    assert settings.roles == {Role.WORKER, Role.INGRESS}
    assert (settings.plays(Role.WORKER), settings.plays(Role.SENDER)) == (True, False)


def test_an_unknown_role_is_told_with_the_nearest_one(project: Path) -> None:
    assert problems(project, "senders") == [
        '--role: "senders" is no role; did you mean "sender"?; roles are ingress, worker, sender, timers and all'
    ]
    say(project, '["worker", "ingres"]')
    assert problems(project)[0].startswith('roles.1 "ingres" is no role; did you mean "ingress"?')


@pytest.mark.parametrize(("told", "problem"), [("[1]", "roles.0 must be text"), ("{a = 1}", "roles must be a list")])
def test_roles_are_a_list_of_names(project: Path, told: str, problem: str) -> None:
    say(project, told)

    assert problems(project)[0].startswith(problem)


def test_roles_need_postgresql_and_the_error_says_how_to_get_there(project: Path) -> None:
    file = project / "pointsman.toml"
    file.write_text(file.read_text().replace(POSTGRES, "sqlite:///pointsman.db"))

    (problem,) = problems(project, "worker", "sender")
    assert problem.startswith("roles (worker, sender) need PostgreSQL, for a SQLite file is for one process")
    assert "pointsman backup" in problem


def test_the_sandbox_is_one_process(project: Path) -> None:
    file = project / "pointsman.toml"
    file.write_text(file.read_text().replace("https://example.com", "http://127.0.0.1:8080"))

    assert problems(project, "all", sandbox=True) == [
        "--sandbox is a gateway and its providers in one process: run it without roles"
    ]


def test_run_says_what_is_wrong_with_a_role_and_starts_nothing(project: Path) -> None:
    told = CliRunner().invoke(main, ["run", "-C", str(project), "--role", "wroker"])

    assert told.exit_code == 2
    assert 'pointsman: --role: "wroker" is no role; did you mean "worker"?' in told.output


def test_one_of_several_hosts_that_can_not_be_is_told_at_once(project: Path) -> None:
    file = project / "pointsman.toml"
    file.write_text(file.read_text().replace("db.example.com", "one,two:port"))

    assert problems(project) == ["among the hosts of the database is one that can't be: 'two:port'"]
