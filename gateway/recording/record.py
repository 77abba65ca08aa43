"""A talk that a project keeps, as a scenario that passes with the rules of then."""

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from gateway.given import Version
from gateway.recorded import Recorded, of_participant
from gateway.recording.happening import Happening
from gateway.recording.masking import NAMES, Mask
from gateway.recording.story import Story
from rules.book import Rulebook
from storage.transaction import Transaction
from storage.values import Row

MADE_UP: Mapping[str, str] = {
    "phone": "+4915112345601",
    "slack": "U00000001",
    "email": "ada@example.com",
    "external_id": "A-1",
}
NAME = NAMES[0]


class CannotRecord(Exception):
    """There is nothing that could be told as a scenario; says why."""


@dataclass(frozen=True)
class Recording:
    """A scenario file's text, and what no step of it can say."""

    text: str
    untold: tuple[str, ...]


def record(t: Transaction, version: Version, participant: Row, *, verbatim: bool = False) -> Recording:
    """All that happened to this participant, with made-up names and numbers unless ``verbatim``. Raises
    `CannotRecord`."""
    recorded = _all_of(t, participant)
    book, texts = _book(version, recorded[0]), _Texts(t)
    customer, mask = str(participant["customer"]), Mask(verbatim)
    identifiers = t.people.identifiers([customer])[customer]
    for kind, value in identifiers.items():
        mask.add(value, MADE_UP[kind])
    begins = recorded[0].now.replace(microsecond=0)
    story = Story(
        {NAME: {kind: mask.of(value) for kind, value in identifiers.items()}}, begins, ZoneInfo(book.timezone)
    )
    messages = {row["id"]: row for row in t.messages.of_customers([customer])}
    happening = Happening(NAME, book, story, mask, messages, texts.of, identifiers)
    happening.tell(recorded)
    story.rooms = list(happening.rooms.values())
    story.remarks = [f"What happened to a participant of {book.campaign}, recorded. Names and numbers are made up."]
    if verbatim:
        story.remarks = [f"What happened to a participant of {book.campaign}, recorded as it was: it names a person."]
    story.remarks += [f"Not told: {one}" for one in happening.untold]
    return Recording(story.text(texts.of(recorded[0].rules)), tuple(happening.untold))


@dataclass(frozen=True)
class _Texts:
    """The texts of rule files by content hash."""

    t: Transaction

    def of(self, hash: str) -> str:
        row = self.t.campaigns.version(hash)
        if row is None:
            raise CannotRecord("the rule file that decided is not kept any more")
        return str(row["text"])


def _all_of(t: Transaction, participant: Row) -> list[Recorded]:
    """Every decision, the first one first."""
    found: list[Recorded] = []
    before: int | None = None
    while True:
        page, before = of_participant(t, participant["customer"], participant["campaign"], before)
        found += page
        if before is None:
            break
    if not found:
        raise CannotRecord("nothing was decided about them yet")
    if emptied := next((one for one in found if not one.is_whole), None):
        raise CannotRecord(f"event {emptied.number}: {emptied.why_not}")
    return sorted(found, key=lambda one: (one.number, one.place))


def _book(version: Version, first: Recorded) -> Rulebook:
    book = version(first.rules)
    if book is None:
        raise CannotRecord("the rule file that decided first can't be read any more")
    return book
