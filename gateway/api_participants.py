"""`/campaigns/{campaign}/participants`: add and change participants, and list them."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from gateway.api import DESK, ApiDesk
from gateway.api_bodies import read_json
from gateway.api_listing import listing
from gateway.api_rows import read_rows
from gateway.intake import Given, Read, RowProblem
from gateway.keeping import Kept, KeptRow, keep_participants
from rules.book import Rulebook
from rules.reaction import Applied

DECIDED_WITHIN = 5.0  # seconds; rows not decided by then are answered as accepted
WORDS = (Applied.CREATED, Applied.UPDATED, Applied.UNCHANGED)
ACCEPTED, FAILED = "accepted", "failed"

Result = dict[str, Any]


async def put_participants(request: web.Request) -> web.Response:
    """Add or change up to 1,000 participants: 200 with one result for each row, in order.

    A row's status is created, updated, unchanged, failed (with errors), or accepted where it is kept but not decided
    within `DECIDED_WITHIN` seconds.
    """
    desk = request.app[DESK]
    book = desk.book(request)
    body = await read_json(request)
    reads = await asyncio.to_thread(read_rows, book, body)
    kept = await _keep(desk, book, reads)
    desk.ring()
    events = [row.event for row in kept.rows]
    decided = await desk.decided(events, DECIDED_WITHIN) if events else {}
    results = {row.row: _kept_result(row, decided) for row in kept.rows}
    read_problems = [problem for read in reads if not isinstance(read, Given) for problem in read]
    for problem in (*read_problems, *kept.problems):
        _add_problem(results, problem)
    return web.json_response({"results": [results[number] for number in sorted(results)]})


async def _keep(desk: ApiDesk, book: Rulebook, reads: Sequence[Read]) -> Kept:
    """All good rows in one transaction: a request is kept or it is not."""
    givens, now = [read for read in reads if isinstance(read, Given)], desk.now()
    return await desk.storage.run(lambda t: keep_participants(t, book.campaign, givens, source="api", now=now))


def _kept_result(row: KeptRow, decided: Mapping[int, str]) -> Result:
    status = decided.get(row.event, ACCEPTED)
    result: Result = {"row": row.row, "status": status, "participant": row.participant, "customer": row.customer}
    if status not in (*WORDS, ACCEPTED):
        errors = [{"field": "", "value": "", "reason": "was kept but could not be decided; the log says why"}]
        return result | {"status": FAILED, "errors": errors}
    return result


def _add_problem(results: dict[int, Result], problem: RowProblem) -> None:
    result = results.setdefault(problem.row, {"row": problem.row, "status": FAILED, "errors": []})
    result["errors"].append({"field": problem.field, "value": problem.value, "reason": problem.reason})


async def list_participants(request: web.Request) -> web.Response:
    """A page of the campaign's participants with identifiers, fields and communications, and the cursor of the next."""
    desk = request.app[DESK]
    book = desk.book(request)
    return web.json_response(await listing(desk.storage, book.campaign, request.query))


ROUTES = (
    web.put("/campaigns/{campaign}/participants", put_participants),
    web.get("/campaigns/{campaign}/participants", list_participants),
)
