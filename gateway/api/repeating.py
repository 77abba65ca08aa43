"""`Idempotency-Key`: a change that is sent again under the same key is made once, and answered as it was.

After draft-ietf-httpapi-idempotency-key-header, but that the same key with another request is a conflict (409), as is
one whose first request is still being worked on: the request in itself could be done. Of a request that was cut off
nothing is known: the next one under its key does the work again, with the same ids (`gateway.api.asked.Asked.new_id`),
so that what was made already is found.
"""

import hmac
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

import structlog
from aiohttp import web

from gateway.api.access import Bearer, bearer_token
from gateway.api.desk import ApiDesk
from gateway.api.problems import Problem
from gateway.api.sending import send_json
from storage.database import Storage
from storage.errors import StorageUnavailable
from storage.values import Row

HEADER = "Idempotency-Key"
MAX_KEY = 200  # characters
KEY = re.compile(rf"[!-~]{{1,{MAX_KEY}}}")
KEPT_FOR = timedelta(hours=24)
CUT_OFF_AFTER = timedelta(minutes=1)
SOON = {"Retry-After": "1"}
KEPT_HEADERS = ("Location", "ETag")
REPEAT: web.RequestKey[str] = web.RequestKey("repeat", str)
"""What makes a request's key unique, for `Asked.repeat`."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Held:
    """The ``key`` of a request that took it as it ``begun``, kept by ``storage``."""

    storage: Storage
    key: str
    begun: datetime

    async def release(self) -> None:
        """It may be sent again at once; where the database is away, once it counts as cut off."""
        with suppress(StorageUnavailable):
            await self.storage.run(lambda t: t.repeats.release(self.key, self.begun))

    async def keep(self, answer: web.StreamResponse) -> None:
        """What is done is done, and told, though its answer can't be kept: sent again, the request is as one that was
        cut off."""
        headers = {name: answer.headers[name] for name in KEPT_HEADERS if name in answer.headers}
        body = answer.body if isinstance(answer, web.Response) else None
        text = body.decode() if isinstance(body, bytes) else ""
        try:
            await self.storage.run(lambda t: t.repeats.answered(self.key, self.begun, answer.status, headers, text))
        except StorageUnavailable as away:
            log.error("api_answer_not_kept", reason=str(away))


async def once(
    desk: ApiDesk, bearer: Bearer, request: web.Request, body: bytes, work: Callable[[], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """What ``work`` answers, or what it answered to this key before. Raises 400 and 409."""
    print, held = _print(request, body), Held(desk.storage, _key(bearer, request), desk.now())
    again = held.begun - CUT_OFF_AFTER
    taken = await desk.storage.run(lambda t: t.repeats.begin(held.key, print, held.begun, again))
    if taken is not None:
        return _again(request, taken, print)
    request[REPEAT] = held.key
    try:
        answer = await work()
    except Exception:
        await held.release()
        raise
    await held.keep(answer)
    return answer


def _key(bearer: Bearer, request: web.Request) -> str:
    given = request.headers[HEADER]
    if not KEY.fullmatch(given):
        raise Problem(400, "idempotency-key", f"{HEADER} must have 1 to {MAX_KEY} printable ASCII characters")
    return sha256(f"{bearer.id}\0{given}".encode("utf-8", "surrogateescape")).hexdigest()


def _print(request: web.Request, body: bytes) -> str:
    """A digest that nobody can check guesses against who has the database alone: it is keyed with the token, of which
    that knows no more than a digest, either. What was in a body is not to be found out once it is erased."""
    secret = bearer_token(request).encode("utf-8", "surrogateescape")
    head = f"{request.method} {request.rel_url.raw_path_qs}\0".encode()
    return hmac.new(secret, head + body, sha256).hexdigest()


def _again(request: web.Request, taken: Row, print: str) -> web.Response:
    if taken["print"] != print:
        raise Problem(409, "idempotency-key", f"This {HEADER} was used for another request", "send a new key")
    if not taken["status"]:
        raise Problem(409, "under-way", f"The request of this {HEADER} is still being worked on", headers=SOON)
    if "ETag" in taken["headers"] and not taken["body"]:
        detail = "it was made; whom it told of was erased since"
        raise Problem(409, "idempotency-key", f"The answer to this {HEADER} is kept no more", detail)
    headers = {**taken["headers"], "Idempotent-Replayed": "true"}
    if taken["body"]:
        return send_json(request, taken["body"].encode(), taken["status"], headers)
    return web.Response(status=taken["status"], headers=headers)
