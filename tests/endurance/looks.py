"""Looks at a gateway at work: how much memory and processor it has taken, how many webhooks it has decided."""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from sqlalchemy import create_engine, text

from storage.engines import database_url

TICKS = os.sysconf("SC_CLK_TCK")
MEMORY = re.compile(r"^(Rss|Pss|Anonymous): +([0-9]+) kB", re.MULTILINE)
# What providers sent: texts, callbacks and Slack's requests; not what we learnt by sending, nor what a request held.
WEBHOOK = "(kind = 'request' OR kind IN ('message', 'receipt') AND key NOT LIKE 'send:%' AND key NOT LIKE 'slack:%')"
NEWER = f"SELECT max(id), sum(CASE WHEN {WEBHOOK} THEN 1 ELSE 0 END) FROM inbox WHERE id > :after"  # noqa: S608 - ours
UNDECIDED = f"SELECT count(*) FROM inbox WHERE state <> 'decided' AND {WEBHOOK}"  # noqa: S608 - as above
KINDS = (  # what there was, for people
    "SELECT 'event: ' || kind, count(*) FROM inbox GROUP BY kind",
    "SELECT 'communication: ' || status, count(*) FROM communication GROUP BY status",
    "SELECT 'message: ' || direction || ' ' || status, count(*) FROM message GROUP BY direction, status",
    "SELECT 'participant: ' || campaign, count(*) FROM participant GROUP BY campaign",
    "SELECT 'opt-out: ' || channel, count(*) FROM opt_out GROUP BY channel",
)


@dataclass(frozen=True)
class Look:
    """After so many ``events`` and ``seconds``: megabytes of memory, seconds of processor time, waiting work."""

    events: int
    seconds: float
    rss: float
    pss: float
    anonymous: float
    processor: float
    owed: int = 0


@dataclass
class Counting:
    """Counts the webhooks in the inbox of this database, each once, a few rows at a time."""

    url: str
    count: int = 0
    _after: int = 0
    began: float = field(default_factory=monotonic)

    def __post_init__(self) -> None:
        self._engine = create_engine(database_url(self.url))

    def kept(self) -> int:
        """How many there are by now."""
        with self._engine.connect() as connection:
            last, newer = connection.execute(text(NEWER), {"after": self._after}).one()
        self._after, self.count = last or self._after, self.count + (newer or 0)
        return self.count

    def undecided(self) -> int:
        """How many of all are not decided: they wait, are held or parked."""
        with self._engine.connect() as connection:
            return int(connection.execute(text(UNDECIDED)).scalar_one())

    def kinds(self) -> dict[str, int]:
        """What there is in the database, by what it is."""
        with self._engine.connect() as connection:
            return {name: number for query in KINDS for name, number in connection.execute(text(query)).all()}

    def close(self) -> None:
        self._engine.dispose()


def look(counting: Counting, pid: int, owed: int = 0) -> Look:
    """Look at the process with this id now."""
    memory = dict(MEMORY.findall(Path(f"/proc/{pid}/smaps_rollup").read_text()))
    rss, pss, anonymous = (int(memory[name]) * 1024 / 1e6 for name in ("Rss", "Pss", "Anonymous"))
    times = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    processor = sum(map(int, times)) / TICKS
    return Look(counting.kept(), monotonic() - counting.began, rss, pss, anonymous, processor, owed)
