"""`GET /messages`: everything that was said, and `/sessions`: what people wrote unasked."""

from typing import Annotated, Any, Literal

from pydantic import Field

from gateway.api.answers import Answer, Moment
from gateway.api.asked import Asked
from gateway.api.endpoints import Endpoint, NoQuery, Told
from gateway.api.problems import Problem
from gateway.api.queries import Id, MomentPage, Name, Span, cursor, given
from gateway.api.scopes import Scope
from gateway.ids import is_id
from rules.statuses import OWED
from storage.listing.messages import MessagesWanted
from storage.values import Row

OWED_WORD = "owed"  # how a filter names the status of what no provider has taken yet
SHOWN = (
    "channel",
    "direction",
    "address",
    "thread",
    "text",
    "choices",
    "media",
    "campaign",
    "customer",
    "communication",
    "status",
    "error",
    "provider_id",
    "attempt",
    "created_at",
    "updated_at",
)
Status = Literal[
    "", "owed", "accepted", "queued", "sending", "sent", "canceled", "failed", "undelivered", "delivered", "read"
]


class Message(Told):
    """Something said: by us (``direction`` out) or by a person (in). ``status`` is what the provider said of it last,
    "" of what no provider has taken yet and of what people wrote; ``media`` the files that came with it.
    ``communication`` is the one that it belongs to or answers, "" for none. Retention empties texts that are old."""

    message: str
    channel: str
    direction: str
    address: str
    thread: str
    text: str
    choices: list[str]
    media: list[dict[str, Any]]
    campaign: str
    customer: str
    communication: str
    status: str
    error: str
    provider_id: str
    attempt: int
    created_at: Moment
    updated_at: Moment


class Messages(Told):
    """A page of them."""

    messages: list[Message]
    next: str | None


class Sessions(Told):
    """A page of messages of people that answered no open communication."""

    sessions: list[Message]
    next: str | None


class SessionsFilter(Span):
    """Which messages of people."""

    customer: Annotated[Id, Field(description="of this customer")] = ""
    channel: Annotated[Name, Field(description="on this channel")] = ""


class SessionsQuery(SessionsFilter, MomentPage):
    """A page of them."""


class MessagesFilter(SessionsFilter):
    """Which messages of a campaign."""

    communication: Annotated[Id, Field(description="of this communication")] = ""
    direction: Annotated[Literal["", "in", "out"], Field(description="what people wrote, or what we did")] = ""
    status: Annotated[Status, Field(description="that stand so; `owed`: those that no provider has taken yet")] = ""

    def of_campaign(self, campaign: str | None) -> MessagesWanted:
        """As storage is asked; None for those of all campaigns and of none."""
        of = {name: getattr(self, name) for name in ("customer", "communication", "channel", "direction")}
        status = OWED if self.status == OWED_WORD else self.status or None
        if self.status == OWED_WORD and not self.direction:
            of["direction"] = "out"
        return MessagesWanted(campaign=campaign, status=status, **of, since=given(self.since), until=given(self.until))


class MessagesQuery(MessagesFilter, MomentPage):
    """Which messages."""

    campaign: Annotated[Name, Field(description="of this campaign")] = ""

    @property
    def wanted(self) -> MessagesWanted:
        """As storage is asked."""
        return self.of_campaign(self.campaign or None)


async def list_messages(asked: Asked[MessagesQuery, None]) -> Answer:
    """A page of the messages, the latest first."""
    query = asked.query
    page = await asked.desk.read(lambda t: t.lists.messages.page(query.wanted, query.key, query.limit))
    return Answer(body=Messages(messages=[told_message(row) for row in page.rows], next=cursor(page.next)))


async def get_message(asked: Asked[NoQuery, None]) -> Answer:
    """One message."""
    id = asked.path["message"]
    rows = await asked.desk.read(lambda t: t.messages.by_ids([id])) if is_id(id) else {}
    if id not in rows:
        raise Problem(404, "unknown-message", "Unknown message", "there is no message of this id")
    return Answer(body=told_message(rows[id]))


async def list_sessions(asked: Asked[SessionsQuery, None]) -> Answer:
    """A page of what people wrote that answered no open communication, the latest first."""
    query = asked.query
    wanted = MessagesWanted(
        sessions=True,
        customer=query.customer,
        channel=query.channel,
        since=given(query.since),
        until=given(query.until),
    )
    page = await asked.desk.read(lambda t: t.lists.messages.page(wanted, query.key, query.limit))
    return Answer(body=Sessions(sessions=[told_message(row) for row in page.rows], next=cursor(page.next)))


def told_message(row: Row) -> Message:
    """The message as it is told."""
    return Message(message=row["id"], **{name: row[name] for name in SHOWN})


ENDPOINTS: tuple[Endpoint[Any, Any], ...] = (
    Endpoint(
        method="GET",
        path="/messages",
        tag="messages",
        scope=Scope.READ,
        handler=list_messages,
        query=MessagesQuery,
        answers={200: Messages},
    ),
    Endpoint(
        method="GET",
        path="/messages/{message}",
        tag="messages",
        scope=Scope.READ,
        handler=get_message,
        answers={200: Message},
    ),
    Endpoint(
        method="GET",
        path="/sessions",
        tag="messages",
        scope=Scope.READ,
        handler=list_sessions,
        query=SessionsQuery,
        answers={200: Sessions},
    ),
)
