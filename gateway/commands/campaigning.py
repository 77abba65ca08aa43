"""`pointsman campaign start|stop|status`."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gateway.commands.auditing import entry
from gateway.commands.failing import Commands
from gateway.commands.project import is_running, opened, project_option, rulebook_of

if TYPE_CHECKING:
    from gateway.campaigns import CampaignStart
    from gateway.clock import Clock
    from gateway.rulebooks import BrokenFile, Rulebooks
    from gateway.settings import Settings
    from rules.book import Rulebook
    from storage.database import Storage
    from storage.transaction import Transaction

SHOWN_HASH = 12  # characters of a content hash that tell versions apart


@click.group(cls=Commands)
def campaign() -> None:
    """Start and stop campaigns, and see how far they are."""


@campaign.command()
@click.argument("name")
@project_option
def start(name: str, project: Path) -> None:
    """Triggers of campaign NAME fire from now on; participants who joined before enter now.

    A campaign in error runs again; one that cannot run is left as it was, and told why. The secrets of services are in
    the gateway's environment: where the campaign asks a service, its word is waited for, 3 seconds at most.
    """
    from gateway.campaigns import CampaignStart
    from gateway.clock import SystemClock
    from gateway.hindrances import services_of
    from gateway.settings import load_settings
    from gateway.stepping import in_steps

    settings = load_settings(project, offline=True)
    book, clock, at_work = rulebook_of(settings, name), SystemClock(), is_running(settings)
    starting = CampaignStart(book.campaign, clock.now(), _hindrances(settings, book))
    with opened(settings, make=True) as storage:
        asyncio.run(in_steps(storage, partial(_begin, starting), starting.wake))
        if at_work and starting.is_fresh and services_of(book):
            _refuse_if_it_cannot_run(storage, book, clock)
    click.echo(f"{name} is active; participants who enter now: {starting.woken}")
    if not at_work:
        click.echo("no gateway is running: they enter when `pointsman run` starts")
        for line in _lacking(settings, book):
            click.echo(line)


def _begin(starting: "CampaignStart", t: "Transaction") -> None:
    before = _status_of(t, starting.campaign)
    starting.begin(t)
    _note(t, "start_campaign", starting.campaign, before)


def _refuse_if_it_cannot_run(storage: "Storage", book: "Rulebook", clock: "Clock") -> None:
    """Wait for the gateway's word. Raises `CannotRun`."""
    from gateway.campaigns import CannotRun, objection

    if reason := asyncio.run(objection(storage, book.campaign, clock)):
        raise CannotRun(book.campaign, [reason])


def _lacking(settings: "Settings", book: "Rulebook") -> Iterator[str]:
    """A line for each secret that the gateway will need and that this shell does not have."""
    from gateway.hindrances import services_of

    missing = settings.missing_secrets()
    for service in sorted(services_of(book) & missing.keys()):
        yield (
            f"the service {service} has no secret in this shell: where `pointsman run` has none, either, "
            f"it puts {book.campaign} in error (set {missing[service]})"
        )


def _hindrances(settings: "Settings", book: "Rulebook") -> "Callable[[Transaction, str], Sequence[str]]":
    """All that keeps it from running but secrets, which the gateway has and this command need not have."""
    from gateway.adapters import project_channels, rule_project
    from gateway.hindrances import Hindrances
    from gateway.rulebooks import Rulebooks

    books, versions = {book.campaign: book}, {book.hash: book}
    rulebooks = Rulebooks(rule_project(settings), project_channels(settings), books, versions)
    return Hindrances(rulebooks, missing={}).of


def _status_of(t: "Transaction", campaign: str) -> str:
    row = t.campaigns.get(campaign)
    return row["status"] if row else "inactive"


def _note(t: "Transaction", what: str, campaign: str, before: str) -> None:
    """A line of the trail of changes, where anything changed."""
    after = _status_of(t, campaign)
    if after != before:
        changes = {"before": {"status": before}, "after": {"status": after}}
        t.audit.add([entry(what, f"campaign/{campaign}", **changes)])


@campaign.command()
@click.argument("name")
@project_option
def stop(name: str, project: Path) -> None:
    """Triggers of campaign NAME fire no more. Participants, messages and answers are still kept.

    What runs can be stopped, whatever became of its rule file.
    """
    from gateway.campaigns import stop as stop_campaign
    from gateway.clock import SystemClock
    from gateway.settings import load_settings

    settings = load_settings(project, offline=True)
    with opened(settings) as storage:
        with storage.reading() as t:
            known = t.campaigns.get(name) is not None
        campaign = name if known else rulebook_of(settings, name).campaign
        with storage.transaction() as t:
            before = _status_of(t, campaign)
            stop_campaign(t, campaign, SystemClock().now())
            _note(t, "stop_campaign", campaign, before)
    click.echo(f"{name} is inactive")


@campaign.command()
@click.argument("name", required=False)
@project_option
def status(name: str | None, project: Path) -> None:
    """How far campaign NAME is, or every campaign the database knows."""
    from gateway.settings import load_settings

    settings = load_settings(project, offline=True)
    with opened(settings) as storage, storage.reading() as t:
        rows = {row["name"]: row for row in t.campaigns.all()}
        if name and name not in rows:
            rulebook_of(settings, name)  # a campaign that exists has only never run; any other is told apart here
        rulebooks = _read(settings, t)
        lines = [_line(t, row, rulebooks) for row in rows.values() if name in (None, row["name"])]
    if name is None:
        lines += [_not_loaded(one) for one in rulebooks.broken if one.campaign not in rows]
    never = f"{name} has never run here" if name else "no campaign has run here yet"
    click.echo("\n".join(lines) or f"{never}: `pointsman campaign start {name or 'NAME'}` starts it")


def _read(settings: "Settings", t: "Transaction") -> "Rulebooks":
    """The rule files as they are now, or as they are in force where they are broken or gone."""
    from gateway.adapters import project_channels, rule_project
    from gateway.rulebooks import Rulebooks, read_folder

    rulebooks = Rulebooks(rule_project(settings), project_channels(settings))
    rulebooks.restore(t)
    changes = rulebooks.read(read_folder(settings.rules))
    rulebooks.put_in_force(changes.books)
    rulebooks.broken, rulebooks.gone = changes.broken, changes.gone
    return rulebooks


def _line(t: "Transaction", row: dict[str, Any], rulebooks: "Rulebooks") -> str:
    from gateway.hindrances import standing

    counts = t.campaigns.counts(row["name"])
    talks = _listed(counts.communications)
    messages = _listed({status or "owed": number for status, number in counts.messages.items()})
    waiting = _listed({f"at {node}": number for node, number in counts.waiting.items()})
    book = rulebooks.active.get(row["name"])
    status, reason = standing(row, has_rules=book is not None)
    files = [f"\n  {_goes_on(one, book)}" for one in rulebooks.broken if one.campaign == row["name"]]
    if book is not None and book.campaign in rulebooks.gone:
        files.append(f"\n  {_without_file(book)}")
    mend = f"\n  mend it, then: pointsman campaign start {row['name']}" if row["status"] == "error" else ""
    return (
        f"{row['name']}: {status}{f' ({reason})' if reason else ''}{mend}{''.join(files)}\n"
        f"  participants: {counts.participants}\n  communications: {talks}\n  messages: {messages}\n"
        f"  waiting: {waiting}"
    )


def _goes_on(broken: "BrokenFile", book: "Rulebook | None") -> str:
    if book is None:
        return _not_loaded(broken)
    return f"{broken} (run `pointsman check`): it goes on with version {book.hash[:SHOWN_HASH]}"


def _without_file(book: "Rulebook") -> str:
    file, version = Path(book.file).name, book.hash[:SHOWN_HASH]
    return f"{file} is gone from the rules folder: it goes on with version {version}; put the file back, or stop it"


def _not_loaded(broken: "BrokenFile") -> str:
    return f"{broken} and is not loaded: run `pointsman check`"


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {what}" for what, number in sorted(counts.items())) or "none"
