"""Replay: recorded decisions made again per second, against the worker that first made them.

People join, receipts arrive, people answer: as many events of each. The baseline is the worker, from its reading of the
inbox to its commits; the subject `gateway.replay` as the command runs it, from the opening of the database to the
counts, once with the same rule file and once with a changed condition: in one process, and of a long period
(`--seconds 34` makes it 100,000 events) in as many as pay. An event that the gateway processes also comes in and is
sent, which is left out here: the goal is that much stricter. What it finds must be exactly what is known beforehand: no
difference, and the people whose names end in 7.
"""

from functools import partial
from pathlib import Path
from time import perf_counter

from benchmarks.bare import empty_database
from benchmarks.harness import RATIO, Plan, Row, Slice, alternate, rates
from benchmarks.people import BOOK, CAMPAIGN, NOW, join, report, work, write_in
from gateway.recorded import Stretch
from gateway.replay.jobs import Order, replay
from rules.loader import Project, ProjectChannel
from storage.database import Storage

GOAL = 5.0
PEOPLE_PER_SECOND = 1_000
BASELINE = "the worker that made them"
PROJECT = Project({"sms": ProjectChannel("sms", "sms", "phone")})
CHANGED = CAMPAIGN.replace("if: amount_due > 0", 'if: amount_due > 0 and not ends_with(first_name, "7")')
ALL = 2**31


def rows(plan: Plan) -> list[Row]:
    """One row for the same rule file, one for a changed one."""
    people = plan.size(PEOPLE_PER_SECOND)
    BOOK.matcher.match  # noqa: B018 - compiled once, as in a gateway that runs
    past = plan.folder / "past.db"
    decided(past, people)
    return [
        _row(plan, past, people, case, text)
        for case, text in (("same rule file", CAMPAIGN), ("one condition changed", CHANGED))
    ]


def _row(plan: Plan, past: Path, people: int, case: str, text: str) -> Row:
    working, again = partial(_worked, plan.folder / "working.db", people), partial(_replayed, past, people, text)
    pairs = alternate(working, again, plan.rounds)
    return Row("replay", case, BASELINE, RATIO, pairs.ratios, GOAL, rates(pairs, "decisions"))


def _worked(path: Path, people: int) -> Slice:
    path.unlink(missing_ok=True)
    return Slice(3 * people, decided(path, people))


def decided(path: Path, people: int) -> float:
    """A database in which so many people joined, were written to and have answered; the worker's seconds."""
    empty_database(path)
    storage = Storage(f"sqlite:///{path}")
    with storage.transaction() as t:
        t.campaigns.ensure(BOOK.campaign)
        t.campaigns.keep_version(BOOK.hash, BOOK.campaign, BOOK.file, CAMPAIGN, NOW)
    seconds = 0.0
    for arrive in (join, report, write_in):
        arrive(storage, people)
        seconds += work(path).seconds
    storage.close()
    return seconds


def _replayed(path: Path, people: int, text: str) -> Slice:
    return Slice(3 * people, replayed(path, people, text, jobs=0))


def replayed(path: Path, people: int, text: str, jobs: int) -> float:
    """The seconds that a replay takes with this rule file. Raises AssertionError where it finds anything else than what
    is known beforehand."""
    order = Order(f"sqlite:///{path}", {BOOK.file: text.encode()}, PROJECT, Stretch(), ALL)
    begun = perf_counter()
    tally = replay(order, jobs)
    seconds = perf_counter() - begun
    named = sorted(example.event for found in tally.cases.values() for example in found.examples)
    known = [number + 1 for number in range(people) if number % 10 == 7] if text == CHANGED else []
    if (named, tally.decisions) != (known, 3 * people) or tally.left_out:
        raise AssertionError(f"{len(named)} of {tally.decisions} decisions are named, {len(known)} differ")
    return seconds
