"""Whatever happens to the database: webhooks are answered 200, and decided once, in order, when it is well again."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.databases import PostgresServer
from tests.gateway.example_rules import ADA, ASK_NOW, BEN, ECHO
from tests.gateway.running import ACCOUNT, NUMBER, World, running, until
from tests.gateway.troubles import OF_SQLITE, POSTGRES_TROUBLES, sqlite_trouble

TROUBLES = [*(("sqlite", name) for name in OF_SQLITE), *(("postgres", name) for name in POSTGRES_TROUBLES)]
MAY_BE_KEPT = ("connections lost",)


class Ground:
    """A database, and how to bring it into trouble."""

    def __init__(self, kind: str, name: str, server: PostgresServer | None, url: str) -> None:
        self.kind, self.name, self.server, self.url = kind, name, server, url

    @asynccontextmanager
    async def trouble(self, world: World) -> AsyncIterator[None]:
        if self.server is None:
            async with sqlite_trouble(self.name, world):
                yield
        else:
            with POSTGRES_TROUBLES[self.name](self.server, self.url):
                yield


@pytest.fixture(params=TROUBLES, ids=[" ".join(trouble) for trouble in TROUBLES])
def ground(request: pytest.FixtureRequest) -> Iterator[Ground]:
    kind, name = request.param
    if kind == "sqlite":
        yield Ground(kind, name, None, "")
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    with server.database(request.getfixturevalue("prepared")) as url:
        yield Ground(kind, name, server, url)


async def says(world: World, phone: str, text: str) -> int:
    """An SMS as Twilio brings it: its id is its text."""
    sid = f"SM{phone[-4:]}{text:0>28}"
    fields = {"AccountSid": ACCOUNT, "MessageSid": sid, "From": phone, "To": NUMBER, "Body": text}
    return await world.webhook("inbound", fields)


async def ready(world: World) -> tuple[int, dict[str, Any]]:
    async with world.http.get(f"{world.url}/readyz") as answer:
        return answer.status, await answer.json()


async def test_webhooks_during_trouble_are_answered_200_and_decided_once_in_order(
    ground: Ground, tmp_path: Path
) -> None:
    async with running(tmp_path, ECHO, database=ground.url) as world:
        await world.start("echo")
        await world.give("echo", {"phone": ADA}, {"phone": BEN})
        assert [await says(world, phone, "0") for phone in (ADA, BEN)] == [200, 200]
        await world.quiet()
        async with ground.trouble(world):
            answers = [await says(world, phone, text) for text in ("1", "2", "2") for phone in (ADA, BEN)]
            assert (await ready(world))[0] == 200
            spooled = world.gateway.spool.depth
        answers += [await says(world, phone, text) for text in ("3", "1", "4") for phone in (ADA, BEN)]
        await world.quiet()

        assert answers == [200] * 12
        assert spooled == 4 or ground.name in MAY_BE_KEPT
        assert world.heard(ADA) == world.heard(BEN) == [f"You wrote {text}" for text in "01234"]
        assert len(await world.decisions("message")) == 10
        assert (await ready(world))[1]["spooled_events"] == 0


async def test_an_answer_given_in_time_during_trouble_counts_though_its_time_is_up_when_the_trouble_is_over(
    ground: Ground, tmp_path: Path
) -> None:
    async with running(tmp_path, ASK_NOW, database=ground.url) as world:
        await world.start("ask")
        await world.give("ask", {"phone": ADA, "name": "Ada"})
        async with ground.trouble(world):
            assert await says(world, ADA, "YES") == 200
            world.clock.advance_to(world.clock.now() + timedelta(hours=25))
        await until(lambda: drained(world))
        await world.quiet()

        assert await world.statuses("ask") == ["completed"]
        assert world.heard(ADA)[-1] == "Noted."


async def test_every_part_goes_on_by_itself_after_trouble(ground: Ground, tmp_path: Path) -> None:
    """A time-out, a message that waits to be sent, a request that waits to be read."""
    async with running(tmp_path, ASK_NOW, database=ground.url) as world:
        await world.start("ask")
        await world.give("ask", {"phone": ADA, "name": "Ada"})
        async with ground.trouble(world):
            world.clock.advance_to(world.clock.now() + timedelta(hours=25))
            world.sandbox.slack("slack").say("U00000003", "hello")
        await until(lambda: heard_of_it(world))
        await world.quiet()
        await world.give("ask", {"phone": BEN, "name": "Ben"})

        assert sorted(await world.statuses("ask")) == ["no_response", "started"]
        assert [row["payload"]["text"] for row in await world.decisions("message")] == ["hello"]
        assert world.heard(BEN)[0].startswith("Hello Ben.")


async def drained(world: World) -> bool:
    return world.gateway.spool.depth == 0


async def heard_of_it(world: World) -> bool:
    """The time-out was decided, and what was written on Slack."""
    return await world.statuses("ask") == ["no_response"] and len(await world.decisions("message")) == 1
