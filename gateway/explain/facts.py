"""Facts in words."""

from collections.abc import Callable, Mapping
from typing import Any

from gateway.explain.writing import listed, pairs
from rules.facts import Trigger

SOURCES: Mapping[str, str] = {
    "api": "over the API",
    "import": "by a contact list",
    "enroll": "by writing to us",
    "customer": "in another campaign",
    "flow": "by a flow",
}

Stored = Mapping[str, Any]


def in_words(fact: Stored) -> str:
    """A fact as the log has it."""
    return WORDS[Trigger(fact["trigger"])](fact)


def _created(fact: Stored) -> str:
    return f"the participant joined{_source(fact)}"


def _updated(fact: Stored) -> str:
    return f"{listed(fact.get('changed', ()))} changed{_source(fact)}"


def _ended(fact: Stored) -> str:
    status = f": {fact['status']}" if fact.get("status") else ""
    return f"the communication of {fact.get('of', '')} ended on {fact.get('channel', '')}{status}"


def _communication_updated(fact: Stored) -> str:
    status = fact.get("status") or "other than before"
    return f"the communication of {fact.get('of', '')} became {status} on {fact.get('channel', '')}"


def _session(fact: Stored) -> str:
    keyword = fact.get("keyword", "")
    return f"the person wrote unasked on {fact.get('channel', '')}{f', keyword {keyword}' if keyword else ''}"


def _entered(fact: Stored) -> str:
    inputs = pairs(dict(fact.get("inputs", ())))
    return f"another flow led to {fact.get('flow', '')}{f' with {inputs}' if inputs else ''}"


def _source(fact: Stored) -> str:
    source = fact.get("source", "")
    return f" {SOURCES.get(source, source)}" if source else ""


WORDS: Mapping[Trigger, Callable[[Stored], str]] = {
    Trigger.PARTICIPANT_CREATED: _created,
    Trigger.PARTICIPANT_UPDATED: _updated,
    Trigger.COMMUNICATION_ENDED: _ended,
    Trigger.COMMUNICATION_UPDATED: _communication_updated,
    Trigger.INCOMING_SESSION: _session,
    Trigger.FROM_ANOTHER_FLOW: _entered,
}
