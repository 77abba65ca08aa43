"""`pointsman replay`: what would be otherwise with changed rule files, for people and for programs."""

import json
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli import main
from gateway.commands.replaying import CLEARED
from tests.gateway.replay.past import RULES, Past, past
from tests.gateway.running import write_project

CHANGED = RULES.replace("amount > 10", "amount > 30")
EVER = ("--since", "2027-01-01 00:00+00:00")


@pytest.fixture
def before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Past]:
    """A project in which three joined."""
    write_project(tmp_path, RULES)
    with past() as made:
        monkeypatch.setenv("POINTSMAN_DATABASE", made.ground.url)
        made.join(50, 20, 5)
        yield made


@pytest.fixture
def drafts(tmp_path: Path) -> Path:
    """A folder with a changed rule file."""
    folder = tmp_path / "drafts"
    folder.mkdir()
    (folder / "dues.yaml").write_text(CHANGED)
    return folder


def replay(project: Path, *arguments: str) -> Result:
    result = CliRunner().invoke(main, ["replay", *arguments, "-C", str(project)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result


def test_the_projects_own_files_are_taken_unless_others_are_named(before: Past, tmp_path: Path) -> None:
    result = replay(tmp_path, *EVER)

    assert result.exit_code == 0
    assert result.stdout == (
        "3 decisions of 2027-03-01 08:00 to 2027-03-01 08:00 UTC made again: none would be otherwise\n"
    )


def test_it_says_where_how_many_would_go_elsewhere_and_because_of_which_line(
    before: Past, tmp_path: Path, drafts: Path
) -> None:
    result = replay(tmp_path, *EVER, "--with", str(drafts))
    participant = before.ground.rows("SELECT id FROM participant ORDER BY rowid")[1]["id"]

    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "3 decisions of 2027-03-01 08:00 to 2027-03-01 08:00 UTC made again: 1 would be otherwise",
        "dues: 1 of 3 decisions would be otherwise",
        "  remind.owes: 1 participant would have gone to rest instead of going to ask",
        f"      because of {drafts}/dues.yaml:15:7: remind.owes: the condition is `amount > 30`, "
        "was `amount > 10` (line 15)",
        "      1 message less, 1 communication less, 1 path that waits more",
        f"      such as participant {participant}, event 2, amount = 20",
    ]


def test_json_holds_all_of_it_for_programs(before: Past, tmp_path: Path, drafts: Path) -> None:
    result = replay(tmp_path, *EVER, "--with", str(drafts), "--json", "--limit-examples", "0")
    told = json.loads(result.stdout)
    (case,) = told["cases"]

    assert (told["decisions"], told["same"], told["otherwise"], told["left_out"]) == (3, 2, 1, [])
    assert (case["kind"], case["node"], case["was"], case["now"]) == ("way", "remind.owes", "ask", "rest")
    assert case["because"][0]["new"] == {"file": str(drafts / "dues.yaml"), "line": 15, "column": 7}
    assert (case["participants"], case["effects"]["SendMessage"], case["examples"]) == (1, -1, [])


def test_what_could_not_be_made_again_is_said_with_the_reason(before: Past, tmp_path: Path, drafts: Path) -> None:
    (drafts / "dues.yaml").write_text(RULES.replace("campaign: dues", "campaign: fees"))
    result = replay(tmp_path, *EVER, "--with", str(drafts))

    assert result.exit_code == 0
    assert result.stdout.splitlines()[-2:] == [
        "3 decisions could not be made again:",
        "  3 of dues: there is no rule file of it among those given",
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--since", "yesterday"), '--since "yesterday" must be such as 30m, 2h, 3d or 2027-03-01 08:00'),
        ((*EVER, "--until", "2026-01-01"), "--until 2026-01-01 is not after --since 2027-01-01 00:00+00:00"),
        ((*EVER, "--campaign", "duse"), 'there is no campaign "duse"; did you mean "dues"?'),
    ],
)
def test_what_cannot_be_meant_is_told_in_a_sentence(
    before: Past, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    result = replay(tmp_path, *arguments)

    assert (result.exit_code, result.stderr) == (2, f"pointsman: {said}\n")


def test_a_mistake_in_a_rule_file_is_told_and_nothing_tried(before: Past, tmp_path: Path, drafts: Path) -> None:
    (drafts / "dues.yaml").write_text(RULES.replace("match: ask", "match: aks"))
    result = replay(tmp_path, *EVER, "--with", str(drafts))

    assert result.exit_code == 2
    assert f'{drafts}/dues.yaml:16:14: error[E201]: there is no node "aks"' in result.stderr


def test_a_project_in_which_nothing_was_decided_has_no_database_made(tmp_path: Path) -> None:
    write_project(tmp_path, RULES)
    result = replay(tmp_path, "--since", "1d")

    assert (result.exit_code, result.stderr) == (2, "pointsman: nothing was decided in this project yet\n")
    assert not list(tmp_path.rglob("*.db"))


def test_nothing_in_a_text_or_a_name_is_obeyed_by_the_terminal(before: Past, tmp_path: Path, drafts: Path) -> None:
    (drafts / "dues.yaml").write_text(RULES.replace("Will you pay", "Will\\e[31m\\u202E\\nyou pay"))
    told = [replay(tmp_path, *EVER, "--with", str(drafts)).stdout, diff(tmp_path, drafts)]

    assert all("\ufffd" in text and text.replace("\n", "").isprintable() for text in told)
    assert all(line.startswith(("3 decisions", "dues", "  ")) for text in told for line in text.splitlines())


def diff(project: Path, drafts: Path) -> str:
    return CliRunner().invoke(main, ["diff", "--with", str(drafts), "-C", str(project)]).stdout


def test_who_looks_on_is_told_how_far_it_is_on_a_line_that_is_cleared(
    before: Past, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.commands.replaying._is_watched", lambda: True)
    result = replay(tmp_path, *EVER)

    assert result.stderr == f"\r3 decisions{CLEARED}"


def test_a_process_that_is_ended_from_outside_is_told_in_a_sentence(
    before: Past, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(self: ProcessPoolExecutor, *arguments: object) -> None:
        raise BrokenProcessPool

    monkeypatch.setattr("gateway.replay.jobs.SHARE", 2)
    monkeypatch.setattr(ProcessPoolExecutor, "map", killed)
    result = replay(tmp_path, *EVER, "--jobs", "2")

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "pointsman: a process of the replay was ended from outside: try fewer --jobs\n"
