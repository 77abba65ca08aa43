"""`GET /campaigns/{campaign}/participants`: who takes part, and how far each one is."""

from typing import Annotated, Any

from pydantic import Field

from gateway.api.answers import Answer
from gateway.api.asked import Asked
from gateway.api.endpoints import Endpoint, NoQuery
from gateway.api.listing import Participant, Participants, participants_in_full
from gateway.api.paging import DEFAULT_LIMIT, PageQuery
from gateway.api.participant_changes import found
from gateway.api.persons import WRONG, IdentifierQuery, owner_of
from gateway.api.queries import EVER, EitherAfter, Id, Name, Since, Whether, cursor, either, given, moment_key
from gateway.api.scopes import Scope
from rules.book import Rulebook
from storage.listing.pages import Key, Page
from storage.listing.participants import ParticipantsWanted
from storage.transaction import Transaction

PATH = "/campaigns/{campaign}/participants"
MAX_PARTICIPANTS = 100  # of a page


class ParticipantsFilter(IdentifierQuery):
    """Which participants of a campaign."""

    customer: Annotated[Id, Field(description="the customer's place in this campaign")] = ""
    outcome: Annotated[Name, Field(description="who came to this outcome")] = ""
    entered: Annotated[Whether, Field(description="whether they entered the campaign's flows yet")] = ""
    updated_since: Annotated[
        Since, Field(description="who was added or changed, or came to an outcome, at this moment or later")
    ] = EVER

    def wanted(self, campaign: str, customer: str) -> ParticipantsWanted:
        """As storage is asked."""
        since, entered, outcome = given(self.updated_since), either(self.entered), self.outcome
        return ParticipantsWanted(
            campaign=campaign, customer=customer, outcome=outcome, entered=entered, updated_since=since
        )


class ParticipantsQuery(ParticipantsFilter, PageQuery):
    """Which participants; each comes with much, so that pages are smaller than others."""

    limit: Annotated[int, Field(ge=1, le=MAX_PARTICIPANTS, description=f"how many, 1 to {MAX_PARTICIPANTS}")] = (
        DEFAULT_LIMIT
    )
    after: EitherAfter = ""

    @property
    def key(self) -> Key | None:
        """Where the page begins: a cursor has a moment where the list is in the order of changes."""
        moment, _, id = self.after.rpartition("-")
        if self.updated_since == EVER:
            return (id,) if id else None
        return moment_key(f"{moment or 0}-{id}") if id else None


async def list_participants(asked: Asked[ParticipantsQuery, None]) -> Answer:
    """A page of the campaign's participants.

    By id; with `updated_since` in the order in which they were changed: who is changed meanwhile comes once more.
    Fields that all campaigns share are the customer's: to change those is no change of a participant.
    """
    book = asked.desk.book(asked.path["campaign"])
    return Answer(body=await asked.desk.read(lambda t: _participants(t, book, asked.query)))


async def get_participant(asked: Asked[NoQuery, None]) -> Answer:
    """One participant, with every communication."""
    campaign, id = asked.desk.book(asked.path["campaign"]).campaign, asked.path["participant"]
    return Answer(body=await asked.desk.read(lambda t: _participant(t, campaign, id)))


def _participants(t: Transaction, book: Rulebook, query: ParticipantsQuery) -> Participants:
    page = participants_page(t, book, query, query.key, query.limit)
    return Participants(participants=participants_in_full(t, page.rows), next=cursor(page.next))


def participants_page(t: Transaction, book: Rulebook, query: ParticipantsFilter, after: Key | None, limit: int) -> Page:
    """The rows of a page of those wanted. Raises 409 for what is no identifier."""
    owner = owner_of(t, query, book.region) if query.identifiers else query.customer
    if owner is None or query.customer not in ("", owner):
        return Page([], None)
    return t.lists.participants.page(query.wanted(book.campaign, owner), after, limit)


def _participant(t: Transaction, campaign: str, id: str) -> Participant:
    (participant,) = participants_in_full(t, [found(t, campaign, id)])
    return participant


ENDPOINTS: tuple[Endpoint[Any, Any], ...] = (
    Endpoint(
        method="GET",
        path=PATH,
        tag="participants",
        scope=Scope.READ,
        handler=list_participants,
        query=ParticipantsQuery,
        answers={200: Participants},
        problems=WRONG,
    ),
    Endpoint(
        method="GET",
        path=f"{PATH}/{{participant}}",
        tag="participants",
        scope=Scope.READ,
        handler=get_participant,
        answers={200: Participant},
    ),
)
