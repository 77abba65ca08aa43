"""`pointsman record`."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.commands.failing import CommandFailed
from gateway.commands.project import opened, project_option

if TYPE_CHECKING:
    from gateway.recording.record import Recording
    from gateway.settings import Settings

NOT_AS_IT_WAS = 1


@click.command()
@click.argument("participant")
@click.option("--verbatim", is_flag=True, help="With the names, numbers and addresses as they are.")
@click.option(
    "--to",
    "file",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    show_default="standard output",
    help="A new file to write, for its owner alone.",
)
@project_option
def record(participant: str, verbatim: bool, file: Path | None, project: Path) -> None:
    """Write all that happened to PARTICIPANT as a scenario for `pointsman simulate`, with the rule file of then.

    PARTICIPANT is an id, or CAMPAIGN/WHO, as for `pointsman explain`. Names, numbers and addresses are made up, but
    for what people wrote in their own words: read it before you share it. The scenario is played once: exit 1 where it
    does not come out as it was, with what is different on standard error.
    """
    from gateway.private_files import new_file
    from gateway.settings import load_settings

    settings = load_settings(project, offline=True)
    recording = recorded(settings, participant, verbatim)
    if file is None:
        click.echo(recording.text, nl=False)
    else:
        try:
            with new_file(file) as kept:
                kept.write(recording.text.encode())
        except FileExistsError:
            raise CommandFailed(f"{file} is there already; name a new file") from None
    for untold in recording.untold:
        click.echo(f"not told: {untold}", err=True)
    if wrong := tried(settings, recording):
        click.echo("\n".join(["played, it does not come out as it was:", *wrong]), err=True)
        raise SystemExit(NOT_AS_IT_WAS)


def recorded(settings: "Settings", participant: str, verbatim: bool) -> "Recording":
    """The recording of a participant. Raises `CommandFailed`."""
    from gateway.adapters import rule_project
    from gateway.explain.finding import NotFound, participant_named
    from gateway.recorded import Versions
    from gateway.recording.record import CannotRecord
    from gateway.recording.record import record as made

    with opened(settings) as storage, storage.reading() as t:
        try:
            row = participant_named(t, participant)
            return made(t, Versions(rule_project(settings)).of(t), row, verbatim=verbatim)
        except (NotFound, CannotRecord) as problem:
            raise CommandFailed(str(problem)) from None


def tried(settings: "Settings", recording: "Recording") -> list[str]:
    """What is not as it was when the recording is played in the project; nothing but the rules of then is read."""
    from gateway.commands.simulating import calm_logs
    from gateway.recording.trying import wrong_with
    from gateway.scenarios.values import Surroundings

    services, allowed = frozenset(settings.services), settings.actions.allow
    around = Surroundings(dict(settings.channel_kinds), services, allowed, settings.functions)
    with calm_logs():
        return asyncio.run(wrong_with("recorded.yaml", recording.text, around))
