"""What CONTRIBUTING.md promises about the project itself, where a tool of `make check` does not already watch it."""

import ast
import re
import subprocess
import sysconfig
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("channels", "gateway", "rules", "storage")
TEXT_SUFFIXES = {".cfg", ".csv", ".css", ".html", ".ini", ".js", ".md", ".py", ".sh", ".toml", ".txt", ".yaml", ".yml"}
NOT_OURS = {"build", "dist", "__pycache__"}

MOST_LINES_IN_A_FILE = 300
MOST_LINES_IN_A_FUNCTION = 50

# Spelt with character classes, so that this file passes its own test.
LEFT_FOR_LATER = re.compile(r"\b(TOD[O]|FIXM[E]|XX[X])\b|NotImplemented[E]rror")
REGISTRY = re.compile(r"pypi\.or[g]|pythonhosted\.or[g]|https?://\S+(\.wh[l]|\.tar\.g[z]|/simpl[e]/)")
MACHINE_PATH = re.compile(r"(?<![\w.])/(home|root|work)/\w")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def python_files(*folders: str) -> list[Path]:
    return sorted(file for folder in folders for file in (ROOT / folder).rglob("*.py"))


def text_files(folder: Path = ROOT) -> Iterator[Path]:
    """Every text file of the project; hidden folders but .ci are somebody's tools."""
    for path in sorted(folder.iterdir()):
        if path.is_dir() and (path.name == ".ci" or not path.name.startswith(".")) and path.name not in NOT_OURS:
            yield from text_files(path)
        elif path.is_file() and (path.suffix in TEXT_SUFFIXES or path.parent.name in {".ci", "tools"}):
            yield path


def places(files: Iterator[Path] | list[Path], pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{file.relative_to(ROOT)}:{number}: {line.strip()}"
        for file in files
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1)
        if pattern.search(line)
    ]


def functions(file: Path) -> Iterator[Function]:
    return (node for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, Function))


def length(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def dotted_uses(file: Path) -> set[str]:
    """Every dotted name the file imports or reads, as `module.name`."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        match node:
            case ast.Import(names=names):
                found |= {name.name for name in names}
            case ast.ImportFrom(module=str(module), names=names):
                found |= {f"{module}.{name.name}" for name in names} | {module}
            case ast.Attribute():
                found.add(ast.unparse(node))
            case ast.Call(func=ast.Name(id=name)):
                found.add(f"{name}()")
    return found


def project() -> dict[str, object]:
    table: dict[str, object] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return table


def required_distributions() -> list[str]:
    table = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    requirements = table["dependencies"] + table["optional-dependencies"]["dev"]
    return sorted(re.split(r"[\s\[<>=!~;]", requirement)[0] for requirement in requirements)


def test_every_file_is_short_enough_to_be_read_at_once() -> None:
    lengths = {file: len(file.read_text("utf-8").splitlines()) for file in python_files(*PACKAGES, "tests")}
    too_long = [
        f"{file.relative_to(ROOT)}: {count}" for file, count in lengths.items() if count >= MOST_LINES_IN_A_FILE
    ]

    assert too_long == []


def test_every_function_is_short_enough_to_be_held_in_mind() -> None:
    too_long = [
        f"{file.relative_to(ROOT)}:{function.lineno}: {function.name} has {length(function)} lines"
        for file in python_files(*PACKAGES, "tests")
        for function in functions(file)
        if length(function) > MOST_LINES_IN_A_FUNCTION
    ]

    assert too_long == []


def test_nothing_is_left_for_later() -> None:
    assert places(python_files(*PACKAGES, "tests"), LEFT_FOR_LATER) == []


@pytest.mark.parametrize("pattern", [REGISTRY, MACHINE_PATH], ids=["registry", "path of one machine"])
def test_the_project_depends_on_no_particular_place(pattern: re.Pattern[str]) -> None:
    assert places(text_files(), pattern) == []


def test_only_the_gateway_serves_http() -> None:
    servers = [
        str(file.relative_to(ROOT))
        for file in python_files("channels", "rules", "storage")
        if any(use == "aiohttp.web" or use.startswith("aiohttp.web.") for use in dotted_uses(file))
    ]

    assert servers == []


def test_rules_read_neither_clock_nor_file() -> None:
    impure = re.compile(
        r"(^|\.)(datetime\.(now|utcnow|today)|date\.today)$|^(open|input|print)\(\)$|\.read_(text|bytes)$"
    )
    found = [
        f"{file.relative_to(ROOT)}: {use}"
        for file in python_files("rules")
        for use in sorted(dotted_uses(file))
        if impure.search(use)
    ]

    assert found == []


def test_every_decision_is_listed_in_the_index() -> None:
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text("utf-8")
    records = sorted(folder.glob("[0-9][0-9][0-9][0-9]-*.md"))

    assert records
    assert [record.name for record in records if f"({record.name})" not in index] == []


def test_every_decision_number_is_given_once() -> None:
    numbers = [record.name[:4] for record in (ROOT / "docs" / "decisions").glob("[0-9]*.md")]

    assert sorted(numbers) == sorted(set(numbers))


@pytest.mark.parametrize("distribution", required_distributions())
def test_every_dependency_has_a_decision_record(distribution: str) -> None:
    """The record names it in its line "Adds:", so that a library never enters the project unexplained."""
    records = (ROOT / "docs" / "decisions").glob("[0-9]*.md")
    added = re.findall(r"^Adds: (.+)$", "\n".join(record.read_text("utf-8") for record in records), re.MULTILINE)

    assert f"`{distribution}`" in " ".join(added)


@pytest.mark.parametrize("distribution", required_distributions())
def test_every_dependency_is_pinned(distribution: str) -> None:
    constraints = (ROOT / "constraints.txt").read_text("utf-8").lower().replace("_", "-")

    assert re.search(rf"^{re.escape(distribution.lower())}==", constraints, re.MULTILINE)


def test_the_command_knows_its_version() -> None:
    command = Path(sysconfig.get_path("scripts")) / "pointsman"
    answer = subprocess.run([command, "--version"], capture_output=True, text=True, check=True)  # noqa: S603

    assert str(project()["version"]) in answer.stdout


def test_the_changelog_has_an_entry_for_the_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")

    assert re.search(rf"^## \[?{re.escape(str(project()['version']))}\b", changelog, re.MULTILINE)
