"""Hear a message: who wrote, which talk it answers, which campaigns it enters, and whether they may be written to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.decided import Decided, Reactions, event_id, react_at
from gateway.ids import derived_id
from gateway.scenes import Place, Scenes
from rules.book import Channel
from rules.communications import is_answered
from rules.events import MessageReceived, ParticipantGiven
from rules.statuses import FINAL_STATUSES, CommunicationStatus
from storage.values import Row, WaitingEvent

KEYWORD_LIMIT = 64
NOT_OURS = "not addressed to us"
HEARD_BEFORE = "heard before: a mention comes as talk of its thread, too"
EARLIER_BUTTON = "a button of an earlier message"
GIVEN_UP = tuple(status for status in FINAL_STATUSES if status is not CommunicationStatus.COMPLETED)


@dataclass(frozen=True, slots=True)
class Hearing:
    """Where inbound messages are decided: the scenes of the batch, the project's channels and the time."""

    scenes: Scenes
    channels: Mapping[str, Channel]
    now: datetime

    def message(self, event: WaitingEvent) -> Decided:
        """What an inbound message leads to. Raises `LoopFound` past a budget."""
        payload = event.payload
        channel = self.channels.get(payload["channel"])
        if channel is None:
            return Decided(event, note=f"channel {payload['channel']} is no longer in the settings")
        if not self._concerns_us(payload):
            return Decided(event, note=NOT_OURS, overheard=True)
        if self._heard_before(payload):
            return Decided(event, note=HEARD_BEFORE, overheard=True)
        self._mirror_consent(payload)
        customer = self.scenes.owner(channel.identifier, payload["address"])
        return self._answer(event, customer) or self._incoming(event, channel, customer)

    def _concerns_us(self, payload: Mapping[str, Any]) -> bool:
        """Talk of others in a thread concerns us only where we, or somebody speaking to us, wrote before."""
        thread = (payload["channel"], payload["thread"])
        if payload["addressed"]:
            self.scenes.loaded.threads.add(thread)
        return thread in self.scenes.loaded.threads

    def _heard_before(self, payload: Mapping[str, Any]) -> bool:
        """Whichever copy of a message is decided first is the one that is heard."""
        message, heard = (payload["channel"], payload["key"]), self.scenes.loaded.heard
        before = message in heard
        heard.add(message)
        return before

    def _mirror_consent(self, payload: Mapping[str, Any]) -> None:
        """Before any rule runs: the provider already treats the address so."""
        pair = (payload["channel"], payload["address"])
        if payload["consent"] == "stop":
            self.scenes.loaded.opted_out.add(pair)
        elif payload["consent"] == "start":
            self.scenes.loaded.opted_out.discard(pair)

    def _answer(self, event: WaitingEvent, customer: str) -> Decided | None:
        """What the message leads to in the communication that it answers; None where it answers none.

        A press answers the message of its button, and only as long as nothing was said after that; or nothing was
        answered, for then whatever was said since was another attempt, and asked the same.
        """
        pressed = self._pressed(event.payload)
        heard = self._asked(customer, pressed) if pressed else self._heard(customer, event.payload)
        if heard:
            return Decided(event, self._hear(heard[0], event, heard[1]), customer, heard=heard)
        if pressed and not self._came_too_late(pressed):
            return Decided(event, customer=customer, note=EARLIER_BUTTON)
        return None

    def _came_too_late(self, pressed: Row) -> bool:
        """Whether the talk of the button ended without its answer: then the press is as good as any word. One that
        was completed has had its answer, and people press twice."""
        talks = self.scenes.at(Place(pressed["customer"], pressed["campaign"])).communications
        return any(talk.id == pressed["communication"] and talk.status in GIVEN_UP for talk in talks)

    def _pressed(self, payload: Mapping[str, Any]) -> Row | None:
        """The message whose button was pressed, if we know it."""
        return self.scenes.message_known_as(payload["channel"], payload["answers"]) if payload["answers"] else None

    def _asked(self, customer: str, pressed: Row) -> tuple[Place, str] | None:
        """The open talk in which this message was the last word, or no word was answered yet."""
        last = self.scenes.loaded.last_said.get(pressed["communication"]) == pressed["id"]
        talks = (pair for pair in self.scenes.open_communications(customer) if pair[1].id == pressed["communication"])
        return next(((place, talk.id) for place, talk in talks if last or not is_answered(talk)), None)

    def _heard(self, customer: str, payload: Mapping[str, Any]) -> tuple[Place, str] | None:
        """The latest open talk on this address and thread; a STOP is heard by every campaign instead."""
        where = (payload["channel"], payload["address"], payload["thread"])
        talks = [
            (place, c)
            for place, c in self.scenes.open_communications(customer)
            if c.opened and (c.channel, c.address, c.thread) == where
        ]
        if not talks or payload["consent"] in {"stop", "help"}:
            return None
        place = max(talks, key=lambda pair: pair[1].at)[0]
        return place, [talk.id for of, talk in talks if of == place][-1]

    def _incoming(self, event: WaitingEvent, channel: Channel, customer: str) -> Decided:
        joined = self.scenes.campaigns_of(customer) if customer else []
        enrolling = self._enrolling(event.payload, channel, joined)
        if enrolling and not customer:
            customer = self._new_customer(event, channel)
        if not customer:
            return Decided(event, note="nobody we know")
        places = [Place(customer, campaign) for campaign in self.scenes.rulebooks.order({*joined, *enrolling})]
        reactions = [r for p in places for r in self._enter_and_hear(p, event, p.campaign in enrolling)]
        return Decided(event, tuple(reactions), customer)

    def _enrolling(self, payload: Mapping[str, Any], channel: Channel, joined: list[str]) -> set[str]:
        if payload["consent"] in {"stop", "help"}:
            return set()
        return {
            name
            for name, book in self.scenes.rulebooks.active.items()
            if name in self.scenes.active and name not in joined
            if (used := book.channels.get(channel.name)) and used.enroll
        }

    def _new_customer(self, event: WaitingEvent, channel: Channel) -> str:
        row = {
            "id": derived_id(event.key, "customer"),
            "lane": event.lane,
            "fields": {},
            "version": 1,
            "created_at": self.now,
        }
        self.scenes.add_customer(row, channel.identifier, event.payload["address"])
        return str(row["id"])

    def _enter_and_hear(self, place: Place, event: WaitingEvent, enroll: bool) -> Reactions:
        entered: Reactions = ()
        if enroll:
            participant = derived_id("participant", place.customer, place.campaign)
            given = ParticipantGiven(
                id=event_id(event, place) + "/enroll", at=event.received_at, participant=participant, source="enroll"
            )
            entered = react_at(self.scenes, place, given, self.now)
        return entered + self._hear(place, event)

    def _hear(self, place: Place, event: WaitingEvent, communication: str = "") -> Reactions:
        payload = event.payload
        message = MessageReceived(
            id=event_id(event, place),
            at=event.received_at,
            channel=payload["channel"],
            address=payload["address"],
            text=payload["text"],
            keyword=keyword_of(payload["text"]),
            thread=payload["thread"],
            consent=payload["consent"],
            communication=communication,
        )
        return react_at(self.scenes, place, message, self.now)


def keyword_of(text: str) -> str:
    """The first word in upper case without its punctuation; "" where there is none or it is no keyword's length."""
    words = text.split(maxsplit=1)
    word = words[0].strip(".,;:!?\"'()[]").upper() if words else ""
    return word if len(word) <= KEYWORD_LIMIT else ""
