"""What an operator is handed fits the program: metrics that alerts and the dashboard name are told, commands exist."""

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from configparser import ConfigParser
from datetime import date
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from click.testing import CliRunner

from gateway.cli import main
from gateway.commands.beginning import write_project
from gateway.metrics import COUNTERS, GAUGES, HISTOGRAMS, LABELS
from gateway.settings import load_settings
from gateway.stopping import EXIT_SECONDS
from tests.gateway.example_rules import HELLO
from tests.gateway.running import running

DOCS = Path(__file__).parent.parent / "docs"
PLACE = DOCS / "operations"
PAGE = (DOCS / "operations.md").read_text("utf-8")
NAME = re.compile(r"\b(?:pointsman|process)_[a-z_]+\b")
SELECTOR = re.compile(r"\b(pointsman_[a-z_]+)\{([^}]*)\}")
GROWS = re.compile(r"\b(?:increase|rate)\((pointsman_\w+_total)(?:\{\w+=~?\"([^\"]*)\"\})?\[")
UNFORESEEN = {
    "pointsman_api_total",
    "pointsman_sends_total",
}  # many series, and alerts that bear to miss each one's first
SECRETS = re.compile(r"^(POINTSMAN_\w+)=\.\.\.$", re.MULTILINE)
OUTSIDE = {"instance", "job", "le"}  # labels that Prometheus gives, and those of histograms


def alerts() -> list[dict[str, Any]]:
    groups = yaml.safe_load((PLACE / "alerts.yaml").read_text("utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def expressions() -> Iterator[str]:
    """Everything that Prometheus is asked by the alerts and the dashboard."""
    yield from (rule["expr"] for rule in alerts())
    board = json.loads((PLACE / "dashboard.json").read_text("utf-8"))
    yield from (target["expr"] for panel in board["panels"] for target in panel.get("targets", ()))
    yield from (one["query"]["query"] for one in board["templating"]["list"] if one["type"] == "query")


async def test_every_metric_that_alerts_and_the_dashboard_name_is_told(tmp_path: Path) -> None:
    async with running(tmp_path, HELLO) as world, world.http.get(f"{world.url}/metrics") as answer:
        told = await answer.text()
    families = set(re.findall(r"^# TYPE (\w+) ", told, re.MULTILINE))
    families |= {f"{name}_bucket" for name in families} | {f"pointsman_{name}" for name in GAUGES if "hook" in name}
    named = {name for expression in expressions() for name in NAME.findall(expression)}

    assert len(named) > 30
    assert sorted(named - families) == []


async def test_what_alerts_take_the_growth_of_is_told_before_it_happens(tmp_path: Path) -> None:
    """Prometheus knows no growth of what was not there."""
    async with running(tmp_path, HELLO) as world, world.http.get(f"{world.url}/metrics") as answer:
        lines = (await answer.text()).splitlines()
    grows = {found for rule in alerts() for found in GROWS.findall(rule["expr"]) if found[0] not in UNFORESEEN}
    missed = [
        (metric, value)
        for metric, value in grows
        if not any(re.match(rf'{metric}(\{{.*="({value})".*\}})? ', line) for line in lines)
    ]

    assert (len(grows) >= 4, missed) == (True, [])


def test_no_alert_adds_what_may_not_be_there() -> None:
    assert [rule["alert"] for rule in alerts() if re.search(r"\)\s*\+", rule["expr"])] == []


def test_every_gauge_that_is_described_is_one_that_may_be_told() -> None:
    assert sorted(set(LABELS) - set(GAUGES)) == []


def test_every_label_that_alerts_and_the_dashboard_choose_by_is_one_of_its_metric() -> None:
    known = {f"pointsman_{name}": set(LABELS.get(name, ())) for name in GAUGES}
    known |= {f"pointsman_{name}_total": set(labels) for name, (_, labels) in COUNTERS.items()}
    known |= {f"pointsman_{name}_bucket": set(labels) for name, (_, labels, _) in HISTOGRAMS.items()}
    wrong = [
        (metric, label)
        for expression in expressions()
        for metric, chosen in SELECTOR.findall(expression)
        for label in re.findall(r"(\w+)\s*[=!]", chosen)
        if label not in known[metric] | OUTSIDE
    ]

    assert wrong == []


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: rule["alert"])
def test_every_alert_has_a_runbook_that_says_what_it_means_what_to_look_at_and_what_to_do(rule: dict[str, Any]) -> None:
    _, found, section = PAGE.partition(f"\n### {rule['alert']}\n")
    text = section.partition("\n### ")[0].partition("\n## ")[0]

    assert found
    assert rule["annotations"]["runbook"] == f"docs/operations.md#{rule['alert'].lower()}"
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert all(f"**{part}**" in text for part in ("Means", "Look", "Do"))


def test_every_runbook_is_of_an_alert() -> None:
    assert re.findall(r"^### (Pointsman\w+)$", PAGE, re.MULTILINE) == [rule["alert"] for rule in alerts()]


@pytest.mark.parametrize("name", [f"{one}_total" for one in COUNTERS] + [*HISTOGRAMS, *GAUGES])
def test_every_metric_is_described_for_operators(name: str) -> None:
    assert f"`pointsman_{name}" in PAGE


def test_the_unit_starts_a_command_that_there_is_and_gives_it_time_to_stop() -> None:
    unit = ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read(PLACE / "pointsman.service", "utf-8")
    service = unit["Service"]
    program, *arguments = service["ExecStart"].split()

    assert Path(program).name == "pointsman"
    assert understood(arguments) == "run"
    assert float(service["TimeoutStopSec"]) > EXIT_SECONDS
    assert (service["Restart"], service["User"], service["NoNewPrivileges"]) == ("always", "pointsman", "yes")
    assert arguments[-1] in service["ReadWritePaths"].split()


def test_the_settings_of_the_page_suit_the_rules_that_init_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_project(tmp_path, date(2026, 11, 23))
    (settings,) = (text for text in re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL) if "public_url" in text)
    (tmp_path / "pointsman.toml").write_text(settings)
    for name in SECRETS.findall(PAGE):
        monkeypatch.setenv(name, "xoxb-0123456789-0123456789")
    checked = CliRunner().invoke(main, ["check", "-C", str(tmp_path)])

    assert (checked.exit_code, checked.output) == (0, "1 rule file checked, no errors\n")
    assert set(load_settings(tmp_path).channels) == {"sms", "slack"}


@pytest.mark.parametrize("line", re.findall(r"^\$ .*pip install.*$", PAGE, re.MULTILINE))
def test_what_the_page_installs_is_the_source_with_the_versions_that_are_tested_together(line: str) -> None:
    assert "--constraint constraints.txt" in line
    assert re.search(r'(\s\.|"\.\[otel\]")$', line)


@pytest.mark.parametrize("line", re.findall(r"^\$ (?:sudo (?:-u \w+ )?)?(?:\S*/)?pointsman (.+)$", PAGE, re.MULTILINE))
def test_every_command_of_the_page_is_one_that_there_is(line: str) -> None:
    arguments = re.sub(r"\s*(\||>|<|#).*$", "", line).split()

    assert understood(arguments)


def understood(arguments: list[str]) -> str:
    """The command that these mean; its options and arguments are checked, and nothing is run."""
    command: click.Command = main
    while isinstance(command, click.Group) and not arguments[0].startswith("-"):
        name, *arguments = arguments
        command = command.commands[name]
    names = {"--help"} | {option for one in command.params for option in (*one.opts, *one.secondary_opts)}
    given = [one.partition("=")[0] for one in arguments if one.startswith("-") and one != "-"]
    assert [one for one in given if one not in names] == []
    return command.name or ""


def anchors(page: Path) -> set[str]:
    """What headings of a page are called in addresses."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)\s]+)\)", PAGE))))
def test_every_link_of_the_page_leads_somewhere(link: str) -> None:
    path, _, anchor = link.partition("#")
    page = DOCS / path if path else DOCS / "operations.md"

    assert page.exists()
    assert not anchor or anchor in anchors(page)


def container() -> list[str]:
    """The instructions, each on one line."""
    text = (PLACE / "Containerfile").read_text("utf-8").replace("\\\n", " ")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def test_the_container_is_nobody_special_and_copies_what_is_there() -> None:
    lines = container()
    users = [line.split()[1] for line in lines if line.startswith("USER")]
    last = max(number for number, line in enumerate(lines) if line.startswith("FROM"))
    copied = [line.split()[1:-1] for line in lines[:last] if line.startswith("COPY")]

    assert users == ["10001:10001"]
    assert [name for names in copied for name in names if not (DOCS.parent / name).exists()] == []
    assert understood(json.loads(lines[-1].removeprefix("CMD "))) == "run"


async def test_the_health_check_of_the_container_tells_a_gateway_from_none(tmp_path: Path) -> None:
    (line,) = (line for line in container() if line.startswith("HEALTHCHECK"))
    command = json.loads(line[line.index("[") :])

    async with running(tmp_path, HELLO) as world:
        port = str(world.gateway.settings.port)
        alive = await asyncio.to_thread(checked, command, port)
    assert (alive, checked(command, port) != 0) == (0, True)


def checked(command: list[str], port: str) -> int:
    environment = {**os.environ, "POINTSMAN_PORT": port}
    done = subprocess.run([sys.executable, *command[1:]], env=environment, capture_output=True, check=False)  # noqa: S603
    return done.returncode
