"""A newcomer's machine may lack anything: `tools/find-python` says in one sentence what to install."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

FIND_PYTHON = Path(__file__).parent.parent / "tools" / "find-python"
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
COMPILES = "exit 0"
FAILS = "exit 1"
PYTHON = f'exec "{sys.executable}" "$@"'
PYTHON_WITHOUT_VENV = f'case "$*" in *ensurepip*) exit 1;; esac\n{PYTHON}'
PYTHON_WITHOUT_HEADERS = f'case "$*" in *get_path*) echo /nowhere; exit 0;; esac\n{PYTHON}'
OLD_PYTHON = "exit 0"
COMPILER_WITHOUT_HEADERS = 'case "$(cat "$2")" in *Python.h*) exit 1;; esac'


class Machine:
    """A PATH with the few commands every system has, and the programs a test puts there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for command in ("sh", "cat", "mktemp", "rm"):
            (folder / command).symlink_to(str(shutil.which(command)))

    def has(self, name: str, script: str) -> None:
        program = self.folder / name
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)

    def find_python(self, **environment: str) -> subprocess.CompletedProcess[str]:
        variables = {"PATH": str(self.folder), "CC": "our-cc"} | environment
        return subprocess.run([FIND_PYTHON], env=variables, capture_output=True, text=True)  # noqa: S603


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_a_complete_python_is_found(machine: Machine) -> None:
    machine.has("python3", PYTHON)
    machine.has("our-cc", COMPILES)

    found = machine.find_python()

    assert (found.returncode, found.stdout.strip()) == (0, sys.executable)


def test_a_shim_that_fails_is_passed_over(machine: Machine) -> None:
    machine.has("python3.13", FAILS)
    machine.has("python3", PYTHON)
    machine.has("our-cc", COMPILES)

    assert machine.find_python().stdout.strip() == sys.executable


@pytest.mark.parametrize(
    ("python", "compiler", "packages"),
    [
        (None, COMPILES, "python3 python3-venv python3-dev build-essential"),
        (OLD_PYTHON, COMPILES, "python3 python3-venv python3-dev build-essential"),
        (PYTHON, None, "build-essential"),
        (PYTHON, FAILS, "build-essential"),
        (PYTHON_WITHOUT_VENV, COMPILES, f"python{VERSION}-venv"),
        (PYTHON_WITHOUT_VENV, FAILS, f"python{VERSION}-venv build-essential"),
        (PYTHON_WITHOUT_HEADERS, COMPILER_WITHOUT_HEADERS, f"python{VERSION}-dev"),
        (PYTHON_WITHOUT_HEADERS, FAILS, f"build-essential python{VERSION}-dev"),
    ],
)
def test_what_is_missing_is_named_by_its_packages(
    machine: Machine, python: str | None, compiler: str | None, packages: str
) -> None:
    if python is not None:
        machine.has("python3", python)
    if compiler is not None:
        machine.has("our-cc", compiler)

    found = machine.find_python()

    assert (found.returncode, found.stdout) == (1, "")
    assert found.stderr.count("\n") == 1
    assert f"on Debian or Ubuntu: sudo apt install {packages}" in found.stderr


def test_the_python_that_was_asked_for_is_the_only_one_considered(machine: Machine) -> None:
    machine.has("python3", PYTHON)
    machine.has("our-cc", COMPILES)

    found = machine.find_python(PYTHON="python2")

    assert found.returncode == 1
    assert "PYTHON=python2 does not run as CPython 3.11 to 3.13" in found.stderr
