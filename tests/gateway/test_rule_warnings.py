"""Warnings about rule files: `pointsman check` prints them, and the gateway tells them once."""

import json
import os
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from structlog.testing import capture_logs

from gateway.cli import main
from gateway.commands.beginning import write_project
from tests.gateway.example_rules import ADA, ECHO
from tests.gateway.running import running

UNUSED = "agents:\n  spare: {kind: notice, text: Spare}\n"
DOUBTFUL = ECHO + UNUSED


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [n for n in os.environ if n.upper().startswith("POINTSMAN_")]:
        monkeypatch.delenv(name)
    write_project(tmp_path / "project", date(2026, 11, 22))
    return tmp_path / "project"


def check(project: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["check", "-C", str(project), *arguments])


def make_doubtful(project: Path) -> None:
    rules = project / "rules" / "payment_reminder.yaml"
    rules.write_text(rules.read_text("utf-8").replace("agents:\n", UNUSED, 1), "utf-8")


@pytest.mark.parametrize(("arguments", "code"), [((), 0), (("--strict",), 1)])
def test_check_prints_warnings_and_fails_on_them_only_if_told_so(
    project: Path, arguments: tuple[str, ...], code: int
) -> None:
    make_doubtful(project)
    result = check(project, *arguments)

    assert result.exit_code == code
    assert 'warning[W309]: the agent "spare" is never used' in result.output
    assert result.output.endswith("1 rule file checked, no errors, 1 warning\n")


def test_check_of_files_without_a_warning_says_so_and_is_strict_enough(project: Path) -> None:
    result = check(project, "--strict")

    assert (result.exit_code, result.output) == (0, "1 rule file checked, no errors\n")


@pytest.mark.parametrize(
    ("spoil", "code", "counts", "level"),
    [
        (make_doubtful, 0, (0, 1), "warning"),
        (lambda p: (p / "rules" / "b.yaml").write_text("a: ["), 1, (1, 0), "error"),
    ],
    ids=["a warning", "an error"],
)
def test_check_as_json_tells_where_what_is(
    project: Path, spoil: Callable[[Path], object], code: int, counts: tuple[int, int], level: str
) -> None:
    spoil(project)
    result = check(project, "--json")
    told = json.loads(result.output)

    assert result.exit_code == code
    assert (told["errors"], told["warnings"]) == counts
    (found,) = told["found"]
    assert set(found) == {"file", "line", "column", "width", "level", "code", "message", "hint"}
    assert found["level"] == level
    assert found["line"] >= 1


async def test_a_file_with_warnings_comes_into_force_and_they_are_told_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with running(tmp_path, ECHO) as world:
        await world.start("echo")
        await world.give("echo", {"phone": ADA})
        capsys.readouterr()
        with capture_logs() as logs:
            await world.edit(1, DOUBTFUL.replace("You wrote", "You said"))
        await world.texts(ADA, "hello")

        assert world.heard(ADA) == ["You said hello"]
        assert not world.gateway.rulebooks.broken
        assert [line["event"] for line in logs if line["log_level"] == "warning"] == ["rules_doubtful"]
        assert capsys.readouterr().err.count("warning[W309]") == 1

        await world.edit(2, ECHO.replace("campaign: echo", "campaign: again"))
        assert "W309" not in capsys.readouterr().err
