"""A person is erased while something of theirs is on its way: it comes to its end, or nowhere."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from channels.base import OutboundMessage, Sent
from channels.sandbox import Fault, Webhooks
from gateway.customers import erase, person_named
from storage.errors import StorageUnavailable
from storage.transaction import Transaction
from storage.values import WaitingEvent
from tests.gateway.example_rules import ADA, ASK, BEN, ECHO, HELLO
from tests.gateway.people_data import HERS, NAME, SECRET, books, found, pointsman, use_database
from tests.gateway.running import World, running


@pytest.fixture(autouse=True)
def database(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    if "database_url" in request.fixturenames:
        use_database(monkeypatch, request.getfixturevalue("database_url"))


async def test_a_message_that_is_being_sent_comes_to_its_end_first(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path, HELLO, database=database_url) as world:
        sms, sending, go_on = world.gateway.adapters["sms"], asyncio.Event(), asyncio.Event()
        send = sms.send

        async def slowly(message: OutboundMessage) -> Sent:
            sending.set()
            await go_on.wait()
            return await send(message)

        monkeypatch.setattr(sms, "send", slowly)
        await world.start("hello")
        giving = asyncio.create_task(world.give("hello", {"phone": ADA, "name": NAME}))
        await sending.wait()
        erasing = asyncio.create_task(pointsman(tmp_path, "customer", "erase", ADA, "--yes"))
        await asyncio.wait([erasing], timeout=0.3)
        was_done = erasing.done()
        go_on.set()
        told = await erasing
        await giving
        await world.passes(minutes=1)

        assert (was_done, "given up" in told.output) == (False, False)
        assert world.heard(ADA) == [f"Hello {NAME}"]
        assert found(world.gateway.storage, HERS) == []
        assert (books(world).faults, books(world).said) == ({}, {"delivered": 1})


async def test_what_is_owed_to_an_erased_customer_is_never_sent(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, ASK, database=database_url) as world:
        await world.start("ask")
        await world.give("ask", {"phone": ADA, "name": NAME, "begin": "2027-03-02T08:00:00Z"})
        world.sandbox.twilio("sms").behaviour.add(Fault("throttle", times=None))
        await world.give("ask", {"phone": BEN, "name": NAME, "begin": "2027-03-01T07:59:00Z"})
        told = await pointsman(tmp_path, "customer", "erase", BEN, "--yes")
        await pointsman(tmp_path, "customer", "erase", ADA, "--yes")
        world.sandbox.twilio("sms").behaviour.clear()
        await world.passes(days=3)

        assert "1 message owed will not be sent" in told.output
        assert (world.heard(ADA), world.heard(BEN)) == ([], [])
        assert books(world).faults == {}


async def test_a_message_whose_sending_is_unknown_is_given_up_with_its_customer(
    tmp_path: Path, database_url: str
) -> None:
    async with running(tmp_path, HELLO, database=database_url) as world:
        world.sandbox.twilio("sms").behaviour.webhooks = Webhooks(late=3600)
        world.sandbox.twilio("sms").behaviour.add(Fault("drop", accept=True))
        await world.start("hello")
        await world.give("hello", {"phone": ADA, "name": NAME})
        told = await pointsman(tmp_path, "customer", "erase", ADA, "--yes")
        await world.passes(hours=2)

        assert "1 message given up" in told.output
        assert world.heard(ADA) == [f"Hello {NAME}"]
        assert found(world.gateway.storage, HERS) == []
        assert (books(world).faults, books(world).said) == ({}, {"delivered": 1})


async def test_an_event_that_a_worker_has_in_hand_when_its_customer_is_erased_leads_to_nothing(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path, ECHO, database=database_url) as world:
        await world.start("echo")
        await world.give("echo", {"phone": ADA})
        monkeypatch.setattr(world.gateway.worker, "decide", overtaken(world))
        await world.texts(ADA, SECRET)

        assert world.heard(ADA) == []
        assert found(world.gateway.storage, HERS) == []
        assert books(world).faults == {}


def overtaken(world: World) -> Any:
    """Between the reading of the events and their decision, somebody erases her."""
    decide_whole = world.gateway.worker.decide

    def decide(t: Transaction, events: Sequence[WaitingEvent]) -> Any:
        seen = t.traces.look(person_named(t, ADA), world.clock.now())
        erase(t, seen, world.clock.now(), forget_opt_outs=False)
        return decide_whole(t, events)

    return decide


async def test_events_that_wait_are_dropped_and_their_upload_ends(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path, HELLO, database=database_url) as world:
        await world.start("hello")
        with monkeypatch.context() as patch:
            patch.setattr(world.gateway.worker, "decide", away)
            body = f"phone,name\n{ADA},{NAME}\n{BEN},Ben\n".encode()
            async with world.api("POST", "campaigns/hello/uploads?file=list.csv", body, "text/csv") as answer:
                upload = (await answer.json())["upload"]
            await world.gateway.uploads.idle()
            await pointsman(tmp_path, "customer", "erase", ADA, "--yes")
        world.gateway.worker_bell.ring()
        await world.quiet()
        row = await world.read(lambda t: t.uploads.get(upload))
        (error,) = await world.read(lambda t: t.lists.upload_failures.first(upload, 9))

        assert row
        assert [row[name] for name in ("status", "created", "failed")] == ["failed", 1, 1]
        assert [error[name] for name in ("row", "field", "value", "reason")] == [2, "", "", "erased"]
        assert books(world).events["dropped"] == 1
        assert books(world).faults == {}
        assert (world.heard(ADA), world.heard(BEN)) == ([], ["Hello Ben"])


def away(*_: object) -> None:
    raise StorageUnavailable("away")
