"""`pointsman check`."""

from collections.abc import Sequence
from pathlib import Path

import click

from gateway.commands.failing import CommandFailed
from gateway.commands.project import project_option

FOUND_ERRORS = 1


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@project_option
def check(files: tuple[Path, ...], project: Path) -> None:
    """Tell everything that is wrong with FILES, or with all rule files of the project. Exit 1 on errors."""
    from gateway.adapters import rule_project
    from gateway.settings import load_settings
    from rules.loader import load_folder, report

    settings = load_settings(project, offline=True)
    texts = _read(files or _all_of(settings.rules))
    loaded = load_folder(texts, rule_project(settings))
    if loaded.diagnostics:
        click.echo(report(loaded.diagnostics, texts))
    if any(found.level == "error" for found in loaded.diagnostics):
        raise SystemExit(FOUND_ERRORS)
    click.echo(f"{len(texts)} rule {'file' if len(texts) == 1 else 'files'} checked, no errors")


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
