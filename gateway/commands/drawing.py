"""`pointsman draw`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.commands.failing import CommandFailed
from gateway.commands.project import looked_at, project_option, rulebook_of

if TYPE_CHECKING:
    from datetime import datetime

    from gateway.live_counts import LiveCounts
    from gateway.settings import Settings
    from rules.book import Rulebook


@click.command()
@click.argument("what", metavar="CAMPAIGN[.FLOW]")
@click.option(
    "--svg",
    "svg_file",
    type=click.Path(dir_okay=False, allow_dash=True),
    help="Write an SVG to this file; - prints it. Without it, Mermaid text is printed.",
)
@click.option("--counts", is_flag=True, help="With how many passed, wait and failed, from the project's database.")
@click.option("--since", metavar="WHEN", help="With --counts: who passed since then, such as 7d or 2027-03-01.")
@project_option
def draw(what: str, svg_file: str | None, counts: bool, since: str | None, project: Path) -> None:
    """Draw a flow, or all flows of a campaign, as Mermaid text or as an SVG.

    A rule file may stand in the place of CAMPAIGN: docs/cookbook/09_birthday.yaml, or with .FLOW after it.
    """
    from gateway.commands.moments import moment_meant
    from gateway.drawing.mermaid import mermaid
    from gateway.drawing.of_rules import picture_of
    from gateway.drawing.svg import svg
    from gateway.settings import load_settings

    if since is not None and not counts:
        raise click.UsageError("--since says what --counts counts: give both")
    settings = load_settings(project, offline=True)
    book, flow = _meant(settings, what)
    live = _counts(settings, book, moment_meant(since) if since else None) if counts else None
    picture = picture_of(book, (flow,) if flow else (), live)
    if svg_file in (None, "-"):
        click.echo(svg(picture) if svg_file else mermaid(picture), nl=False)
    else:
        Path(svg_file or "").write_text(svg(picture), "utf-8")
        click.echo(f"wrote {svg_file}")


def _meant(settings: "Settings", what: str) -> "tuple[Rulebook, str]":
    """The rulebook, and the name of its flow, "" for all of them. Raises `CommandFailed`."""
    from gateway.hints import did_you_mean

    if Path(what).is_file():
        return _of_file(settings, Path(what)), ""
    name, _, flow = what.rpartition(".") if Path(what).suffix else (what, "", "")
    book = _of_file(settings, Path(name)) if Path(name).is_file() else rulebook_of(settings, name)
    if flow and flow not in book.flows:
        raise CommandFailed(f'the campaign "{book.campaign}" has no flow "{flow}"{did_you_mean(flow, book.flows)}')
    return book, flow


def _of_file(settings: "Settings", path: Path) -> "Rulebook":
    from gateway.adapters import rule_project
    from gateway.versions import Unreadable, version_of_file

    try:
        return version_of_file(path.read_bytes(), str(path), rule_project(settings)).book
    except Unreadable as problem:
        raise CommandFailed(str(problem)) from None


def _counts(settings: "Settings", book: "Rulebook", since: "datetime | None") -> "LiveCounts":
    """Since the hour of that moment began; the day, where hours are added up to days by now. Raises `CommandFailed`."""
    from gateway.live_counts import live_counts
    from gateway.node_counts import begin_of

    begin = begin_of(since, book.timezone) if since else None
    with looked_at(settings) as storage:
        if storage is None:
            raise CommandFailed("the project has no database yet: there is nothing to count")
        with storage.reading() as t:
            if t.campaigns.get(book.campaign) is None:
                never = f'the campaign "{book.campaign}" was never in force here: there is nothing to count'
                raise CommandFailed(never)
            return live_counts(t, book.campaign, begin)
