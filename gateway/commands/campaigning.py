"""`pointsman campaign start|stop|status`."""

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gateway.commands.failing import Commands
from gateway.commands.project import is_running, opened, project_option, rulebook_of

if TYPE_CHECKING:
    from gateway.settings import Settings
    from rules.book import Rulebook
    from storage.transaction import Transaction


@click.group(cls=Commands)
def campaign() -> None:
    """Start and stop campaigns, and see how far they are."""


@campaign.command()
@click.argument("name")
@project_option
def start(name: str, project: Path) -> None:
    """Triggers of campaign NAME fire from now on; participants who joined before enter now.

    A campaign in error runs again; one that cannot run is left as it was, and told why.
    """
    from gateway.campaigns import CampaignStart
    from gateway.clock import SystemClock
    from gateway.settings import load_settings

    settings = load_settings(project, offline=True)
    book = rulebook_of(settings, name)
    starting = CampaignStart(book.campaign, SystemClock().now(), _hindrances(settings, book))
    with opened(settings) as storage:
        with storage.transaction() as t:
            starting.begin(t)
        more = True
        while more:
            with storage.transaction() as t:
                more = starting.wake(t)
    click.echo(f"{name} is active; participants who enter now: {starting.woken}")
    if not is_running(settings):
        click.echo("no gateway is running: they enter when `pointsman run` starts")


def _hindrances(settings: "Settings", book: "Rulebook") -> "Callable[[Transaction, str], Sequence[str]]":
    """All that keeps it from running but secrets, which the gateway has and this command need not have."""
    from gateway.adapters import project_channels, rule_project
    from gateway.hindrances import Hindrances
    from gateway.rulebooks import Rulebooks

    books, versions = {book.campaign: book}, {book.hash: book}
    rulebooks = Rulebooks(rule_project(settings), project_channels(settings), books, versions)
    return Hindrances(rulebooks, missing={}).of


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
            stop_campaign(t, campaign, SystemClock().now())
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
        usable = _usable(settings, t) if rows else ()
        lines = [_line(t, row, row["name"] in usable) for row in rows.values() if name in (None, row["name"])]
    never = f"{name or 'no campaign'} has never run here: start it with `pointsman campaign start {name or 'NAME'}`"
    click.echo("\n".join(lines) or never)


def _usable(settings: "Settings", t: "Transaction") -> Collection[str]:
    """The campaigns that have a rule file, as it is now or as it is in force."""
    from gateway.adapters import project_channels, rule_project
    from gateway.rulebooks import Rulebooks, read_folder

    rulebooks = Rulebooks(rule_project(settings), project_channels(settings))
    rulebooks.restore(t)
    rulebooks.put_in_force(rulebooks.read(read_folder(settings.rules)).books)
    return rulebooks.active


def _line(t: "Transaction", row: dict[str, Any], has_rules: bool) -> str:
    from gateway.hindrances import standing

    counts = t.campaigns.counts(row["name"])
    talks = _listed(counts.communications)
    messages = _listed({status or "owed": number for status, number in counts.messages.items()})
    waiting = _listed({f"at {node}": number for node, number in counts.waiting.items()})
    status, reason = standing(row, has_rules=has_rules)
    mend = f"\n  mend it, then: pointsman campaign start {row['name']}" if row["status"] == "error" else ""
    return (
        f"{row['name']}: {status}{f' ({reason})' if reason else ''}{mend}\n"
        f"  participants: {counts.participants}\n  communications: {talks}\n  messages: {messages}\n"
        f"  waiting: {waiting}"
    )


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {what}" for what, number in sorted(counts.items())) or "none"
