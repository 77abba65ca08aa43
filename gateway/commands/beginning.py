"""`pointsman init`."""

from datetime import date, timedelta
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from re import Match, sub

import click

from gateway.commands.failing import CommandFailed

DAY = r"\{day([+-]\d{1,3})?\}"  # in contacts.csv: {day+3} is three days after the day of `init`


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def init(folder: Path) -> None:
    """Make a project in FOLDER: settings, an example campaign with scenarios, contacts, an editor's schema.

    Nothing is overwritten.
    """
    from gateway.commands.schema import write_schema
    from gateway.settings import load_settings

    for path in write_project(folder, date.today()):
        click.echo(f"wrote {path}")
    schema = write_schema(load_settings(folder, offline=True))
    click.echo(f"wrote {folder / schema.relative_to(folder.resolve())}")
    click.echo(f"now run: pointsman run --sandbox -C {folder}")


def write_project(folder: Path, today: date) -> list[Path]:
    """Write the project template, its dates counted from ``today``. Raises `CommandFailed` if a file is there."""
    texts = {folder / name: _dated(text, today) for name, text in _template().items()}
    there = [str(path) for path in texts if path.exists()]
    if there:
        raise CommandFailed(f"nothing was written, for this would be overwritten: {', '.join(there)}")
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    return list(texts)


def _template() -> dict[str, str]:
    root = files("gateway") / "project"
    found = [*_files(root, ""), *_files(root / "rules", "rules/"), *_files(root / "scenarios", "scenarios/")]
    return {name: item.read_text("utf-8") for name, item in found}


def _files(folder: Traversable, prefix: str) -> list[tuple[str, Traversable]]:
    items = sorted(folder.iterdir(), key=lambda item: item.name)
    return [(prefix + item.name, item) for item in items if item.name.endswith((".toml", ".csv", ".yaml"))]


def _dated(text: str, today: date) -> str:
    def day(found: Match[str]) -> str:
        return (today + timedelta(days=int(found[1] or 0))).isoformat()

    return sub(DAY, day, text)
