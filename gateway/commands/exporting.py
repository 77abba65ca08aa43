"""`pointsman export`: what a campaign has, as files."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from gateway.commands.auditing import entry
from gateway.commands.failing import CommandFailed
from gateway.commands.project import opened, project_option, rulebook_of
from gateway.commands.settling import many

if TYPE_CHECKING:
    from gateway.api.endpoints import Given
    from gateway.exports.export import Export, Noun
    from storage.database import Storage

NOUNS = ("participants", "communications", "messages", "decisions")
FORMATS = ("csv", "jsonl")
FILTERS = (  # each option, and what it says
    ("outcome", "NAME", "participants who came to this outcome"),
    ("entered", "true|false", "participants who entered the flows yet, or did not"),
    ("updated-since", "MOMENT", "participants added or changed since, such as 2027-03-01T00:00:00Z"),
    ("external-id", "ID", "the participant of this external id"),
    ("phone", "NUMBER", "the participant of this phone number"),
    ("email", "ADDRESS", "the participant of this email address"),
    ("slack", "USER", "the participant of this Slack user id"),
    ("customer", "ID", "about this customer (our id)"),
    ("participant", "ID", "communications with this participant (our id)"),
    ("communication", "ID", "messages of this communication (our id)"),
    ("status", "STATUS", "communications or messages that stand so"),
    ("flow", "NAME", "communications that this flow planned"),
    ("node", "FLOW.NODE", "communications that this node planned"),
    ("channel", "NAME", "communications or messages on this channel"),
    ("direction", "in|out", "messages that people wrote, or we"),
    ("kind", "KIND", "decisions on events of this kind, such as message or timer"),
    ("since", "MOMENT", "all but participants: of this moment or later"),
    ("until", "MOMENT", "all but participants: before this moment"),
)


def filters(command: Any) -> Any:
    """The command with an option for each filter."""
    for name, metavar, told in reversed(FILTERS):
        command = click.option(f"--{name}", metavar=metavar, help=f"Only {told}.")(command)
    return command


@click.command()
@click.argument("campaign")
@click.argument("noun", type=click.Choice(NOUNS))
@click.option(
    "--format",
    "as_format",
    type=click.Choice(FORMATS),
    default="csv",
    show_default=True,
    help="A table, or JSON Lines.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A new file that only you may read, instead of standard output.",
)
@filters
@project_option
def export(campaign: str, noun: str, as_format: str, output: Path | None, project: Path, **given: str | None) -> None:
    """Write what CAMPAIGN has of NOUN: a table in CSV, or a line of JSON for each. The gateway may be running.

    Participants in CSV can be imported again. A file is there once it is whole, and not before.
    """
    from gateway.exports.export import Export
    from gateway.exports.formats import Format
    from gateway.settings import load_settings

    settings, wanted = load_settings(project, offline=True), _noun(noun)
    asked = _filter(wanted, {name: value for name, value in given.items() if value is not None})
    made = Export(noun=wanted, book=rulebook_of(settings, campaign), filter=asked, format=Format(as_format))
    with opened(settings) as storage, _written(output) as file:
        rows = _write(storage, made, file)
    if output is not None:
        click.echo(f"{output}: {many(rows, noun.removesuffix('s'))}")


def _noun(name: str) -> "Noun":
    from gateway.exports.nouns import EXPORTED

    return EXPORTED[name]


def _filter(noun: "Noun", given: dict[str, str]) -> "Given":
    """Raises `CommandFailed` for one that the noun does not have, or can't use."""
    from pydantic import ValidationError

    unknown = [name for name in given if name not in noun.filter.model_fields]
    if unknown:
        options = ", ".join(f"--{name.replace('_', '-')}" for name in unknown)
        raise CommandFailed(f"{noun.name} have no {options}")
    try:
        return noun.filter.model_validate(given)
    except ValidationError as error:
        wrong = (f"--{str(one['loc'][0]).replace('_', '-')}: {one['msg']}" for one in error.errors())
        raise CommandFailed("\n".join(wrong)) from None


def _write(storage: "Storage", export: "Export", file: BinaryIO) -> int:
    """All of it; how many rows there are. Nothing is given out that is not noted. Raises `CommandFailed`."""
    from gateway.api.problems import Problem

    pieces = export.pieces(storage.reading)
    try:
        piece, rows = next(pieces)
    except Problem as problem:
        raise CommandFailed(str(problem.body.get("detail", problem))) from None
    _note(storage, export)
    file.write(piece)
    for piece, number in pieces:
        file.write(piece)
        rows += number
    return rows


def _note(storage: "Storage", export: "Export") -> None:
    after = {"format": str(export.format), "filters": sorted(export.filter.model_fields_set)}
    with storage.transaction() as t:
        t.audit.add([entry(f"export_{export.noun.name}", f"campaign/{export.book.campaign}", after=after)])


@contextmanager
def _written(output: Path | None) -> Iterator[BinaryIO]:
    """Where to write: a file that is there under its name once the block has ended well. Raises `CommandFailed`."""
    from gateway.ids import new_id
    from gateway.private_files import new_file, sync

    if output is None:
        yield sys.stdout.buffer
        return
    if output.exists():
        raise CommandFailed(f"{output} is there already")
    unfinished = output.with_name(f".{output.name}.{new_id()}")
    with new_file(unfinished) as file:
        yield file
        sync(file)
        _name(unfinished, output)


def _name(unfinished: Path, output: Path) -> None:
    """Give the file its name; unlike a renaming, this writes over no file that came meanwhile."""
    try:
        os.link(unfinished, output)
    except FileExistsError:
        raise CommandFailed(f"{output} is there already") from None
    unfinished.unlink()
