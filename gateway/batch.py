"""Gather what a batch of events led to, as rows."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import NamedTuple

from gateway.calls.rows import call_row
from gateway.decided import Decided
from gateway.ids import derived_id
from gateway.incoming import outcome_event
from gateway.recorded import part_of
from gateway.scenes import Place, Scenes
from rules.effects import (
    HELD_TIMERS,
    CancelMessages,
    ChangeMessage,
    ClearTimer,
    Effect,
    PlaceCall,
    SendMessage,
    SetTimer,
    StopContact,
)
from rules.reaction import Applied, LoopFound
from rules.statuses import MessageStatus, message_rank
from storage.types import JsonText, json_text
from storage.values import About, NewEvent, Row, WaitingEvent

FAILED = MessageStatus.FAILED
COUNTED = (Applied.CREATED, Applied.UPDATED, Applied.UNCHANGED)
MAX_HOPS = 10  # times that campaigns may answer one another's changes of a customer before it counts as a loop
WITHDRAWN = {  # why what was owed is not sent, by who stopped it
    "stop": "opted out",
    "rules": "stopped by the rules",
    "api": "opted out by the operator",
}


class Consent(NamedTuple):
    """Whether an address may be written to: somebody said ``word``, stop or start, or "rules" or "api" (an operator)
    stopped it, by what came ``at`` (UTC)."""

    channel: str
    address: str
    word: str
    at: datetime


@dataclass
class Batch:
    """The rows of one batch, event by event. ``counts`` are (upload, created|updated|unchanged); ``known_as`` the
    provider's ids of messages of ours, where they are learnt from a callback; ``consents`` what people and rules said
    of being written to, in order; ``held`` the events that can't be decided yet, ``untold`` the answers that
    can't, by their calls."""

    scenes: Scenes
    now: datetime
    messages: list[Row] = field(default_factory=list)
    owed: list[Row] = field(default_factory=list)
    statuses: list[Row] = field(default_factory=list)
    canceled: list[str] = field(default_factory=list)
    timers: dict[tuple[str, str], Row | None] = field(default_factory=dict)
    events: list[NewEvent] = field(default_factory=list)
    decisions: list[Row] = field(default_factory=list)
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    consents: list[Consent] = field(default_factory=list)
    held: list[int] = field(default_factory=list)
    known_as: dict[str, str] = field(default_factory=dict)
    calls: list[Row] = field(default_factory=list)
    untold: dict[str, Row | None] = field(default_factory=dict)

    def add(self, decided: Decided) -> None:
        """Gather the rows of one decided event."""
        if decided.event.kind == "timer":
            self._put_away(decided)
        if decided.event.kind == "answer" and decided.too_early:
            self.untold[decided.event.payload["call"]] = decided.event.payload["answer"]
        if decided.event.kind == "receipt":
            self._learn_provider(decided.event.payload)
        for reacted in decided.reactions:
            for effect in reacted.reaction.effects:
                self._add_effect(reacted.place, effect, decided)
        self._tell_other_campaigns(decided)
        if decided.event.kind == "message" and not decided.overheard:
            self._add_inbound(decided)
        self._stop_contact(decided)
        self._add_decision(decided)
        self._count(decided)

    def hold(self, event: WaitingEvent) -> None:
        """The event waits; but what it says of being written to holds at once."""
        self.held.append(event.id)
        self._obey(event)

    def _add_effect(self, place: Place, effect: Effect, decided: Decided) -> None:
        match effect:
            case SendMessage():
                self._owe(place, effect)
            case ChangeMessage():
                self.statuses.append(self._status_row(effect))
            case CancelMessages():
                self.canceled.append(effect.communication)
            case SetTimer():
                self._set_timer(place, effect, decided)
            case ClearTimer():
                self.timers[effect.subject, effect.name] = None
            case PlaceCall():
                row = call_row(effect, place.customer, place.campaign, decided.event.lane, self.now)
                self.calls.append(row)

    def _owe(self, place: Place, effect: SendMessage) -> None:
        row = self._message_row(place, effect.message, "out", effect.channel, effect.to, effect.thread, effect.text)
        also = {"communication": effect.communication, "choices": list(effect.choices), "attempt": effect.attempt}
        if effect.refused:
            failed = {"status": str(FAILED), "rank": message_rank(FAILED), "error": effect.refused}
            self.messages.append({**row, **also, **failed})
            return
        self.messages.append({**row, **also})
        self.owed.append(
            {"message": effect.message, "channel": effect.channel, "address": effect.to, "next_at": self.now}
        )

    def _message_row(
        self, place: Place, id: str, direction: str, channel: str, address: str, thread: str, text: str
    ) -> Row:
        return {
            "id": id,
            "channel": channel,
            "direction": direction,
            "address": address,
            "thread": thread,
            "text": text,
            "choices": [],
            "media": [],
            "campaign": place.campaign,
            "customer": place.customer,
            "communication": "",
            "status": "",
            "rank": 0,
            "error": "",
            "provider_id": "",
            "attempt": 1,
            "created_at": self.now,
            "updated_at": self.now,
        }

    def _status_row(self, effect: ChangeMessage) -> Row:
        return {
            "id": effect.message,
            "status": effect.status,
            "rank": message_rank(effect.status),
            "error": effect.error,
            "updated_at": self.now,
        }

    def _learn_provider(self, payload: Row) -> None:
        """A callback may come before the answer to the send it tells of, or in its stead."""
        row = self.scenes.loaded.messages.get(payload["message"])
        if row and payload["provider_id"] and not row["provider_id"]:
            self.known_as[row["id"]] = payload["provider_id"]

    def _put_away(self, decided: Decided) -> None:
        """A timer that was acted on goes; one that came while its campaign was stopped stands as before."""
        payload = decided.event.payload
        if decided.reactions:
            self.timers[payload["subject"], payload["name"]] = None
        elif decided.too_early:
            effect = SetTimer(payload["subject"], payload["name"], datetime.fromisoformat(payload["due"]))
            self._set_timer(Place(payload["customer"], payload["campaign"]), effect, decided)

    def _set_timer(self, place: Place, effect: SetTimer, decided: Decided) -> None:
        self.timers[effect.subject, effect.name] = {
            "subject": effect.subject,
            "name": effect.name,
            "due": effect.due,
            "lane": decided.event.lane,
            "customer": place.customer,
            "campaign": place.campaign,
            "held": effect.name in HELD_TIMERS,
            "event": decided.event.id,
        }

    def _tell_other_campaigns(self, decided: Decided) -> None:
        """The customer is shared: other campaigns' participants changed too, and decide so after this event."""
        numbers = count()  # of this event, not of the batch: the keys are the same whatever it is decided with
        for place, before in self.scenes.take_customer_changes():
            others = [c for c in self.scenes.campaigns_of(place.customer) if c != place.campaign]
            if others and hops_of(decided.event) >= MAX_HOPS:
                raise LoopFound(hop_report(place, before, others))
            self.events.extend(self._changed(Place(place.customer, c), before, decided, next(numbers)) for c in others)

    def _changed(self, place: Place, before: Row, decided: Decided, number: int) -> NewEvent:
        payload = {
            "campaign": place.campaign,
            "customer": place.customer,
            "participant": "",
            "source": "customer",
            "fields": before,
            "upload": "",
            "hops": hops_of(decided.event) + 1,
        }
        key = f"{decided.event.key}/customer/{place.campaign}/{number}"
        return NewEvent(key, "participant", About("customer", place.customer), payload, self.now)

    def _add_inbound(self, decided: Decided) -> None:
        payload = decided.event.payload
        place, communication = decided.heard or (Place(decided.customer, ""), "")
        id = derived_id(decided.event.key, "message")
        row = self._message_row(
            place, id, "in", payload["channel"], payload["address"], payload["thread"], payload["text"]
        )
        also = {"communication": communication, "provider_id": payload["key"], "media": payload.get("media", [])}
        self.messages.append({**row, **also})
        self._obey(decided.event)

    def _obey(self, event: WaitingEvent) -> None:
        """A stop withdraws what was owed before it, in this batch as in the database; what comes after it is another
        matter."""
        if consent := consent_of(event):
            self._heed(consent)

    def _stop_contact(self, decided: Decided) -> None:
        """After what the person said of it: whoever says START may be stopped by the rules that hear it."""
        for reacted in decided.reactions:
            for effect in reacted.reaction.effects:
                if isinstance(effect, StopContact):
                    self._heed(Consent(effect.channel, effect.address, "rules", decided.event.received_at))

    def _heed(self, consent: Consent) -> None:
        self.consents.append(consent)
        if why := WITHDRAWN.get(consent.word):
            where = (consent.channel, consent.address)
            stopped = [row for row in self.owed if (row["channel"], row["address"]) == where]
            self.owed = [row for row in self.owed if row not in stopped]
            self.events += [withdrawn_event(row["message"], consent.channel, why, self.now) for row in stopped]

    def _add_decision(self, decided: Decided) -> None:
        applied = decided.reactions[0].reaction.applied if decided.reactions else Applied.UNKNOWN
        self.decisions.append(
            {
                "event": decided.event.id,
                "customer": decided.customer,
                "applied": str(applied),
                "log": log_of(decided),
                "decided_at": self.now,
            }
        )

    def _count(self, decided: Decided) -> None:
        upload = decided.event.payload.get("upload", "")
        for reacted in decided.reactions:
            applied = reacted.reaction.applied
            if upload and applied in COUNTED:
                self.counts[upload, str(applied)] += 1


def log_of(decided: Decided) -> JsonText:
    """What is kept of a decision: its parts, place by place."""
    parts = [part_of(reacted) for reacted in decided.reactions] or [json_text({"note": decided.note})]
    return JsonText(f"[{','.join(parts)}]")


def consent_of(event: WaitingEvent | NewEvent) -> Consent | None:
    """What a message says of being written to, if anything."""
    payload = event.payload
    if payload.get("consent") not in ("stop", "start") or not {"channel", "address"} <= payload.keys():
        return None
    return Consent(payload["channel"], payload["address"], payload["consent"], event.received_at)


def canceled_row(message: str, now: datetime, error: str = "") -> Row:
    status = MessageStatus.CANCELED
    return {"id": message, "status": str(status), "rank": message_rank(status), "error": error, "updated_at": now}


def withdrawn_event(message: str, channel: str, why: str, now: datetime) -> NewEvent:
    """Tells that a message is not sent: its talk may be another campaign's, which hears of the stop in no other way."""
    return outcome_event(message, channel, MessageStatus.CANCELED, why, now, skipped=True)


def hops_of(event: WaitingEvent) -> int:
    """How many campaigns in a row have answered one another to bring this event about."""
    return int(event.payload.get("hops", 0))


def hop_report(place: Place, before: Row, others: list[str]) -> str:
    names = ", ".join(sorted(before))
    return (
        f"more than {MAX_HOPS} times campaigns answered one another's change of a customer: "
        f"{place.campaign} changes {names} again, which {', '.join(others)} would hear"
    )
