"""Scenes, events and rulebooks in few words, for tests. It is always noon on Sunday 2026-11-22 (UTC)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from rules.book import Rulebook
from rules.effects import Effect
from rules.events import CallAnswered, MessageReceived, ParticipantGiven, ReceiptArrived, Settled, TimerDue
from rules.facts import Fact, Trigger
from rules.loader import Project, ProjectChannel, load_rulebook
from rules.react import react
from rules.reaction import Reaction
from rules.scene import Communication, Customer, Message, Participant, Run, Scene
from rules.statuses import CommunicationStatus

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PHONE = "+4915112345678"
SLACK = "U0ADA"
JOINED = Fact(Trigger.PARTICIPANT_CREATED, source="import")
SERVICES = frozenset({"crm", "assistant"})
FUNCTIONS = frozenset({"scoring.rate"})
CHANNELS = {"sms": ProjectChannel("sms", "sms", "phone"), "team": ProjectChannel("team", "slack", "slack")}

TALKS = """
campaign: talks
fields:
  name: {type: string, level: customer}
agents:
  teller: {kind: notice, text: "Hello {{ name }}"}
  asker:
    kind: form
    opening: "Hi {{ name }}."
    questions:
      - {result: coming, ask: "Are you coming?", type: boolean, retries: 1}
      - {result: guests, ask: "How many guests?", type: integer}
    closing: "Thanks, see you."
    reply_within: 2h
flows:
  talk:
    joined: {when: participant_created, next: tell}
    tell: {do: communicate, channel: sms, agent: teller, next: ask}
    ask: {do: communicate, channel: sms, agent: asker}
  watch:
    updated: {when: communication_updated}
    ended: {when: communication_ended}
    came: {when: incoming_session}
"""

_numbers = count(1)


def book(text: str, **changes: Any) -> Rulebook:
    """The rulebook of a sound rule file; the project has the channels sms and team."""
    loaded = load_rulebook(text, "a.yaml", Project(CHANNELS, SERVICES, FUNCTIONS))
    assert loaded.rulebook is not None, [str(d) for d in loaded.diagnostics]
    return replace(loaded.rulebook, **changes)


def someone(
    *,
    fields: Mapping[str, Any] | None = None,
    shared: Mapping[str, Any] | None = None,
    entered: bool = True,
    held: tuple[Fact, ...] | None = None,
    identifiers: Mapping[str, str] | None = None,
    **scene: Any,
) -> Scene:
    """A scene with a participant: who has entered, owns a phone and a Slack account, unless told otherwise. Who has
    not entered joined by an import while the campaign was stopped."""
    addresses = {"phone": PHONE, "slack": SLACK} if identifiers is None else identifiers
    customer = Customer("customer", addresses, dict(shared or {}))
    waiting = (() if entered else (JOINED,)) if held is None else held
    return Scene(customer, Participant("participant", dict(fields or {}), entered, held=waiting), **scene)


def stranger(**customer: Any) -> Scene:
    """A scene whose customer has not joined the campaign."""
    return Scene(Customer("customer", {"phone": PHONE}, **customer))


def talk(status: str = "started", **changes: Any) -> Communication:
    """An opened communication of the agent `asker` by SMS."""
    there = Communication("c1", "talk", "talk.ask", "asker", "sms", PHONE, "of-the-file", NOW, opened=True)
    return replace(there, status=CommunicationStatus(status), **changes)


def sent(status: str = "", id: str = "m1", communication: str = "c1", error: str = "", attempt: int = 1) -> Message:
    """An outbound message."""
    return Message(id, communication, status, error, attempt)


def wrote(text: str, **changes: Any) -> MessageReceived:
    """The person wrote an SMS."""
    words = text.upper().split()
    return replace(
        MessageReceived(
            id=_event_id(), at=NOW, channel="sms", address=PHONE, text=text, keyword=words[0] if words else ""
        ),
        **changes,
    )


def receipt(status: str, message: str = "m1", **changes: Any) -> ReceiptArrived:
    return ReceiptArrived(id=_event_id(), at=NOW, message=message, status=status, **changes)


def due(name: str, subject: str = "c1") -> TimerDue:
    return TimerDue(id=_event_id(), at=NOW, subject=subject, name=name)


def timer(run: str = "r1") -> TimerDue:
    """The time of a run has come."""
    return due("wait", run)


def settled(moves: Mapping[str, str]) -> Settled:
    return Settled(id=_event_id(), at=NOW, moves=moves)


def waiting(node: str, *, id: str = "r1", fact: Mapping[str, Any] | None = None, **run: Any) -> Run:
    """A run that waits at a node (its full name); ``due`` may be hours from now."""
    started = Fact(**{"trigger": Trigger.INCOMING_SESSION, **(fact or {})})
    started = started._replace(trigger=Trigger(started.trigger))
    if isinstance(run.get("due"), int):
        run["due"] = later(hours=run["due"])
    return replace(Run(id, node, "of-the-file", started), **run)


def answered(answer: Mapping[str, Any] | None, **changes: Any) -> CallAnswered:
    """A call came to its end; it failed where there is no answer."""
    return replace(CallAnswered(id=_event_id(), at=NOW, call="call", subject="c1", answer=answer), **changes)


def given(source: str = "import", **fields: Any) -> ParticipantGiven:
    return ParticipantGiven(id=_event_id(), at=NOW, participant="participant", source=source, fields=fields)


def later(**length: float) -> datetime:
    return NOW + timedelta(**length)


def decide(rulebook: Rulebook, event: Any, scene: Scene, now: datetime = NOW) -> Reaction:
    return react(rulebook, event, scene, now)


def only(reaction: Reaction, kind: type[Effect]) -> list[Any]:
    """The effects of one kind."""
    return [effect for effect in reaction.effects if isinstance(effect, kind)]


def raised(reaction: Reaction) -> list[str]:
    """The facts worked off, as `trigger` or `trigger status`."""
    return [f"{c.fact.trigger} {c.fact.status}".strip() for c in reaction.log]


def status(reaction: Reaction, communication: str = "c1") -> str:
    return next(c.status.value for c in reaction.scene.communications if c.id == communication)


def _event_id() -> str:
    return f"event-{next(_numbers)}"
