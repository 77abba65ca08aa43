"""Where mutants live: a copy of the project for each group, in which mutmut may change what it likes."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.mutation.groups import Group
from tests.mutation.planted import PLANTED

ROOT = Path(__file__).parent.parent.parent
GROUNDS = ROOT / ".pointsman" / "mutants"  # hidden, ignored by git, removed by `make clean`
TOOLS = Path(sys.prefix) / "mutmut"  # mutmut and what it brings: beside the packages of the lock, not among them
PACKAGES = ("channels", "gateway", "rules", "storage")
NOT_COPIED = shutil.ignore_patterns(".*", "__pycache__", "build", "dist", "*.db")
UNTYPED = ("-m", "mypy", "--output", "json", "--no-warn-unused-ignores")
LOG_LINE = r"^\s*log\.(debug|info|warning|error|exception)\("
TESTS_OF_ONE_PROCESS = ("-p", "tests.mutation.plugin", "-p", "no:cacheprovider")
ON_SQLITE = ("-k", "not postgres")
MADE_FROM, NOTICED = "made-from", "noticed"  # files of a ground: what it is a copy of; planted bugs that were noticed


def settings_of(group: Group, others: list[str]) -> dict[str, list[str]]:
    """The settings of mutmut: what to mutate, how to test, and what not to count (see CONTRIBUTING.md).

    A mutant that hangs is told by four times what its tests take, and a minute more, in which a server of PostgreSQL
    has started on a busy machine.
    """
    return {
        "source_paths": list(PACKAGES),
        "only_mutate": list(group.modules),
        "also_copy": others,
        "pytest_add_cli_args_test_selection": list(group.tests),
        "pytest_add_cli_args": arguments(group),
        "do_not_mutate_patterns": [LOG_LINE],
        "type_check_command": [sys.executable, *UNTYPED, *group.modules],
        "process_isolation": ["forkserver"],
        "timeout_constant": ["15.0"],
        "timeout_multiplier": ["4.0"],
        "use_git_change_detection": ["false"],
    }


def arguments(group: Group) -> list[str]:
    """Those of pytest."""
    return [*TESTS_OF_ONE_PROCESS, *(() if group.postgres else ON_SQLITE)]


def lay_out(group: Group, *, keep: bool) -> Path:
    """A copy of the project with the settings of this group; its folder.

    What is there is gone on with if it was made from the same code, tests and group, so that an interrupted run can be
    taken up; ``keep``: whatever it was made from, and then it counts as made from that still.
    """
    ground, recipe = GROUNDS / group.name, recipe_of(group)
    stamp = ground / MADE_FROM
    if not (stamp.exists() and (keep or stamp.read_text("utf-8") == recipe)):
        shutil.rmtree(ground, ignore_errors=True)
    shutil.copytree(ROOT, ground, ignore=NOT_COPIED, dirs_exist_ok=True)
    write_settings(ground, group)
    if not stamp.exists():
        stamp.write_text(recipe, "utf-8")
    return ground


def recipe_of(group: Group) -> str:
    """Another one where the code, what tests share, the group, its tests or its planted bugs are others."""
    planted = [bug for bug in PLANTED if bug.group == group.name]
    digest = hashlib.sha256(repr((group, planted, TESTS_OF_ONE_PROCESS, ON_SQLITE, LOG_LINE)).encode())
    for file in sorted({ROOT / "pyproject.toml", *code(), *(ROOT / test for test in group.tests)}):
        digest.update(file.relative_to(ROOT).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def code() -> Iterator[Path]:
    """All Python files but tests and what stands here."""
    for folder in (*PACKAGES, "tests"):
        for file in (ROOT / folder).rglob("*.py"):
            if file.parent.name != "mutation" and not file.name.startswith("test_"):
                yield file


def write_settings(ground: Path, group: Group) -> None:
    ours = (*PACKAGES, "tests", "pyproject.toml", "setup.cfg", "mutants", MADE_FROM, NOTICED)
    others = sorted(path.name for path in ground.iterdir() if path.name not in ours)
    settings = settings_of(group, others).items()
    lines = [f"{name} = {values[0]}" if len(values) == 1 else listed(name, values) for name, values in settings]
    (ground / "setup.cfg").write_text("\n".join(["[mutmut]", *lines, ""]), "utf-8")


def listed(name: str, values: list[str]) -> str:
    return "\n    ".join([f"{name} =", *values])


def mutmut(ground: Path, *arguments: str, watched: bool = False) -> str:
    """What mutmut answers; it works in the folder it is called in. Raises CalledProcessError.

    ``watched``: whoever sits at a terminal sees how far it has come.
    """
    output = None if watched and sys.stdout.isatty() else subprocess.PIPE
    command, env = [sys.executable, "-m", "mutmut", *arguments], {**os.environ, "PYTHONPATH": str(TOOLS)}
    done = subprocess.run(command, cwd=ground, env=env, text=True, stdout=output, check=False)  # noqa: S603  our own
    if done.returncode:
        print(*without_spinners(done.stdout or ""), sep="\n", file=sys.stderr)
    done.check_returncode()
    return done.stdout or ""


def without_spinners(text: str) -> list[str]:
    """The lines in which something is said: mutmut shows that it is alive by a line of its own, ten times a second."""
    return [line for line in text.splitlines() if line and not "\u2800" <= line[0] <= "\u28ff"]
