"""The guard: a campaign that runs and cannot is put in error, with the reason."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import structlog

from gateway.clock import Bell
from gateway.hindrances import Hindrances
from gateway.parts import Rest, keep_working
from storage.database import Storage
from storage.transaction import Transaction

SWEEP = 2.0  # seconds between two looks: the command line starts campaigns without knowing the gateway's secrets

Seen = Mapping[str, tuple[object, str]]  # when each campaign began to run, and the content hash of its rules

log = structlog.get_logger()


@dataclass
class Guard:
    """Looks at every campaign once as the gateway starts, after each start of it and each change of its rules.

    One without any usable rule file is left alone: what happens in it is held, and goes on by itself with the next one.
    """

    storage: Storage
    hindrances: Hindrances
    bell: Bell
    _seen: Seen = field(default_factory=dict)

    async def run(self) -> None:
        """Watch until the bell is closed."""
        await keep_working("guard", self.bell, self._turn)

    async def _turn(self) -> Rest:
        await self.look()
        return Rest(SWEEP)

    async def look(self) -> None:
        """Put what runs and cannot in error. What only this process cannot load, of several, is nobody's error."""
        if self.hindrances.rulebooks.hindrance():
            return
        seen, hindered = await self.storage.read(self._hindered)
        if hindered:
            await self.storage.run(lambda t: fail_all(t, hindered))
        self._seen = seen

    def _hindered(self, t: Transaction) -> tuple[Seen, dict[str, str]]:
        """What runs now, and what of it was not looked at yet and cannot run, with the reason."""
        books = self.hindrances.rulebooks.active
        running = {row["name"]: row["started_at"] for row in t.campaigns.all() if row["status"] == "active"}
        now = {name: (started, books[name].hash) for name, started in running.items() if name in books}
        fresh = [name for name, stamp in now.items() if self._seen.get(name) != stamp]
        found = {name: "; ".join(self.hindrances.of(t, name)) for name in fresh}
        return now, {name: reason for name, reason in found.items() if reason}


def fail_all(t: Transaction, reasons: Mapping[str, str]) -> None:
    """Put campaigns in error, each for its reason, but for those that were stopped meanwhile."""
    running = {row["name"] for row in t.campaigns.all() if row["status"] == "active"}
    for campaign, reason in reasons.items():
        if campaign not in running:
            continue
        t.campaigns.fail([campaign], reason)
        log.error("campaign_in_error", campaign=campaign, reason=reason)
