"""Poison for tests: events that can't be decided as long as it is there, and what operators do about them."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner, Result

from gateway.cli import main
from gateway.decided import Decided
from gateway.deciding import Desk
from storage.values import Row, WaitingEvent
from tests.gateway.running import World

SECRET = "what Ada wrote to +4915112345601"


class Poison:
    """Whatever event it is meant for fails, as with a fault of the program, until it is taken away."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.meant: Callable[[WaitingEvent], bool] = lambda event: False
        decide = Desk.decide

        def poisoned(desk: Desk, event: WaitingEvent) -> Decided:
            if self.meant(event):
                raise ValueError(SECRET)
            return decide(desk, event)

        monkeypatch.setattr(Desk, "decide", poisoned)

    def kind(self, *kinds: str) -> None:
        """It is meant for events of these kinds; for none: it is taken away."""
        self.meant = lambda event: event.kind in kinds


async def pointsman(world: World, *arguments: object) -> Result:
    """Run a command on the world's project and database, while the gateway runs."""
    settings = world.gateway.settings
    words = ["events", *(str(argument) for argument in arguments), "-C", str(settings.folder)]
    runner = CliRunner(env={"POINTSMAN_DATABASE": settings.database})
    result = await asyncio.to_thread(runner.invoke, main, words)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    world.gateway.wake()
    world.gateway.reader_bell.ring()
    await world.quiet()
    return result


async def parked(world: World, *options: object) -> list[dict[str, Any]]:
    """The parked events, as the command tells programs."""
    result = await pointsman(world, "parked", "--json", *options)
    assert result.exit_code == 0, result.output
    found: list[dict[str, Any]] = json.loads(result.stdout)
    return found


async def the_parked(world: World) -> int:
    """The number of the only parked event."""
    (event,) = await parked(world)
    return int(event["number"])


async def state(world: World, number: int) -> Row:
    """The event as it stands."""
    row = await world.read(lambda t: t.parked.get(number))
    assert row is not None
    return row


async def balanced(world: World) -> bool:
    """Whether the books fit together; what is wrong is shown."""
    books = await asyncio.to_thread(world.gateway.storage.books)
    assert books.faults == {}
    return books.balance


async def execute(world: World, statement: str) -> None:
    """A hand in the tables."""
    await world.gateway.storage.run(lambda t: t.parked._connection.exec_driver_sql(statement))
