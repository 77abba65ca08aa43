"""`/tokens`: who may ask, and `/audit`: what was changed by whom."""

import re
from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import AwareDatetime, Field

from gateway.api.access import is_of_settings, issue
from gateway.api.answers import Answer, Moment, in_utc
from gateway.api.asked import Asked
from gateway.api.endpoints import Endpoint, Given, NoQuery, Told
from gateway.api.problems import Problem
from gateway.api.queries import Name, NumberPage, PairPage, cursor
from gateway.api.scopes import Scope
from storage.errors import Conflict
from storage.transaction import Transaction
from storage.values import Row

MAX_NAME = 100
MAX_DAYS = 36_500  # that a token works
ID = re.compile(r"[0-9a-z]{1,32}")


class Token(Told):
    """A token, without its secret, which nobody keeps."""

    id: str
    name: str
    scope: Scope
    created_at: Moment
    expires_at: Moment | None
    revoked_at: Moment | None
    last_used_at: Moment | None


class Tokens(Told):
    """A page of the tokens."""

    tokens: list[Token]
    next: str | None


class NewToken(Given):
    """What a token is to be called, what it may and until when; without an end it works until it is revoked. Its name
    is nobody else's in the trail of changes: neither that of the token of the settings, nor `cli:` and a user."""

    name: Annotated[str, Field(min_length=1, max_length=MAX_NAME, pattern=r"^[\w .@-]+$")]
    scope: Scope = Scope.READ
    expires_at: AwareDatetime | None = None


class IssuedToken(Token):
    """A new token in clear: it is told this once."""

    token: str


class AuditEntry(Told):
    """One change: by whom (the name of a token, or a user of the command line), by which request, and how it was
    before and after."""

    id: int
    at: Moment
    who: str
    what: str
    subject: str
    request: str
    customer: str
    before: dict[str, Any]
    after: dict[str, Any]


class AuditTrail(Told):
    """A page of changes, the latest first."""

    audit: list[AuditEntry]
    next: str | None


class AuditQuery(NumberPage):
    """Which changes."""

    subject: Annotated[Name, Field(description="only of this subject, such as `campaign/spring`")] = ""


async def list_tokens(asked: Asked[PairPage, None]) -> Answer:
    """A page of the tokens by name, revoked ones too."""
    query = asked.query
    page = await asked.desk.read(lambda t: t.lists.tokens.page(query.key, query.limit))
    return Answer(body=Tokens(tokens=[Token(**row) for row in page.rows], next=cursor(page.next)))


async def post_token(asked: Asked[NoQuery, NewToken]) -> Answer:
    """Make a token.

    201 with the token in clear, which is told this once. 409 where another one has the name.
    """
    wanted, now = asked.body, asked.desk.now()
    if is_of_settings(wanted.name):
        raise Problem(409, "name-taken", "Another token has this name", "it is that of POINTSMAN_API_TOKEN")
    if wanted.expires_at is not None and not now < wanted.expires_at <= now + timedelta(days=MAX_DAYS):
        raise _never(wanted.expires_at)
    token, row = issue(wanted.name, wanted.scope, now, wanted.expires_at)
    try:
        await asked.desk.storage.run(lambda t: _add(t, asked, row))
    except Conflict:
        raise Problem(409, "name-taken", "Another token has this name", "revoked ones keep their names, too") from None
    empty = dict.fromkeys(("expires_at", "revoked_at", "last_used_at"))
    body = IssuedToken(token=token, **_told(empty | row))
    return Answer(body=body, status=201, headers={"Cache-Control": "no-store"})  # RFC 6750, 5.3


async def revoke_token(asked: Asked[NoQuery, None]) -> Answer:
    """Revoke a token: within 5 seconds it works nowhere any more. Doing so again changes nothing."""
    id = asked.path["token"]
    row = await asked.desk.storage.run(lambda t: _revoke(t, asked, id)) if ID.fullmatch(id) else None
    if row is None:
        raise Problem(404, "unknown-token", "Unknown token", "`GET /tokens` lists their ids")
    asked.desk.access.forget(id)
    return Answer(body=Token(**_told(row)))


async def list_audit(asked: Asked[AuditQuery, None]) -> Answer:
    """What was changed, and by whom, the latest first."""
    query = asked.query
    before = query.key[0] if query.key else None
    rows = await asked.desk.read(lambda t: t.audit.page(before, query.limit, query.subject))
    following = str(rows[-1]["id"]) if len(rows) == query.limit else None
    return Answer(body=AuditTrail(audit=[AuditEntry(**row) for row in rows], next=following))


def _add(t: Transaction, asked: Asked[Any, Any], row: Row) -> None:
    t.tokens.add(row)
    t.audit.add([asked.entry("post_token", f"token/{row['id']}", after=given_of(row))])


def _revoke(t: Transaction, asked: Asked[Any, Any], id: str) -> Row | None:
    if t.tokens.revoke(id, asked.desk.now()):
        t.audit.add([asked.entry("revoke_token", f"token/{id}")])
    return t.tokens.get(id)


def given_of(row: Row) -> dict[str, Any]:
    """What the trail tells of a new token: its name, scope and end."""
    expires = row["expires_at"]
    return {"name": row["name"], "scope": row["scope"], "expires_at": expires and in_utc(expires)}


def _told(row: Row) -> Row:
    return {key: value for key, value in row.items() if key != "hash"}


def _never(expires_at: datetime) -> Problem:
    detail = f"expires_at is {expires_at.isoformat()}; it must be ahead, by at most {MAX_DAYS:,} days"
    return Problem(409, "expires", "The token can't expire then", detail)


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/tokens",
        tag="access",
        scope=Scope.ADMIN,
        handler=list_tokens,
        query=PairPage,
        answers={200: Tokens},
    ),
    Endpoint(
        method="POST",
        path="/tokens",
        tag="access",
        scope=Scope.ADMIN,
        handler=post_token,
        body=NewToken,
        answers={201: IssuedToken},
        problems={409: f"Another token has this name, or it would expire in the past, or after {MAX_DAYS:,} days"},
        secret=True,
    ),
    Endpoint(
        method="DELETE",
        path="/tokens/{token}",
        tag="access",
        scope=Scope.ADMIN,
        handler=revoke_token,
        answers={200: Token},
    ),
    Endpoint(
        method="GET",
        path="/audit",
        tag="access",
        scope=Scope.ADMIN,
        handler=list_audit,
        query=AuditQuery,
        answers={200: AuditTrail},
    ),
)
