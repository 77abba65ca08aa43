"""`pointsman tail`: events, live."""

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING

import click

from gateway.commands.project import opened, project_option

if TYPE_CHECKING:
    from gateway.following import Before, Follower, Only, Seen
    from storage.database import Storage

SHOWN, MOST_SHOWN = 10, 500  # events that came before
EVERY, MOST_OFTEN, MOST_SELDOM = 1.0, 0.2, 60.0  # seconds between two looks
STATES = ("waiting", "held", "decided", "parked", "dropped")


@click.command()
@click.option("--campaign", default="", metavar="NAME", help="Only events that concern this campaign.")
@click.option("--kind", default="", metavar="KIND", help="Only of this kind, such as message, receipt or timer.")
@click.option("--customer", default="", metavar="ID", help="Only about this customer (our id).")
@click.option("--state", type=click.Choice(STATES), default=None, help="Only in this state.")
@click.option(
    "-n",
    "--lines",
    type=click.IntRange(0, MOST_SHOWN),
    default=SHOWN,
    show_default=True,
    help="Tell first so many of these that came before.",
)
@click.option("--no-follow", is_flag=True, help="End after those.")
@click.option(
    "--every",
    type=click.FloatRange(MOST_OFTEN, MOST_SELDOM),
    default=EVERY,
    show_default=True,
    help="Seconds between two looks.",
)
@click.option("--json", "as_json", is_flag=True, help="A line of JSON for each, for programs.")
@project_option
def tail(
    campaign: str,
    kind: str,
    customer: str,
    state: str | None,
    lines: int,
    no_follow: bool,
    every: float,
    as_json: bool,
    project: Path,
) -> None:
    """Follow events as they are decided, parked, dropped or held, until Ctrl-C: what came in, and which triggers it
    fired.

    One that waits for more than 3 seconds is told as waiting, and again later. It reads the database beside the
    gateway; nothing personal is shown.
    """
    from gateway.following import Only
    from gateway.settings import load_settings

    only = Only(campaign, kind, customer, state or "")
    tell = _json if as_json else _line
    with opened(load_settings(project, offline=True)) as storage:
        follower = _begin(storage, only, lines, tell)
        if not no_follow:
            _follow(storage, follower, only, every, tell)


def _begin(storage: "Storage", only: "Only", lines: int, tell: "Callable[[Seen], str]") -> "Follower":
    from gateway.following import begin

    with storage.reading() as t:
        before, follower = begin(t, lines, monotonic(), only)
    _tell(before.found, only, tell)
    if lines and len(before.found) < lines:
        _tell_how_far(before)
    return follower


def _tell_how_far(before: "Before") -> None:
    """Where nothing is found, or not all was looked through: among how many events."""
    from gateway.following import LOOK_BACK

    told = f"pointsman: {len(before.found) or 'none'} of the last {before.looked_at:,} events fit"
    if before.looked_at == LOOK_BACK:
        click.echo(f"{told}; earlier ones were not looked at: `pointsman list events` does", err=True)
    elif not before.found:
        click.echo(told, err=True)


def _follow(
    storage: "Storage", follower: "Follower", only: "Only", every: float, tell: "Callable[[Seen], str]"
) -> None:
    """Until Ctrl-C, through outages of the database."""
    from storage.errors import StorageUnavailable

    try:
        while True:
            try:
                with storage.reading() as t:
                    found = follower.look(t, monotonic())
                _tell(found, only, tell)
            except StorageUnavailable as error:
                click.echo(f"pointsman: the database can't be read, trying again: {error}", err=True)
            if not follower.behind:
                sleep(every)
    except KeyboardInterrupt:
        return


def _tell(found: "Iterable[Seen]", only: "Only", tell: "Callable[[Seen], str]") -> None:
    for one in found:
        if only.fits(one):
            click.echo(tell(one))


def _line(one: "Seen") -> str:
    from gateway.commands.tables import moment

    whom = one.customer or "nobody known"
    became = f"{one.state}: {', '.join(one.fired) or one.note or 'no trigger fired'}"
    where = _listed(one.campaigns) or "no campaign"
    return f"{one.number}  {moment(one.received_at)} UTC  {one.kind}  {where}  {whom}  {' '.join(became.split())}"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)


def _json(one: "Seen") -> str:
    from dataclasses import asdict

    from gateway.commands.tables import plain

    return json.dumps(plain(asdict(one)))
