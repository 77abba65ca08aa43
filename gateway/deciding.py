"""Decide one event: find whom it concerns, in which campaigns, and ask `react`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.decided import Decided, Reacted, event_id, react_at
from gateway.hearing import Hearing
from gateway.rulebooks import NoRulebook
from gateway.scenes import Place, Scenes
from rules.book import Channel
from rules.effects import HELD_TIMERS
from rules.events import (
    CallAnswered,
    CampaignStarted,
    ContactStopped,
    ParticipantEnrolled,
    ParticipantGiven,
    ParticipantRemoved,
    ReceiptArrived,
    Settled,
    Stranded,
    TimerDue,
)
from rules.fields import from_json, given_from_json
from rules.participants import SOURCE_CUSTOMER
from storage.values import Row, WaitingEvent

ERASED = "the customer was erased"
STOPPED = "the campaign was stopped meanwhile: it waits until the campaign runs again"
NOBODY = "nobody whom we know has this address"
TIMED = "it has a time meanwhile"


@dataclass(frozen=True, slots=True)
class Desk:
    """Where events are decided: the scenes of the batch, the project's channels and the time."""

    scenes: Scenes
    channels: Mapping[str, Channel]
    now: datetime

    def decide(self, event: WaitingEvent) -> Decided:
        """What `event` leads to. Nothing is written.

        Raises `LoopFound` past a budget, and `NoRulebook`, after which the others can still be decided.
        """
        if self.scenes.is_erased(customer := event.payload.get("customer", "")):
            return Decided(event, customer=customer, note=ERASED)
        deciders = {
            "participant": self._participant,
            "started": self._started,
            "message": Hearing(self.scenes, self.channels, self.now).message,
            "receipt": self._receipt,
            "timer": self._timer,
            "answer": self._answer,
            "settled": self._settled,
            "stranded": self._stranded,
            "enrolled": self._enrolled,
            "removed": self._removed,
            "opted_out": self._opted_out,
        }
        return deciders[event.kind](event)

    def _participant(self, event: WaitingEvent) -> Decided:
        payload = event.payload
        place = Place(payload["customer"], payload["campaign"])
        given = ParticipantGiven(
            id=event_id(event, place),
            at=event.received_at,
            participant=payload["participant"],
            source=payload["source"],
            fields=self._given_fields(place, payload),
            identifiers=frozenset(payload.get("identifiers", ())),
            joins=payload.get("joins", True),
        )
        return Decided(event, react_at(self.scenes, place, given, self.now), place.customer)

    def _started(self, event: WaitingEvent) -> Decided:
        place = Place(event.payload["customer"], event.payload["campaign"])
        started = CampaignStarted(id=event_id(event, place), at=event.received_at)
        return Decided(event, react_at(self.scenes, place, started, self.now), place.customer)

    def _enrolled(self, event: WaitingEvent) -> Decided:
        place = Place(event.payload["customer"], event.payload["campaign"])
        enrolled = ParticipantEnrolled(id=event_id(event, place), at=event.received_at)
        return Decided(event, react_at(self.scenes, place, enrolled, self.now), place.customer)

    def _removed(self, event: WaitingEvent) -> Decided:
        place = Place(event.payload["customer"], event.payload["campaign"])
        removed = ParticipantRemoved(id=event_id(event, place), at=event.received_at)
        return Decided(event, react_at(self.scenes, place, removed, self.now), place.customer)

    def _opted_out(self, event: WaitingEvent) -> Decided:
        """Every campaign that the owner of the address takes part in hears of it."""
        channel, address = event.payload["channel"], event.payload["address"]
        known = self.channels.get(channel)
        customer = self.scenes.owner(known.identifier, address) if known else ""
        if not customer:
            return Decided(event, note=NOBODY)
        reactions: list[Reacted] = []
        for place in (Place(customer, campaign) for campaign in self.scenes.campaigns_of(customer)):
            stopped = ContactStopped(id=event_id(event, place), at=event.received_at, channel=channel, address=address)
            reactions += react_at(self.scenes, place, stopped, self.now)
        return Decided(event, tuple(reactions), customer)

    def _timer(self, event: WaitingEvent) -> Decided:
        payload = event.payload
        place, name = Place(payload["customer"], payload["campaign"]), payload["name"]
        standing = self.scenes.loaded.timers.get((payload["subject"], name))
        if standing is None or standing.isoformat() != payload["due"]:
            return Decided(event, customer=place.customer, note="the timer was cleared or set anew meanwhile")
        if name in HELD_TIMERS and place.campaign not in self.scenes.active:
            return Decided(event, customer=place.customer, note=STOPPED, too_early=True)
        due = TimerDue(id=event_id(event, place), at=event.received_at, subject=payload["subject"], name=name)
        return Decided(event, react_at(self.scenes, place, due, self.now), place.customer)

    def _answer(self, event: WaitingEvent) -> Decided:
        payload = event.payload
        place = Place(payload["customer"], payload["campaign"])
        if payload["held"] and place.campaign not in self.scenes.active:
            return Decided(event, customer=place.customer, note=STOPPED, too_early=True)
        answered = CallAnswered(
            id=event_id(event, place),
            at=event.received_at,
            call=payload["call"],
            subject=payload["subject"],
            answer=payload["answer"],
            error=payload["error"],
        )
        return Decided(event, react_at(self.scenes, place, answered, self.now), place.customer)

    def _settled(self, event: WaitingEvent) -> Decided:
        place = Place(event.payload["customer"], event.payload["campaign"])
        if place.campaign in self.scenes.behind:
            raise NoRulebook(place.campaign)
        settled = Settled(id=event_id(event, place), at=event.received_at, moves=event.payload["moves"])
        return Decided(event, react_at(self.scenes, place, settled, self.now), place.customer)

    def _stranded(self, event: WaitingEvent) -> Decided:
        payload = event.payload
        place, subject = Place(payload["customer"], payload["campaign"]), payload["subject"]
        if not payload["reason"] and any(of == subject for of, _ in self.scenes.loaded.timers):
            return Decided(event, customer=place.customer, note=TIMED)
        stranded = Stranded(id=event_id(event, place), at=event.received_at, subject=subject, reason=payload["reason"])
        return Decided(event, react_at(self.scenes, place, stranded, self.now), place.customer)

    def _receipt(self, event: WaitingEvent) -> Decided:
        message = self._message_of(event.payload)
        if message is None:
            return Decided(event, note="no message of ours")
        place = Place(message["customer"], message["campaign"])
        payload = event.payload
        receipt = ReceiptArrived(
            id=event_id(event, place),
            at=event.received_at,
            message=message["id"],
            status=payload["status"],
            error="" if self.scenes.is_erased(place.customer) else payload["error"],
            skipped=payload.get("skipped", False),
        )
        return Decided(event, react_at(self.scenes, place, receipt, self.now), place.customer)

    def _message_of(self, payload: Mapping[str, Any]) -> Row | None:
        messages = self.scenes.loaded.messages
        if payload["message"]:
            return messages.get(payload["message"])
        return self.scenes.message_known_as(payload["channel"], payload["provider_id"])

    def _given_fields(self, place: Place, payload: Mapping[str, Any]) -> dict[str, Any]:
        """What was given anew; of a change elsewhere, what the fields were before: these were kept already."""
        fields = self.scenes.rulebooks.of(place.campaign).fields
        read = from_json if payload["source"] == SOURCE_CUSTOMER else given_from_json
        return {name: read(fields[name], raw) for name, raw in payload["fields"].items() if name in fields}
