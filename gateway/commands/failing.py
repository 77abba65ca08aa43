"""How a command fails: a sentence for each thing that is wrong, on stderr, and exit code 2. Never a traceback."""

from errno import EPIPE
from typing import IO, Any

import click

USAGE_OR_SETTINGS = 2


class CommandFailed(click.ClickException):
    """The command can't do its work; the message says what to do about it, a line for each problem."""

    exit_code = USAGE_OR_SETTINGS

    def show(self, file: IO[Any] | None = None) -> None:
        for line in self.message.splitlines():
            click.echo(f"pointsman: {line}", file=file, err=file is None)


class Commands(click.Group):
    """A group whose commands may raise the errors that `sentence_for` knows.

    Where whoever reads the output has gone, as in `pointsman ... | head`, click ends it without a word and with 1.
    """

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.Abort, click.exceptions.Exit):
            raise
        except Exception as error:
            if isinstance(error, OSError) and error.errno == EPIPE:
                raise
            sentence = sentence_for(error)
            if sentence is None:
                raise
            raise CommandFailed(sentence) from error


def sentence_for(error: Exception) -> str | None:
    """What an operator reads of an error that is no fault of the program; None for one that is."""
    from gateway.campaigns import CannotRun
    from gateway.parts import PartEnded
    from gateway.settings import SettingsError
    from gateway.settling import CannotSettle
    from gateway.sheets import SheetRefused
    from storage.errors import (
        AlreadyRunning,
        BackupFailed,
        BackupRefused,
        SchemaMismatch,
        SpoolUnavailable,
        StorageUnavailable,
    )

    of_storage = AlreadyRunning | BackupFailed | BackupRefused | SchemaMismatch | SpoolUnavailable
    if isinstance(error, of_storage | SettingsError | CannotRun | CannotSettle | PartEnded):
        return str(error)
    if isinstance(error, SheetRefused):
        return f"this contact list can't be imported: {error}"
    if isinstance(error, StorageUnavailable):
        return f"the database can't be used: {error}"
    if isinstance(error, OSError):
        return f"{error.strerror or error}: {error.filename}" if error.filename else str(error)
    return None
