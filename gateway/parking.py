"""Events that were parked: tried once more, or dropped with what hangs on them."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from gateway.batch import consent_of
from gateway.keeping import row_of
from storage.stranded import Stranded
from storage.transaction import Transaction
from storage.values import About, NewEvent, Row, WaitingEvent

DROPPED = "dropped by the operator"
ANSWER_DROPPED = "its answer was dropped by the operator"
NAMED = {"customer", "campaign", "subject"}  # what a payload names that something waits for
SAID_SINCE = {
    "start": "the person has said STOP since, or was stopped by the rules, and a retry would undo that: drop it",
    "stop": "the person has said START since, and a retry would undo that: drop it",
}


def retry(t: Transaction, numbers: Collection[int]) -> dict[int, str]:
    """Let these parked events be decided as if nobody had tried yet, each in its old place; a row of a contact list
    counts as failed no longer. To be done while nobody else writes (`Storage.alone`).

    Returns why not, by the numbers of those that stay as they are.
    """
    parked = t.parked.these(numbers)
    refused = {number: why_not(t, number) for number in numbers if number not in parked}
    refused |= {number: reason for number, row in parked.items() if (reason := _undone(t, row))}
    taken = [row for number, row in parked.items() if number not in refused]
    t.parked.take_back([row["id"] for row in taken])
    for row in taken:
        if upload := row["payload"].get("upload"):
            t.uploads.take_back_failure(upload, row_of(row["key"]))
    return refused


def drop(t: Transaction, number: int, now: datetime) -> str:
    """The parked event will never be decided; what waits for it fails. What became of that, in words, "" for nothing.

    To be done while nobody else writes (`Storage.alone`). Raises LookupError, saying why, where it is not parked.
    """
    row = t.parked.these([number]).get(number)
    if row is None:
        raise LookupError(why_not(t, number))
    t.parked.drop(number, f"{DROPPED}; parked because: {row['error']}", now)
    release = {"timer": _release_timer, "answer": _release_answer, "stranded": _release_stranded}.get(row["kind"])
    return release(t, row, now) if release and row["payload"].keys() >= NAMED else ""


def why_not(t: Transaction, number: int) -> str:
    """Why an event can be neither retried nor dropped."""
    row = t.parked.get(number)
    return f"event {number} is {row['state']}, not parked" if row else f"there is no event {number}"


def stranded_event(key: str, lane: str, payload: Row, reason: str, now: datetime) -> NewEvent:
    """The event that tells the rules that what ``payload`` names waits in vain; for a ``reason``, it ends."""
    named = {name: payload[name] for name in sorted(NAMED)}
    return NewEvent(f"stranded:{key}", "stranded", About("lane", lane), {**named, "reason": reason}, now)


def _undone(t: Transaction, row: Row) -> str:
    """What the person has said since of being written to, where a retry would undo it."""
    consent = consent_of(as_waiting(row))
    if consent is None:
        return ""
    opted_out = bool(t.opt_outs.among([(consent.channel, consent.address)]))
    return SAID_SINCE[consent.word] if opted_out == (consent.word == "start") else ""


def as_waiting(row: Row) -> WaitingEvent:
    return WaitingEvent(**{name: row[name] for name in WaitingEvent.__dataclass_fields__})


def _release_timer(t: Transaction, row: Row, now: datetime) -> str:
    payload = row["payload"]
    if not t.stranded.clear_timer(payload.get("subject", ""), payload.get("name", ""), payload.get("due", "")):
        return "nothing waited for it any more"
    t.inbox.keep([stranded_event(f"{payload['subject']}:{row['id']}", row["lane"], payload, DROPPED, now)])
    return "what waited for it ends: a path goes no further, a communication fails"


def _release_answer(t: Transaction, row: Row, now: datetime) -> str:
    """The first time it is told as a call that failed; where that is what can't be decided, it ends."""
    payload: dict[str, Any] = row["payload"]
    if payload["error"] == ANSWER_DROPPED:
        return _release_stranded(t, row, now)
    lost = Stranded(
        payload["subject"], payload["customer"], payload["campaign"], row["lane"], payload["call"], payload["held"]
    )
    t.stranded.fail_calls([lost], ANSWER_DROPPED, now)
    return "what waited for it goes on as after a call that failed"


def _release_stranded(t: Transaction, row: Row, now: datetime) -> str:
    t.stranded.end(row["payload"]["subject"], DROPPED, now)
    return "what waited for it has ended; no rule hears of it"
