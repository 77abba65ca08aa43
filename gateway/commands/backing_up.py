"""`pointsman backup`, `pointsman restore` and `pointsman books`."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.commands.failing import CommandFailed
from gateway.commands.project import project_option, refuse_another, require_made

if TYPE_CHECKING:
    from storage.backup_file import Manifest
    from storage.books import Books
    from storage.database import Storage
    from storage.restoring import Restored

OUT_OF_BALANCE = 1
LONGEST_LOOK_UP = 365  # days
DEFAULT_LOOK_UP = 3  # days: `storage.restoring.LOOK_UP`


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--force", is_flag=True, help="Overwrite FILE if it is there.")
@project_option
def backup(file: Path, force: bool, project: Path) -> None:
    """Write the whole database, as it is at this moment, to FILE. The gateway may go on running.

    Exit 1 if the books don't balance: the backup is written all the same.
    """
    from gateway.clock import SystemClock

    with _storage(project) as storage:
        require_made(storage)
        try:
            manifest = storage.back_up(file, SystemClock().now(), overwrite=force)
        except FileExistsError:
            raise CommandFailed(f"{file} is there already: --force overwrites it") from None
    click.echo(f"{file}: {_told(manifest)}")
    _tell_books(manifest.books)


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--replace", is_flag=True, help="Throw away what is in the database now.")
@click.option(
    "--look-up-days",
    type=click.IntRange(0, LONGEST_LOOK_UP),
    default=DEFAULT_LOOK_UP,
    show_default=True,
    help="For how long the gateway asks the provider before it sends, as it may have sent the same after the backup.",
)
@project_option
def restore(file: Path, replace: bool, look_up_days: int, project: Path) -> None:
    """Put the backup FILE into the project's database, which must be empty, on SQLite or PostgreSQL. Stop the gateway
    first.

    Exit 1 if the books don't balance: what was backed up is restored all the same.
    """
    from datetime import timedelta

    from gateway.clock import SystemClock
    from storage.errors import NotEmpty

    with _storage(project) as storage:
        try:
            days = timedelta(days=look_up_days)
            restored = storage.restore(file, SystemClock().now(), look_up=days, replace=replace)
        except NotEmpty as error:
            raise CommandFailed(f"{error}: --replace throws away what is there") from None
        click.echo(f"{file}: {_told(restored.manifest)}: restored into {storage.name}")
    _tell_doubts(restored, look_up_days)
    _tell_books(restored.books)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@project_option
def books(as_json: bool, project: Path) -> None:
    """Count what came in, what was decided and what is owed. Exit 1 if it does not fit together."""
    with _storage(project) as storage:
        require_made(storage)
        storage.check_version()
        found = storage.books()
    if as_json:
        click.echo(json.dumps(asdict(found) | {"accepted": found.accepted, "balance": found.balance}, indent=1))
    else:
        click.echo("\n".join(found.lines()))
    if not found.balance:
        raise SystemExit(OUT_OF_BALANCE)


@contextmanager
def _storage(project: Path) -> Iterator["Storage"]:
    """The project's database as it is: nothing is migrated. Raises `CommandFailed` as `refuse_another` says."""
    from gateway.settings import load_settings
    from storage.database import Storage

    settings = load_settings(project, offline=True)
    storage = Storage(settings.database)
    try:
        refuse_another(settings, storage)
        yield storage
    finally:
        storage.close()


def _told(manifest: "Manifest") -> str:
    taken = manifest.taken_at.isoformat(sep=" ", timespec="seconds")
    return f"{manifest.rows:,} rows of {taken}, revision {manifest.revision}"


def _tell_doubts(restored: "Restored", days: int) -> None:
    if restored.looked_up:
        click.echo(f"{restored.looked_up:,} messages were owed: the provider is asked for each before it is sent")
    if days:
        click.echo(f"for {days} day(s) it is asked for new ones, too: the gateway may have sent them after the backup")
        click.echo("where the provider can't tell, unknown_sends of its channel decides")
    click.echo("what was due since the backup happens when the gateway starts")


def _tell_books(found: "Books") -> None:
    for line in found.lines():
        click.echo(line)
    if not found.balance:
        raise SystemExit(OUT_OF_BALANCE)
