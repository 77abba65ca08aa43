"""What became of events, as those learn it who wait for it."""

import pytest

from gateway.outcomes import Outcomes
from storage.database import Storage
from tests.storage.rows import NOON, event


@pytest.mark.parametrize("put_aside", ["parked", "dropped"])
async def test_an_event_that_was_put_aside_is_told_at_once_and_how(storage: Storage, put_aside: str) -> None:
    with storage.transaction() as t:
        decided, aside = t.inbox.keep([event("a"), event("b")])
        assert decided
        assert aside
        t.decisions.add([{"event": decided, "applied": "created", "decided_at": NOON}])
        t.inbox.decided([decided], NOON)
        t.inbox.park(aside, "why", NOON)
        if put_aside == "dropped":
            t.parked.drop(aside, "who", NOON)

    assert await Outcomes(storage).decided([decided, aside], 60) == {decided: "created", aside: put_aside}
