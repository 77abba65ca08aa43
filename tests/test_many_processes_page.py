"""What the page about many processes shows is what the program takes: its commands, its settings, its unit."""

import re
from configparser import ConfigParser
from pathlib import Path
from shlex import split

import pytest

from gateway.cli import main
from gateway.commands.running import run
from gateway.leasing import LEASE_SECONDS, RENEW_SECONDS, TAKE_SECONDS
from gateway.roles import NAMES, Role
from gateway.settings import load_settings
from gateway.stopping import EXIT_SECONDS
from storage.database import Storage

DOCS = Path(__file__).parent.parent / "docs"
PAGE = (DOCS / "how-to" / "run-many-processes.md").read_text("utf-8")
ENVIRONMENTS = re.findall(r"<!-- environment -->\n```ini\n(.*?)```", PAGE, re.DOTALL)
COMMANDS = re.findall(r"^\$ (?:POINTSMAN_PORT=(\d+) )?pointsman (run .*)$", PAGE, re.MULTILINE)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "rules").mkdir()
    (tmp_path / "pointsman.toml").write_text('public_url = "https://example.com"\n')
    monkeypatch.setenv("POINTSMAN_API_TOKEN", "api-token-of-the-tests")
    monkeypatch.setenv("POINTSMAN_DATABASE", "postgresql://pointsman@db.example.com/pointsman")
    return tmp_path


@pytest.mark.parametrize("lines", ENVIRONMENTS, ids=["of one process", "of a server that fails over"])
def test_the_settings_that_are_shown_are_taken(project: Path, lines: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for line in lines.splitlines():
        monkeypatch.setenv(*line.split("=", 1))
    settings = load_settings(project)
    storage = Storage(settings.database)
    storage.close()

    assert settings.roles == (frozenset({Role.INGRESS}) if "ROLES" in lines else frozenset())
    assert storage.name.count("example.com") == (1 if "ROLES" in lines else 2)


@pytest.mark.parametrize("command", [command for _, command in COMMANDS])
def test_the_commands_that_are_shown_are_taken(project: Path, command: str) -> None:
    name, *arguments = split(command)
    with main.commands[name].make_context("run", arguments) as context:
        roles = context.params["roles"]

    assert main.commands[name] is run
    assert load_settings(project, roles=roles).roles


def test_the_commands_that_are_shown_can_run_on_one_machine(project: Path) -> None:
    ports = [int(port or load_settings(project).port) for port, _ in COMMANDS]

    assert len(ports) == len(set(ports)) == 3


def test_every_role_has_its_row() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)

    assert rows == [role.value for role in Role]
    assert all(f"`{name}`" in PAGE or f"`--role {name}`" in PAGE for name in NAMES)


def test_leases_are_as_it_says() -> None:
    told = f"renews every {RENEW_SECONDS:g} seconds and that lasts {LEASE_SECONDS:g}"

    assert told in PAGE.replace("\n", " ")
    assert LEASE_SECONDS + TAKE_SECONDS < 10


def test_the_unit_for_many_is_that_for_one_with_settings_of_its_own() -> None:
    one, many = unit("pointsman.service"), unit("pointsman@.service")
    ours = many.pop("EnvironmentFile")

    assert ours == ["/etc/pointsman.env", "/etc/pointsman/%i.env"]
    assert many == {key: value for key, value in one.items() if key != "EnvironmentFile"}
    assert float(many["TimeoutStopSec"][0]) > EXIT_SECONDS


def unit(name: str) -> dict[str, list[str]]:
    """The keys of a service; some stand several times."""
    text = (DOCS / "operations" / name).read_text("utf-8").partition("[Service]")[2].partition("[Install]")[0]
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        key, is_one, value = line.partition("=")
        if is_one and not line.startswith("#"):
            found.setdefault(key, []).append(value)
    return found


def test_the_unit_can_be_read() -> None:
    read = ConfigParser(strict=False, interpolation=None)
    read.optionxform = str  # type: ignore[assignment,method-assign]
    read.read(DOCS / "operations" / "pointsman@.service", "utf-8")

    assert read["Install"]["WantedBy"] == "multi-user.target"
