"""`GET .../explanation` and `.../why-not`: why something happened, and why something did not."""

from typing import Annotated, Any

from pydantic import Field, RootModel

from gateway.api.answers import Answer
from gateway.api.asked import Asked
from gateway.api.endpoints import Endpoint, Given, NoQuery, Told
from gateway.api.participant_changes import found
from gateway.api.problems import Problem
from gateway.api.queries import MAX_NAME, NumberPage, cursor
from gateway.api.scopes import Scope
from gateway.explain import values
from gateway.explain.explaining import NoSuchEvent, explain_event, explain_participant
from gateway.explain.finding import MAX_DIGITS, NotFound, event_of_message, left
from gateway.explain.target import NoSuchTarget, target_named
from gateway.explain.why_not import why_not
from gateway.ids import is_id
from storage.transaction import Transaction
from storage.values import Row

MAX_EXPLAINED = 50  # of a page: each decision is made once more
DEFAULT_EXPLAINED = 10


class EventExplained(RootModel[values.Explanation]):
    """An event, and why it led to what it did."""


class Explanations(Told):
    """A page of them."""

    explanations: list[values.Explanation]
    next: str | None


class NotReached(RootModel[values.WhyNot]):
    """Why a participant did not get somewhere."""


class ExplanationsQuery(NumberPage):
    """How many."""

    limit: Annotated[int, Field(ge=1, le=MAX_EXPLAINED, description=f"how many at most, 1 to {MAX_EXPLAINED}")] = (
        DEFAULT_EXPLAINED
    )


class WhyNotQuery(Given):
    """Which flow or node is meant."""

    target: Annotated[
        str, Field(min_length=1, max_length=MAX_NAME, description="the flow, or a node of one, as `flow.node`")
    ]


async def get_event_explanation(asked: Asked[NoQuery, None]) -> Answer:
    """Why an event led to what it did.

    What came in, every trigger that was considered, every node that was walked with the values its conditions saw, and
    what became of each effect. It is told from what is kept of the decision: `missing` says what is not.
    """
    number = asked.path["event"]
    if not (number.isascii() and number.isdigit() and len(number) <= MAX_DIGITS):
        raise _unknown("event", "there is no event of this number")
    return await _explained(asked, lambda t: int(number))


async def get_message_explanation(asked: Asked[NoQuery, None]) -> Answer:
    """Why there is a message: the explanation of the event that brought it, or for which it was owed."""
    id = asked.path["message"]
    if not is_id(id):
        raise _unknown("message", "there is no message of this id")
    return await _explained(asked, lambda t: event_of_message(t, id))


async def list_explanations(asked: Asked[ExplanationsQuery, None]) -> Answer:
    """A page of what was decided about a participant and why, the latest event first.

    A page may hold fewer than asked for before the end. Of one who takes part no more it is told, too, as long as it is
    kept: by the id that the participant had, or that of the customer.
    """
    campaign, query, desk = asked.desk.book(asked.path["campaign"]).campaign, asked.query, asked.desk
    before = query.key[0] if query.key else None

    def explain(t: Transaction) -> Explanations:
        row = _found_or_left(t, campaign, asked.path["participant"])
        explanations, more = explain_participant(t, desk.versions.of(t), row, before, query.limit)
        return Explanations(explanations=explanations, next=cursor(None if more is None else (more,)))

    return Answer(body=await desk.read(explain))


def _found_or_left(t: Transaction, campaign: str, id: str) -> Row:
    """The participant's row, or of one who left the campaign and the customer. Raises 404."""
    gone = left(t, campaign, id) if is_id(id) and t.people.participant(id) is None else None
    return gone or found(t, campaign, id)


async def get_why_not(asked: Asked[WhyNotQuery, None]) -> Answer:
    """Why a participant did not get to a flow, or to a node of one; or when they did."""
    desk, book = asked.desk, asked.desk.book(asked.path["campaign"])
    try:
        target = target_named(book, asked.query.target)
    except NoSuchTarget as error:
        raise Problem(409, "target", "There is no such flow or node", str(error)) from None

    def answer(t: Transaction) -> NotReached:
        row = found(t, book.campaign, asked.path["participant"])
        return NotReached(why_not(t, desk.versions.of(t), target, row))

    return Answer(body=await desk.read(answer))


async def _explained(asked: Asked[NoQuery, None], number: Any) -> Answer:
    """The explanation of the event that ``number`` finds in a transaction. Raises 404."""

    def explain(t: Transaction) -> EventExplained:
        try:
            return EventExplained(explain_event(t, asked.desk.versions.of(t), number(t)))
        except NoSuchEvent:
            raise _unknown("event", "there is no event of this number") from None
        except NotFound as error:
            raise _unknown("message", str(error)) from None

    return Answer(body=await asked.desk.read(explain))


def _unknown(noun: str, detail: str) -> Problem:
    return Problem(404, f"unknown-{noun}", f"Unknown {noun}", detail)


PARTICIPANT = "/campaigns/{campaign}/participants/{participant}"
ENDPOINTS: tuple[Endpoint[Any, Any], ...] = (
    Endpoint(
        method="GET",
        path="/events/{event}/explanation",
        tag="events",
        scope=Scope.READ,
        handler=get_event_explanation,
        answers={200: EventExplained},
    ),
    Endpoint(
        method="GET",
        path="/messages/{message}/explanation",
        tag="messages",
        scope=Scope.READ,
        handler=get_message_explanation,
        answers={200: EventExplained},
    ),
    Endpoint(
        method="GET",
        path=f"{PARTICIPANT}/explanations",
        tag="participants",
        scope=Scope.READ,
        handler=list_explanations,
        query=ExplanationsQuery,
        answers={200: Explanations},
    ),
    Endpoint(
        method="GET",
        path=f"{PARTICIPANT}/why-not",
        tag="participants",
        scope=Scope.READ,
        handler=get_why_not,
        query=WhyNotQuery,
        answers={200: NotReached},
        problems={409: "The campaign has no such flow or node"},
    ),
)
