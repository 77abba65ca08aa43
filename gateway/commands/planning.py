"""`pointsman plan`."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.commands.failing import CommandFailed
from gateway.commands.project import is_running, opened, project_option

if TYPE_CHECKING:
    from gateway.planning import Waiting
    from gateway.settings import Settings
    from rules.book import Rulebook
    from storage.database import Storage
    from storage.transaction import Transaction

FOUND_ERRORS = 1
SHOWN_HASH = 12  # characters of a content hash that tell versions apart

Planned = tuple["Rulebook", bytes]


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--campaign", default="", help="Look at this campaign only.")
@click.option("--move", "moves", multiple=True, metavar="OLD=NEW", help="What waits at node OLD moves to node NEW.")
@click.option("--end", is_flag=True, help="What else waits at nodes that change or vanish ends.")
@click.option("--node", default="", metavar="NODE", help="With --end: only what waits at this node.")
@project_option
def plan(files: tuple[Path, ...], campaign: str, moves: tuple[str, ...], end: bool, node: str, project: Path) -> None:
    """Tell what waits at nodes that change in FILES, or in all rule files of the project; move it, or end it.

    Nodes are named FLOW.NODE. Without --move and --end, nothing is changed. Exit 1 on errors in the files.
    """
    from gateway.settings import load_settings

    settings = load_settings(project, offline=True)
    wanted = [_pair(move) for move in moves]
    if node and not end:
        raise CommandFailed("--node says what --end ends: give both")
    books = _chosen(_read(settings, files, campaign), campaign)
    with opened(settings) as storage:
        if wanted or end:
            _settle(settings, storage, _only(books, settings), wanted, end=end, only=node)
        else:
            with storage.reading() as t:
                click.echo("\n".join(line for book, text in books for line in _lines(t, book, text)))


def _pair(move: str) -> tuple[str, str]:
    old, equals, new = move.partition("=")
    if not (equals and old and new):
        raise CommandFailed(f'--move "{move}" must be OLD=NEW, such as remind.pause=remind.wait')
    return old, new


def _read(settings: "Settings", files: Sequence[Path], campaign: str) -> list[Planned]:
    """The rulebooks of these files (none: of the project), with their texts. Prints what is wrong, and exits then,
    unless the file of the ``campaign`` that is asked for is sound."""
    from gateway.adapters import rule_project
    from gateway.rulebooks import read_folder
    from rules.loader import load_folder, report

    texts = {str(path.resolve()): path.read_bytes() for path in files} or read_folder(settings.rules)
    if not texts:
        raise CommandFailed(f"there are no rule files (*.yaml) in {settings.rules}")
    loaded = load_folder(texts, rule_project(settings))
    errors = [found for found in loaded.diagnostics if found.level == "error"]
    if errors:
        click.echo(report(errors, texts))
    if errors and campaign not in loaded.rulebooks:
        raise SystemExit(FOUND_ERRORS)
    return [(book, texts[book.file]) for book in loaded.rulebooks.values()]


def _chosen(books: Sequence[Planned], campaign: str) -> list[Planned]:
    from gateway.hints import did_you_mean

    known = [book.campaign for book, _ in books]
    if campaign and campaign not in known:
        raise CommandFailed(f'none of the files is about the campaign "{campaign}"{did_you_mean(campaign, known)}')
    return [(book, text) for book, text in books if campaign in ("", book.campaign)]


def _only(books: Sequence[Planned], settings: "Settings") -> Planned:
    """The one campaign to be settled: by the file that is, or is about to be, in force."""
    if len(books) > 1:
        raise CommandFailed(f"name the campaign: --campaign {' or '.join(book.campaign for book, _ in books)}")
    book, text = books[0]
    if Path(book.file).parent != settings.rules.resolve():
        raise CommandFailed(f"{book.file} is not in force: put it into {settings.rules} first, then settle what waits")
    return book, text


def _settle(
    settings: "Settings",
    storage: "Storage",
    planned: Planned,
    wanted: Sequence[tuple[str, str]],
    *,
    end: bool,
    only: str,
) -> None:
    from gateway.clock import SystemClock
    from gateway.planning import outlook
    from gateway.settling import Settling, moves_for

    book, text = planned
    with storage.reading() as t:
        waiting = outlook(t, book, text)
    moves = moves_for(book, waiting, wanted, end=end, only=only)
    if not moves:
        click.echo(f"{book.campaign}: nothing is left to end: what waits, waits at nodes that stay the same")
        return
    settling = Settling(book, text, moves, SystemClock().now())
    with storage.transaction() as t:
        settling.begin(t)
    more = True
    while more:
        with storage.transaction() as t:
            more = settling.leave(t)
    click.echo("\n".join(_done(waiting, moves)))
    click.echo(f"{book.campaign}: {_many(settling.left, 'participant')} concerned")
    if not is_running(settings):
        click.echo("no gateway is running: it is done when `pointsman run` starts")


def _done(waiting: Sequence["Waiting"], moves: dict[str, str]) -> Iterator[str]:
    for old, new in moves.items():
        there = [w for w in waiting if w.node == old]
        what = _what(sum(w.runs for w in there), sum(w.planned for w in there))
        yield f"{old}: {what} {f'to move to {new}' if new else 'to end'}"


def _lines(t: "Transaction", book: "Rulebook", text: bytes) -> Iterator[str]:
    """What the plan says of one campaign."""
    from gateway.planning import outlook

    row = t.campaigns.get(book.campaign)
    force = "in force" if row and row["rules"] == book.hash else "not in force yet"
    waiting = outlook(t, book, text)
    yield f"{book.campaign}: {Path(book.file).name}, version {book.hash[:SHOWN_HASH]}, {force}"
    yield from (f"  {one.node}: {_line(one, book)}" for one in waiting)
    if not waiting:
        yield "  nothing waits"
    elif any(not one.is_same for one in waiting):
        yield f"  to settle it: pointsman plan --campaign {book.campaign} --move OLD=NEW, or --end"


def _line(waiting: "Waiting", book: "Rulebook") -> str:
    what = _what(waiting.runs, waiting.planned)
    if waiting.rules == book.hash:
        return f"{what} on this version"
    since = f" of {waiting.since:%Y-%m-%d %H:%M} UTC" if waiting.since else ""
    differs = f"changes: {', '.join(waiting.changes)}" if waiting.changes else "is the same"
    return (
        f"{what} on version {waiting.rules[:SHOWN_HASH]}{since}; the node {'vanishes' if waiting.vanishes else differs}"
    )


def _what(runs: int, planned: int) -> str:
    found = (_many(number, word) for number, word in ((runs, "run"), (planned, "planned communication")) if number)
    return " and ".join(found)


def _many(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
