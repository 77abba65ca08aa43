"""`pointsman check`."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.commands.failing import CommandFailed
from gateway.commands.project import project_option

if TYPE_CHECKING:
    from rules.diagnostics import Diagnostic

FOUND_ERRORS = 1


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--strict", is_flag=True, help="Exit 1 on warnings, too.")
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON, for editors and CI.")
@project_option
def check(files: tuple[Path, ...], strict: bool, as_json: bool, project: Path) -> None:
    """Tell everything that is wrong with FILES, or with all rule files of the project, and what is doubtful. Exit 1 on
    errors."""
    from gateway.adapters import rule_project
    from gateway.settings import load_settings
    from rules.loader import load_folder

    settings = load_settings(project, offline=True)
    texts = _read(files or _all_of(settings.rules))
    found = load_folder(texts, rule_project(settings)).diagnostics
    click.echo(_as_json(found, texts) if as_json else _as_text(found, texts))
    if (strict and found) or _errors(found):
        raise SystemExit(FOUND_ERRORS)


def _errors(found: "Sequence[Diagnostic]") -> int:
    return sum(one.level == "error" for one in found)


def _as_text(found: "Sequence[Diagnostic]", texts: Mapping[str, str]) -> str:
    from rules.loader import report

    errors = _errors(found)
    closing = f"{_count(len(texts), 'rule file')} checked, {_count(errors, 'error')}"
    if warnings := len(found) - errors:
        closing += f", {_count(warnings, 'warning')}"
    return "\n".join(part for part in (report(found, texts), closing if not errors else "") if part)


def _count(number: int, what: str) -> str:
    return f"{number or 'no'} {what}{'' if number == 1 else 's'}"


def _as_json(found: "Sequence[Diagnostic]", texts: Mapping[str, str]) -> str:
    """One object: the counts, and of each mistake and warning where it is (line and column from 1) and what it is."""
    errors = _errors(found)
    told = [
        {
            "file": one.position.file,
            "line": one.position.line,
            "column": one.position.column,
            "width": one.width,
            "level": one.level,
            "code": one.code,
            "message": one.message,
            "hint": one.hint,
        }
        for one in found
    ]
    counts = {"files": len(texts), "errors": errors, "warnings": len(found) - errors}
    return json.dumps({**counts, "found": told}, ensure_ascii=False, indent=1)


def _all_of(folder: Path) -> list[Path]:
    files = sorted(folder.glob("*.yaml"))
    if not files:
        raise CommandFailed(f"there are no rule files (*.yaml) in {folder}")
    return files


def _read(files: Sequence[Path]) -> dict[str, str]:
    """Texts by path as the operator would write it; what is no UTF-8 becomes U+FFFD, which the loader reports."""
    return {_near(path): path.read_text("utf-8-sig", "replace") for path in files}


def _near(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_absolute() and path.is_relative_to(here) else str(path)
