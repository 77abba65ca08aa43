"""`/events/{event}/retry` and `/drop`: what becomes of events that could not be decided."""

import asyncio
import re
from collections.abc import Callable
from functools import partial
from typing import Any

from gateway.api.answers import Answer
from gateway.api.asked import Asked
from gateway.api.endpoints import Endpoint, NoQuery, Told
from gateway.api.problems import Problem
from gateway.api.scopes import Scope
from gateway.parked_events import IN_SPOOL
from gateway.parking import drop, retry
from gateway.set_aside import drop_aside, find, missing, retry_aside
from storage.spool_visit import SpoolVisit, visiting
from storage.transaction import Transaction

NUMBER = re.compile(rf"({IN_SPOOL}?)([1-9][0-9]{{0,17}})")


class EventChanged(Told):
    """An event with a number of the inbox, or of the spool after an "s"; ``became`` says what becomes of it."""

    event: str
    became: str


async def retry_event(asked: Asked[NoQuery, None]) -> Answer:
    """Let a parked event be decided as if nobody had tried yet, before what came after it.

    One that is set aside in the spool (`s5`) goes into the inbox, behind the others. 409 says why not.
    """
    return await _change(asked, _retry, _retry_aside)


async def drop_event(asked: Asked[NoQuery, None]) -> Answer:
    """Never decide a parked event: what waits for it fails or ends. There is no way back.

    One that is set aside in the spool (`s5`) is removed. 409 says why not.
    """
    return await _change(asked, _drop, _drop_aside)


OfInbox = Callable[[Asked[Any, Any], int], str]
OfSpool = Callable[[Asked[Any, Any], SpoolVisit, int], str]


async def _change(asked: Asked[NoQuery, None], of_inbox: OfInbox, of_spool: OfSpool) -> Answer:
    """Nobody else writes meanwhile, so none of the gateway's own threads does it."""
    named = NUMBER.fullmatch(asked.path["event"])
    if named is None:
        raise _unknown("events have numbers such as 17 or s5")
    aside, number = bool(named[1]), int(named[2])
    work = partial(_visit, asked, of_spool, number) if aside else partial(of_inbox, asked, number)
    became = await asyncio.to_thread(work)
    asked.desk.ring()
    return Answer(body=EventChanged(event=asked.path["event"], became=became))


def _visit(asked: Asked[Any, Any], work: OfSpool, number: int) -> str:
    with visiting(asked.desk.spool) as spool:
        if find(spool, number) is None:
            raise _unknown(missing(number))
        return work(asked, spool, number)


def _retry(asked: Asked[Any, Any], number: int) -> str:
    with asked.desk.storage.alone() as t:
        _require(t, number)
        if reason := retry(t, [number]).get(number):
            raise _stays(reason)
        _tell(asked, "retry_event", str(number))(t)
    return "it is tried once more"


def _drop(asked: Asked[Any, Any], number: int) -> str:
    with asked.desk.storage.alone() as t:
        _require(t, number)
        try:
            became = drop(t, number, asked.desk.now())
        except LookupError as problem:
            raise _stays(str(problem)) from None
        _tell(asked, "drop_event", str(number))(t)
    return became or "it is never decided"


def _retry_aside(asked: Asked[Any, Any], spool: SpoolVisit, number: int) -> str:
    tell = _tell(asked, "retry_event", f"{IN_SPOOL}{number}")
    if reason := retry_aside(asked.desk.storage, spool, number, tell):
        raise _stays(reason)
    return "it is tried once more"


def _drop_aside(asked: Asked[Any, Any], spool: SpoolVisit, number: int) -> str:
    tell = _tell(asked, "drop_event", f"{IN_SPOOL}{number}")
    if reason := drop_aside(asked.desk.storage, spool, number, tell):
        raise _stays(reason)
    return "it is never decided"


def _tell(asked: Asked[Any, Any], what: str, event: str) -> Callable[[Transaction], None]:
    return lambda t: t.audit.add([asked.entry(what, f"event/{event}")])


def _require(t: Transaction, number: int) -> None:
    if t.parked.get(number) is None:
        raise _unknown(f"there is no event {number}")


def _unknown(detail: str) -> Problem:
    return Problem(404, "unknown-event", "Unknown event", detail)


def _stays(reason: str) -> Problem:
    return Problem(409, "stays", "The event stays as it is", reason)


STAYS = {409: "The event is not parked, or may not be tried once more; `detail` says why"}
ENDPOINTS = tuple(
    Endpoint(
        method="POST",
        path=f"/events/{{event}}/{word}",
        tag="events",
        scope=Scope.WRITE,
        handler=handler,
        answers={200: EventChanged},
        problems=STAYS,
    )
    for word, handler in (("retry", retry_event), ("drop", drop_event))
)
