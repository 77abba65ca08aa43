"""Whoever is erased is gone from the spool, too, whether what they wrote waits there or is set aside."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from gateway.customers import person_named
from storage.spool import Spool
from storage.spool_visit import visiting
from storage.transaction import Transaction
from storage.values import About, NewEvent
from tests.gateway.example_rules import ADA, BEN, ECHO
from tests.gateway.people_data import SECRET, books, found, pointsman, use_database
from tests.gateway.running import ACCOUNT, NUMBER, World, running
from tests.gateway.test_customer_erase import contents_of
from tests.gateway.test_worker import AT, said

SID = "SM" + "1" * 32
OLD = {"AccountSid": ACCOUNT, "MessageSid": SID, "From": ADA, "To": NUMBER, "Body": SECRET}


@pytest.fixture(autouse=True)
def database(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    if "database_url" in request.fixturenames:
        use_database(monkeypatch, request.getfixturevalue("database_url"))


async def known(world: World) -> None:
    await world.start("echo")
    await world.give("echo", {"phone": ADA}, {"phone": BEN})


def receipt(message: str) -> NewEvent:
    payload = {"channel": "sms", "message": message, "provider_id": "", "status": "failed", "error": f"{ADA}: {SECRET}"}
    return NewEvent("sms:receipt", "receipt", About("message", message), payload, AT)


async def leave(folder: Path, events: Sequence[NewEvent], aside: Sequence[str] = ()) -> None:
    """The process that ran here was killed in an outage, and left these in its spool."""
    spool = Spool(folder / "spool.db")
    spool.open()
    await spool.keep(events)
    for one in await spool.oldest(len(events)):
        if one.event.key in aside:
            await spool.put_aside(one, "DataError")
    spool.close()


def left(folder: Path) -> list[str]:
    with visiting(folder / "spool.db") as spool:
        return [one.event.key for page in spool.abouts() for one in spool.these(list(page)).values()]


async def test_what_an_erased_customer_has_in_the_spool_is_erased_and_known_when_it_comes_again(
    tmp_path: Path, database_url: str
) -> None:
    async with running(tmp_path, ECHO, database=database_url) as world:
        await known(world)
        await world.texts(ADA, "hello")
        (message,) = await world.read(sent)
    hers = [said(SID, ADA, SECRET), said("aside", ADA, SECRET), receipt(message)]
    await leave(tmp_path, [*hers, said("ben", BEN, "hi")], aside=["sms:aside"])
    told = await pointsman(tmp_path, "customer", "erase", ADA, "--yes")

    assert (told.exit_code, "3 spooled events" in told.output) == (0, True)
    assert left(tmp_path) == ["sms:ben"]
    assert [name for name, raw in contents_of(tmp_path).items() if SECRET.encode() in raw] == []
    async with running(tmp_path, database=database_url) as world:
        await world.quiet()
        before = await world.events()
        assert await world.webhook("inbound", OLD) == 200
        await world.quiet()
        assert (await world.events(), world.heard(BEN)) == (before, ["You wrote hi"])
        assert found(world.gateway.storage, [SECRET, ADA]) == []
        assert books(world).faults == {}


def sent(t: Transaction) -> list[str]:
    """The messages that she got."""
    rows = t.traces.rows(person_named(t, ADA))["message"]
    return [row["id"] for row in rows if row["direction"] == "out"]


async def test_a_stranger_of_whom_only_the_spool_knows_is_erased(tmp_path: Path) -> None:
    async with running(tmp_path, ECHO) as world:
        await known(world)
    await leave(tmp_path, [said("1", "+4915199999999", SECRET), said("2", BEN, "hi")])
    asked = await pointsman(tmp_path, "customer", "erase", "+4915199999999")
    told = await pointsman(tmp_path, "customer", "erase", "+4915199999999", "--yes")
    again = await pointsman(tmp_path, "customer", "erase", "+4915199999999", "--yes")

    assert (again.exit_code, again.output) == (1, "nothing is kept of +4915199999999\n")
    assert "Erase for good: 1 spooled event?" in asked.output
    assert told.output.splitlines()[0] == "somebody who is no customer: erased: 1 spooled event"
    assert left(tmp_path) == ["sms:2"]
    assert [name for name, raw in contents_of(tmp_path).items() if SECRET.encode() in raw] == []


async def test_beside_a_gateway_that_empties_its_spool_an_erasure_reaches_what_is_left(
    tmp_path: Path, database_url: str
) -> None:
    async with running(tmp_path, ECHO, database=database_url) as world:
        await known(world)
        events = [said(str(number), ADA if number % 2 else BEN, f"{number}") for number in range(200)]
        await world.gateway.spool.keep(events)
        world.gateway.drainer.bell.ring()
        told = await pointsman(tmp_path, "customer", "erase", ADA, "--yes")
        await world.quiet()

        assert told.exit_code == 0
        assert world.heard(BEN) == [f"You wrote {number}" for number in range(0, 200, 2)]
        assert found(world.gateway.storage, [ADA]) == []
        assert (world.gateway.spool.depth, left(tmp_path)) == (0, [])


async def test_an_export_holds_what_is_in_the_spool(tmp_path: Path) -> None:
    async with running(tmp_path, ECHO) as world:
        await known(world)
    await leave(tmp_path, [said("1", ADA, SECRET), said("2", BEN, "hi"), said("3", ADA, "aside")], aside=["sms:3"])
    told = await pointsman(tmp_path, "customer", "export", ADA, tmp_path / "ada.json")
    written = await asyncio.to_thread((tmp_path / "ada.json").read_text)
    spooled = json.loads(written)["tables"]["spool"]

    assert "2 spooled events" in told.output
    assert [(one["key"], one["payload"]["text"], one["error"]) for one in spooled] == [
        ("sms:1", SECRET, ""), ("sms:3", "aside", "DataError"),
    ]  # fmt: skip
