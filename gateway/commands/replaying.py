"""`pointsman replay`."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.commands.differing import FOUND_DIFFERENCES, folder_option
from gateway.commands.failing import CommandFailed
from gateway.commands.moments import moment_meant
from gateway.commands.project import looked_at, project_option, texts_of

if TYPE_CHECKING:
    from gateway.recorded import Stretch
    from gateway.replay.jobs import Order
    from gateway.settings import Settings

CLEARED = f"\r{' ' * 40}\r"  # the last line of a terminal is empty again
EXAMPLES = 3
MAX_EXAMPLES = 1_000


@click.command()
@click.option("--since", required=True, metavar="WHEN", help="From when on: 2h, 3d (ago), or 2027-03-01 08:00.")
@click.option("--until", default="", metavar="WHEN", help="Until when; without it, until now.")
@folder_option
@click.option("--campaign", default="", metavar="NAME", help="Only decisions of this campaign.")
@click.option(
    "--limit-examples",
    "examples",
    type=click.IntRange(0, MAX_EXAMPLES),
    default=EXAMPLES,
    show_default=True,
    help="Examples of each difference.",
)
@click.option(
    "--jobs",
    type=click.IntRange(0, 64),
    default=0,
    show_default="as many as pay",
    help="Processes that share the work.",
)
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
@project_option
def replay(
    since: str,
    until: str,
    folder: Path | None,
    campaign: str,
    examples: int,
    jobs: int,
    as_json: bool,
    project: Path,
) -> None:
    """Decide what was decided in a period once more with changed rule files, and tell what would be otherwise: at which
    node, for how many participants, because of which line.

    Each decision is made on what was known then; what was under way stays on the version that it began with. Nothing
    is sent or changed, and a running gateway is not disturbed. Exit 0 where nothing would be otherwise, else 1.
    """
    from gateway.commands.told_replay import as_json_text, as_text
    from gateway.replay.jobs import Interrupted
    from gateway.replay.jobs import replay as decide_again
    from gateway.settings import load_settings
    from gateway.versions import Unreadable

    wanted = _stretch(since, until, campaign)
    settings = load_settings(project, offline=True)
    order = _order(settings, folder or settings.rules, wanted, examples)
    try:
        with _progress() as told:
            tally = decide_again(order, jobs, told)
    except (Unreadable, Interrupted) as problem:
        raise CommandFailed(str(problem)) from None
    click.echo(as_json_text(tally, wanted) if as_json else as_text(tally, wanted))
    if tally.otherwise:
        raise SystemExit(FOUND_DIFFERENCES)


def _stretch(since: str, until: str, campaign: str) -> "Stretch":
    """Raises `CommandFailed`."""
    from gateway.recorded import Stretch

    begins = moment_meant(since)
    ends = moment_meant(until, "--until") if until else None
    if ends is not None and ends <= begins:
        raise CommandFailed(f"--until {until} is not after --since {since}")
    return Stretch(since=begins, until=ends, campaign=campaign)


def _order(settings: "Settings", folder: Path, wanted: "Stretch", examples: int) -> "Order":
    """Raises `CommandFailed` where nothing was decided here yet, or there are no rule files."""
    from gateway.adapters import rule_project
    from gateway.hints import did_you_mean
    from gateway.replay.jobs import Order

    texts = texts_of(folder)
    if not texts:
        raise CommandFailed(f"there are no rule files (*.yaml) in {folder}")
    with looked_at(settings) as storage:
        if storage is None:
            raise CommandFailed("nothing was decided in this project yet")
        with storage.reading() as t:
            known = [row["name"] for row in t.campaigns.all()]
    if wanted.campaign and wanted.campaign not in known:
        raise CommandFailed(f'there is no campaign "{wanted.campaign}"{did_you_mean(wanted.campaign, known)}')
    return Order(settings.database, texts, rule_project(settings), wanted, examples)


@contextmanager
def _progress() -> Iterator[Callable[[int], None]]:
    """Where somebody looks on, says on the last line of the terminal how far it is, and clears that line at the end."""
    done = 0

    def told(decisions: int) -> None:
        nonlocal done
        done += decisions
        click.echo(f"\r{done:,} decisions", err=True, nl=False)

    if not _is_watched():
        yield lambda decisions: None
        return
    try:
        yield told
    finally:
        click.echo(CLEARED, err=True, nl=False)


def _is_watched() -> bool:
    return sys.stderr.isatty()
