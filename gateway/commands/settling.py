"""`pointsman plan --move ... --end`: what waits is moved or ended."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import click

from gateway.commands.auditing import entry
from gateway.commands.failing import CommandFailed
from gateway.commands.project import is_running

if TYPE_CHECKING:
    from gateway.planning import Waiting
    from gateway.settings import Settings
    from gateway.settling import Settling
    from rules.book import Rulebook
    from storage.database import Storage
    from storage.transaction import Transaction

Planned = tuple["Rulebook", bytes]


@dataclass(frozen=True)
class Wanted:
    """What is to become of what waits: ``moves`` (old, new); with ``end`` the rest ends, at ``only`` one node."""

    moves: Sequence[tuple[str, str]] = ()
    end: bool = False
    only: str = ""

    @property
    def is_anything(self) -> bool:
        return bool(self.moves) or self.end


def wanted(moves: Sequence[str], *, end: bool, node: str) -> Wanted:
    """What the options say. Raises `CommandFailed`."""
    pairs = [_pair(move) for move in moves]
    if node and not end:
        raise CommandFailed("--node says what --end ends: give both")
    return Wanted(pairs, end, node)


def _pair(move: str) -> tuple[str, str]:
    old, equals, new = move.partition("=")
    if not (equals and old and new):
        raise CommandFailed(f'--move "{move}" must be OLD=NEW, such as remind.pause=remind.wait')
    return old, new


def settle(settings: "Settings", storage: "Storage", planned: Planned, wanted: Wanted) -> None:
    """Do it, and say what is done. Raises `CannotSettle`."""
    from gateway.adapters import rule_project
    from gateway.clock import SystemClock
    from gateway.planning import outlook
    from gateway.settling import Settling, moves_for
    from gateway.stepping import in_steps

    book, text = planned
    with storage.reading() as t:
        waiting = outlook(t, book.campaign, text, rule_project(settings))
    moves = moves_for(book, waiting, wanted.moves, end=wanted.end, only=wanted.only)
    if not moves:
        click.echo(f"{book.campaign}: nothing is left to end: what waits, waits at nodes that stay the same")
        return
    settling = Settling(book, text, moves, SystemClock().now())
    asyncio.run(in_steps(storage, partial(_begin, settling), settling.leave))
    click.echo("\n".join(_done(waiting, moves)))
    click.echo(f"{book.campaign}: {many(settling.left, 'participant')} concerned")
    if not is_running(settings):
        click.echo("no gateway is running: it is done when `pointsman run` starts")


def _begin(settling: "Settling", t: "Transaction") -> None:
    settling.begin(t)
    subject = f"campaign/{settling.book.campaign}"
    t.audit.add([entry("plan", subject, after={"moves": dict(settling.moves)})])


def _done(waiting: Sequence["Waiting"], moves: Mapping[str, str]) -> Iterator[str]:
    for old, new in moves.items():
        there = [w for w in waiting if w.node == old]
        what = what_waits(sum(w.runs for w in there), sum(w.planned for w in there))
        yield f"{old}: {what} {f'to move to {new}' if new else 'to end'}"


def what_waits(runs: int, planned: int) -> str:
    """So many of both, in words."""
    found = (many(number, word) for number, word in ((runs, "run"), (planned, "planned communication")) if number)
    return " and ".join(found)


def many(number: int, word: str) -> str:
    """So many of it."""
    return f"{number} {word}{'' if number == 1 else 's'}"
