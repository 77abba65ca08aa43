"""`pointsman events parked|show|retry|drop`: events that could not be decided, or that the database refused."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gateway.commands.auditing import entry
from gateway.commands.failing import CommandFailed, Commands
from gateway.commands.moments import moment_meant
from gateway.commands.project import is_running, opened, project_option

if TYPE_CHECKING:
    from gateway.parked_events import ParkedEvent, Wanted
    from gateway.settings import Settings
    from storage.database import Storage
    from storage.spool_visit import SpoolVisit
    from storage.transaction import Transaction
    from storage.values import Row

SOME_STAY = 1
CHUNK = 500  # events taken back in one transaction
SHOWN = 200  # lines of a listing for people
LATER = "no gateway is running: it is done when `pointsman run` starts"


def event_number(text: str) -> int | str:
    """An event's number: an int; of one that is set aside in the spool, an "s" before it, a text."""
    found = re.fullmatch(r"(s?)([1-9]\d{0,17})", text, re.ASCII)
    if found is None:
        raise click.BadParameter(f"{text!r} is no number of an event, such as 17 or s5")
    return text if found[1] else int(found[2])


campaign_option = click.option("--campaign", default="", metavar="NAME", help="Only events of this campaign.")
kind_option = click.option("--kind", default="", metavar="KIND", help="Only of this kind, such as message or timer.")
since_option = click.option(
    "--since", default="", metavar="WHEN", help="Only what was received since: 2h, 3d, or 2027-03-01 08:00."
)
numbers_argument = click.argument("numbers", nargs=-1, type=event_number, metavar="NUMBER...")


@click.group(cls=Commands)
def events() -> None:
    """Look at events that could not be decided, let them be tried once more, or drop them.

    So, too, with events that the database refused: they are set aside in the spool, and have numbers such as s5.
    """


@events.command()
@campaign_option
@kind_option
@since_option
@click.option("--json", "as_json", is_flag=True, help="All of them, for programs.")
@project_option
def parked(campaign: str, kind: str, since: str, as_json: bool, project: Path) -> None:
    """List the parked events, oldest first, each with the reason, and then those that are set aside in the spool.
    Nothing personal is shown."""
    wanted, settings = _wanted(campaign, kind, since), _settings(project)
    with opened(settings) as storage, _spool(settings) as spool:
        found = _found(storage, spool, wanted)
        if as_json:
            click.echo(json.dumps([_as_json(event) for event in found], indent=1))
            return
        lines = [_line(event) for event in islice(found, SHOWN)]
        more = sum(1 for _ in found)
    click.echo("\n".join(lines) or "no event is parked")
    if more:
        click.echo(f"and {more:,} more: name a --campaign or a --kind, or take --json")


@events.command()
@click.argument("number", type=event_number)
@click.option("--full", is_flag=True, help="What people wrote, their addresses and data, too.")
@project_option
def show(number: int | str, full: bool, project: Path) -> None:
    """Show event NUMBER as JSON, parked or not; what is personal by its size only."""
    from gateway.parked_events import masked, told

    settings = _settings(project)
    with opened(settings) as storage, _spool(settings) as spool, storage.reading() as t:
        row = t.parked.get(number) if isinstance(number, int) else _row_aside(spool, number)
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
    numbers: Sequence[int | str], every: bool, reason: str, campaign: str, kind: str, since: str, project: Path
) -> None:
    """Let parked events be decided as if nobody had tried yet, each before what came after it. What is set aside in the
    spool goes into the inbox, behind the others.

    Exit 1 if one of them stays as it is.
    """
    wanted = _wanted(campaign, kind, since, reason)
    _check_which(numbers, every, wanted)
    settings = _settings(project)
    with opened(settings) as storage, _spool(settings) as spool:
        chosen = [one.number for one in _found(storage, spool, wanted)] if every else list(dict.fromkeys(numbers))
        refused = _retry_all(storage, chosen) + _retry_aside(storage, spool, chosen)
    for why in refused:
        click.echo(f"pointsman: {why}", err=True)
    click.echo(f"{_events(len(chosen) - len(refused))} to be tried once more")
    _tell_when(settings)
    if refused:
        raise SystemExit(SOME_STAY)


@events.command()
@numbers_argument
@click.option("--yes", is_flag=True, help="Needed: there is no way back.")
@project_option
def drop(numbers: Sequence[int | str], yes: bool, project: Path) -> None:
    """Never decide parked events: what waits for one of them fails or ends, which is told. What is set aside in the
    spool is removed.

    Exit 1 if one of them stays as it is.
    """
    if not numbers:
        raise CommandFailed("name the events to be dropped by their numbers (see: pointsman events parked)")
    if not yes:
        raise CommandFailed("a dropped event is never decided, and there is no way back: say --yes")
    settings = _settings(project)
    with opened(settings) as storage, _spool(settings) as spool:
        done = [_drop(storage, spool, number) for number in dict.fromkeys(numbers)]
    _tell_when(settings)
    if not all(done):
        raise SystemExit(SOME_STAY)


def _drop(storage: "Storage", spool: "SpoolVisit", number: int | str) -> bool:
    from gateway.set_aside import drop_aside

    if isinstance(number, int):
        return _drop_parked(storage, number)
    if problem := drop_aside(storage, spool, _in_spool(number), _note("drop_event", [number])):
        click.echo(f"pointsman: {problem}", err=True)
        return False
    click.echo(f"event {number} is dropped")
    return True


def _drop_parked(storage: "Storage", number: int) -> bool:
    from gateway.clock import SystemClock
    from gateway.parking import drop as drop_event

    try:
        with storage.alone() as t:
            became = drop_event(t, number, SystemClock().now())
            _note("drop_event", [number])(t)
    except LookupError as problem:
        click.echo(f"pointsman: {problem}", err=True)
        return False
    click.echo(f"event {number} is dropped{became and f': {became}'}")
    return True


def _retry_all(storage: "Storage", numbers: Iterable[int | str]) -> list[str]:
    """Why not, for each parked event that stays."""
    from gateway.parking import retry as retry_events

    refused: list[str] = []
    for chunk in _chunks(number for number in numbers if isinstance(number, int)):
        with storage.alone() as t:
            stay = retry_events(t, chunk)
            _note("retry_event", [number for number in chunk if number not in stay])(t)
        refused += stay.values()
    return refused


def _retry_aside(storage: "Storage", spool: "SpoolVisit", numbers: Iterable[int | str]) -> list[str]:
    """Why not, for each event that stays in the spool."""
    from gateway.set_aside import retry_aside

    aside = (number for number in numbers if isinstance(number, str))
    tries = (retry_aside(storage, spool, _in_spool(one), _note("retry_event", [one])) for one in aside)
    return [why for why in tries if why]


def _note(what: str, numbers: Sequence[int | str]) -> "Callable[[Transaction], None]":
    """Tells the trail of changes of these events."""
    return lambda t: t.audit.add([entry(what, f"event/{number}") for number in numbers])


def _in_spool(number: str) -> int:
    return int(number.lstrip("s"))


def _spool(settings: "Settings") -> AbstractContextManager["SpoolVisit"]:
    from storage.spool_visit import visiting

    return visiting(settings.spool)


def _found(storage: "Storage", spool: "SpoolVisit", wanted: "Wanted") -> Iterator["ParkedEvent"]:
    """Whatever is parked or set aside and meant."""
    from gateway.parked_events import parked_events, set_aside_events

    return chain(parked_events(storage, wanted), set_aside_events(storage, spool, wanted))


def _row_aside(spool: "SpoolVisit", number: str) -> "Row | None":
    from gateway.parked_events import spooled_row
    from gateway.set_aside import find

    one = find(spool, _in_spool(number))
    return spooled_row(one) if one else None


def _chunks(numbers: Iterable[int]) -> Iterator[list[int]]:
    rest = iter(numbers)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk


def _check_which(numbers: Sequence[int | str], every: bool, wanted: "Wanted") -> None:
    """Raises `CommandFailed` unless it is said, once, which are meant."""
    filtered = any((wanted.campaign, wanted.kind, wanted.since, wanted.reason))
    if bool(numbers) == every or (numbers and filtered):
        raise CommandFailed("name the events by their numbers, or say --all, with options that say which")


def _wanted(campaign: str, kind: str, since: str, reason: str = "") -> "Wanted":
    from gateway.parked_events import Wanted

    return Wanted(campaign, kind, moment_meant(since) if since else None, reason)


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
