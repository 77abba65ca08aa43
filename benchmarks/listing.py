"""Lists: what a page costs over HTTP, beside a million people and ten million messages on PostgreSQL.

`python -m benchmarks.listing URL` fills an empty database (of libpq's address) and asks the whole API, opened as the
gateway opens it but with nothing at work, for the first page, pages amid the list and the last one, by no filter, each
filter and each two of them. Pages amid the list begin anywhere. The goal is that the slowest of all these takes 50 ms
once what it reads is in memory; what the first time takes, with a disk and its cache, is told as colour.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import perf_counter

import click
import psycopg
from aiohttp import ClientSession, web

from benchmarks.asking import PLACES, Place, lists, others, values
from benchmarks.crowd import Crowd
from benchmarks.filling import fill
from benchmarks.harness import MILLISECONDS, Plan, Row, percentile
from benchmarks.people import CAMPAIGN
from benchmarks.table import document, show
from gateway.api.site import api_application
from gateway.app import open_gateway
from gateway.clock import SystemClock
from gateway.server import api_desk
from gateway.settings import SANDBOX_API_TOKEN, load_settings
from storage.database import Storage

PEOPLE = 1_000_000
GOAL_MS = 50.0
PAGE = 50
TIMES = 5  # that each page is asked for, and once more before
SLOWEST = 10  # pages named on stderr
SETTINGS = """
public_url = "http://127.0.0.1:8080"
database = {url}
[api]
requests_per_minute = 1_000_000
[channels.sms]
kind = "twilio"
account_sid = "AC00000000000000000000000000000000"
from = "+15550001111"
[channels.slack]
kind = "slack"
team = "T00000001"
app_id = "A00000001"
[hooks.crm]
url = "http://127.0.0.1:9/told"
private = true
"""


@dataclass(frozen=True, slots=True)
class Case:
    """A page that is asked for: of which list, ``limit`` rows of it, by which filters, from which place on."""

    path: str
    limit: int
    filters: Mapping[str, str]
    place: str

    def __str__(self) -> str:
        return f"{self.path} {'+'.join(self.filters) or 'all'}, {self.place}"


@dataclass(frozen=True, slots=True)
class Taken:
    """How long (ms) the answers took, one after the other; ``anew`` the one before them."""

    case: Case
    anew: float
    milliseconds: Sequence[float]

    @property
    def least(self) -> float:
        return min(self.milliseconds)


def cases(crowd: Crowd) -> Iterator[Case]:
    """Every list by no filter, each one and each two; and the pages that count."""
    for path, most, filters in lists():
        for count in range(3):
            for names in combinations(filters, count):
                given = {name: values(path, crowd)[name] for name in names}
                yield from (Case(path, limit, given, place) for limit in (PAGE, most) for place in PLACES)
    yield from (Case(path, 0, given, "whole") for path, given in others())


async def measure(port: int, crowd: Crowd, times: int) -> list[Taken]:
    """Ask for each, again and again."""
    place = Place(crowd, Random(5))  # noqa: S311 - which pages, no secret
    async with session_with(port) as session:
        return [await _taken(session, case, query_of(case, place), times) for case in cases(crowd)]


def query_of(case: Case, place: Place) -> Mapping[str, str]:
    """What is asked for, as the API wants it told."""
    if not case.limit:
        return case.filters
    after = place.cursor(case.path, case.place, case.filters)
    return {**case.filters, "limit": str(case.limit)} | ({"after": after} if after else {})


def session_with(port: int) -> ClientSession:
    """Who may ask the API at this port."""
    return ClientSession(f"http://127.0.0.1:{port}", headers={"Authorization": f"Bearer {SANDBOX_API_TOKEN}"})


async def _taken(session: ClientSession, case: Case, query: Mapping[str, str], times: int) -> Taken:
    anew, *took = [await ask(session, case, query) for _ in range(times + 1)]
    return Taken(case, anew, took)


async def ask(session: ClientSession, case: Case, query: Mapping[str, str]) -> float:
    """How long (ms) the answer took. Raises ValueError unless it is 200."""
    start = perf_counter()
    async with session.get(f"/api/v1{case.path}", params=query) as answer:
        body = await answer.read()
        taken = 1e3 * (perf_counter() - start)
        if answer.status != 200:
            raise ValueError(f"{case}: {answer.status} {body.decode()[:300]}")
    return taken


@asynccontextmanager
async def serving(folder: Path, url: str) -> AsyncIterator[int]:
    """The port of the API over this database."""
    (folder / "rules").mkdir(parents=True)
    (folder / "rules" / "reminder.yaml").write_text(CAMPAIGN, "utf-8")
    (folder / "pointsman.toml").write_text(SETTINGS.format(url=json.dumps(url)), "utf-8")
    gateway = await open_gateway(load_settings(folder, sandbox=True), SystemClock())
    app = web.Application()
    app.add_subapp("/api/v1", api_application(api_desk(gateway)))
    runner = web.AppRunner(app, access_log=None)
    try:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()
        await gateway.rest()
        await gateway.close()


def rows(taken: Sequence[Taken]) -> list[Row]:
    """For each list and size of a page the slowest of its pages, by the least that it took: what else this machine did
    meanwhile only adds to that."""
    kinds = dict.fromkeys((one.case.path, one.case.limit) for one in taken)
    return [_row(kind, [one for one in taken if (one.case.path, one.case.limit) == kind]) for kind in kinds]


def _row(kind: tuple[str, int], taken: Sequence[Taken]) -> Row:
    slowest = max(taken, key=lambda one: one.least)
    every = [milliseconds for one in taken for milliseconds in one.milliseconds]
    anew = [one.anew for one in taken]
    colour = {"pages": float(len(taken)), "p50 ms": percentile(every, 50), "p99 ms": percentile(every, 99)}
    colour |= {"p50 ms anew": percentile(anew, 50), "p99 ms anew": percentile(anew, 99)}
    which = f"{slowest.case}, {kind[1]} a page" if kind[1] else kind[0]
    return Row("lists", which, "", MILLISECONDS, [slowest.least], GOAL_MS, colour)


def prepare(url: str, crowd: Crowd) -> Iterator[str]:
    """Fill the database, unless it is filled already; tells what is next."""
    storage = Storage(url)
    storage.migrate()
    storage.close()
    with psycopg.connect(url) as connection:
        filled = connection.execute("SELECT 1 FROM customer LIMIT 1").fetchone()
    if not filled:
        yield from fill(url, crowd)


async def run(url: str, crowd: Crowd, times: int) -> list[Taken]:
    """Measure everything on this database, which is filled."""
    with TemporaryDirectory(prefix="benchmarks-") as folder:
        async with serving(Path(folder), url) as port:
            return await measure(port, crowd, times)


def slowest(taken: Sequence[Taken]) -> Iterator[str]:
    """The pages that took longest."""
    ordered = sorted(taken, key=lambda one: -one.least)[:SLOWEST]
    return (f"{one.least:8.1f} ms  {one.case}, {one.case.limit}" for one in ordered)


@click.command()
@click.argument("url")
@click.option("--scale", default=1.0, help="How large a part of a million people.", show_default=True)
@click.option("--times", default=TIMES, help="How often each page is asked for.", show_default=True)
@click.option("--json", "file", default=None, type=click.Path(path_type=Path), help="Where the figures are written.")
def main(url: str, scale: float, times: int, file: Path | None) -> None:
    """Measure the lists of the API on the PostgreSQL database at URL, which is filled if it is empty."""
    crowd = Crowd(max(1_000, int(PEOPLE * scale)))
    for name in prepare(url, crowd):
        print(f"{name} ...", file=sys.stderr, flush=True)
    taken = asyncio.run(run(url, crowd, times))
    found = rows(taken)
    show(found)
    print("\n".join(slowest(taken)), file=sys.stderr)
    if file is not None:
        file.write_text(json.dumps(document(found, Plan(Path(), 0.0, times)), indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
