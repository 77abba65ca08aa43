"""The scenes of one batch, carried from event to event in memory."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from operator import itemgetter
from typing import NamedTuple, TypeVar

from gateway.carry import (
    communication_value,
    customer_value,
    encoded,
    message_value,
    participant_value,
    run_value,
)
from gateway.rulebooks import Rulebooks
from rules.book import Rulebook
from rules.copies import replace
from rules.effects import ClearTimer, SendMessage, SetFields, SetTimer, StopContact
from rules.reaction import Reaction
from rules.scene import Communication, Customer, Scene
from storage.values import Row

K = TypeVar("K")


class Place(NamedTuple):
    """A customer in one campaign: what one scene is about."""

    customer: str
    campaign: str


@dataclass
class Loaded:
    """The rows that a batch of events is about, as they were read.

    ``last_said`` is the last message owed in a communication whose button was pressed; ``heard`` what people said in
    threads, by channel and the provider's id; ``begun`` when communications began, by participant and id, where the
    campaign has caps.
    """

    customers: dict[str, Row] = field(default_factory=dict)
    identifiers: dict[str, dict[str, str]] = field(default_factory=dict)
    owners: dict[tuple[str, str], str] = field(default_factory=dict)
    participants: dict[Place, Row] = field(default_factory=dict)
    communications: dict[str, Row] = field(default_factory=dict)
    messages: dict[str, Row] = field(default_factory=dict)
    opted_out: set[tuple[str, str]] = field(default_factory=set)
    threads: set[tuple[str, str]] = field(default_factory=set)
    heard: set[tuple[str, str]] = field(default_factory=set)
    last_said: dict[str, str] = field(default_factory=dict)
    timers: dict[tuple[str, str], datetime] = field(default_factory=dict)
    runs: dict[str, Row] = field(default_factory=dict)
    begun: dict[str, dict[str, datetime]] = field(default_factory=dict)

    def versions(self) -> set[str]:
        """The content hashes of the rule files that what was read began with."""
        return {row["rules"] for rows in (self.communications, self.runs) for row in rows.values()}


@dataclass
class Scenes:
    """What is known about every customer of a batch. ``active`` names the campaigns that run, ``behind`` those whose
    rule file in force this process has yet to read."""

    loaded: Loaded
    rulebooks: Rulebooks
    active: frozenset[str]
    before: dict[Place, Scene] = field(default_factory=dict)
    after: dict[Place, Scene] = field(default_factory=dict)
    changed_customers: set[str] = field(default_factory=set)
    customer_changes: list[tuple[Place, Row]] = field(default_factory=list)
    new_customers: list[str] = field(default_factory=list)
    behind: frozenset[str] = frozenset()
    _customers: dict[Place, tuple[Row, Customer]] = field(default_factory=dict)

    def at(self, place: Place) -> Scene:
        """The scene as it stands after the events decided so far."""
        if place not in self.after:
            self.before[place] = self.after[place] = self._read(place)
        scene, customer = self.after[place], self._customer(place)
        opted_out, earlier = self._opted_out(scene, customer), self._versions(scene)
        return replace(
            scene, customer=customer, opted_out=opted_out, active=place.campaign in self.active, earlier=earlier
        )

    def _opted_out(self, scene: Scene, customer: Customer) -> frozenset[tuple[str, str]]:
        """Where this customer may not be written to, whoever else is in the batch."""
        if not self.loaded.opted_out:
            return frozenset()
        theirs = {*customer.identifiers.values(), *(talk.address for talk in scene.communications)}
        return frozenset(pair for pair in self.loaded.opted_out if pair[1] in theirs)

    def _versions(self, scene: Scene) -> Mapping[str, Rulebook]:
        """The versions that talks and runs began with, those of this batch included."""
        begun = {talk.rules for talk in scene.communications} | {run.rules for run in scene.runs}
        new = begun - scene.earlier.keys()
        found = {hash: book for hash in sorted(new) if (book := self.rulebooks.version(hash))}
        return {**scene.earlier, **found} if found else scene.earlier

    def keep(self, place: Place, reaction: Reaction) -> None:
        """Remember what a reaction made of the scene."""
        self.after[place] = reaction.scene
        for effect in reaction.effects:
            match effect:
                case SetFields() if effect.customer:
                    self._change_customer(place, effect)
                case SendMessage() if effect.communication:
                    self.loaded.last_said[effect.communication] = effect.message
                case SetTimer():
                    self.loaded.timers[effect.subject, effect.name] = effect.due
                case ClearTimer():
                    self.loaded.timers.pop((effect.subject, effect.name), None)
                case StopContact():
                    self.loaded.opted_out.add((effect.channel, effect.address))

    def take_customer_changes(self) -> list[tuple[Place, Row]]:
        """The customer fields changed since the last call, each place with the values (JSON) of before."""
        changes, self.customer_changes = self.customer_changes, []
        return changes

    def campaigns_of(self, customer: str) -> list[str]:
        """The campaigns with a rulebook that the customer is a participant of, those joined in this batch included."""
        stored = {p.campaign for p in self.loaded.participants if p.customer == customer and not self._has_left(p)}
        joined = {p.campaign for p, scene in self.after.items() if p.customer == customer and scene.participant}
        return self.rulebooks.order(stored | joined)

    def _has_left(self, place: Place) -> bool:
        """Whether the participant that was there left in this batch."""
        return place in self.after and self.after[place].participant is None

    def owner(self, kind: str, address: str) -> str:
        """The customer with this identifier, or ""."""
        return self.loaded.owners.get((kind, address), "")

    def is_erased(self, customer: str) -> bool:
        """Whether this customer was erased: nothing is kept of them any more."""
        row = self.loaded.customers.get(customer)
        return bool(row and row.get("erased_at"))

    def message_known_as(self, channel: str, provider_id: str) -> Row | None:
        """The message of this channel that its provider knows under this id, if it concerns the batch."""
        messages = self.loaded.messages.values()
        return next((m for m in messages if (m["channel"], m["provider_id"]) == (channel, provider_id)), None)

    def add_customer(self, row: Row, kind: str, address: str) -> None:
        """A person nobody knew wrote: a new customer with that one identifier."""
        self.new_customers.append(row["id"])
        self.loaded.customers[row["id"]] = row
        self.loaded.identifiers[row["id"]] = {kind: address}
        self.loaded.owners[kind, address] = row["id"]

    def open_communications(self, customer: str) -> Iterator[tuple[Place, Communication]]:
        """Every open communication of the customer with the place it belongs to, oldest first in each campaign."""
        for campaign in self.campaigns_of(customer):
            place = Place(customer, campaign)
            yield from ((place, c) for c in self.at(place).communications if c.is_open)

    def _read(self, place: Place) -> Scene:
        present = self.rulebooks.of(place.campaign)
        row = self.loaded.participants.get(place)
        rows = self._communications[place]
        runs = self._runs[row["id"]] if row else []
        known = {"", *(c["id"] for c in rows)}
        messages = (m for m in self._messages[place] if m["communication"] in known)
        return Scene(
            customer=self._customer(place),
            participant=participant_value(row, present) if row else None,
            communications=tuple(communication_value(c, self.rulebooks.version(c["rules"])) for c in rows),
            messages=tuple(message_value(m) for m in messages),
            earlier={of["rules"]: book for of in (*rows, *runs) if (book := self.rulebooks.version(of["rules"]))},
            runs=tuple(run_value(r, self.rulebooks.version(r["rules"])) for r in runs),
            begun=self.loaded.begun.get(row["id"], {}) if row else {},
        )

    @cached_property
    def _communications(self) -> Mapping[Place, list[Row]]:
        """What was loaded, by place: to look through all of it for each one costs the square of a batch. Of somebody
        who has left, late receipts are still about some."""
        return grouped(self.loaded.communications.values(), lambda row: Place(row["customer"], row["campaign"]))

    @cached_property
    def _runs(self) -> Mapping[str, list[Row]]:
        return grouped(self.loaded.runs.values(), itemgetter("participant"))

    @cached_property
    def _messages(self) -> Mapping[Place, list[Row]]:
        return grouped(self.loaded.messages.values(), lambda row: Place(row["customer"], row["campaign"]))

    def _customer(self, place: Place) -> Customer:
        """Made once of each row: a customer that changes has another."""
        row, book = self.loaded.customers[place.customer], self.rulebooks.of(place.campaign)
        made = self._customers.get(place)
        if made is None or made[0] is not row:
            made = row, customer_value(row, self.loaded.identifiers.get(place.customer, {}), book)
            self._customers[place] = made
        return made[1]

    def _change_customer(self, place: Place, effect: SetFields) -> None:
        row = self.loaded.customers[place.customer]
        cleared = {name for name, value in effect.customer.items() if value is None}
        kept = {name: raw for name, raw in row["fields"].items() if name not in cleared}
        self.loaded.customers[place.customer] = {**row, "fields": kept | encoded(effect.customer)}
        self.changed_customers.add(place.customer)
        self.customer_changes.append((place, {name: row["fields"].get(name) for name in effect.customer}))


def grouped(rows: Iterable[Row], key: Callable[[Row], K]) -> Mapping[K, list[Row]]:
    """The rows by their key, in the order given; none for a key that is not there."""
    groups: defaultdict[K, list[Row]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return groups
