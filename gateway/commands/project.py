"""What commands share: which project, its rulebooks, its database."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.commands.failing import CommandFailed

if TYPE_CHECKING:
    from gateway.settings import Settings
    from rules.book import Rulebook
    from storage.database import Storage

project_option = click.option(
    "-C",
    "--project",
    type=click.Path(path_type=Path, file_okay=False),
    default=".",
    show_default="this folder",
    help="The project's folder, the one with pointsman.toml.",
)


def rulebook_of(settings: "Settings", campaign: str) -> "Rulebook":
    """The campaign's rulebook as its file is now, or as it is in force where that is broken or gone.

    Raises `CommandFailed`.
    """
    from gateway.adapters import project_channels, rule_project
    from gateway.hints import did_you_mean
    from gateway.rulebooks import Rulebooks, read_folder

    rulebooks = Rulebooks(rule_project(settings), project_channels(settings))
    rulebooks.put_in_force(rulebooks.read(read_folder(settings.rules)).books)
    if campaign in rulebooks.active:
        return rulebooks.active[campaign]
    missing = f'there is no campaign "{campaign}" with a usable rule file in {settings.rules}'
    with opened(settings) as storage, storage.reading() as t:
        rulebooks.restore(t)
    if campaign not in rulebooks.active:
        raise CommandFailed(missing + did_you_mean(campaign, rulebooks.active))
    click.echo(f"{missing} (run `pointsman check`): taking the version in force", err=True)
    return rulebooks.active[campaign]


@contextmanager
def opened(settings: "Settings") -> Iterator["Storage"]:
    """The project's database, its tables as this program needs them; a running gateway may be using it."""
    from storage.database import Storage

    storage = Storage(settings.database)
    try:
        if is_running(settings):
            storage.check_version()
        else:
            storage.migrate()
        yield storage
    finally:
        storage.close()


def is_running(settings: "Settings") -> bool:
    """Whether a gateway is at work on this project's database."""
    from storage.database import Storage

    probe = Storage(settings.database)
    try:
        return probe.is_claimed()
    finally:
        probe.close()
