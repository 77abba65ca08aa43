"""Decisions: what was decided in a campaign, and why."""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field

from gateway.api.answers import Moment
from gateway.api.endpoints import Told
from gateway.api.queries import Id, Name, Span, given
from gateway.exports.export import Noun, as_cells
from gateway.told_logs import kept_log
from rules.book import Rulebook
from storage.listing.decisions import DecisionsWanted
from storage.listing.pages import Key, Page
from storage.transaction import Transaction
from storage.values import Row


class DecisionsFilter(Span):
    """Which decisions of a campaign."""

    customer: Annotated[Id, Field(description="about this customer")] = ""
    kind: Annotated[Name, Field(description="on events of this kind, such as message or timer")] = ""


class ExportedDecision(Told):
    """What was decided in one campaign for an event: ``applied`` is what became of the event, ``log`` says why."""

    event: int
    kind: str
    customer: str
    applied: str
    log: list[dict[str, Any]]
    received_at: Moment
    decided_at: Moment


def page(t: Transaction, book: Rulebook, wanted: DecisionsFilter, after: Key | None, limit: int) -> Page:
    """The rows of those that concern the campaign, with what was decided there alone. Of what retention has emptied
    nobody knows which it did."""
    span = {"since": given(wanted.since), "until": given(wanted.until)}
    found = t.lists.decisions.page(DecisionsWanted(customer=wanted.customer, kind=wanted.kind, **span), after, limit)
    rows = ({**row, "log": [part for part in row["log"] if is_of(part, book)]} for row in found.rows)
    return Page([row for row in rows if row["log"]], found.next)


def is_of(part: Row, book: Rulebook) -> bool:
    return part.get("campaign") == book.campaign


def told(t: Transaction, book: Rulebook, rows: Sequence[Row]) -> list[ExportedDecision]:
    return [ExportedDecision(**exported(row)) for row in rows]


def exported(row: Row) -> Row:
    """With the log as it is kept, but for what the decision was made from."""
    return {name: row[name] for name in ExportedDecision.model_fields} | {"log": kept_log(row["log"])}


DECISIONS = Noun(
    name="decisions",
    filter=DecisionsFilter,
    limit=100,
    page=page,
    told=told,
    columns=lambda book: list(ExportedDecision.model_fields),
    cells=lambda t, book, rows: as_cells(ExportedDecision, told(t, book, rows)),
)
