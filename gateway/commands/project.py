"""What commands share: which project, its rulebooks, its database."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.commands.failing import CommandFailed

if TYPE_CHECKING:
    from gateway.settings import Settings
    from rules.book import Rulebook
    from storage.database import Storage

NAME_IT = "name it as the gateway does, by POINTSMAN_DATABASE or by database in pointsman.toml"


class NoDatabase(CommandFailed):
    """There is no database yet where the settings say."""


project_option = click.option(
    "-C",
    "--project",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="POINTSMAN_PROJECT",
    default=".",
    show_default="this folder",
    show_envvar=True,
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
    with suppress(NoDatabase), opened(settings) as storage, storage.reading() as t:
        rulebooks.restore(t)
    if campaign in rulebooks.active:
        told = f"{_no_rules(settings, campaign)} (run `pointsman check`): taking the version in force"
        click.echo(told, err=True)
    return rulebooks.active


@contextmanager
def opened(settings: "Settings", *, make: bool = False) -> Iterator["Storage"]:
    """The project's database, its tables as this program needs them; a running gateway may be using it.

    Raises `CommandFailed` as `refuse_another` says, and `NoDatabase` where there is none yet. One is made if ``make``
    says so, unless a gateway was at work in this project before: then it has another one.
    """
    from storage.database import Storage

    storage = Storage(settings.database)
    try:
        refuse_another(settings, storage)
        if not make or settings.spool.exists():
            require_made(storage)
        if is_running(settings):
            storage.check_version()
        else:
            storage.migrate()
        yield storage
    finally:
        storage.close()


def texts_of(folder: Path) -> dict[str, bytes]:
    """The rule files of a folder, by path as the operator would write it here. Raises OSError."""
    from gateway.rulebooks import read_folder

    here = Path.cwd()
    texts = {Path(file): text for file, text in read_folder(folder).items()}
    return {str(p.relative_to(here) if p.is_relative_to(here) else p): text for p, text in texts.items()}


@contextmanager
def looked_at(settings: "Settings") -> "Iterator[Storage | None]":
    """The project's database for a command that changes nothing, not even its tables; None where there is none yet.
    Raises `SchemaMismatch` where its tables are not those of this program, and as `refuse_another` says."""
    from storage.database import Storage

    storage = Storage(settings.database)
    try:
        refuse_another(settings, storage)
        if storage.is_made():
            storage.check_version()
            yield storage
        else:
            yield None
    finally:
        storage.close()


def refuse_another(settings: "Settings", storage: "Storage") -> None:
    """Raises `CommandFailed` where this is a SQLite file, and a gateway of this project is at work on another database:
    it has the lock of the spool, but not of this file."""
    from storage.process_lock import is_locked

    is_file = settings.database.startswith("sqlite")
    if is_file and not storage.is_claimed() and is_locked(settings.spool):
        raise CommandFailed(f"a gateway is at work in {settings.folder}, but not on {storage.name}: {NAME_IT}")


def require_made(storage: "Storage") -> None:
    """Raises `NoDatabase` where there is none with tables of ours: what only looks makes none."""
    if not storage.is_made():
        told = f"there is no database yet at {storage.name}: `pointsman run` makes it"
        raise NoDatabase(f"{told}. If the gateway has another one, {NAME_IT}")


def is_running(settings: "Settings") -> bool:
    """Whether a gateway is at work on this project's database."""
    from storage.database import Storage

    probe = Storage(settings.database)
    try:
        return probe.is_claimed()
    finally:
        probe.close()
