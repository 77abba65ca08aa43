"""`pointsman schema`."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.commands.project import project_option

if TYPE_CHECKING:
    from gateway.settings import Settings

FILE = ".schema.json"  # in the rules folder: a name that no rule file has, and that each of them reaches alike
STANDARD_OUTPUT = "-"


@click.command()
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, allow_dash=True),
    show_default=f"{FILE} in the folder of the rule files",
    help="Where to write it; - prints it.",
)
@project_option
def schema(output: str | None, project: Path) -> None:
    """Write the JSON Schema with which an editor completes and checks the project's rule files."""
    from gateway.settings import load_settings

    settings = load_settings(project, offline=True)
    if output == STANDARD_OUTPUT:
        click.echo(schema_text(settings), nl=False)
        return
    click.echo(f"wrote {write_schema(settings, Path(output) if output else None)}")


def write_schema(settings: "Settings", path: Path | None = None) -> Path:
    """Write a project's schema to ``path`` (None: beside its rule files) and return where it is. Raises OSError."""
    path = path or settings.rules / FILE
    path.write_text(schema_text(settings), "utf-8")
    return path


def schema_text(settings: "Settings") -> str:
    """The schema as JSON, with the names that the settings and the rule files give at this moment."""
    from importlib.resources import files

    from gateway.adapters import rule_project
    from gateway.rulebooks import read_folder
    from rules.schema import rule_file_schema
    from rules.schema_names import gather_names

    meanings = json.loads((files("gateway") / "meanings.json").read_text("utf-8"))
    given = gather_names(read_folder(settings.rules).values())
    return json.dumps(rule_file_schema(rule_project(settings), given, meanings), indent=1, ensure_ascii=False) + "\n"
