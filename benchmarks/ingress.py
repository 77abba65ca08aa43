"""Ingress: the gateway's webhook edge against a bare aiohttp handler that parses the same form and keeps nothing.

Both servers stay up, each a process of its own, and are loaded in turn from a third one over kept-alive connections.
The gateway is a whole one at its edge (bounded connections, who is refused too often, metrics), as `pointsman run`
has it; it verifies Twilio's signature and answers once the message is on disk; every request has its own MessageSid, so
that all of them are kept. Nothing is decided meanwhile: that is what workers are measured for. What the ratio says is
what verifying and keeping cost on top of receiving.
"""

import asyncio
from functools import partial
from statistics import median
from time import process_time

from benchmarks.forms import requests
from benchmarks.harness import MILLISECONDS, RATIO, Pairs, Plan, Row, Slice, alternate, percentile, rates
from benchmarks.load import drive
from benchmarks.servers import served

CONNECTIONS = (64, 200)
GOAL = 0.9
GOAL_P99_MS = 50.0
BASELINE = "handler that parses the form"


def rows(plan: Plan) -> list[Row]:
    """For each number of connections the ratio of requests per second; then the gateway's p99 at the most."""
    with served("bare", plan.folder) as bare, served("gateway", plan.folder) as gateway:
        measured = {number: _measure(plan, bare, gateway, number) for number in CONNECTIONS}
    made = [_row(number, *figures) for number, figures in measured.items()]
    return [*made, _p99_row(measured[CONNECTIONS[-1]][0])]


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
