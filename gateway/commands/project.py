"""What commands share: which project, its rulebooks, its database."""

from collections.abc import Iterator, Mapping
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
    from gateway.hints import did_you_mean

    books = _rulebooks(settings, campaign)
    if campaign not in books:
        raise CommandFailed(_no_rules(settings, campaign) + did_you_mean(campaign, books))
    return books[campaign]


def rulebook_if_any(settings: "Settings", campaign: str) -> "Rulebook | None":
    """The same, or None."""
    return _rulebooks(settings, campaign).get(campaign)


def _no_rules(settings: "Settings", campaign: str) -> str:
    return f'there is no campaign "{campaign}" with a usable rule file in {settings.rules}'


def _rulebooks(settings: "Settings", campaign: str) -> "Mapping[str, Rulebook]":
    """The rulebooks as their files are now; and if this campaign's is not among them, those that were in force."""
    from gateway.adapters import project_channels, rule_project
    from gateway.rulebooks import Rulebooks, read_folder

    rulebooks = Rulebooks(rule_project(settings), project_channels(settings))
    rulebooks.put_in_force(rulebooks.read(read_folder(settings.rules)).books)
    if campaign in rulebooks.active:
        return rulebooks.active
    with opened(settings) as storage, storage.reading() as t:
        rulebooks.restore(t)
    if campaign in rulebooks.active:
        told = f"{_no_rules(settings, campaign)} (run `pointsman check`): taking the version in force"
        click.echo(told, err=True)
    return rulebooks.active


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
