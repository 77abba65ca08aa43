"""Options that say how a contact list is to be read."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from gateway.commands.failing import CommandFailed

if TYPE_CHECKING:
    from gateway.sheets import Reading

OPTIONS = (
    click.option("--encoding", default="", help="utf-8, utf-16-le, utf-16-be or windows-1252; else found out."),
    click.option("--delimiter", default="", help="comma, semicolon, tab or pipe; else found out."),
    click.option("--sheet", default="", help="The worksheet of a workbook; else its first."),
    click.option(
        "--column",
        "columns",
        multiple=True,
        metavar="CELL=NAME",
        help="The column headed CELL is the field or identifier NAME; - leaves it out. As often as needed.",
    ),
    click.option("--date", "dates", multiple=True, metavar="FORMAT", help="Dates may be written so, as DD.MM.YYYY."),
    click.option("--region", default="", metavar="DE", help="Whose phone numbers have no country code."),
    click.option("--decimal", default="", help="point (as where it is not said), or comma: numbers are as 1.234,50."),
)


def reading_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The command takes the options, which `reading_of` reads."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def reading_of(columns: tuple[str, ...], dates: tuple[str, ...], **said: str) -> "Reading":
    """How to read the file. Raises `CommandFailed` and `SheetRefused`."""
    from gateway.sheets import Reading

    return Reading(columns=dict(_pair(text) for text in columns), dates=dates, **said)


def _pair(text: str) -> tuple[str, str]:
    cell, equals, name = text.rpartition("=")
    if not equals:
        raise CommandFailed(f'--column "{text}" must be CELL=NAME, such as "Mobile number=phone"')
    return cell, name
