"""What a replay has found so far."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from gateway.replay.cases import Case, Found


@dataclass
class Tally:
    """Counts of decisions: ``same`` and ``otherwise`` by campaign, those that could not be made again (``left_out``, by
    campaign and why); of cases the participants and examples. ``events`` are how many events these were decisions of,
    ``elsewhere`` those that concerned no campaign; ``first`` and ``last`` when the first and last was made."""

    examples: int
    events: int = 0
    elsewhere: int = 0
    same: Counter[str] = field(default_factory=Counter)
    otherwise: Counter[str] = field(default_factory=Counter)
    left_out: Counter[tuple[str, str]] = field(default_factory=Counter)
    cases: dict[Case, Found] = field(default_factory=dict)
    first: datetime | None = None
    last: datetime | None = None

    @property
    def decisions(self) -> int:
        """How many were made again."""
        return self.same.total() + self.otherwise.total()

    def at(self, moment: datetime) -> None:
        """A decision was made at this moment."""
        self.first, self.last = self.first or moment, moment

    def find(self, case: Case, found: Found) -> None:
        """A decision belongs to this case."""
        self.cases.setdefault(case, Found()).add(found, self.examples)

    def add(self, later: "Tally") -> None:
        """Take in the tally of the stretch that follows."""
        self.events += later.events
        self.elsewhere += later.elsewhere
        self.same.update(later.same)
        self.otherwise.update(later.otherwise)
        self.left_out.update(later.left_out)
        for case, found in later.cases.items():
            self.find(case, found)
        self.first, self.last = self.first or later.first, later.last or self.last
