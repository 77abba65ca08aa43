"""What the outside world knows: what it asked for, how it was answered, and what must then be seen at the provider.

A line is what `tests.crash.processes.transcript` makes of the providers' journal.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from time import monotonic

from channels.sandbox.slack_book import room_id
from tests.chaos.project import newcomer, refuses, unreached
from tests.crash.processes import Line

BOT = "U0POINTSMAN"
LIST, LIST_OF_UNREACHED = "contact list", "contact list of people out of reach"
TAKEN, REFUSED = range(200, 300), range(400, 500)


@dataclass
class Entry:
    """One thing asked for. Accepted, each of its ``lines`` must be seen once; else at most once.

    ``key`` is the inbox key that it is kept under, "" where it is not ours to know; ``during`` what went on. Nothing is
    ``promised`` while the campaign does not run: then triggers do not fire.
    """

    kind: str
    lines: tuple[Line, ...]
    during: str
    key: str = ""
    at: float = field(default_factory=monotonic)
    promised: bool = True
    answers: list[int] = field(default_factory=list)

    @property
    def accepted(self) -> bool:
        return any(answer in TAKEN for answer in self.answers)

    @property
    def refused(self) -> bool:
        """Whether it was called wrong, which nothing here is."""
        return any(answer in REFUSED for answer in self.answers)


@dataclass
class Ledger:
    """Everything that was asked for. ``stands``: the campaign does not run, or may not."""

    during: str = "the beginning"
    stands: bool = False
    entries: list[Entry] = field(default_factory=list)

    def begin(self, kind: str, lines: Iterable[Line], key: str = "") -> Entry:
        """Something is about to be asked for."""
        entry = Entry(kind, tuple(lines), self.during, key)
        self.entries.append(entry)
        return entry

    def answered(self, entry: Entry, answer: int) -> None:
        """So it was answered."""
        entry.answers.append(answer)
        entry.promised &= not self.stands

    def forgive(self, kind: str, since: float) -> None:
        """Nothing of this kind is promised that was asked for later than this moment of the monotonic clock."""
        for entry in self.entries:
            entry.promised &= entry.kind != kind or entry.at < since

    def accepted(self) -> Counter[str]:
        """How many of each kind were accepted."""
        return Counter(entry.kind for entry in self.entries if entry.accepted)

    def least(self) -> Counter[Line]:
        """What must have been seen, and how often."""
        return Counter(line for e in self.entries if e.accepted and e.promised for line in e.lines)

    def most(self) -> Counter[Line]:
        """What may have been seen, and how often."""
        return Counter(line for entry in self.entries for line in entry.lines)

    def origin(self, line: Line) -> str:
        """During what a line was asked for, and how that was answered."""
        asked = [entry for entry in self.entries if line in entry.lines]
        return "; ".join(f"{entry.kind} during {entry.during}, answered {entry.answers[-3:]}" for entry in asked[:3])


def sms(phone: str, text: str) -> Line:
    """The gateway sends a text message."""
    return "sms", phone, "out", text


def post(place: str, text: str) -> Line:
    """The gateway posts in a channel (#name) or to a user."""
    return "post", room_id(place) if place.startswith("#") else f"D{place[1:]}", BOT, text


def hears(number: int) -> list[Line]:
    """What a newcomer, once on a contact list, gets to hear, and what is said about them."""
    name, phone = newcomer(number)
    heard = [sms(phone, f"Welcome, {name}.\nCan you hear us? Reply YES or NO."), post("#general", f"{name} has ended.")]
    if not refuses(number):
        heard.append(sms(phone, f"Goodbye, {name}."))
        heard += [] if unreached(number) else [sms(phone, f"Thank you, {name}.")]
    return heard
