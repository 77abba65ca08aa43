"""People are given to a campaign, taken out of it, let in anew and changed, in any order, however late it is decided:
who is in it is told by the order of what was kept, and of who is out nothing goes on."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from gateway.changing import Changing
from gateway.ids import new_id
from gateway.intake import Change, Given
from gateway.keeping import keep_participants
from gateway.worker import Worker
from storage.transaction import Transaction
from storage.values import About, NewEvent, Row, WaitingEvent
from tests.databases import PostgresServer
from tests.gateway.machine import Ground, Machine, book_of, on_postgres, play

CAMPAIGN = "club"
CLUB = book_of("""
campaign: club
fields: {a: {type: numeric}, b: {type: numeric, level: customer}}
agents:
  asker: {kind: form, questions: [{result: fine, ask: "Fine?", type: boolean}], reply_within: 3d}
flows:
  greet:
    joined: {when: participant_created, next: pause}
    pause: {do: wait, for: 1d, next: talk}
    talk: {do: communicate, channel: sms, agent: asker}
  ask:
    changed: {when: participant_updated, field: a, next: ask_now}
    ask_now: {do: communicate, channel: sms, agent: asker}
""")
PHONES = tuple(f"+491510000000{number}" for number in range(1, 4))
WHO = st.sampled_from(PHONES)
FIELDS = st.fixed_dictionaries({}, optional={"a": st.integers(0, 9), "b": st.integers(0, 9)})
EVENTS = "SELECT kind, payload FROM inbox WHERE kind IN ('participant', 'removed', 'enrolled') ORDER BY id"
OF_NOBODY = "participant NOT IN (SELECT id FROM participant)"


class Crash(Exception):
    """The process ends in the middle of a transaction."""


@dataclass
class Member:
    """What must be of a customer: whether in the campaign, with which fields, and how often somebody has entered."""

    is_in: bool = False
    a: Row = field(default_factory=dict)
    b: Row = field(default_factory=dict)
    entered: int = 0

    def given(self, fields: Row, *, joins: bool) -> None:
        if not self.is_in and not joins:
            return
        self.entered += not self.is_in
        self.is_in = True
        self.a |= {name: value for name, value in fields.items() if name == "a"}
        self.b |= {name: value for name, value in fields.items() if name == "b"}

    def removed(self) -> None:
        self.is_in, self.a = False, {}

    def enrolled(self) -> None:
        self.entered += self.is_in


class Removals(Machine):
    """The model is made of the events that were kept, in their order."""

    BOOKS = MappingProxyType({CAMPAIGN: CLUB})

    @rule(phone=WHO, fields=FIELDS)
    def give(self, phone: str, fields: dict[str, int]) -> None:
        row = [Given(1, {"phone": phone}, fields)]
        now = self.ground.tick()
        self.ground.write(lambda t: keep_participants(t, CAMPAIGN, row, source="api", now=now))

    @rule(phone=WHO, kind=st.sampled_from(["removed", "enrolled"]))
    def leave_or_enter(self, phone: str, kind: str) -> None:
        """As the API does it: for who is in the campaign now, whatever waits to be decided."""
        if place := self.place(phone):
            payload = {"campaign": CAMPAIGN, "customer": place["customer"], "participant": place["id"]}
            about = About("customer", place["customer"])
            self.ground.keep(NewEvent(f"{kind}:{new_id()}", kind, about, payload, self.ground.tick()))

    @rule(phone=WHO, a=st.integers(0, 9))
    def change(self, phone: str, a: int) -> None:
        """As PATCH does it: who has left meanwhile does not come back by it."""
        if place := self.place(phone):
            changing = Changing(place, Change({}, frozenset(), {"a": a}), f"participant:{new_id()}", self.ground.tick())
            self.ground.write(changing.keep)

    @rule(phone=WHO, text=st.sampled_from(["yes", "what?", "STOP"]))
    def write(self, phone: str, text: str) -> None:
        self.ground.keep(self.ground.said(phone, text, "stop" if text == "STOP" else ""))

    @rule(hours=st.integers(1, 40))
    def wait(self, hours: int) -> None:
        self.ground.sleep(hours * 3600)

    @rule(limit=st.integers(1, 8), crash=st.booleans())
    def decide(self, limit: int, crash: bool) -> None:
        events = self.ground.read(lambda t: t.inbox.waiting(limit))
        if not crash:
            return self.ground.run(self.ground.worker._decide_all(events))
        try:
            self.ground.write(lambda t: decide_and_crash(t, self.ground.worker, events))
        except Crash:
            return

    def place(self, phone: str) -> Row | None:
        """Who has this phone, as a participant."""
        return self.ground.read(lambda t: place_of(t, phone))

    def finish(self) -> None:
        self.ground.work()
        check(self.ground)


def decide_and_crash(t: Transaction, worker: Worker, events: list[WaitingEvent]) -> None:
    worker.decide(t, events)
    raise Crash


def place_of(t: Transaction, phone: str) -> Row | None:
    owners = t.people.by_identifiers({("phone", phone)})
    places = t.people.participants(set(owners.values()))
    return next((row for row in places if row["campaign"] == CAMPAIGN), None)


def check(ground: Ground) -> None:
    """Everything is decided, everybody is where they must be, and of who is out nothing goes on."""
    assert not ground.rows("SELECT 1 FROM inbox WHERE state <> 'decided'")
    members = expected(ground)
    there = {row["customer"]: loaded(row["fields"]) for row in ground.rows("SELECT customer, fields FROM participant")}
    assert there == {customer: member.a for customer, member in members.items() if member.is_in}
    customers = {row["id"]: loaded(row["fields"]) for row in ground.rows("SELECT id, fields FROM customer")}
    assert customers == {customer: member.b for customer, member in members.items()}
    assert entered(ground) == Counter({customer: member.entered for customer, member in members.items()})
    for going_on in ("run", "communication"):
        is_open = "is_open AND " if going_on == "communication" else ""
        assert not ground.rows(f"SELECT 1 FROM {going_on} WHERE {is_open}{OF_NOBODY}")  # noqa: S608 - our own tables
    assert ground.storage.books().faults == {}


def entered(ground: Ground) -> Counter[str]:
    """How often each customer's Participant Created has fired; a path that waited tells its fact once more."""
    kinds = {row["id"]: row["kind"] for row in ground.rows("SELECT id, kind FROM inbox")}
    decisions = ground.read(lambda t: t.decisions.history(0, 100_000))
    return Counter(
        row["customer"]
        for row in decisions
        if kinds[row["event"]] in ("participant", "enrolled")
        for reaction in row["log"]
        for told in reaction.get("facts", ())
        if told["fact"]["trigger"] == "participant_created"
    )


def expected(ground: Ground) -> dict[str, Member]:
    members: dict[str, Member] = {}
    for kind, payload in kept(ground):
        member = members.setdefault(payload["customer"], Member())
        match kind:
            case "removed":
                member.removed()
            case "enrolled":
                member.enrolled()
            case _:
                member.given(loaded(payload["fields"]), joins=payload.get("joins", True))
    return members


def kept(ground: Ground) -> Iterator[tuple[str, Row]]:
    for row in ground.rows(EVENTS):
        yield row["kind"], loaded_json(row["payload"])


def loaded_json(raw: Any) -> Row:
    found: Row = json.loads(raw) if isinstance(raw, str) else raw
    return found


def loaded(raw: Any) -> Row:
    return {name: int(value) for name, value in loaded_json(raw).items()}


def test_who_is_in_a_campaign_is_told_by_the_order_of_what_was_kept_and_of_who_is_out_nothing_goes_on() -> None:
    play(Removals, examples=15, steps=25)


def test_so_it_is_on_postgres(postgres: PostgresServer, prepared: str) -> None:
    with postgres.database(prepared) as url:
        play(on_postgres(Removals, url), examples=5, steps=15)
