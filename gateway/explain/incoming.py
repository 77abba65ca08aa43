"""What came in, in words."""

from collections.abc import Callable, Mapping
from typing import Any

from gateway.explain.known import Known
from gateway.explain.writing import listed, moment, pairs, written
from rules.effects import (
    EXPIRE_TIMER,
    FAILED_TIMER,
    FALLBACK_TIMER,
    REPLY_TIMER,
    RETRY_TIMER,
    SETTLE_TIMER,
    START_TIMER,
    WAIT_TIMER,
)

EMPTIED = "what it brought was emptied: it is older than events are kept, or of somebody who was erased"
SOURCES: Mapping[str, str] = {
    "api": "the API gave",
    "import": "a contact list gave",
    "enroll": "somebody unknown wrote, and was enrolled:",
    "customer": "another campaign changed the customer; these were the values before:",
}
TIMERS: Mapping[str, str] = {
    START_TIMER: "it begins",
    REPLY_TIMER: "there is no answer",
    FAILED_TIMER: "its failure counts",
    SETTLE_TIMER: "no news counts as delivered",
    RETRY_TIMER: "it is tried again",
    FALLBACK_TIMER: "it is tried on the next channel",
    EXPIRE_TIMER: "it expires",
    WAIT_TIMER: "it goes on",
}
CONSENTS: Mapping[str, str] = {
    "stop": ", which asks to be left alone",
    "start": ", which allows to be written to",
    "help": ", which calls for help",
}

Payload = Mapping[str, Any]


def what_came(kind: str, payload: Payload, known: Known) -> str:
    """The event in words. Raises KeyError for a kind that there is not."""
    in_words = WORDS[kind]
    return in_words(payload, known) if payload else f"an event of the kind {kind}: {EMPTIED}"


def _participant(payload: Payload, known: Known) -> str:
    given = [pairs(payload["fields"]) or "no fields"]
    if payload.get("identifiers"):
        given.append(f"a new {listed(payload['identifiers'])}")
    return f"{SOURCES.get(payload['source'], payload['source'])} {' and '.join(given)}"


def _started(payload: Payload, known: Known) -> str:
    return f"the campaign {payload['campaign']} began to run"


def _enrolled(payload: Payload, known: Known) -> str:
    return f"an operator let the participant enter {payload['campaign']} anew"


def _removed(payload: Payload, known: Known) -> str:
    return f"an operator took the participant out of {payload['campaign']}"


def _opted_out(payload: Payload, known: Known) -> str:
    return f"an operator opted {payload['address']} out on {payload['channel']}"


def _message(payload: Payload, known: Known) -> str:
    thread = " in a thread" if payload.get("thread") else ""
    media = payload.get("media") or ()
    files = f" with {len(media)} file{'' if len(media) == 1 else 's'}" if media else ""
    consent = CONSENTS.get(payload.get("consent", ""), "")
    return f"{payload['address']} wrote on {payload['channel']}{thread}: {written(payload['text'])}{files}{consent}"


def _receipt(payload: Payload, known: Known) -> str:
    provider_id = payload.get("provider_id", "")
    message = known.message(payload["message"]) if payload["message"] else f"the message {provider_id} of the provider"
    error = f": {payload['error']}" if payload.get("error") else ""
    status = "not sent" if payload.get("skipped") else payload["status"]
    return f"{message} is {status} on {payload['channel']}{error}"


def _timer(payload: Payload, known: Known) -> str:
    name = payload["name"]
    return f"{known.waits(payload['subject'], name)}: {TIMERS[name]}, as was due at {moment(payload['due'])}"


def _answer(payload: Payload, known: Known) -> str:
    asked = f"what {known.subject(payload['subject'])} had asked"
    if payload["answer"] is None:
        return f"{asked} failed: {payload['error']}"
    return f"{asked} was answered: {pairs(payload['answer']) or 'nothing'}"


def _settled(payload: Payload, known: Known) -> str:
    moves = (f"{old} {f'moves to {new}' if new else 'ends'}" for old, new in payload["moves"].items())
    return f"an operator settled what waits: {', '.join(moves)}"


def _stranded(payload: Payload, known: Known) -> str:
    lost = payload["reason"] or "what it waited for was lost"
    return f"{known.subject(payload['subject'])} waited in vain: {lost}"


def _request(payload: Payload, known: Known) -> str:
    return f"the provider of {payload['channel']} sent a request, to be read"


WORDS: Mapping[str, Callable[[Payload, Known], str]] = {
    "participant": _participant,
    "started": _started,
    "enrolled": _enrolled,
    "removed": _removed,
    "opted_out": _opted_out,
    "message": _message,
    "receipt": _receipt,
    "timer": _timer,
    "answer": _answer,
    "settled": _settled,
    "stranded": _stranded,
    "request": _request,
}
