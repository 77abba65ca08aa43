"""`pointsman simulate` plays files and folders, prints or writes what came of it, and exits as it says."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

from gateway.cli import main
from tests.gateway.scenarios.files import FINE, VISIT

WRONG = FINE.replace("Noted.", "Noted!")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "visit.yaml").write_text(VISIT)  # beside them only for the paths in them
    (tmp_path / "fine.yaml").write_text(FINE)
    (tmp_path / "wrong.yaml").write_text(WRONG)
    (tmp_path / "visit.yaml").write_text(VISIT)
    return tmp_path


def simulate(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["simulate", "-C", str(folder), *arguments])


def test_all_as_expected_is_exit_code_0(folder: Path) -> None:
    result = simulate(folder, str(folder / "fine.yaml"))

    assert result.exit_code == 0, result.output
    assert "Ada (sms) < Will you come?" in result.output
    assert "1 story, all as expected; 3 expectations met\n  visit.invite: 5 of 6 ways\n" in result.output
    assert "not walked: invite.comes_then: else -> the path ends" in result.output
    assert 'then the person writes "no" on sms' in result.output


def test_what_is_not_as_expected_is_exit_code_1(folder: Path) -> None:
    result = simulate(folder, "-q", "--no-inputs", str(folder / "fine.yaml"), str(folder / "wrong.yaml"))

    assert result.exit_code == 1
    assert result.output.splitlines()[:5] == [
        str(folder / "wrong.yaml"),
        f"    !! {folder / 'wrong.yaml'}:8:5: Ada hears",
        "       expected: Noted!",
        "       was:      Noted.",
        "2 stories, 1 not as expected; 5 expectations met",
    ]


def test_a_wrong_file_is_exit_code_2_and_nothing_is_played(folder: Path) -> None:
    (folder / "bad.yaml").write_text(FINE.replace("says", "sais"))

    result = simulate(folder, str(folder / "fine.yaml"), str(folder / "bad.yaml"))

    assert result.exit_code == 2
    assert 'bad.yaml:7:5: error[S201]: no such step: "Ada sais"' in result.output
    assert "as expected" not in result.output


@pytest.mark.parametrize("arguments", [(), ("--story", "nothing of that name", "fine.yaml")])
def test_where_there_is_nothing_to_play_it_says_so(folder: Path, arguments: tuple[str, ...]) -> None:
    (folder / "scenarios" / "visit.yaml").unlink()

    result = simulate(folder, *(str(folder / one) if one.endswith(".yaml") else one for one in arguments))

    assert result.exit_code == 2
    assert "pointsman: there " in result.output


def test_other_rule_files_take_the_place_of_those_named(folder: Path) -> None:
    (folder / "rules").mkdir()
    (folder / "rules" / "visit.yaml").write_text(VISIT.replace("Noted.", "Noted!"))

    result = simulate(folder, "-q", "--rules", str(folder / "rules"), str(folder / "wrong.yaml"))

    assert result.exit_code == 0, result.output


def test_rule_files_that_take_no_place_are_told(folder: Path) -> None:
    (folder / "rules").mkdir()
    (folder / "rules" / "visits.yaml").write_text(VISIT)

    result = simulate(folder, "--rules", str(folder / "rules"), str(folder / "fine.yaml"))

    assert (result.exit_code, result.output) == (
        2,
        f"pointsman: no rule file in {folder / 'rules'} has the name of one that is played\n",
    )


def test_only_expectations_count_as_met(folder: Path) -> None:
    (folder / "fine.yaml").write_text(FINE.replace("Ada hears: Noted.", "it is 2020-01-01 10:00"))

    assert "1 story, 1 not as expected; 1 expectations met" in simulate(folder, str(folder / "fine.yaml")).output


def test_json_holds_all_of_it(folder: Path) -> None:
    told = json.loads(simulate(folder, "--json", str(folder / "wrong.yaml")).output)

    (story,) = told["stories"]
    assert (told["passed"], story["passed"], story["expectations"]) == (False, False, 3)
    assert story["steps"][2]["step"] == "Ada hears"
    assert [line["text"] for line in story["steps"][1]["said"]] == ["Will you come?"]
    assert story["steps"][4]["missed"] == {"line": 8, "what": "Ada hears", "expected": ["Noted!"], "was": ["Noted."]}
    assert [(flow["flow"], flow["walked"], flow["ways"]) for flow in told["coverage"]] == [("invite", 5, 6)]
    assert told["coverage"][0]["uncovered"][0]["node"] == "invite.comes_then"


def test_junit_holds_a_case_for_each_story(folder: Path) -> None:
    simulate(folder, "--junit", str(folder / "out.xml"), str(folder / "fine.yaml"), str(folder / "wrong.yaml"))

    root = ElementTree.parse(folder / "out.xml").getroot()  # noqa: S314 - we wrote it
    assert (root.get("tests"), root.get("failures")) == ("2", "1")
    assert [len(suite.findall("testcase/failure")) for suite in root] == [0, 1]
    assert "Ada (sms) < Will you come?" in (root[0].findtext("testcase/system-out") or "")


def test_what_people_say_cannot_break_the_xml(folder: Path) -> None:
    said = '"\\u0007 ]]> <failure/> & \\u200b"'
    (folder / "odd.yaml").write_text(FINE.replace('Ada says: "yes"', f"Ben says: {said}"))

    simulate(folder, "--junit", str(folder / "out.xml"), str(folder / "odd.yaml"))

    root = ElementTree.parse(folder / "out.xml").getroot()  # noqa: S314 - we wrote it
    assert len(root.findall(".//failure")) == 1
    assert "]]> <failure/> &" in (root.findtext(".//system-out") or "")


def test_a_new_project_has_scenarios_that_walk_every_way(tmp_path: Path) -> None:
    assert CliRunner().invoke(main, ["init", str(tmp_path / "new")]).exit_code == 0

    result = simulate(tmp_path / "new", "-q")

    assert result.exit_code == 0, result.output
    assert "not walked" not in result.output
