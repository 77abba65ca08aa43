"""`GET /communications`: talks between participants and agents."""

from typing import Annotated, Any, Literal

from pydantic import Field

from gateway.api.answers import Answer, Moment
from gateway.api.asked import Asked
from gateway.api.endpoints import Endpoint, NoQuery, Told
from gateway.api.messages import Message, told_message
from gateway.api.problems import Problem
from gateway.api.queries import Id, MomentPage, Name, Span, cursor, given
from gateway.api.scopes import Scope
from gateway.ids import is_id
from rules.statuses import CommunicationStatus
from storage.listing.communications import CommunicationsWanted
from storage.listing.messages import MessagesWanted
from storage.transaction import Transaction
from storage.values import Row

Status = Literal[
    "",
    "planned",
    "started",
    "delivered",
    "read",
    "replied",
    "completed",
    "no_response",
    "failed",
    "canceled",
    "skipped",
]
MAX_MESSAGES = 500  # of one communication that are told with it
SHOWN = (
    "campaign",
    "participant",
    "customer",
    "flow",
    "node",
    "agent",
    "channel",
    "address",
    "thread",
    "status",
    "reason",
    "opened",
    "talk",
    "rules",
    "attempt",
    "at",
    "expires",
    "begun_at",
    "created_at",
    "updated_at",
)


class Communication(Told):
    """A talk: ``at`` is when it is or was to begin, ``begun_at`` when its first message was owed, ``expires`` when it
    is given up; ``talk`` is how far it is, with what it recorded. ``rules`` is the content hash of the version of the
    rule file that it runs on, ``reason`` why it ended so."""

    communication: str
    campaign: str
    participant: str
    customer: str
    flow: str
    node: str
    agent: str
    channel: str
    address: str
    thread: str
    status: CommunicationStatus
    reason: str
    opened: bool
    talk: dict[str, Any]
    rules: str
    attempt: int
    at: Moment
    expires: Moment | None
    begun_at: Moment | None
    created_at: Moment
    updated_at: Moment


class Communications(Told):
    """A page of them."""

    communications: list[Communication]
    next: str | None


class CommunicationInFull(Communication):
    """A talk with what was said in it, the first message first; of very long ones the last 500."""

    messages: list[Message]


class CommunicationsFilter(Span):
    """Which communications of a campaign."""

    participant: Annotated[Id, Field(description="with this participant")] = ""
    customer: Annotated[Id, Field(description="with this customer, in whatever campaign")] = ""
    status: Annotated[Status, Field(description="that stand so")] = ""
    flow: Annotated[Name, Field(description="planned by this flow")] = ""
    node: Annotated[Name, Field(description="planned by this node, named `flow.node`")] = ""
    channel: Annotated[Name, Field(description="on this channel")] = ""

    def of_campaign(self, campaign: str | None) -> CommunicationsWanted:
        """As storage is asked; None for those of all campaigns."""
        of = {name: getattr(self, name) for name in ("participant", "customer", "status", "flow", "node", "channel")}
        return CommunicationsWanted(campaign=campaign, **of, since=given(self.since), until=given(self.until))


class CommunicationsQuery(CommunicationsFilter, MomentPage):
    """Which communications."""

    campaign: Annotated[Name, Field(description="of this campaign")] = ""


async def list_communications(asked: Asked[CommunicationsQuery, None]) -> Answer:
    """A page of the communications, the latest first."""
    query = asked.query
    wanted = query.of_campaign(query.campaign or None)
    page = await asked.desk.read(lambda t: t.lists.communications.page(wanted, query.key, query.limit))
    told = [told_communication(row) for row in page.rows]
    return Answer(body=Communications(communications=told, next=cursor(page.next)))


async def get_communication(asked: Asked[NoQuery, None]) -> Answer:
    """One communication with its messages."""
    return Answer(body=await asked.desk.read(lambda t: _in_full(t, asked.path["communication"])))


def _in_full(t: Transaction, id: str) -> CommunicationInFull:
    row = t.communications.by_ids([id]).get(id) if is_id(id) else None
    if row is None:
        raise Problem(404, "unknown-communication", "Unknown communication", "there is no communication of this id")
    page = t.lists.messages.page(MessagesWanted(communication=id), None, MAX_MESSAGES)
    in_order = sorted(
        page.rows, key=lambda one: (one["created_at"], one["direction"])
    )  # who answers at once comes second
    return CommunicationInFull(**_told(row), messages=[told_message(one) for one in in_order])


def told_communication(row: Row) -> Communication:
    """The communication as it is told."""
    return Communication(**_told(row))


def _told(row: Row) -> Row:
    return {"communication": row["id"], **{name: row[name] for name in SHOWN}}


ENDPOINTS: tuple[Endpoint[Any, Any], ...] = (
    Endpoint(
        method="GET",
        path="/communications",
        tag="communications",
        scope=Scope.READ,
        handler=list_communications,
        query=CommunicationsQuery,
        answers={200: Communications},
    ),
    Endpoint(
        method="GET",
        path="/communications/{communication}",
        tag="communications",
        scope=Scope.READ,
        handler=get_communication,
        answers={200: CommunicationInFull},
    ),
)
