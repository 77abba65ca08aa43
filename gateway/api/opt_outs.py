"""`GET /opt-outs`: the addresses that must not be written to."""

from typing import Annotated, Any

from pydantic import Field

from gateway.api.answers import Answer
from gateway.api.asked import Asked
from gateway.api.endpoints import Endpoint, Told
from gateway.api.opt_out_changes import OptedOut
from gateway.api.queries import Name, PairPage, cursor
from gateway.api.scopes import Scope


class OptOuts(Told):
    """A page of them."""

    opt_outs: list[OptedOut]
    next: str | None


class OptOutsQuery(PairPage):
    """Which ones."""

    channel: Annotated[Name, Field(description="on this channel")] = ""


async def list_opt_outs(asked: Asked[OptOutsQuery, None]) -> Answer:
    """A page of the addresses that must not be written to, by channel and address."""
    query = asked.query
    page = await asked.desk.read(lambda t: t.lists.opt_outs.page(query.channel, query.key, query.limit))
    return Answer(body=OptOuts(opt_outs=[OptedOut(**row) for row in page.rows], next=cursor(page.next)))


ENDPOINTS: tuple[Endpoint[Any, Any], ...] = (
    Endpoint(
        method="GET",
        path="/opt-outs",
        tag="opt-outs",
        scope=Scope.READ,
        handler=list_opt_outs,
        query=OptOutsQuery,
        answers={200: OptOuts},
    ),
)
