"""`pointsman diff`."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.commands.failing import CommandFailed
from gateway.commands.project import looked_at, project_option, texts_of

if TYPE_CHECKING:
    from gateway.settings import Settings
    from gateway.versions import Pair, Version
    from rules.loader import Project
    from storage.database import Storage
    from storage.transaction import Transaction

FOUND_DIFFERENCES = 1
SHORTEST_HASH = 6  # characters that name a version

folder_option = click.option(
    "--with",
    "folder",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    show_default="the project's rules folder",
    help="The folder of the rule files to take.",
)


@click.command()
@click.argument("versions", nargs=-1, metavar="[OLD NEW]")
@folder_option
@click.option("--campaign", default="", metavar="NAME", help="Only the rule file of this campaign.")
@click.option("--json", "as_json", is_flag=True, help="Print the differences as JSON.")
@project_option
def diff(versions: tuple[str, ...], folder: Path | None, campaign: str, as_json: bool, project: Path) -> None:
    """Tell what changes from OLD to NEW in words, each with its line, and who is in the middle of it.

    OLD and NEW are rule files, campaigns (the version in force) or content hashes of versions that were in force
    (their first characters do). Without them, what is in force is compared with the rule files of a folder. Comments
    and other ways to write the same are no difference. Exit 0 where there is none, 1 where there are.
    """
    from gateway.commands.told_differences import as_json_text, as_text, compared
    from gateway.settings import load_settings
    from gateway.versions import Unreadable

    if len(versions) not in (0, 2):
        raise click.UsageError("give OLD and NEW, or neither of them")
    if versions and (folder or campaign):
        raise click.UsageError("--with and --campaign are for what is in force: leave them out, or OLD and NEW")
    settings = load_settings(project, offline=True)
    with looked_at(settings) as storage:
        try:
            pairs = (
                _of_two(settings, storage, *versions) if versions else _of_folder(settings, storage, folder, campaign)
            )
        except Unreadable as problem:
            raise CommandFailed(str(problem)) from None
        found = compared(storage, pairs)
    click.echo(as_json_text(found) if as_json else as_text(found))
    if any(found):
        raise SystemExit(FOUND_DIFFERENCES)


def _of_two(settings: "Settings", storage: "Storage | None", old: str, new: str) -> "Sequence[Pair]":
    from gateway.adapters import rule_project
    from gateway.versions import Pair

    project = rule_project(settings)
    before, after = (_version(storage, project, name) for name in (old, new))
    return [Pair(after.book.campaign, before, after)]


def _version(storage: "Storage | None", project: "Project", name: str) -> "Version":
    """Raises `CommandFailed` and `Unreadable`."""
    from gateway.versions import version_of_file

    path = Path(name)
    if path.is_file():
        return version_of_file(path.read_bytes(), name, project)
    if storage is None:
        raise CommandFailed(f"there is no file {name}, and no database yet that could know it as a version")
    with storage.reading() as t:
        return _kept(t, project, name)


def _kept(t: "Transaction", project: "Project", name: str) -> "Version":
    from gateway.hints import did_you_mean
    from gateway.versions import in_force, version_kept

    if row := in_force(t, name):
        return version_kept(row, project)
    rows = t.campaigns.versions_like(name.lower()) if len(name) >= SHORTEST_HASH else []
    if len(rows) > 1:
        raise CommandFailed(f'several versions begin with "{name}": give more characters of it')
    if not rows:
        campaigns = [row["name"] for row in t.campaigns.all()]
        raise CommandFailed(f"{name} is no file, no campaign and no version{did_you_mean(name, campaigns)}")
    return version_kept(rows[0], project)


def _of_folder(settings: "Settings", storage: "Storage | None", folder: Path | None, campaign: str) -> "Sequence[Pair]":
    """What is in force and the files of the folder. Raises `CommandFailed` and `Unreadable`."""
    from gateway.adapters import rule_project
    from gateway.hints import did_you_mean
    from gateway.versions import pairs_of, versions_of_folder

    if storage is None:
        raise CommandFailed("nothing is in force yet: name two files, or let `pointsman run` start once")
    project = rule_project(settings)
    new = versions_of_folder(texts_of(folder or settings.rules), project)
    with storage.reading() as t:
        pairs = pairs_of(t, new, project)
    if campaign and campaign not in (known := [pair.campaign for pair in pairs]):
        raise CommandFailed(f'there is no campaign "{campaign}"{did_you_mean(campaign, known)}')
    return [pair for pair in pairs if campaign in ("", pair.campaign)]
