"""`GET /events`: what came in, and what was decided for it."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from gateway.api.answers import Answer, Moment
from gateway.api.asked import Asked
from gateway.api.endpoints import Endpoint, NoQuery, Told
from gateway.api.problems import Problem
from gateway.api.queries import Id, Name, NumberPage, cursor
from gateway.api.scopes import Scope
from gateway.given import Version
from gateway.incoming import UNREAD
from gateway.parked_events import ParkedEvent, masked, told
from gateway.told_logs import told_log
from storage.listing.events import EventsWanted
from storage.transaction import Transaction
from storage.values import Row

MAX_DIGITS = 18  # of an event's number
State = Literal["", "waiting", "held", "decided", "parked", "dropped"]


class Event(Told):
    """Something that came in, or came due. ``state`` is waiting, held (for the rules of its campaign), decided, parked
    (it could not be decided, ``error`` says why) or dropped. ``attempts`` counts the tries in vain; ``campaign``,
    ``customer`` and ``participant`` are "" where unknown."""

    event: int
    kind: str
    state: str
    campaign: str
    customer: str
    participant: str
    attempts: int
    error: str
    received_at: Moment
    decided_at: Moment | None


class Events(Told):
    """A page of them."""

    events: list[Event]
    next: str | None


class Decision(Told):
    """What was decided: what became of the event, and in ``log`` why, one part for each campaign that it concerned,
    with the content hash of its ``rules``. The explanation of the event says the same in words, and more."""

    applied: str
    customer: str
    log: list[dict[str, Any]]
    decided_at: Moment


class EventInFull(Event):
    """An event with all that it brought, and the decision. ``key`` is what makes it unique; ``lane`` is whose turn it
    waited for. Retention empties what is old. What a provider sent that was not read yet (`request`) is told by its
    size: it may hold words that let whoever knows them act for us."""

    key: str
    lane: str
    payload: dict[str, Any]
    decision: Decision | None


class EventsQuery(NumberPage):
    """Which events."""

    state: Annotated[State, Field(description="in this state")] = ""
    kind: Annotated[Name, Field(description="of this kind, such as message or timer")] = ""
    customer: Annotated[Id, Field(description="decided to be about this customer")] = ""


async def list_events(asked: Asked[EventsQuery, None]) -> Answer:
    """A page of the events, the latest first."""
    return Answer(body=await asked.desk.read(lambda t: _events(t, asked.query)))


async def get_event(asked: Asked[NoQuery, None]) -> Answer:
    """One event with its decision."""
    versions = asked.desk.versions
    return Answer(body=await asked.desk.read(lambda t: _in_full(t, asked.path["event"], versions.of(t))))


def _events(t: Transaction, query: EventsQuery) -> Events:
    wanted = EventsWanted(state=query.state, kind=query.kind, customer=query.customer)
    page = t.lists.events.page(wanted, query.key, query.limit)
    decisions = t.lists.events.decisions([row["id"] for row in page.rows])
    abouts = told(t, page.rows)
    rows = zip(page.rows, abouts, strict=True)
    events = [Event(**_event(row, about, decisions.get(row["id"]))) for row, about in rows]
    return Events(events=events, next=cursor(page.next))


def _in_full(t: Transaction, number: str, version: Version) -> EventInFull:
    known = number.isascii() and number.isdigit() and len(number) <= MAX_DIGITS
    row = t.lists.events.get(int(number)) if known else None
    if row is None:
        raise Problem(404, "unknown-event", "Unknown event", "there is no event of this number")
    decision, (about,) = t.lists.events.decisions([row["id"]]).get(row["id"]), told(t, [row])
    kept = {name: row[name] for name in ("key", "lane")}
    payload = masked(row["payload"]) if row["kind"] == UNREAD else row["payload"]
    return EventInFull(**_event(row, about, decision), **kept, payload=payload, decision=_decision(decision, version))


def _event(row: Row, about: ParkedEvent, decision: Mapping[str, Any] | None) -> Row:
    kept = {name: row[name] for name in ("kind", "state", "attempts", "error", "received_at", "decided_at")}
    customer = (decision or {}).get("customer") or about.customer
    return {
        "event": row["id"],
        "campaign": about.campaign,
        "customer": customer,
        "participant": about.participant,
        **kept,
    }


def _decision(row: Mapping[str, Any] | None, version: Version) -> Decision | None:
    if row is None:
        return None
    kept = {name: row[name] for name in ("applied", "customer", "decided_at")}
    return Decision(**kept, log=told_log(row["log"], version))


ENDPOINTS: tuple[Endpoint[Any, Any], ...] = (
    Endpoint(
        method="GET",
        path="/events",
        tag="events",
        scope=Scope.READ,
        handler=list_events,
        query=EventsQuery,
        answers={200: Events},
    ),
    Endpoint(
        method="GET",
        path="/events/{event}",
        tag="events",
        scope=Scope.READ,
        handler=get_event,
        answers={200: EventInFull},
    ),
)
