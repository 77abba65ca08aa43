"""Compare what is installed with the lock, `constraints.txt`, and both with the advisories we know. Needs no network.

Exit 1 where something is installed that the lock does not have, or in another version than the lock's; where the lock
lacks what `pyproject.toml` asks for; where something is known to be bad. `tools/advisories.toml` is kept by hand: its
age is told.
"""

import re
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).resolve().parent.parent
LOCK, ADVISORIES, PROJECT = ROOT / "constraints.txt", ROOT / "tools" / "advisories.toml", ROOT / "pyproject.toml"
OURS = "pointsman"
OF_PYTHON = frozenset({"pip", "setuptools", "wheel"})  # a new environment has them; nothing of ours imports them
OLD_DAYS = 90

Versions = Mapping[str, str]


@dataclass(frozen=True)
class Advisory:
    """Versions of a package that are known to be bad."""

    id: str
    package: str
    affected: str
    date: date
    source: str
    about: str

    def concerns(self, version: str) -> bool:
        return SpecifierSet(self.affected).contains(version, prereleases=True)


def normal(name: str) -> str:
    """One spelling of a distribution's name (PyPA: name normalization)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def read_lock(text: str) -> dict[str, str]:
    """Version by name. Raises ValueError on a line that is neither `name==version` nor a comment."""
    found: dict[str, str] = {}
    for line in filter(None, (line.partition("#")[0].strip() for line in text.splitlines())):
        name, equals, version = line.partition("==")
        if not equals or "://" in line or normal(name) in found:
            raise ValueError(f"the lock has a line that pins nothing, or again: {line}")
        found[normal(name)] = version
    return found


def read_advisories(text: str) -> tuple[date, list[Advisory]]:
    """The day on which the list was last renewed, and the list."""
    content = tomllib.loads(text)
    return content["renewed"], [Advisory(**{**one, "package": normal(one["package"])}) for one in content["advisory"]]


def installed() -> dict[str, str]:
    """Version by name of what is installed, but for ourselves and what Python brings."""
    found = {normal(one.metadata["Name"]): one.version for one in distributions()}
    return {name: version for name, version in found.items() if name not in OF_PYTHON | {OURS}}


def required(project: Mapping[str, Any]) -> set[str]:
    """The names that `pyproject.toml` asks for, also to build."""
    asked = project["project"]["dependencies"] + project["build-system"]["requires"]
    for more in project["project"]["optional-dependencies"].values():
        asked += more
    return {normal(Requirement(one).name) for one in asked}


def findings(here: Versions, lock: Versions, asked: Iterable[str], advisories: Iterable[Advisory]) -> Iterator[str]:
    """Everything that is wrong, a sentence each."""
    for name, version in sorted(here.items()):
        if name not in lock:
            yield f"{name} {version} is installed and not in the lock"
        elif lock[name] != version:
            yield f"{name} {version} is installed, the lock says {lock[name]}"
    for name in sorted(set(asked) - set(lock)):
        yield f"{name} is in pyproject.toml and not in the lock"
    for one in advisories:
        known = {here.get(one.package), lock.get(one.package)} - {None}
        bad = sorted(version for version in known if version and one.concerns(version))
        yield from (f"{one.package} {version}: {one.id}, {one.about} ({one.source})" for version in bad)


def age(renewed: date, today: date) -> str:
    """How old the list of advisories is."""
    days = (today - renewed).days
    old = f": look for newer ones, it is older than {OLD_DAYS} days" if days > OLD_DAYS else ""
    return f"the list of advisories was renewed on {renewed.isoformat()}, {days} days ago{old}"


def main() -> int:
    renewed, advisories = read_advisories(ADVISORIES.read_text("utf-8"))
    project = tomllib.loads(PROJECT.read_text("utf-8"))
    lock, here = read_lock(LOCK.read_text("utf-8")), installed()
    found = list(findings(here, lock, required(project), advisories))
    print("\n".join(found), end="\n" if found else "")
    print(f"{len(here)} installed, {len(lock)} locked, {len(advisories)} advisories, {len(found)} findings")
    print(age(renewed, datetime.now(UTC).date()))
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
