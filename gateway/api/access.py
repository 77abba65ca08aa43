"""Who may speak to the API: tokens of the database, each with a scope, and the one of the settings, which may all."""

import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe
from unicodedata import normalize

from aiohttp import web
from pydantic import SecretStr

from gateway.api.scopes import Scope
from gateway.clock import Clock
from gateway.ids import new_id
from storage.database import Storage
from storage.values import Row

PREFIX = "pm"  # so that scanners for leaked secrets know one
ID_LENGTH = 12
SECRET_BYTES = 32
TRUSTED_FOR = timedelta(seconds=5)  # a token that was revoked elsewhere still works for so long at most
USE_NOTED_EVERY = timedelta(minutes=1)
MAX_REMEMBERED = 1_000  # tokens
SETTINGS = "settings"  # the name of the token that the environment gives


def is_of_settings(name: str) -> bool:
    """Whether people would take the name for that of the token of the settings."""
    return normalize("NFKC", name).strip().casefold() == SETTINGS


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who asks: the token's id and name, and what it may."""

    id: str
    name: str
    scope: Scope


@dataclass(frozen=True, slots=True)
class _Known:
    row: Row
    until: datetime


def issue(name: str, scope: Scope, now: datetime, expires_at: datetime | None) -> tuple[str, Row]:
    """A new token in clear, which is shown once, and its row, which holds only its SHA-256: with 256 random bits
    nothing slower is needed (OWASP, Cryptographic Storage)."""
    id, secret = new_id()[:ID_LENGTH], token_urlsafe(SECRET_BYTES)
    row = {
        "id": id,
        "name": name,
        "scope": scope.value,
        "hash": _digest(secret),
        "created_at": now,
        "expires_at": expires_at,
    }
    return f"{PREFIX}_{id}_{secret}", row


@dataclass
class Access:
    """Tells who sent a request. ``token`` is the one of the settings."""

    storage: Storage
    token: SecretStr
    clock: Clock
    _known: dict[str, _Known] = field(default_factory=dict)

    async def bearer(self, request: web.Request) -> Bearer | None:
        """Who sent it; None for nobody whom we know, or whose token has expired or was revoked."""
        told = bearer_token(request)
        if self._is_of_settings(told):
            return Bearer(SETTINGS, SETTINGS, Scope.ADMIN)
        row = await self._row(told)
        if row is None or not _fits(row, told) or not self._is_valid(row):
            return None
        await self._note_use(row)
        return Bearer(row["id"], row["name"], Scope(row["scope"]))

    def may_be_somebody(self, request: web.Request) -> bool:
        """What can be told without asking the database: whether the token worked when we last asked."""
        told = bearer_token(request)
        known = self._known.get(_id_of(told))
        works = known is not None and _fits(known.row, told) and self._is_valid(known.row)
        return self._is_of_settings(told) or works

    def forget(self, id: str) -> None:
        """The token has changed."""
        self._known.pop(id, None)

    def _is_of_settings(self, told: str) -> bool:
        return hmac.compare_digest(_bytes(told), self.token.get_secret_value().encode())

    async def _row(self, told: str) -> Row | None:
        id, now = _id_of(told), self.clock.now()
        known = self._known.get(id)
        if known and now < known.until:
            return known.row
        row = await self.storage.read(lambda t: t.tokens.get(id)) if id else None
        self.forget(id)
        if row is not None:
            self._remember(_Known(row, now + TRUSTED_FOR))
        return row

    def _remember(self, known: _Known) -> None:
        if len(self._known) >= MAX_REMEMBERED:
            self._known.pop(next(iter(self._known)))
        self._known[known.row["id"]] = known

    def _is_valid(self, row: Row) -> bool:
        expires = row["expires_at"]
        return row["revoked_at"] is None and (expires is None or self.clock.now() < expires)

    async def _note_use(self, row: Row) -> None:
        """Once a minute. What is remembered stays as old as it is: nobody has asked whether the token still works."""
        id, now, last = row["id"], self.clock.now(), row["last_used_at"]
        if last is None or now - last >= USE_NOTED_EVERY:
            if known := self._known.get(id):
                self._known[id] = _Known({**known.row, "last_used_at": now}, known.until)
            await self.storage.run(lambda t: t.tokens.used(id, now))


def bearer_token(request: web.Request) -> str:
    """What the one header that it must have brings; "" where it brings none (RFC 6750)."""
    given = request.headers.getall("Authorization", [])
    scheme, _, token = given[0].partition(" ") if len(given) == 1 else ("", "", "")
    return token.strip() if scheme.lower() == "bearer" else ""


def _id_of(told: str) -> str:
    prefix, _, rest = told.partition("_")
    id = rest.partition("_")[0]
    return id if prefix == PREFIX and len(id) == ID_LENGTH and id.isascii() and id.isalnum() else ""


def _fits(row: Row, told: str) -> bool:
    secret = told.partition("_")[2].partition("_")[2]
    return hmac.compare_digest(row["hash"], _digest(secret))


def _digest(secret: str) -> str:
    return sha256(_bytes(secret)).hexdigest()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
