"""Decisions as they were recorded, place by place: what was given, what was answered, and with which rules."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from threading import Lock

from gateway.decided import Reacted
from gateway.given import Version, given, given_text
from gateway.json_texts import joined, object_of, text_of
from rules.book import Rulebook
from rules.effects import ChangeMessage, SendMessage
from rules.events import Event
from rules.loader import Project, load_rulebook
from rules.scene import Scene
from storage.transaction import Transaction
from storage.values import Row

PAGE = 200  # decisions read at once
MOST_OF_MESSAGE = 2_000  # decisions about one person that are looked through for what became of a message
KEPT_VERSIONS = 50  # of rule files, at once: each holds memory that its matcher needs
ABOUT_MESSAGE = (SendMessage.__name__, ChangeMessage.__name__)


class NotRecorded(LookupError):
    """What was given is not there; says why."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was decided for an event at one place (campaign).

    ``number``, ``kind``, ``key`` and ``received_at`` are the event's, ``part`` is what is kept: `reaction_log` with
    ``given`` and ``rules``, or only a ``note`` where the event concerned no campaign (``campaign`` is "" then), or
    nothing where retention or an erasure has emptied it. ``place`` counts the parts of one decision from 0; ``rules``
    is the content hash of the rulebook in force, "" where unknown; ``now`` (UTC) is the moment that `react` was given.
    """

    number: int
    kind: str
    key: str
    customer: str
    applied: str
    now: datetime
    received_at: datetime
    part: Row
    place: int = 0

    @property
    def campaign(self) -> str:
        return str(self.part.get("campaign", ""))

    @property
    def rules(self) -> str:
        return str(self.part.get("rules", ""))

    @property
    def is_whole(self) -> bool:
        """Whether what was given is there, so that it can be decided again."""
        return "given" in self.part

    @property
    def log(self) -> Row:
        """What was answered, as `reaction_log` tells it."""
        return {name: kept for name, kept in self.part.items() if name not in ("given", "rules")}

    def given(self, book: Rulebook, version: Version) -> tuple[Event, Scene]:
        """What `react` was given, typed as ``book`` declares; ``version`` gives the rulebooks that talks and runs
        began with. Raises `NotRecorded`."""
        if not self.is_whole:
            raise NotRecorded(self.why_not)
        return given(self.part["given"], book, version)

    @property
    def why_not(self) -> str:
        """Why it cannot be decided again; "" where it can."""
        if self.is_whole:
            return ""
        if not self.part:
            return "why it was decided so is not kept any more"
        if self.campaign:
            return "it was decided by a version of Pointsman that did not keep what a decision was made from"
        return f"it concerned no campaign: {self.part.get('note', '')}"


def part_of(reacted: Reacted) -> str:
    """What is kept of what was decided at one place, as JSON: `reaction_log`, the rules, and what was given."""
    reaction = reacted.reaction
    return joined(
        {
            "campaign": text_of(reacted.place.campaign),
            "applied": text_of(reaction.applied),
            "note": text_of(reaction.note),
            "facts": text_of(reaction.log),
            "effects": f"[{','.join([object_of(effect, 'effect') for effect in reaction.effects])}]",
            "rules": text_of(reacted.rules),
            "given": given_text(reacted.event, reacted.scene),
        }
    )


def recorded_of(row: Row) -> list[Recorded]:
    """A decision's row (with its event's key, kind and received_at), place by place; one without a part if empty."""
    head = {name: row[name] for name in ("kind", "key", "customer", "applied", "received_at")}
    parts = row["log"] or [{}]
    return [
        Recorded(number=row["event"], now=row["decided_at"], part=part, place=place, **head)
        for place, part in enumerate(parts)
    ]


def of_event(t: Transaction, number: int) -> list[Recorded]:
    """What was decided for the event of this number; nothing where it is not decided."""
    return _in_order(t.decisions.of_events([number]))


def of_participant(
    t: Transaction, customer: str, campaign: str, before: int | None = None, limit: int = PAGE
) -> tuple[list[Recorded], int | None]:
    """What was decided about a customer in a campaign ("": in any), the latest first, of events with a number below
    ``before``; and the number before which to go on, None at the end. One page may be short, or empty, and not the
    last. What is emptied is told, for nobody knows which campaign it was about."""
    rows = t.decisions.of_customer(customer, before, limit)
    return _in_campaign(rows, campaign), rows[-1]["event"] if len(rows) == limit else None


def of_message(t: Transaction, message: str) -> list[Recorded]:
    """What was decided about a message of this id, in the order of the events: for an inbound one what it led to, for
    an outbound one that it was owed and how its status changed. Nothing for an unknown one."""
    row = t.messages.by_ids([message]).get(message)
    if row is None:
        return []
    if row["direction"] == "in":
        key = f"{row['channel']}:{row['provider_id']}"
        return _in_order(t.decisions.of_keys([key, f"{key}/overheard"]))
    first = t.decisions.first_at(row["customer"], row["created_at"])
    if first is None:
        return []
    theirs = t.decisions.of_customer_since(row["customer"], first, row["created_at"], MOST_OF_MESSAGE)
    return [one for one in _in_order(theirs) if is_about(one, message)]


def is_about(one: Recorded, message: str) -> bool:
    """Whether this decision owed the message, changed its status, or was about a receipt of it."""
    event = one.part.get("given", {}).get("event", {})
    effects = one.part.get("effects", ())
    owed = any(effect["effect"] in ABOUT_MESSAGE and effect.get("message") == message for effect in effects)
    return owed or event.get("message") == message


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Which decisions: of events with numbers above ``after`` and up to ``last`` (None: all), made at ``since`` or
    later and before ``until`` (UTC), in ``campaign`` ("": in any)."""

    after: int = 0
    last: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    campaign: str = ""


def pages(
    read: Callable[[Callable[[Transaction], Sequence[Row]]], Sequence[Row]], wanted: Stretch, size: int = PAGE
) -> Iterator[list[Recorded]]:
    """Everything of the stretch in the order of the events, page by page, each read in a transaction of its own.

    What is emptied comes, too, whatever the campaign, for nobody knows which it was about. ``read`` does work in a
    reading transaction.
    """
    after: int | None = wanted.after
    while after is not None:
        rows = read(partial(_stretch, after=after, wanted=wanted, limit=size))
        yield _in_campaign(rows, wanted.campaign)
        after = rows[-1]["event"] if len(rows) == size else None


def _stretch(t: Transaction, after: int, wanted: Stretch, limit: int) -> Sequence[Row]:
    return t.decisions.stretch(after, wanted.last, wanted.since, wanted.until, limit)


def _in_campaign(rows: Iterable[Row], campaign: str) -> list[Recorded]:
    return [one for row in rows for one in recorded_of(row) if campaign in ("", one.campaign) or not one.part]


def _in_order(rows: Iterable[Row]) -> list[Recorded]:
    return [one for row in sorted(rows, key=lambda row: int(row["event"])) for one in recorded_of(row)]


@dataclass
class Versions:
    """Rule file versions by content hash: those ``at_hand``, else read from storage, of which `KEPT_VERSIONS` stay.

    Safe to use from several threads.
    """

    project: Project
    at_hand: Version = lambda hash: None
    _read: dict[str, Rulebook | None] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def of(self, t: Transaction) -> Version:
        """Gives the rulebook of a content hash, None where it is not to be had; good as long as ``t``."""
        return partial(self.version, t)

    def version(self, t: Transaction, hash: str) -> Rulebook | None:
        """The rulebook of this content hash, None where it is not stored or cannot be read any more."""
        if (book := self.at_hand(hash)) is not None:
            return book
        with self._lock:
            if hash not in self._read:
                self._keep(hash, self._stored(t, hash))
            return self._read[hash]

    def _stored(self, t: Transaction, hash: str) -> Rulebook | None:
        row = t.campaigns.version(hash) if hash else None
        return load_rulebook(row["text"], row["file"], self.project).rulebook if row else None

    def _keep(self, hash: str, book: Rulebook | None) -> None:
        while len(self._read) >= KEPT_VERSIONS:
            del self._read[next(iter(self._read))]
        self._read[hash] = book
