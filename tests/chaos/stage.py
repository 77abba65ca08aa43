"""What kills and faults act upon."""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field

from tests.chaos.grounds import Postgres, Sqlite
from tests.chaos.ledger import Ledger
from tests.chaos.load import Load
from tests.chaos.processes import Subject


@dataclass
class Stage:
    """One gateway at work under load on one database. ``deeds`` counts what was done to it, by name."""

    subject: Subject
    ground: Sqlite | Postgres
    load: Load
    ledger: Ledger
    chance: random.Random
    deeds: Counter[str] = field(default_factory=Counter)
    kills: int = 0
    complaints: list[str] = field(default_factory=list)

    async def lasts(self, least: float, most: float = 0.0) -> None:
        """So many seconds pass, under load."""
        await asyncio.sleep(self.chance.uniform(least, max(most, least)))

    def complain(self, what: str) -> None:
        """Something was not as it has to be, whatever the books say."""
        self.complaints.append(f"during {self.ledger.during}: {what}")

    def edit(self, text: str) -> None:
        """The operator saves the rule file."""
        self.subject.project.rules.write_text(text)
