"""What was said and decided can be read over the API."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.gateway.api.reading import answer, read, read_all
from tests.gateway.example_rules import ADA, ASK_NOW, BEN
from tests.gateway.running import World, running

STRANGER = "+4915112345609"
NOBODY = "0" * 32


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """A campaign in which Ada has answered and Ben has not; and a stranger wrote."""
    async with running(tmp_path, ASK_NOW) as world:
        await world.start("ask")
        await world.give("ask", {"phone": ADA, "name": "Ada"}, {"phone": BEN, "name": "Ben"})
        await world.passes(minutes=1)
        await world.texts(ADA, "yes")
        await world.texts(STRANGER, "who are you?")
        await world.passes(minutes=1)
        yield world


async def test_the_talk_of_somebody_who_was_removed_stays_the_customer_s(world: World) -> None:
    (ada,) = await read_all(world, "communications", "communications", status="completed")
    async with world.api("DELETE", f"campaigns/ask/participants/{ada['participant']}", b"") as removed:
        assert removed.status < 300
    await world.quiet()

    assert await read_all(world, "communications", "communications", customer=ada["customer"]) == [ada]


async def test_communications_are_listed_the_latest_first_by_any_filter(world: World) -> None:
    first, second = await read_all(world, "communications", "communications", limit=1)
    (ada,) = await read_all(world, "communications", "communications", status="completed")

    assert first["created_at"] >= second["created_at"]
    assert ada["address"] == ADA
    assert ada["talk"]["results"] == {"comes": True}
    for name in ("participant", "customer"):
        assert await read_all(world, "communications", "communications", **{name: ada[name]}) == [ada]
        both = {name: ada[name], "status": "planned"}
        assert await read_all(world, "communications", "communications", **both) == []
    for filters in ({"campaign": "ask"}, {"node": "invite.ask"}, {"flow": "invite"}, {"channel": "sms"}):
        assert await read_all(world, "communications", "communications", **filters) == [first, second]
    assert await read_all(world, "communications", "communications", campaign="other") == []


async def test_one_communication_has_its_messages_in_order(world: World) -> None:
    (ada,) = await read_all(world, "communications", "communications", status="completed")
    talk = await read(world, f"communications/{ada['communication']}")

    assert [message["text"] for message in talk["messages"]] == [
        "Hello Ada.\nWill you come? YES or NO",
        "yes",
        "Noted.",
    ]
    assert {message["communication"] for message in talk["messages"]} == {ada["communication"]}


async def test_messages_are_listed_by_any_filter(world: World) -> None:
    messages = await read_all(world, "messages", "messages", limit=2)
    (yes,) = await read_all(world, "messages", "messages", direction="in", campaign="ask")

    assert len(messages) == 5
    assert messages == sorted(messages, key=lambda one: (one["created_at"], one["message"]), reverse=True)
    assert yes["text"] == "yes"
    assert len(await read_all(world, "messages", "messages", customer=yes["customer"])) == 3
    assert len(await read_all(world, "messages", "messages", communication=yes["communication"])) == 3
    assert len(await read_all(world, "messages", "messages", status="delivered", channel="sms")) == 3
    assert await read_all(world, "messages", "messages", status="owed") == []
    assert await read(world, f"messages/{yes['message']}") == yes


async def test_a_span_of_time_is_listed(world: World) -> None:
    before = world.clock.now().isoformat()
    await world.passes(hours=1)
    await world.texts(BEN, "no")
    since = await read_all(world, "messages", "messages", since=world.clock.now().isoformat())
    until = await read_all(world, "messages", "messages", until=world.clock.now().isoformat())

    assert before <= since[0]["created_at"].replace("Z", "+00:00")
    assert [one["text"] for one in since if one["direction"] == "in"] == ["no"]
    assert len(until) == 5


async def test_what_answered_no_open_talk_is_a_session(world: World) -> None:
    (session,) = await read_all(world, "sessions", "sessions")

    assert (session["address"], session["text"], session["customer"]) == (STRANGER, "who are you?", "")
    assert await read_all(world, "sessions", "sessions", channel="slack") == []


async def test_events_are_told_with_their_decisions(world: World) -> None:
    events = await read_all(world, "events", "events", limit=3)
    (yes, unknown) = reversed(await read_all(world, "events", "events", kind="message"))
    full = await read(world, f"events/{yes['event']}")

    assert [one["event"] for one in events] == sorted((one["event"] for one in events), reverse=True)
    assert {one["state"] for one in events} == {"decided"}
    assert full["payload"]["text"] == "yes"
    assert full["decision"]["customer"] == full["customer"] != ""
    assert full["decision"]["log"]
    assert unknown["customer"] == ""
    of_ada = await read_all(world, "events", "events", customer=full["customer"])
    assert yes in of_ada
    assert unknown not in of_ada
    for state, number in (("parked", 0), ("waiting", 0), ("decided", len(events))):
        assert len(await read_all(world, "events", "events", state=state)) == number


async def test_customers_are_found_by_what_identifies_them(world: World) -> None:
    customers = await read_all(world, "customers", "customers", limit=1)
    (ada,) = await read_all(world, "customers", "customers", phone=ADA)
    full = await read(world, f"customers/{ada['customer']}")

    assert len(customers) == 2
    assert ada in customers
    assert ada["fields"] == {"name": "Ada"}
    (place,) = full["participants"]
    assert (place["campaign"], place["customer"]) == ("ask", ada["customer"])
    assert place["communications"][0]["talk"]["results"] == {"comes": True}
    assert await read_all(world, "customers", "customers", phone=ADA, email="a@example.org") == []


async def test_opt_outs_are_listed(world: World) -> None:
    await world.texts(BEN, "STOP")
    await world.texts(STRANGER, "STOP")
    opt_outs = await read_all(world, "opt-outs", "opt_outs", limit=1)

    assert [(one["channel"], one["address"], one["word"]) for one in opt_outs] == [
        ("sms", BEN, "stop"),
        ("sms", STRANGER, "stop"),
    ]
    assert await read_all(world, "opt-outs", "opt_outs", channel="sms", limit=1) == opt_outs
    assert await read_all(world, "opt-outs", "opt_outs", channel="slack") == []


@pytest.mark.parametrize("noun", ["communications", "messages", "customers"])
@pytest.mark.parametrize("id", [NOBODY, "x", "%00"])
async def test_what_there_is_not_is_not_found(world: World, noun: str, id: str) -> None:
    assert (await answer(world, f"{noun}/{id}"))[0] == 404


@pytest.mark.parametrize("number", ["0", "999", "x", "9" * 30, "\u0663"])
async def test_an_event_that_there_is_not_is_not_found(world: World, number: str) -> None:
    assert (await answer(world, f"events/{number}"))[0] == 404


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("messages", {"status": "lost"}),
        ("messages", {"direction": "sideways"}),
        ("messages", {"customer": "Ada"}),
        ("messages", {"after": "5"}),
        ("messages", {"since": "2027-03-01T08:00:00"}),
        ("messages", {"until": "0.5"}),
        ("communications", {"status": "over"}),
        ("communications", {"campaign": "a\0b"}),
        ("sessions", {"campaign": "ask"}),
        ("events", {"state": "lost"}),
        ("events", {"after": "-1"}),
        ("opt-outs", {"after": "xyz"}),
        ("customers", {"after": "5"}),
        ("customers", {"name": "Ada"}),
    ],
)
async def test_a_filter_that_there_is_not_is_refused(world: World, path: str, query: dict[str, str]) -> None:
    status, problem = await answer(world, path, **query)

    assert status == 422
    assert [error["field"] for error in problem["errors"]] == list(query)


async def test_an_identifier_that_is_none_is_refused_in_words(world: World) -> None:
    status, problem = await answer(world, "customers", phone="four")

    assert (status, problem["type"]) == (409, "urn:pointsman:problem:identifier")
