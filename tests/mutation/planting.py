"""Plant one bug after the other in a ground, and see whether the tests notice."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.mutation.ground import NOTICED, arguments
from tests.mutation.groups import Group
from tests.mutation.planted import PLANTED, Planted

FAILED_TESTS, COULD_NOT_COLLECT = 1, 2  # exit codes of pytest: a bug may be such that a module cannot be imported


def unnoticed(ground: Path, group: Group) -> Iterator[Planted]:
    """The bugs planted for this group that its tests do not notice; those noticed before are not tried again."""
    noticed = ground / NOTICED
    before = noticed.read_text("utf-8").splitlines() if noticed.exists() else []
    for bug in (bug for bug in PLANTED if bug.group == group.name and repr(bug) not in before):
        if not is_noticed(ground, group, bug):
            yield bug
        else:
            with noticed.open("a", encoding="utf-8") as file:
                file.write(f"{bug!r}\n")


def is_noticed(ground: Path, group: Group, bug: Planted) -> bool:
    """Whether the tests fail with this bug, which is taken back. Raises ValueError: the text is no longer there."""
    file = ground / bug.file
    sound = file.read_text("utf-8")
    if bug.text not in sound:
        raise ValueError(f"{bug.file} has no {bug.text!r} any more: mend tests/mutation/planted.py")
    file.write_text(sound.replace(bug.text, bug.instead, 1), "utf-8")
    try:
        return tested(ground, group) in (FAILED_TESTS, COULD_NOT_COLLECT)
    finally:
        file.write_text(sound, "utf-8")


def tested(ground: Path, group: Group) -> int:
    """The exit code of pytest."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", *arguments(group), *group.tests]
    return subprocess.run(command, cwd=ground, capture_output=True, check=False).returncode  # noqa: S603  our own
