"""What happened to one participant, from the decisions that are kept, as steps of a story."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from channels.sandbox.twilio import own_answer
from gateway.recorded import Recorded
from gateway.recording.masking import Mask
from gateway.recording.story import Story
from rules.book import Rulebook
from storage.values import Row

UNHEARD = ("failed", "undelivered", "canceled")  # ends of a message that nobody sees
DELIVERED = "delivered"
ENDS = ("failed", "undelivered")  # of these, those that a provider tells
UNTOLD: Mapping[str, str] = {
    "ParticipantEnrolled": "the operator let them enter anew",
    "ParticipantRemoved": "the operator took them out of the campaign",
    "ContactStopped": "the operator opted an address out",
    "Settled": "the operator settled what waited on earlier rules",
    "Stranded": "something that was waited for did not come",
}
REFUSALS: Mapping[str, Row] = {  # what a provider says where the reason of a refusal does not tell
    "sms": {"kind": "fail", "status": 400, "code": "21211", "times": 1},
    "slack": {"kind": "fail", "status": 200, "code": "channel_not_found", "times": 1},
}
_CODE = re.compile(r"\b(?:\d{5}|[a-z]+(?:_[a-z]+)+)\b")  # 21211, channel_not_found


@dataclass
class Happening:
    """Tells ``story`` what happened to the person ``name`` in one campaign; ``untold`` is what no step can say.

    ``messages`` are the rows of what we sent by id, ``texts`` the rule files by content hash.
    """

    name: str
    book: Rulebook
    story: Story
    mask: Mask
    messages: Mapping[str, Row]
    texts: Callable[[str], str]
    identifiers: Mapping[str, str]
    untold: list[str] = field(default_factory=list)
    rules: str = ""
    runs: bool = False
    ending: str = DELIVERED
    calls: dict[str, tuple[str, str]] = field(default_factory=dict)
    rooms: dict[str, str] = field(default_factory=dict)
    threads: set[str] = field(default_factory=set)
    labels: set[str] = field(default_factory=set)
    refused: frozenset[str] = frozenset()

    def tell(self, recorded: Sequence[Recorded]) -> None:
        """All of it, in the order of the events."""
        self.rules = recorded[0].rules
        self.refused = frozenset(filter(None, map(_refused, recorded)))
        for one in recorded:
            self._surroundings(one)
            self._event(one)
            self._calls(one)
            self._heard(one)
        self.story.pass_to(recorded[-1].now, late=True)

    def _surroundings(self, one: Recorded) -> None:
        """The campaign runs or not, and on which rules, as it did then; and what we send then fares as it did. All but
        the first is told before time passes to a timer, which must meet it."""
        if one.rules != self.rules:
            self.rules = one.rules
            self.story.add("rule file 1 becomes", self.texts(one.rules))
        active = bool(one.part["given"]["scene"]["active"])
        if active != self.runs:
            self.story.pass_to(one.now)
            self.runs = active
            self.story.add(f"the campaign {one.campaign} {'starts' if active else 'is stopped'}")
        self._endings(one)

    def _endings(self, one: Recorded) -> None:
        """What the provider refused at once is refused again; what it took and could not deliver fails again."""
        rows = [self.messages[id] for id in self._sent(one) if id in self.messages]
        for row in (row for row in rows if row["id"] in self.refused):
            fault = REFUSALS[self.book.channels[row["channel"]].kind]
            code = _code(row["error"]) or fault["code"]
            self.story.add(f"the provider of {row['channel']} misbehaves", {**fault, "code": code})
        for row in (row for row in rows if self._is_sms(row) and row["id"] not in self.refused):
            end = row["status"] if row["status"] in ENDS else DELIVERED
            if end != self.ending:
                self.ending = end
                self.story.add(f"SMS to {self.name} are {end} from now on", _code(row["error"]) or None)

    def _is_sms(self, row: Row) -> bool:
        channel = self.book.channels.get(row["channel"])
        return channel is not None and channel.kind == "sms" and row["address"] == self.identifiers.get("phone")

    def _event(self, one: Recorded) -> None:
        event = one.part["given"]["event"]
        if event["kind"] in UNTOLD:
            self.untold.append(f"event {one.number}: {UNTOLD[event['kind']]}")
        tell = TELLING.get(event["kind"])
        if tell is not None:
            tell(self, one, event)

    def given(self, one: Recorded, event: Row) -> None:
        """Who is enrolled comes by writing; what another campaign changed is given by nobody else here."""
        if event["source"] == "enroll" or one.applied == "unknown":
            return
        self.story.pass_to(one.now)
        fields = dict(event.get("fields", {}))
        scene = one.part["given"]["scene"]
        known = scene["customer"].get("fields", {})
        if event["source"] == "customer":
            fields = {name: known.get(name) for name in fields if name in self.book.fields}
        elif "participant" not in scene:
            shared = (f for f in self.book.fields.values() if f.level == "customer")
            fields = {**{f.name: known[f.name] for f in shared if known.get(f.name) is not None}, **fields}
        self.mask.add_fields(self.book, self.texts(one.rules), fields)
        self.story.add(f"{self.name} is given to {one.campaign}", self.mask.of(fields))

    def says(self, one: Recorded, event: Row) -> None:
        """In a thread they write in a room, anywhere else to us."""
        self.story.pass_to(one.now)
        thread, kind = event.get("thread", ""), self.book.channels[event["channel"]].kind
        text = self.mask.of(event["text"])
        if thread:
            step = f"says in the thread in {self._room(thread)}" if thread in self.threads else ""
            self.threads.add(thread)
            self.story.add(f"{self.name} {step or f'mentions us in {self._room(thread)}'}", text)
        elif kind == "slack" and event["text"] in self.labels:
            self.story.add(f"{self.name} presses", text)
        else:
            self.story.add(f"{self.name} says {'by SMS' if kind == 'sms' else 'on Slack'}", text)

    def answered(self, one: Recorded, event: Row) -> None:
        """What was asked outside is answered as it was; rows are taken in their order."""
        kind, target = self.calls.get(event["call"], ("", ""))
        answer = event.get("answer")
        self.mask.add_fields(self.book, self.texts(self.rules), (answer or {}).get("fields") or {})
        row: Row = {"times": 1, "status": 400} if answer is None else {"times": 1, "answer": self.mask.of(answer)}
        if target:
            (self.story.services if kind == "webhook" else self.story.functions).setdefault(target, []).append(row)

    def _calls(self, one: Recorded) -> None:
        for effect in one.part.get("effects", ()):
            if effect["effect"] == "PlaceCall":
                self.calls[effect["call"]] = (effect["kind"], effect["target"])

    def _heard(self, one: Recorded) -> None:
        """What everybody heard because of it."""
        heard: dict[tuple[str, str], list[str]] = self._answered_by_provider(one.part["given"]["event"])
        for effect in self._effects(one):
            row = self.messages.get(effect["message"])
            self.labels |= set(effect.get("choices", ()))
            if not effect.get("refused") and (row is None or row["status"] not in UNHEARD):
                heard.setdefault(self._place(effect), []).append(self.mask.of(effect["text"]))
        if heard:
            self.story.pass_to(one.now, late=True)
        for (place, where), texts in heard.items():
            self.story.hears(place, texts, where)

    def _answered_by_provider(self, event: Row) -> dict[tuple[str, str], list[str]]:
        """Words of consent are answered by the SMS provider itself, which the sandbox's look-alike does, too."""
        if event["kind"] != "MessageReceived" or self.book.channels[event["channel"]].kind != "sms":
            return {}
        answer = own_answer(event["text"])
        return {(self.name, " by SMS"): [answer]} if answer else {}

    def _sent(self, one: Recorded) -> Iterator[str]:
        return (effect["message"] for effect in self._effects(one))

    def _effects(self, one: Recorded) -> Iterator[Row]:
        return (effect for effect in one.part.get("effects", ()) if effect["effect"] == "SendMessage")

    def _place(self, effect: Row) -> tuple[str, str]:
        """Who heard it: a person or a room, and, of this one person, on which kind of channel."""
        channel = self.book.channels.get(effect["channel"])
        kind = channel.kind if channel else ""
        if effect.get("thread"):
            return self._room(effect["thread"]), ""
        if channel and effect["to"] == self.identifiers.get(channel.identifier):
            return self.name, " by SMS" if kind == "sms" else " on Slack"
        if effect["to"].startswith("#"):
            return effect["to"][1:], ""
        return self._other(effect["to"], channel.identifier if channel else "phone"), ""

    def _other(self, address: str, kind: str) -> str:
        """Somebody else whom the rules write to; whose address they name, that one keeps it."""
        people = self.story.people
        made_up = f"+491511234561{len(people)}" if kind == "phone" else f"U1000000{len(people)}"
        self.mask.add(address, address if address in self.texts(self.rules) else made_up)
        known = {own.get(kind): name for name, own in people.items()}
        if (shown := self.mask.of(address)) not in known:
            known[shown] = f"Colleague{len(people)}"
            self.story.people = {**people, known[shown]: {kind: shown}}
        return known[shown]

    def _room(self, thread: str) -> str:
        """A name for the Slack channel that the thread is in."""
        place = thread.partition("/")[0]
        return self.rooms.setdefault(place, f"room{len(self.rooms) + 1}")


def _refused(one: Recorded) -> str:
    """The message that a provider refused at once, "" for any other event."""
    event = one.part["given"]["event"]
    at_once = one.key.startswith("send:") and event.get("status") == "failed" and not event.get("skipped")
    return str(event["message"]) if at_once else ""


def _code(error: str) -> str:
    """The provider's code in an error, "" where there is none."""
    found = _CODE.search(error or "")
    return found[0] if found else ""


TELLING: Mapping[str, Callable[[Happening, Recorded, Row], Any]] = {
    "ParticipantGiven": Happening.given,
    "MessageReceived": Happening.says,
    "CallAnswered": Happening.answered,
}
