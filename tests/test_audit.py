"""The lock: what is installed is in it, what is asked for is in it, and nothing in it is known to be bad."""

import importlib.util
import sys
import tomllib
from collections.abc import Iterable
from datetime import date, timedelta
from importlib.metadata import requires
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from packaging.requirements import Requirement

PATH = Path(__file__).parent.parent / "tools" / "audit.py"


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("audit", PATH)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


audit: Any = load()
RENEWED, ADVISORIES = audit.read_advisories(audit.ADVISORIES.read_text("utf-8"))
PROJECT = tomllib.loads(audit.PROJECT.read_text("utf-8"))
LOCK = audit.read_lock(audit.LOCK.read_text("utf-8"))
BAD = audit.Advisory("CVE-1", "lib", ">=1.0,<1.5", date(2026, 1, 1), "https://example.org", "it breaks")


def needed(asked: Iterable[str], extras: Iterable[str], found: set[str]) -> set[str]:
    """The names of everything that these requirements bring with them here, asked with these extras."""
    for requirement in map(Requirement, asked):
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            name = audit.normal(requirement.name)
            if not {name, *(f"{name}[{extra}]" for extra in requirement.extras)} <= found:
                found |= {name, *(f"{name}[{extra}]" for extra in requirement.extras)}
                needed(requires(name) or (), requirement.extras, found)
    return found


def test_everything_this_program_and_its_tests_need_is_installed_as_the_lock_says() -> None:
    table = PROJECT["project"]
    names = needed([*table["dependencies"], *table["optional-dependencies"]["dev"]], (), set())
    here = {name: version for name, version in audit.installed().items() if name in names}

    assert len(here) > 50
    assert list(audit.findings(here, LOCK, (), ())) == []


def test_everything_in_pyproject_is_in_the_lock_and_nothing_in_the_lock_is_known_to_be_bad() -> None:
    assert list(audit.findings({}, LOCK, audit.required(PROJECT), ADVISORIES)) == []


@pytest.mark.parametrize(
    ("here", "lock", "asked", "found"),
    [
        ({"lib": "1.5"}, {"lib": "1.5"}, ["lib"], []),
        ({"lib": "1.6"}, {"lib": "1.5"}, ["lib"], ["lib 1.6 is installed, the lock says 1.5"]),
        ({"lib": "1.5"}, {}, [], ["lib 1.5 is installed and not in the lock"]),
        ({}, {}, ["lib"], ["lib is in pyproject.toml and not in the lock"]),
        ({"lib": "1.4.9"}, {"lib": "1.4.9"}, [], ["lib 1.4.9: CVE-1, it breaks (https://example.org)"]),
        ({}, {"lib": "1.4rc1"}, [], ["lib 1.4rc1: CVE-1, it breaks (https://example.org)"]),
        ({"lib": "0.9"}, {"lib": "0.9"}, [], []),
    ],
)
def test_what_is_wrong_is_found(here: dict[str, str], lock: dict[str, str], asked: list[str], found: list[str]) -> None:
    assert list(audit.findings(here, lock, asked, [BAD])) == found


@pytest.mark.parametrize("line", ["lib", "lib>=1", "lib @ https://example.org/lib", "-e .", "lib==1\nLib==2"])
def test_a_lock_pins_every_line_once_and_names_no_place(line: str) -> None:
    with pytest.raises(ValueError, match="the lock has a line"):
        audit.read_lock(line)


def test_a_lock_may_hold_comments_and_any_spelling_of_a_name() -> None:
    assert audit.read_lock("# why\nPy_YAML.x==6.0  # because\n\n") == {"py-yaml-x": "6.0"}


def test_every_advisory_is_of_a_package_that_we_lock_and_says_where_it_is_from() -> None:
    assert {one.package for one in ADVISORIES} <= set(LOCK)
    assert len({one.id for one in ADVISORIES}) == len(ADVISORIES)
    assert all(one.source.endswith(one.id) and one.date <= RENEWED for one in ADVISORIES)


def test_the_age_of_the_list_is_told() -> None:
    day = date(2026, 1, 1)

    assert audit.age(day, day + timedelta(days=audit.OLD_DAYS)).endswith("90 days ago")
    assert "look for newer ones" in audit.age(day, day + timedelta(days=audit.OLD_DAYS + 1))
