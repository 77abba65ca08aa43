"""The table of what `pointsman list` and `pointsman show` read."""

from collections.abc import Iterator

import click

from gateway.cli import main
from gateway.commands.nouns import endpoints_of

VERBS = (("list", "list"), ("show", "get"))
COMMON = ("as_json", "project", "limit", "after")


def noun_rows() -> Iterator[tuple[str, str, str]]:
    """Each command with its arguments, the filters that it has, and what it tells."""
    for verb, prefix in VERBS:
        group = main.commands[verb]
        for noun in endpoints_of(prefix):
            command = group.get_command(click.Context(group), noun) if isinstance(group, click.Group) else None
            if command is not None:
                yield _row(f"pointsman {verb} {noun}", command)


def _row(line: str, command: click.Command) -> tuple[str, str, str]:
    arguments = [one.make_metavar(click.Context(command)) for one in command.params if isinstance(one, click.Argument)]
    filters = [one.opts[0] for one in command.params if isinstance(one, click.Option) and one.name not in COMMON]
    told = (command.short_help or "").rstrip(".")
    return f"`{' '.join([line, *arguments])}`", " ".join(f"`{one}`" for one in filters), told[:1].lower() + told[1:]
