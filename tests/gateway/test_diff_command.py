"""`pointsman diff`: versions of rule files compared, and who is in the middle of what changes."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli import main
from tests.gateway.machine import book_of
from tests.gateway.replay.past import RULES, Past, past
from tests.gateway.running import write_project

CHANGED = RULES.replace("for: 2h", "for: 3h").replace("Will you pay", "Can you pay")
WAIT = 'remind.rest: "for" is "3h", was "2h" (line 19)'
ASKED = (
    'agent asker: of the question "pays", "ask" is "Can you pay {{ amount }}?", '
    'was "Will you pay {{ amount }}?" (line 9)'
)
HASH = book_of(RULES).hash


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose rule file is another one than the one in force, if any is."""
    write_project(tmp_path, CHANGED)
    (tmp_path / "old.yaml").write_text(RULES)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def before(project: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Past]:
    """Two were asked, and one waits."""
    with past() as made:
        monkeypatch.setenv("POINTSMAN_DATABASE", made.ground.url)
        made.join(50, 20, 5)
        yield made


def diff(*arguments: str) -> Result:
    result = CliRunner().invoke(main, ["diff", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result


def test_two_files_are_compared_without_a_database(project: Path) -> None:
    result = diff("old.yaml", "rules/1.yaml")

    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "dues: rules/1.yaml against old.yaml: 2 differences",
        f"  rules/1.yaml:9:32: {ASKED}",
        f"  rules/1.yaml:19:22: {WAIT}",
    ]
    assert not list(project.rglob("*.db"))


def test_a_file_does_not_differ_from_itself(project: Path) -> None:
    result = diff("old.yaml", "old.yaml")

    assert (result.exit_code, result.stdout) == (0, "dues: old.yaml against old.yaml: no difference\n")


def test_what_is_in_force_is_compared_with_the_rules_folder_and_who_is_in_the_middle_told(before: Past) -> None:
    result = diff()

    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        f"dues: rules/1.yaml against version {HASH[:12]} of 2027-03-01 08:00 UTC: 2 differences",
        f"  rules/1.yaml:9:32: {ASKED}",
        "      with 2 participants a communication is open: as it began, for what is under way",
        f"  rules/1.yaml:19:22: {WAIT}",
        "      1 participant waits there: as it began, for what is under way",
        "  to move or end what waits: pointsman plan",
    ]


@pytest.mark.parametrize("named", ["dues", HASH, HASH[:8], HASH[:8].upper()])
def test_a_version_is_named_by_its_campaign_or_its_hash(before: Past, named: str) -> None:
    told = json.loads(diff(named, "rules/1.yaml", "--json").stdout)
    (campaign,) = told["campaigns"]

    assert (campaign["old"]["rules"], campaign["new"]["file"]) == (HASH, "rules/1.yaml")
    assert [change["name"] for change in campaign["changes"]] == ["asker", "remind.rest"]
    assert [change.get("talks", change.get("waiting")) for change in campaign["changes"]] == [2, 0]


def test_campaigns_that_come_or_go_are_told(before: Past, project: Path) -> None:
    (project / "rules" / "1.yaml").write_text(RULES.replace("campaign: dues", "campaign: fees"))
    result = diff()

    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "fees: rules/1.yaml is new: no version of it is in force",
        f"dues: no file is about it any more; version {HASH[:12]} of 2027-03-01 08:00 UTC stays in force",
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("old.yaml", "duse"), 'duse is no file, no campaign and no version; did you mean "dues"?'),
        (("--campaign", "duse"), 'there is no campaign "duse"; did you mean "dues"?'),
        (("old.yaml", "00000000"), "00000000 is no file, no campaign and no version"),
    ],
)
def test_what_there_is_not_is_told_in_a_sentence(before: Past, arguments: tuple[str, ...], said: str) -> None:
    result = diff(*arguments)

    assert (result.exit_code, result.stderr) == (2, f"pointsman: {said}\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("old.yaml",), "give OLD and NEW, or neither of them"),
        (("old.yaml", "old.yaml", "--campaign", "dues"), "leave them out, or OLD and NEW"),
        (("old.yaml", "old.yaml", "--with", "rules"), "leave them out, or OLD and NEW"),
    ],
)
def test_what_does_not_go_together_is_refused(project: Path, arguments: tuple[str, ...], said: str) -> None:
    result = diff(*arguments)

    assert result.exit_code == 2
    assert said in result.stderr


def test_a_file_with_a_mistake_is_told(project: Path) -> None:
    (project / "old.yaml").write_text(RULES.replace("match: ask", "match: aks"))
    result = diff("old.yaml", "rules/1.yaml")

    assert result.exit_code == 2
    assert 'old.yaml can\'t be loaded: old.yaml:16:14: error[E201]: there is no node "aks"' in result.stderr
