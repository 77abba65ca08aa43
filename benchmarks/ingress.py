"""Ingress: the gateway's webhook edge against a bare aiohttp handler that parses the same form and keeps nothing.

Both servers stay up, each a process of its own, and are loaded in turn from a third one over kept-alive connections.
The gateway is a whole one at its edge (bounded connections, who is refused too often, metrics), as `pointsman run`
has it; it verifies Twilio's signature and answers once the message is on disk; every request has its own MessageSid, so
that all of them are kept. Nothing is decided meanwhile: that is what workers are measured for. What the ratio says is
what verifying and keeping cost on top of receiving. On PostgreSQL (that of the tests, on the same cores) it has the
role `ingress`, and so asks for a worker in the transaction that keeps an event.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from statistics import median
from time import process_time

from benchmarks.forms import requests
from benchmarks.harness import MILLISECONDS, RATIO, Pairs, Plan, Row, Slice, alternate, percentile, rates
from benchmarks.load import drive
from benchmarks.servers import served
from tests.databases import postgres_server

CONNECTIONS = (64, 200)
GOAL = 0.9
GOAL_P99_MS = 50.0
BASELINE = "handler that parses the form"


def rows(plan: Plan) -> list[Row]:
    """For each number of connections the ratio of requests per second; then the gateway's p99 at the most. On SQLite,
    then on PostgreSQL."""
    with postgres_server() as server, server.database() as url:
        shared = {"POINTSMAN_DATABASE": url, "POINTSMAN_ROLES": "ingress"}
        return [*_rows(plan, "SQLite", {}), *_rows(plan, "PostgreSQL", shared)]


def _rows(plan: Plan, database: str, environment: Mapping[str, str]) -> list[Row]:
    folder = plan.folder / database
    folder.mkdir()
    with served("bare", folder) as bare, served("gateway", folder, **environment) as gateway:
        measured = {number: _measure(plan, bare, gateway, number) for number in CONNECTIONS}
    made = [_row(number, *figures) for number, figures in measured.items()]
    found = [*made, _p99_row(measured[CONNECTIONS[-1]][0])]
    return [replace(row, case=f"{row.case}, {database}") for row in found]


def _measure(plan: Plan, bare: int, gateway: int, connections: int) -> tuple[Pairs, float]:
    """The pairs, and which part of a core the load generator used."""
    start = process_time()
    pairs = alternate(
        partial(_slice, plan, bare, connections), partial(_slice, plan, gateway, connections), plan.rounds
    )
    return pairs, (process_time() - start) / (2 * (plan.rounds + 1) * plan.seconds)


def _slice(plan: Plan, port: int, connections: int) -> Slice:
    return asyncio.run(drive(port, requests(), connections, plan.seconds))


def _row(connections: int, pairs: Pairs, load: float) -> Row:
    taken = [seconds for part in pairs.subject for seconds in part.latencies]
    colour = {
        **rates(pairs, "req"),
        "p50 ms": 1e3 * percentile(taken, 50),
        "p99 ms": 1e3 * percentile(taken, 99),
        "cores of load": load,
    }
    return Row("ingress", f"{connections} connections", BASELINE, RATIO, pairs.ratios, GOAL, colour)


def _p99_row(pairs: Pairs) -> Row:
    samples = [1e3 * percentile(part.latencies, 99) for part in pairs.subject]
    baseline = median(1e3 * percentile(part.latencies, 99) for part in pairs.baseline)
    case = f"p99 at {CONNECTIONS[-1]} connections"
    return Row("ingress", case, BASELINE, MILLISECONDS, samples, GOAL_P99_MS, {"baseline p99 ms": baseline})
