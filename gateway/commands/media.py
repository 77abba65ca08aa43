"""`pointsman media`: look at the files that came with a message, and fetch one."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.commands.failing import CommandFailed
from gateway.commands.project import opened, project_option

if TYPE_CHECKING:
    from gateway.settings import Settings
    from storage.values import Row

NOT_FETCHED = 1


@click.command()
@click.argument("message")
@click.argument("number", type=click.IntRange(min=1), default=1)
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Fetch the file into this one.")
@click.option("--sandbox", is_flag=True, help="From the sandbox of a gateway that runs with --sandbox.")
@project_option
def media(message: str, number: int, output: Path | None, sandbox: bool, project: Path) -> None:
    """List the files that came with MESSAGE (our id of it, or the provider's); with -o, fetch its file NUMBER.

    A file is only ever fetched from the provider's own hosts. Exit 1 if the provider does not give it.
    """
    from gateway.media import NoSuchFile
    from gateway.settings import load_settings

    settings = load_settings(project, sandbox=sandbox, offline=output is None)
    try:
        found = _message(settings, message)
        if output is None:
            click.echo("\n".join(_listed(found)))
        else:
            _fetch(settings, found, number, output)
    except NoSuchFile as missing:
        raise CommandFailed(str(missing)) from None


def _message(settings: "Settings", name: str) -> "Row":
    from gateway.media import message_named

    with opened(settings) as storage, storage.reading() as t:
        return message_named(t, name, list(settings.channels))


def _listed(message: "Row") -> list[str]:
    files = [f"{number}  {file['type'] or 'of no known type'}" for number, file in enumerate(message["media"], 1)]
    return files or ["no files came with it"]


def _fetch(settings: "Settings", message: "Row", number: int, output: Path) -> None:
    from channels.media import FetchRefused
    from gateway.media import file_of, save, source_of

    file = file_of(message, number)
    try:
        size = asyncio.run(save(file, source_of(settings, message["channel"]), output))
    except FileExistsError:
        raise CommandFailed(f"{output} is there already") from None
    except FetchRefused as refused:
        click.echo(f"pointsman: the file was not fetched: {refused}", err=True)
        raise SystemExit(NOT_FETCHED) from None
    click.echo(f"{output}: {size} bytes{f', {file.type}' if file.type else ''}")
