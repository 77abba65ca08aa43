"""Erase a person beside a gateway at work: what is being sent comes to its end, what is over goes little by little, and
the rest in one short transaction in which nobody else writes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic, sleep

from gateway.customers import Erased, erase, in_spool, person_named
from storage.database import Storage
from storage.spool_visit import SpoolVisit
from storage.traces import INBOX, MESSAGES, Person, Sighting
from storage.transaction import Transaction

SENDING_SECONDS = 20.0  # how long messages that are being sent may take to come to their end
POLL_SECONDS = 0.1
LONGEST_REQUEST = timedelta(hours=1)  # to the API, that may still be told what was theirs
BATCH = 250  # rows of a table emptied in one transaction


@dataclass(frozen=True)
class Erasure:
    """Erases whom ``who`` means (`gateway.customers.person_named`). ``now`` is UTC; ``tell`` is told whom, in the
    transaction that does it. ``repeat`` is the key of the request that asks for it, "" for none."""

    storage: Storage
    spool: SpoolVisit
    now: Callable[[], datetime]
    tell: Callable[[Transaction, Person], None]
    repeat: str = ""

    def wait_for_sends(self, person: Person) -> None:
        """Whatever is being sent at this moment comes to its end first, if it does within `SENDING_SECONDS`."""
        until = monotonic() + SENDING_SECONDS
        while monotonic() < until:
            with self.storage.reading() as t:
                if not t.erasing.sending(person):
                    return
            sleep(POLL_SECONDS)

    def erase(self, who: str, *, forget_opt_outs: bool) -> Erased:
        """Erase whom was seen, unless somebody else has come to have the address since: then look again. Raises
        `NotOne`."""
        while True:
            with self.storage.reading() as t:
                seen = t.traces.look(person_named(t, who), self.now())
                spooled = in_spool(t, self.spool, seen.person)
            self._empty_settled(seen)
            with self.storage.alone() as t:
                if not person_named(t, who).is_still(seen.person):
                    continue
                t.repeats.leave_untold(self.now() - LONGEST_REQUEST, self.repeat)
                erased = erase(t, seen, self.now(), forget_opt_outs=forget_opt_outs, spooled=spooled.values())
                self.tell(t, seen.person)
            self.spool.remove(spooled)
            return erased

    def _empty_settled(self, seen: Sighting) -> None:
        """What is over, a little at a time, so that nobody waits long for the erasure itself."""
        events, messages = sorted(seen.rows[INBOX]), sorted(seen.rows[MESSAGES])
        steps: list[tuple[list[int], list[str]]] = [
            (events[start : start + BATCH], []) for start in range(0, len(events), BATCH)
        ]
        # messages go last: they lead to events
        steps += [([], messages[start : start + BATCH]) for start in range(0, len(messages), BATCH)]
        for step in steps:
            with self.storage.transaction() as t:
                t.erasing.empty_settled(seen.person, *step, self.now())
