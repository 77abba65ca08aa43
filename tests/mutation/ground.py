"""Where mutants live: a copy of the project for each group, in which mutmut may change what it likes."""

import shutil
import subprocess
import sys
from pathlib import Path

from tests.mutation.groups import Group

ROOT = Path(__file__).parent.parent.parent
GROUNDS = ROOT / ".pointsman" / "mutants"  # hidden, ignored by git, removed by `make clean`
PACKAGES = ("channels", "gateway", "rules", "storage")
NOT_COPIED = shutil.ignore_patterns(".*", "__pycache__", "build", "dist", "*.db")
UNTYPED = ("-m", "mypy", "--output", "json", "--no-warn-unused-ignores")
LOG_LINE = r"^\s*log\.(debug|info|warning|error|exception)\("
TESTS_OF_ONE_PROCESS = ("-p", "tests.mutation.node_ids", "-p", "no:cacheprovider", "-k", "not postgres")


def settings_of(group: Group, others: list[str]) -> dict[str, list[str]]:
    """The settings of mutmut: what to mutate, how to test, and what not to count (see CONTRIBUTING.md)."""
    return {
        "source_paths": list(PACKAGES),
        "only_mutate": list(group.modules),
        "also_copy": others,
        "pytest_add_cli_args_test_selection": list(group.tests),
        "pytest_add_cli_args": list(TESTS_OF_ONE_PROCESS),
        "do_not_mutate_patterns": [LOG_LINE],
        "type_check_command": [sys.executable, *UNTYPED, *group.modules],
        "process_isolation": ["forkserver"],
        "timeout_constant": ["10.0"],
        "use_git_change_detection": ["false"],
    }


def lay_out(group: Group) -> Path:
    """A fresh copy of the project with the settings of this group; its folder."""
    ground = GROUNDS / group.name
    shutil.rmtree(ground, ignore_errors=True)
    shutil.copytree(ROOT, ground, ignore=NOT_COPIED)
    others = sorted(path.name for path in ground.iterdir() if path.name not in (*PACKAGES, "tests", "pyproject.toml"))
    settings = settings_of(group, others).items()
    lines = [f"{name} = {values[0]}" if len(values) == 1 else listed(name, values) for name, values in settings]
    (ground / "setup.cfg").write_text("\n".join(["[mutmut]", *lines, ""]), "utf-8")
    return ground


def listed(name: str, values: list[str]) -> str:
    return "\n    ".join([f"{name} =", *values])


def mutmut(ground: Path, *arguments: str, watched: bool = False) -> str:
    """What mutmut answers; it works in the folder it is called in. Raises CalledProcessError.

    ``watched``: whoever sits at a terminal sees how far it has come.
    """
    output = None if watched and sys.stdout.isatty() else subprocess.PIPE
    command = [sys.executable, "-m", "mutmut", *arguments]
    done = subprocess.run(command, cwd=ground, check=True, text=True, stdout=output)  # noqa: S603  our own arguments
    return done.stdout or ""
