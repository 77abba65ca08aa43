"""`pointsman events parked|show|retry|drop`: events that could not be decided."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gateway.commands.failing import CommandFailed, Commands
from gateway.commands.project import is_running, opened, project_option

if TYPE_CHECKING:
    from gateway.parked_events import ParkedEvent, Wanted
    from gateway.settings import Settings
    from storage.database import Storage

SOME_STAY = 1
CHUNK = 500  # events taken back in one transaction
SHOWN = 200  # lines of a listing for people
UNITS = {"m": "minutes", "h": "hours", "d": "days"}
LATER = "no gateway is running: it is done when `pointsman run` starts"

campaign_option = click.option("--campaign", default="", metavar="NAME", help="Only events of this campaign.")
kind_option = click.option("--kind", default="", metavar="KIND", help="Only of this kind, such as message or timer.")
since_option = click.option(
    "--since", default="", metavar="WHEN", help="Only what was received since: 2h, 3d, or 2027-03-01 08:00."
)
numbers_argument = click.argument("numbers", nargs=-1, type=click.IntRange(min=1), metavar="NUMBER...")


@click.group(cls=Commands)
def events() -> None:
    """Look at events that could not be decided, let them be tried once more, or drop them."""


@events.command()
@campaign_option
@kind_option
@since_option
@click.option("--json", "as_json", is_flag=True, help="All of them, for programs.")
@project_option
def parked(campaign: str, kind: str, since: str, as_json: bool, project: Path) -> None:
    """List the parked events, oldest first, each with the reason. Nothing personal is shown."""
    from gateway.parked_events import parked_events

    wanted = _wanted(campaign, kind, since)
    with opened(_settings(project)) as storage:
        found = parked_events(storage, wanted)
        if as_json:
            click.echo(json.dumps([_as_json(event) for event in found], indent=1))
            return
        lines = [_line(event) for event in islice(found, SHOWN)]
        more = sum(1 for _ in found)
    click.echo("\n".join(lines) or "no event is parked")
    if more:
        click.echo(f"and {more:,} more: name a --campaign or a --kind, or take --json")


@events.command()
@click.argument("number", type=click.IntRange(min=1))
@click.option("--full", is_flag=True, help="What people wrote, their addresses and data, too.")
@project_option
def show(number: int, full: bool, project: Path) -> None:
    """Show event NUMBER as JSON, parked or not; what is personal by its size only."""
    from gateway.parked_events import masked, told

    with opened(_settings(project)) as storage, storage.reading() as t:
        row = t.parked.get(number)
        if row is None:
            raise CommandFailed(f"there is no event {number}")
        (event,) = told(t, [row])
    payload = {"key": row["key"], "payload": row["payload"]} if full else {"payload": masked(row["payload"])}
    click.echo(json.dumps({**_as_json(event), "state": row["state"], **payload}, indent=1))


@events.command()
@numbers_argument
@click.option("--all", "every", is_flag=True, help="All parked events that the other options leave.")
@click.option("--reason", default="", metavar="TEXT", help="With --all: only those whose reason holds TEXT.")
@campaign_option
@kind_option
@since_option
@project_option
def retry(
    numbers: Sequence[int], every: bool, reason: str, campaign: str, kind: str, since: str, project: Path
) -> None:
    """Let parked events be decided as if nobody had tried yet, each before what came after it.

    Exit 1 if one of them stays as it is.
    """
    from gateway.parked_events import parked_events

    wanted = _wanted(campaign, kind, since, reason)
    _check_which(numbers, every, wanted)
    settings = _settings(project)
    with opened(settings) as storage:
        chosen = [event.number for event in parked_events(storage, wanted)] if every else dict.fromkeys(numbers)
        refused = _retry_all(storage, chosen)
    for why in refused.values():
        click.echo(f"pointsman: {why}", err=True)
    click.echo(f"{_events(len(chosen) - len(refused))} to be tried once more")
    _tell_when(settings)
    if refused:
        raise SystemExit(SOME_STAY)


@events.command()
@numbers_argument
@click.option("--yes", is_flag=True, help="Needed: there is no way back.")
@project_option
def drop(numbers: Sequence[int], yes: bool, project: Path) -> None:
    """Never decide parked events: what waits for one of them fails or ends, which is told.

    Exit 1 if one of them stays as it is.
    """
    if not numbers:
        raise CommandFailed("name the events to be dropped by their numbers (see: pointsman events parked)")
    if not yes:
        raise CommandFailed("a dropped event is never decided, and there is no way back: say --yes")
    settings = _settings(project)
    with opened(settings) as storage:
        done = [_drop(storage, number) for number in dict.fromkeys(numbers)]
    _tell_when(settings)
    if not all(done):
        raise SystemExit(SOME_STAY)


def _drop(storage: "Storage", number: int) -> bool:
    from gateway.clock import SystemClock
    from gateway.parking import drop as drop_event

    try:
        with storage.alone() as t:
            became = drop_event(t, number, SystemClock().now())
    except LookupError as problem:
        click.echo(f"pointsman: {problem}", err=True)
        return False
    click.echo(f"event {number} is dropped{became and f': {became}'}")
    return True


def _retry_all(storage: "Storage", numbers: Iterable[int]) -> dict[int, str]:
    """Why not, by the numbers of those that stay."""
    from gateway.parking import retry as retry_events

    refused: dict[int, str] = {}
    for chunk in _chunks(numbers):
        with storage.alone() as t:
            refused |= retry_events(t, chunk)
    return refused


def _chunks(numbers: Iterable[int]) -> Iterator[list[int]]:
    rest = iter(numbers)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk


def _check_which(numbers: Sequence[int], every: bool, wanted: "Wanted") -> None:
    """Raises `CommandFailed` unless it is said, once, which are meant."""
    filtered = any((wanted.campaign, wanted.kind, wanted.since, wanted.reason))
    if bool(numbers) == every or (numbers and filtered):
        raise CommandFailed("name the events by their numbers, or say --all, with options that say which")


def _wanted(campaign: str, kind: str, since: str, reason: str = "") -> "Wanted":
    from gateway.parked_events import Wanted

    return Wanted(campaign, kind, _moment(since) if since else None, reason)


def _moment(text: str) -> datetime:
    """The moment meant (UTC): so long ago, or a time of this machine's zone. Raises `CommandFailed`."""
    from datetime import UTC

    from gateway.clock import SystemClock

    try:
        if ago := re.fullmatch(r"(\d{1,6})([mhd])", text):
            return SystemClock().now() - timedelta(**{UNITS[ago[2]]: int(ago[1])})
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise CommandFailed(f'--since "{text}" must be such as 30m, 2h, 3d or 2027-03-01 08:00') from None


def _settings(project: Path) -> "Settings":
    from gateway.settings import load_settings

    return load_settings(project, offline=True)


def _tell_when(settings: "Settings") -> None:
    if not is_running(settings):
        click.echo(LATER)


def _line(event: "ParkedEvent") -> str:
    when = event.received_at.isoformat(sep=" ", timespec="seconds").removesuffix("+00:00")
    whom = event.customer or event.participant or "nobody known"
    tries = "1 try" if event.tries == 1 else f"{event.tries} tries"
    about = f"{event.campaign or 'no campaign'}, {whom}"
    return f"{event.number}  {when} UTC  {event.kind}  {about}  {tries}: {' '.join(event.reason.split())}"


def _as_json(event: "ParkedEvent") -> dict[str, Any]:
    return asdict(event) | {"received_at": event.received_at.isoformat()}


def _events(number: int) -> str:
    return f"{number:,} event is" if number == 1 else f"{number:,} events are"
