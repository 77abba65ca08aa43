"""What `make mutants` is told fits the code: where code moves, its line there moves with it."""

from pathlib import Path

import pytest

from tests.mutation.ground import ROOT, code, lay_out
from tests.mutation.groups import GROUPS, Group
from tests.mutation.planted import PLANTED, Planted
from tests.mutation.results import SURVIVORS, Survivor, argued, is_wording

MUTATED = {module for group in GROUPS for module in group.modules}


@pytest.mark.parametrize("bug", PLANTED, ids=lambda bug: f"{bug.file}: {bug.text.strip()}")
def test_a_bug_is_planted_in_what_is_there_and_changes_it(bug: Planted) -> None:
    assert bug.text in (ROOT / bug.file).read_text("utf-8")
    assert bug.text != bug.instead
    assert bug.file in MUTATED
    assert bug.group in {group.name for group in GROUPS}


@pytest.mark.parametrize("path", [path for group in GROUPS for path in (*group.modules, *group.tests)])
def test_groups_name_files_that_are_there(path: str) -> None:
    assert (ROOT / path).is_file()


def test_every_row_about_a_survivor_is_read_and_names_a_function_that_is_mutated() -> None:
    rows = [line for line in SURVIVORS.read_text("utf-8").splitlines() if line.startswith("| `")]

    assert len(rows) == len(argued()) > 0
    for one in argued():
        assert one.file in MUTATED
        assert f"def {one.function}(" in (ROOT / one.file).read_text("utf-8")


def test_a_bar_in_a_changed_line_is_escaped_in_the_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = tmp_path / "survivors.md"
    table.write_text("| `a/b.py` add | `return a \\| b` | why |\n| where | else | nothing |\n", "utf-8")
    monkeypatch.setattr("tests.mutation.results.SURVIVORS", table)

    assert argued() == {Survivor("a/b.py", "add", "return a | b")}


@pytest.mark.parametrize(
    ("before", "after", "wording"),
    [
        ('raise Refused(400, "no From")', 'raise Refused(400, "XXno FromXX")', True),
        ('raise Refused(400, "no From")', 'raise Refused(401, "no From")', False),
        ('raise Refused(400, "no From")', "raise Refused(400, None)", False),
        ('return fields["From"]', 'return fields["XXFromXX"]', False),
    ],
)
def test_only_sentences_spelt_otherwise_do_not_count(before: str, after: str, wording: bool) -> None:
    assert is_wording(before, after) is wording


def test_a_ground_is_made_from_code_and_what_tests_share_and_not_from_what_stands_here() -> None:
    files = {path.relative_to(ROOT).as_posix() for path in code()}

    assert {"gateway/ingress.py", "tests/gateway/running.py"} <= files
    assert not {path for path in files if path.startswith("tests/mutation/") or "/test_" in path}


def test_an_interrupted_run_is_taken_up_unless_the_code_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, group = tmp_path / "project", Group("small", ("rules/a.py",), ("tests/test_a.py",))
    for name in ("rules/a.py", "tests/test_a.py", "pyproject.toml"):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text("", "utf-8")
    monkeypatch.setattr("tests.mutation.ground.ROOT", project)
    monkeypatch.setattr("tests.mutation.ground.GROUNDS", tmp_path / "grounds")
    found = lay_out(group, keep=False) / "mutants"
    found.mkdir()
    lay_out(group, keep=False)
    assert found.is_dir()
    (project / "rules" / "a.py").write_text("a = 1", "utf-8")
    assert lay_out(group, keep=True) == found.parent
    assert found.is_dir()
    assert (found.parent / "rules" / "a.py").read_text("utf-8") == "a = 1"
    lay_out(group, keep=False)
    assert not found.is_dir()
