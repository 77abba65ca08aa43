"""Carry values across: rows of `storage` to values of `rules` and back. Pure functions."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from rules.agents.base import Agent
from rules.book import Field, Rulebook, TriggerNode
from rules.events import MessageReceived
from rules.facts import Fact, Trigger
from rules.fields import from_json, to_json
from rules.scene import Communication, Customer, Message, Participant, Run, Talk
from rules.statuses import CommunicationStatus
from rules.values import Values, ValueType
from storage.values import Row

COPIED = (  # columns of a communication that hold the value itself
    "flow",
    "node",
    "agent",
    "channel",
    "address",
    "thread",
    "rules",
    "at",
    "opened",
    "reason",
    "expires",
    "begun_at",
    "attempt",
    "retried",
)
RUN_COPIED = ("id", "node", "rules", "due", "call")


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
    held = tuple(fact_value(fact, book) for fact in row["held"])
    return Participant(row["id"], values, row["entered"], row["outcome"], held)


def fact_value(stored: Mapping[str, Any], book: Rulebook | None = None) -> Fact:
    """A kept fact as it was raised; what it hands over gets the types that its flow takes in ``book``."""
    changed = frozenset(stored.get("changed", ()))
    taken = taken_by(stored.get("flow", ""), book)
    inputs = tuple(
        (name, from_json(taken[name], raw) if name in taken else raw) for name, raw in stored.get("inputs", {}).items()
    )
    return Fact(**{**stored, "trigger": Trigger(stored["trigger"]), "changed": changed, "inputs": inputs})


def taken_by(flow: str, book: Rulebook | None) -> Mapping[str, Field]:
    """What From Another Flow takes in a flow of the rulebook; nothing where there is no such flow."""
    if book is None or flow not in book.flows:
        return {}
    nodes = (node for node in book.flows[flow].nodes.values() if isinstance(node, TriggerNode))
    return next((node.takes for node in nodes if node.when is Trigger.FROM_ANOTHER_FLOW), {})


def fact_row(fact: Fact) -> Row:
    """A fact as JSON; properties that do not apply are left out."""
    given = {name: value for name, value in fact._replace(inputs=())._asdict().items() if value}
    handed = {"inputs": {name: to_json(value) for name, value in fact.inputs}} if fact.inputs else {}
    return {**given, "trigger": str(fact.trigger), "changed": sorted(fact.changed), **handed}


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
    return Communication(
        id=row["id"],
        **{name: row[name] for name in COPIED},
        status=CommunicationStatus(row["status"]),
        talk=talk_value(row["talk"], row["agent"], book),
    )


def talk_value(stored: Row, agent_name: str, book: Rulebook | None) -> Talk:
    """A stored talk; its results get the types their agent declares."""
    agent = book.agents.get(agent_name) if book else None
    results = {
        name: from_json(_result_field(agent, name), raw) if agent and name in agent.results else raw
        for name, raw in stored.get("results", {}).items()
    }
    asked, pending = stored.get("asked", ""), tuple(stored.get("pending", ()))
    return Talk(stored.get("question", 0), stored.get("tries", 0), results, asked, pending)


def _result_field(agent: Agent, name: str) -> Field:
    """A choice was one of the agent's values when it was recorded: it is kept as the text it is."""
    kind = agent.results[name]
    text = kind is ValueType.ENUMERATION
    return Field(name=name, type=ValueType.STRING if text else kind, position=agent.position)


def talk_row(talk: Talk) -> Row:
    row = {"question": talk.question, "tries": talk.tries, "results": encoded(talk.results)}
    return {**row, "asked": talk.asked, "pending": list(talk.pending)} if talk.asked else row


def communication_row(value: Communication, campaign: str, participant: str, customer: str, now: datetime) -> Row:
    """A new communication's row."""
    return {
        "id": value.id,
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
        "talk": talk_row(value.talk),
        "updated_at": now,
        **{name: getattr(value, name) for name in COPIED},
    }


def message_value(row: Row) -> Message:
    return Message(row["id"], row["communication"], row["status"], row["error"], row["attempt"])


def run_value(row: Row, book: Rulebook | None) -> Run:
    """``book`` is the rulebook it began with; None if that can't be had: what it was handed then stays JSON."""
    return Run(
        **{name: row[name] for name in RUN_COPIED},
        fact=fact_value(row["fact"], book),
        message=heard_value(row["message"]) if row["message"] else None,
    )


def run_row(value: Run, campaign: str, participant: str, customer: str, now: datetime) -> Row:
    """A new run's row."""
    return {
        **run_changes(value),
        "campaign": campaign,
        "participant": participant,
        "customer": customer,
        "version": 1,
        "created_at": now,
    }


def run_changes(value: Run) -> Row:
    """The columns of a run that deciding may change."""
    return {
        **{name: getattr(value, name) for name in RUN_COPIED},
        "fact": fact_row(value.fact),
        "message": heard_row(value.message) if value.message else None,
    }


def heard_value(stored: Row) -> MessageReceived:
    """A kept message as it was received."""
    return MessageReceived(**{**stored, "at": datetime.fromisoformat(stored["at"])})


def heard_row(message: MessageReceived) -> Row:
    """A message as JSON."""
    return {**asdict(message), "at": message.at.isoformat()}
