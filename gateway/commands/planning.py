"""`pointsman plan`."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from gateway.commands.failing import CommandFailed
from gateway.commands.project import opened, project_option
from gateway.commands.settling import Planned, settle, wanted, what_waits

if TYPE_CHECKING:
    from gateway.planning import Waiting
    from gateway.settings import Settings
    from rules.loader import Project
    from storage.transaction import Transaction
    from storage.values import Row

FOUND_ERRORS = 1
SHOWN_HASH = 12  # characters of a content hash that tell versions apart


class Compared(NamedTuple):
    """A campaign's file and its version, with which that on which something waits is compared; ``how`` to settle it
    where the file is gone."""

    campaign: str
    file: str
    hash: str
    text: bytes
    how: str = ""


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--campaign", default="", help="Look at this campaign only.")
@click.option("--move", "moves", multiple=True, metavar="OLD=NEW", help="What waits at node OLD moves to node NEW.")
@click.option("--end", is_flag=True, help="What else waits at nodes that change or vanish ends.")
@click.option("--node", default="", metavar="NODE", help="With --end: only what waits at this node.")
@project_option
def plan(files: tuple[Path, ...], campaign: str, moves: tuple[str, ...], end: bool, node: str, project: Path) -> None:
    """Tell what waits at nodes that change in FILES, or in all rule files of the project; move it, or end it.

    Nodes are named FLOW.NODE. A version of the file that can no longer be loaded counts as changed. Without --move and
    --end, nothing is changed. Exit 1 on errors in the files.
    """
    from gateway.settings import load_settings

    settings = load_settings(project, offline=True)
    to_do = wanted(moves, end=end, node=node)
    books = _read(settings, files, campaign)
    with opened(settings) as storage:
        with storage.reading() as t:
            gone = [] if files else _gone(t, books)
        if not (books or gone):
            raise CommandFailed(f"there are no rule files (*.yaml) in {settings.rules}")
        chosen, left = _chosen(books, gone, campaign)
        if to_do.is_anything:
            settle(settings, storage, _only(settings, chosen, left), to_do)
        else:
            with storage.reading() as t:
                click.echo("\n".join(_all_lines(t, settings, chosen, left)))


def _read(settings: "Settings", files: Sequence[Path], campaign: str) -> list[Planned]:
    """The rulebooks of these files (none: of the project), with their texts. Prints what is wrong, and exits then,
    unless the file of the ``campaign`` that is asked for is sound."""
    from gateway.adapters import rule_project
    from gateway.rulebooks import read_folder
    from rules.loader import load_folder, report

    texts = {str(path.resolve()): path.read_bytes() for path in files} or read_folder(settings.rules)
    loaded = load_folder(texts, rule_project(settings))
    errors = [found for found in loaded.diagnostics if found.level == "error"]
    if errors:
        click.echo(report(errors, texts))
    if errors and campaign not in loaded.rulebooks:
        raise SystemExit(FOUND_ERRORS)
    return [(book, texts[book.file]) for book in loaded.rulebooks.values()]


def _gone(t: "Transaction", books: Sequence[Planned]) -> list["Row"]:
    """The campaigns that have a version in force, but a file no more."""
    known = {book.campaign for book, _ in books}
    return [row for row in t.campaigns.all() if row["rules"] and row["name"] not in known]


def _chosen(books: list[Planned], gone: list["Row"], campaign: str) -> tuple[list[Planned], list["Row"]]:
    """Those of the ``campaign`` that is asked for, if one is. Raises `CommandFailed`."""
    from gateway.hints import did_you_mean

    known = [*(book.campaign for book, _ in books), *(row["name"] for row in gone)]
    if campaign and campaign not in known:
        raise CommandFailed(f'none of the files is about the campaign "{campaign}"{did_you_mean(campaign, known)}')
    wanted = (campaign,) if campaign else known
    return [pair for pair in books if pair[0].campaign in wanted], [row for row in gone if row["name"] in wanted]


def _only(settings: "Settings", books: Sequence[Planned], gone: Sequence["Row"]) -> Planned:
    """The one campaign to be settled: by the file that is, or is about to be, in force. Raises `CommandFailed`."""
    names = [*(book.campaign for book, _ in books), *(row["name"] for row in gone)]
    if len(names) > 1:
        raise CommandFailed(f"name the campaign: --campaign {' or '.join(names)}")
    if gone:
        raise CommandFailed(f"{_put_back(names[0], settings)}, then settle what waits")
    book, text = books[0]
    if Path(book.file).parent != settings.rules.resolve():
        raise CommandFailed(f"{book.file} is not in force: put it into {settings.rules} first, then settle what waits")
    return book, text


def _put_back(campaign: str, settings: "Settings") -> str:
    return f"no file is about {campaign} any more: put one into {settings.rules} first"


def _all_lines(
    t: "Transaction", settings: "Settings", books: Sequence[Planned], gone: Sequence["Row"]
) -> Iterator[str]:
    from gateway.adapters import rule_project

    project = rule_project(settings)
    for book, text in books:
        yield from _lines(t, project, Compared(book.campaign, book.file, book.hash, text))
    for row in gone:
        version = t.campaigns.version(row["rules"])
        file, text = (version["file"], version["text"].encode()) if version else ("", b"")
        yield from _lines(t, project, Compared(row["name"], file, row["rules"], text, _put_back(row["name"], settings)))


def _lines(t: "Transaction", project: "Project", compared: Compared) -> Iterator[str]:
    """What the plan says of one campaign."""
    from gateway.planning import outlook

    campaign, file, hash, text, how = compared
    row = t.campaigns.get(campaign)
    force = "in force" if row and row["rules"] == hash else "not in force yet"
    waiting = outlook(t, campaign, text, project)
    yield f"{campaign}: {Path(file).name}{' (gone)' if how else ''}, version {hash[:SHOWN_HASH]}, {force}"
    yield from (f"  {one.node}: {_line(one, hash)}" for one in waiting)
    if not waiting:
        yield "  nothing waits"
    elif any(not one.is_same for one in waiting):
        yield f"  to settle it: {how or f'pointsman plan --campaign {campaign} --move OLD=NEW, or --end'}"


def _line(waiting: "Waiting", hash: str) -> str:
    what = what_waits(waiting.runs, waiting.planned)
    lost = f"; that version can no longer be loaded ({waiting.lost})" if waiting.lost else ""
    if waiting.rules == hash:
        return f"{what} on this version{lost}"
    since = f" of {waiting.since:%Y-%m-%d %H:%M} UTC" if waiting.since else ""
    return f"{what} on version {waiting.rules[:SHOWN_HASH]}{since}; {_compared(waiting)}{lost}"


def _compared(waiting: "Waiting") -> str:
    if waiting.vanishes:
        return "the node vanishes"
    return f"the node changes: {', '.join(waiting.changes)}" if waiting.changes else "the node is the same"
