"""`/campaigns/{campaign}/participants`: add and change participants."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Annotated, Any

from pydantic import BaseModel, Field, RootModel, WithJsonSchema

from gateway.api.answers import Answer
from gateway.api.asked import Asked
from gateway.api.bodies import parse_json
from gateway.api.endpoints import Endpoint, NoQuery, Told
from gateway.api.problems import FieldProblem
from gateway.api.rows import MAX_ROWS, read_rows
from gateway.api.scopes import Scope
from gateway.intake import Given, Read, RowProblem
from gateway.keeping import Kept, KeptRow, keep_participants
from rules.book import Rulebook
from rules.reaction import Applied
from storage.transaction import Transaction

DECIDED_WITHIN = 5.0  # seconds; rows not decided by then are answered as accepted
WORDS = (Applied.CREATED, Applied.UPDATED, Applied.UNCHANGED)
ACCEPTED, FAILED = "accepted", "failed"

Result = dict[str, Any]


class ParticipantRow(BaseModel):
    """One participant: identifiers that tell who it is, at the top or under ``identifiers``, and fields by their names
    in the rule file."""

    external_id: str | int | None = None
    phone: str | None = None
    email: str | None = None
    slack: str | None = None
    identifiers: dict[str, str | int | None] = Field(default_factory=dict)
    fields: dict[str, Any] = Field(default_factory=dict)


AnyObject = Annotated[dict[str, Any], WithJsonSchema({"type": "object", "additionalProperties": True})]
SCALARS = ("string", "number", "boolean", "null")
Anything = Annotated[
    Any, WithJsonSchema({"anyOf": [*({"type": one} for one in SCALARS), {"type": "array", "items": {}}]})
]
Rows = Annotated[list[ParticipantRow | AnyObject | Anything], Field(min_length=1, max_length=MAX_ROWS)]


class ParticipantRows(RootModel[ParticipantRow | AnyObject | Rows]):
    """One participant or a list of them. Whatever else stands in the place of one is answered as a row that failed: the
    others are kept."""


class RowResult(Told):
    """What became of a row (they count from 1)."""

    row: int
    status: str
    participant: str | None = None
    customer: str | None = None
    errors: list[FieldProblem] | None = None


class RowResults(Told):
    """One result for each row, in order."""

    results: list[RowResult]


async def put_participants(asked: Asked[NoQuery, None]) -> Answer:
    """Add or change up to 1,000 participants.

    200 with one result for each row, in order. A row's status is created, updated, unchanged, failed (with errors), or
    accepted where it is kept but not decided within 5 seconds.
    """
    desk = asked.desk
    book = desk.book(asked.path["campaign"])
    body = parse_json(asked.raw)
    reads = await asyncio.to_thread(read_rows, book, body)
    kept = await _keep(asked, book, reads)
    desk.ring()
    events = [row.event for row in kept.rows]
    decided = await desk.decided(events, DECIDED_WITHIN) if events else {}
    results = {row.row: _kept_result(row, decided) for row in kept.rows}
    read_problems = [problem for read in reads if not isinstance(read, Given) for problem in read]
    for problem in (*read_problems, *kept.problems):
        _add_problem(results, problem)
    return Answer(body=RowResults(results=[RowResult(**results[number]) for number in sorted(results)]))


async def _keep(asked: Asked[NoQuery, None], book: Rulebook, reads: Sequence[Read]) -> Kept:
    """All good rows in one transaction: a request is kept or it is not."""
    givens, now = [read for read in reads if isinstance(read, Given)], asked.desk.now()
    keep = partial(keep_participants, source="api", repeat=asked.repeat, now=now)
    return await asked.desk.storage.run(lambda t: _told(t, asked, lambda: keep(t, book.campaign, givens)))


def _told(t: Transaction, asked: Asked[NoQuery, None], keep: Callable[[], Kept]) -> Kept:
    """With a line of the audit trail for the request: what the rows say is in their events. Those that a request of
    the same key has left before it was cut off are in the trail already."""
    last = t.lists.events.last()
    kept = keep()
    if new := sum(row.event > last for row in kept.rows):
        campaign = asked.path["campaign"]
        t.audit.add([asked.entry("put_participants", f"campaign/{campaign}", after={"rows": new})])
    return kept


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


PATH = "/campaigns/{campaign}/participants"
ENDPOINTS = (
    Endpoint(
        method="PUT",
        path=PATH,
        tag="participants",
        scope=Scope.WRITE,
        handler=put_participants,
        described=ParticipantRows,
        answers={200: RowResults},
    ),
)
