"""Explanations: what is kept of a decision is told, and what its conditions came to is found out by deciding again.

The decision as it was kept is the truth. Where deciding it again gives anything else, as another version of Pointsman
may, that is said, and only what was kept is told.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.explain import effects
from gateway.explain.aftermath import Aftermath, aftermath, key_of
from gateway.explain.before import Before, before, with_before
from gateway.explain.ear import Ear, told
from gateway.explain.incoming import what_came
from gateway.explain.known import Known, known_in
from gateway.explain.values import CampaignDecision, DecidedEffect, Explanation
from gateway.explain.walks import Walks
from gateway.explaining import reaction_log
from gateway.given import Version
from gateway.recorded import PAGE, Recorded, of_event, of_participant
from rules.book import Rulebook
from rules.react import react
from rules.reaction import LoopFound
from rules.scene import Scene
from storage.transaction import Transaction
from storage.values import Row

ONLY_KEPT = "what was kept is told, with the values of names alone"
RULES_GONE = f"the rule file that decided it can't be read any more: {ONLY_KEPT}"
EARLIER_GONE = f"an earlier rule file, by which something of theirs began, can't be read any more: {ONLY_KEPT}"
DIFFERS = f"this version of Pointsman would decide otherwise: {ONLY_KEPT}"
REQUEST, READ = "request", "it was read: what stood in it came as events of their own"
NOTES: Mapping[str, str] = {
    "parked": "it could not be decided, and is parked",
    "waiting": "it waits to be decided",
    "held": "it waits until a rule file of its campaign comes into force, or for an event before it that does",
    "dropped": "it was dropped, and is never decided",
}
DECIDED = "decided"
PAGES = 10  # of decisions about a person that are looked through for those of one campaign


class NoSuchEvent(LookupError):
    """There is no event of this number."""


@dataclass(frozen=True)
class Again:
    """A decision made once more: the scene that it met and what was heard, None where that could not be; ``missing``
    says why."""

    scene: Scene | None
    ear: Ear | None
    missing: str = ""


def explain_event(t: Transaction, version: Version, number: int) -> Explanation:
    """Why this event led to what it did. Raises `NoSuchEvent`."""
    for explanation in explain_events(t, version, [number]):
        return explanation
    raise NoSuchEvent(f"there is no event {number}")


def explain_events(t: Transaction, version: Version, numbers: Sequence[int], campaign: str = "") -> list[Explanation]:
    """Why each of these events, which are about one customer, led to what it did, in the order given; of one campaign
    only, where that is named. Numbers that are none are left out."""
    rows = {row["id"]: row for row in t.lists.events.those(numbers)}
    found = {number: of_event(t, number) for number in rows}
    wanted = [one for parts in found.values() for one in parts if campaign in ("", one.campaign) or not one.campaign]
    known = known_in(t, [row["payload"] for row in rows.values()], [one.part for one in wanted])
    teller = Teller(version, known, aftermath(t, wanted))
    of_wanted = {number: [one for one in wanted if one.number == number] for number in rows}
    return [teller.explanation(rows[number], of_wanted[number]) for number in numbers if number in rows]


def explain_participant(
    t: Transaction, version: Version, participant: Row, before: int | None, limit: int
) -> tuple[list[Explanation], int | None]:
    """Why what happened to a participant (the row) led to what it did: events with a number below ``before``, the
    latest first, at most ``limit``; and the number before which to go on, None at the end. There may be fewer before
    the end, where most of what was decided about the person is of other campaigns."""
    customer, campaign = participant["customer"], participant["campaign"]
    numbers: list[int] = []
    for _ in range(PAGES):
        found, before = of_participant(t, customer, campaign, before, max(limit, PAGE))
        numbers += dict.fromkeys(one.number for one in found)
        if before is None or len(numbers) >= limit:
            break
    more = numbers[limit - 1] if len(numbers) > limit else before
    return explain_events(t, version, numbers[:limit], campaign), more


@dataclass(frozen=True)
class Teller:
    """Tells explanations. ``version`` gives the rulebooks of content hashes."""

    version: Version
    known: Known
    aftermath: Aftermath

    def explanation(self, event: Row, parts: Sequence[Recorded]) -> Explanation:
        """What is kept of the event, and of what was decided for it."""
        return Explanation(
            event=event["id"],
            kind=event["kind"],
            what=what_came(event["kind"], event["payload"], self.known),
            state=event["state"],
            customer=next((one.customer for one in parts), ""),
            received_at=event["received_at"],
            decided_at=event["decided_at"],
            note=note_of(event, parts),
            missing=missing_of(event, parts),
            parts=tuple(self.part(one) for one in parts if one.campaign),
        )

    def part(self, one: Recorded) -> CampaignDecision:
        """What one campaign decided."""
        book = self.version(one.rules)
        again = self._again(one, book)
        heard = iter(again.ear.walked) if again.ear else None
        return CampaignDecision(
            campaign=one.campaign,
            rules=one.rules,
            file=book.file if book else "",
            applied=str(one.part["applied"]),
            note=str(one.part.get("note", "")),
            missing=again.missing,
            lines=tuple(map(told, again.ear.besides)) if again.ear else (),
            facts=Walks(one.rules, self._books(one, book), heard).facts(one.part.get("facts", ())),
            effects=tuple(self._effects(one, before(again.scene))),
        )

    def _effects(self, one: Recorded, first: Before) -> Iterable[DecidedEffect]:
        """What became of a thing is told with the last effect on it."""
        stored: Sequence[Row] = one.part.get("effects", ())
        last = {key_of(effect): place for place, effect in enumerate(stored)}
        for place, (effect, was) in enumerate(with_before(stored, first)):
            became = self.aftermath.of(effect, one.number, place) if last[key_of(effect)] == place else ()
            yield DecidedEffect(effect=effect["effect"], what=effects.in_words(effect, was, self.known), became=became)

    def _books(self, one: Recorded, book: Rulebook | None) -> Mapping[str, Rulebook]:
        """The versions that its paths were on."""
        hashes = {fact["rules"] for fact in one.part.get("facts", ()) if fact.get("rules")}
        earlier = {hash: found for hash in hashes if (found := self.version(hash))}
        return earlier if book is None else {**earlier, one.rules: book}

    def _again(self, one: Recorded, book: Rulebook | None) -> Again:
        if not one.is_whole:
            return Again(None, None, one.why_not)
        if book is None:
            return Again(None, None, RULES_GONE)
        event, scene = one.given(book, self.version)
        ear = Ear()
        try:
            reaction = react(book, event, scene, one.now, ear)
        except LoopFound:
            return Again(scene, None, self._why_otherwise(one))
        same = as_kept(reaction_log(one.campaign, reaction)) == as_kept(one.log)
        return Again(scene, ear) if same else Again(scene, None, self._why_otherwise(one))

    def _why_otherwise(self, one: Recorded) -> str:
        earlier = one.part["given"]["scene"].get("earlier", ())
        return DIFFERS if all(map(self.version, earlier)) else EARLIER_GONE


def as_kept(log: Any) -> Any:
    """As a database gives it back."""
    return json.loads(json.dumps(log))


def note_of(event: Row, parts: Collection[Recorded]) -> str:
    """Why nothing was decided in any campaign; "" where something was."""
    state, error = event["state"], f": {event['error']}" if event["error"] else ""
    if state != DECIDED:
        return f"{NOTES[state]}{error}"
    if event["kind"] == REQUEST:
        return READ
    return "; ".join(dict.fromkeys(str(one.part["note"]) for one in parts if not one.campaign and one.part))


def missing_of(event: Row, parts: Collection[Recorded]) -> str:
    """What is not kept any more; "" where all is there."""
    return next((one.why_not for one in parts if not one.part), "")
