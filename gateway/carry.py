"""Carry values across: rows of `storage` to values of `rules` and back. Pure functions."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from rules.book import Field, Rulebook
from rules.facts import Fact, Trigger
from rules.fields import from_json, to_json
from rules.scene import Communication, Customer, Message, Participant, Talk
from rules.statuses import CommunicationStatus
from rules.values import Values
from storage.values import Row


def decoded(book: Rulebook, stored: Mapping[str, Any], level: str) -> dict[str, Any]:
    """Stored JSON fields as values of the declared types; fields that this rulebook does not declare stay JSON."""
    return {
        name: from_json(field, raw) if (field := book.fields.get(name)) and field.level == level else raw
        for name, raw in stored.items()
    }


def encoded(values: Values) -> dict[str, Any]:
    """Field values as JSON; an unset field is not stored."""
    return {name: to_json(value) for name, value in values.items() if value is not None}


def customer_value(row: Row, identifiers: Mapping[str, str], book: Rulebook) -> Customer:
    return Customer(row["id"], dict(identifiers), decoded(book, row["fields"], "customer"))


def participant_value(row: Row, book: Rulebook) -> Participant:
    values = decoded(book, row["fields"], "participant")
    held = tuple(fact_value(fact) for fact in row["held"])
    return Participant(row["id"], values, row["entered"], row["outcome"], held)


def fact_value(stored: Mapping[str, Any]) -> Fact:
    """A held fact as it was raised."""
    changed = frozenset(stored.get("changed", ()))
    return Fact(**{**stored, "trigger": Trigger(stored["trigger"]), "changed": changed})


def fact_row(fact: Fact) -> Row:
    """A fact as JSON; properties that do not apply are left out."""
    given = {name: value for name, value in asdict(fact).items() if value}
    return {**given, "trigger": str(fact.trigger), "changed": sorted(fact.changed)}


def participant_row(participant: Participant, campaign: str, customer: str, now: datetime) -> Row:
    """A new participant's row."""
    return {
        "id": participant.id,
        "campaign": campaign,
        "customer": customer,
        **participant_changes(participant, now),
        "version": 1,
        "created_at": now,
    }


def participant_changes(participant: Participant, now: datetime) -> Row:
    """The columns of a participant that deciding may change."""
    return {
        "fields": encoded(participant.fields),
        "entered": participant.entered,
        "outcome": participant.outcome,
        "held": [fact_row(fact) for fact in participant.held],
        "updated_at": now,
    }


def communication_value(row: Row, book: Rulebook | None) -> Communication:
    """``book`` is the rulebook it began with; None if that can't be had: its results then stay JSON."""
    copied = ("id", "flow", "node", "agent", "channel", "address", "rules", "at", "thread", "opened", "reason")
    return Communication(
        **{name: row[name] for name in copied},
        status=CommunicationStatus(row["status"]),
        talk=talk_value(row["talk"], row["agent"], book),
    )


def talk_value(stored: Row, agent_name: str, book: Rulebook | None) -> Talk:
    """A stored talk; its results get the types their agent declares."""
    agent = book.agents.get(agent_name) if book else None
    types = agent.results if agent else {}
    results = {
        name: from_json(Field(name=name, type=types[name], position=agent.position), raw)
        if agent and name in types
        else raw
        for name, raw in stored.get("results", {}).items()
    }
    return Talk(stored.get("question", 0), stored.get("tries", 0), results)


def talk_row(talk: Talk) -> Row:
    return {"question": talk.question, "tries": talk.tries, "results": encoded(talk.results)}


def communication_row(value: Communication, campaign: str, participant: str, customer: str, now: datetime) -> Row:
    """A new communication's row."""
    copied = ("id", "flow", "node", "agent", "channel", "address", "thread", "rules", "at")
    return {
        **{name: getattr(value, name) for name in copied},
        "campaign": campaign,
        "participant": participant,
        "customer": customer,
        **communication_changes(value, now),
        "version": 1,
        "created_at": now,
    }


def communication_changes(value: Communication, now: datetime) -> Row:
    """The columns of a communication that deciding may change."""
    return {
        "status": str(value.status),
        "is_open": value.is_open,
        "opened": value.opened,
        "address": value.address,
        "talk": talk_row(value.talk),
        "reason": value.reason,
        "updated_at": now,
    }


def message_value(row: Row) -> Message:
    return Message(row["id"], row["communication"], row["status"], row["error"])
