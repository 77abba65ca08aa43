"""What the person on call does over the API: reload rules, move what waits, retry or drop events, erase a customer."""

from pathlib import Path

import pytest

from gateway.settings import SANDBOX_API_TOKEN
from tests.gateway.calls_of_the_api import call, trail
from tests.gateway.example_rules import ADA, ASK_NOW, ECHO, HELLO
from tests.gateway.people_data import SECRET, books, found, pointsman
from tests.gateway.poison import Poison, balanced
from tests.gateway.poison import pointsman as on_events
from tests.gateway.running import World, running
from tests.gateway.test_plan import RENAMED, RULES
from tests.gateway.test_set_aside_events import Picky, spooled
from tests.gateway.test_worker import said


async def waits(world: World) -> list[str]:
    """The nodes at which paths wait and communications are planned."""
    runs = await world.read(lambda t: t.runs.counts("patience"))
    planned = await world.read(lambda t: t.communications.planned("patience"))
    return sorted(node for node, _ in (*runs, *planned))


def save(world: World, text: str) -> None:
    """An operator saves the rule file; nobody has looked yet."""
    (world.gateway.settings.rules / "1.yaml").write_text(text)


async def test_a_rule_file_comes_into_force_when_that_is_asked_for(tmp_path: Path) -> None:
    async with running(tmp_path, HELLO) as world:
        await world.quiet()  # the first look at the folder is over
        before = world.gateway.rulebooks.of("hello").hash
        save(world, HELLO.replace("Hello {{", "Good day {{"))
        status, campaign = await call(world, "POST", "campaigns/hello/reload")
        again, _ = await call(world, "POST", "campaigns/hello/reload")
        (entry,) = await world.read(lambda t: t.audit.page(None, 10, "campaign/hello"))

        assert (status, again) == (200, 200)
        assert campaign["rules"] == world.gateway.rulebooks.of("hello").hash != before
        assert (entry["before"], entry["after"]) == ({"rules": before}, {"rules": campaign["rules"]})


async def test_a_broken_rule_file_is_told_with_each_mistake_and_changes_nothing(tmp_path: Path) -> None:
    async with running(tmp_path, HELLO, ECHO) as world:
        before = world.gateway.rulebooks.of("hello").hash
        save(world, HELLO.replace("next: say", "next: sey"))
        status, problem = await call(world, "POST", "campaigns/hello/reload")
        other, _ = await call(world, "POST", "campaigns/echo/reload")

        assert (status, other) == (409, 200)
        assert problem["type"] == "urn:pointsman:problem:broken-rules"
        assert any("sey" in error["reason"] and ":" in error["field"] for error in problem["errors"])
        assert world.gateway.rulebooks.of("hello").hash == before


async def test_a_campaign_that_there_is_not_cannot_be_reloaded(tmp_path: Path) -> None:
    async with running(tmp_path, HELLO) as world:
        assert [(await call(world, *line))[0] for line in OF_NO_CAMPAIGN] == [404, 404, 404]


OF_NO_CAMPAIGN = (
    ("POST", "campaigns/none/reload"),
    ("GET", "campaigns/none/plan"),
    ("POST", "campaigns/none/plan", {}),
)


async def patient(world: World) -> None:
    """Somebody waits at greet.pause, and is to be talked to by greet.talk; then the nodes get other names."""
    await world.start("patience")
    await world.give("patience", {"phone": ADA, "begins": "2027-03-04T12:00"})
    await world.edit(1, RENAMED)


async def test_what_waits_is_told_and_moves_where_that_is_asked_for(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, RULES, database=database_url) as world:
        await patient(world)
        _, plan = await call(world, "GET", "campaigns/patience/plan")
        moves = {"greet.pause": "greet.rest", "greet.talk": "greet.speak"}
        status, settled = await call(world, "POST", "campaigns/patience/plan", {"moves": moves})
        _, after = await call(world, "GET", "campaigns/patience/plan")

        assert [(one["node"], one["runs"], one["planned"], one["vanishes"]) for one in plan["waiting"]] == [
            ("greet.pause", 1, 0, True),
            ("greet.talk", 0, 1, True),
        ]
        assert (status, settled["participants"]) == (200, 1)
        assert [(one["node"], one["to"]) for one in settled["settled"]] == list(moves.items())
        assert await waits(world) == ["greet.rest", "greet.speak"]
        assert [one["same"] for one in after["waiting"]] == [True, True]
        assert (await trail(world, "campaign/patience"))[0] == ("settings", "post_plan")


async def test_what_vanishes_may_end(tmp_path: Path) -> None:
    async with running(tmp_path, RULES) as world:
        await patient(world)
        await call(world, "POST", "campaigns/patience/plan", {"end": True, "node": "greet.pause"})
        one = await waits(world)
        await world.passes(seconds=1)
        _, settled = await call(world, "POST", "campaigns/patience/plan", {"end": True})
        status, nothing = await call(world, "POST", "campaigns/patience/plan", {"end": True})

        assert one == ["greet.talk"]
        assert [(each["node"], each["to"], each["planned"]) for each in settled["settled"]] == [("greet.talk", "", 1)]
        assert await waits(world) == []
        assert (status, nothing["settled"], nothing["participants"]) == (200, [], 0)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"moves": {"greet.none": "greet.rest"}}, 409),
        ({"moves": {"greet.pause": "greet.none"}}, 409),
        ({"moves": {"greet.pause": "greet.joined"}}, 409),
        ({"node": "greet.pause"}, 409),
        ({"move": {}}, 422),
        ({"moves": {"greet.pause": 5}}, 422),
    ],
)
async def test_what_cannot_move_stays(tmp_path: Path, body: dict[str, object], status: int) -> None:
    async with running(tmp_path, RULES) as world:
        await patient(world)

        assert (await call(world, "POST", "campaigns/patience/plan", body))[0] == status
        assert await waits(world) == ["greet.pause", "greet.talk"]


@pytest.fixture
def poison(monkeypatch: pytest.MonkeyPatch) -> Poison:
    return Poison(monkeypatch)


async def parked_message(world: World, poison: Poison) -> int:
    """The number of a message that cannot be decided."""
    await world.start("echo")
    await world.give("echo", {"phone": ADA})
    poison.kind("message")
    await world.texts(ADA, "hello")
    (row,) = await world.read(lambda t: t.parked.after(0))
    return int(row["id"])


async def test_a_parked_event_is_tried_once_more(tmp_path: Path, database_url: str, poison: Poison) -> None:
    async with running(tmp_path, ECHO, database=database_url) as world:
        number = await parked_message(world, poison)
        poison.kind()
        status, _ = await call(world, "POST", f"events/{number}/retry")
        again, problem = await call(world, "POST", f"events/{number}/retry")

        assert (status, again) == (200, 409)
        assert problem["detail"] == f"event {number} is decided, not parked"
        assert world.heard(ADA) == ["You wrote hello"]
        assert await trail(world, f"event/{number}") == [("settings", "retry_event")]


async def test_a_parked_event_is_dropped(tmp_path: Path, database_url: str, poison: Poison) -> None:
    async with running(tmp_path, ECHO, database=database_url) as world:
        number = await parked_message(world, poison)
        status, told = await call(world, "POST", f"events/{number}/drop")
        again, _ = await call(world, "POST", f"events/{number}/drop")

        assert (status, again, told) == (200, 409, {"event": str(number), "became": "it is never decided"})
        assert await trail(world, f"event/{number}") == [("settings", "drop_event")]
        assert await balanced(world)


@pytest.mark.parametrize("event", ["0", "99", "s1", "x", "-1", "9" * 30, "%D9%A1"])
async def test_an_event_that_there_is_not_is_neither_tried_nor_dropped(tmp_path: Path, event: str) -> None:
    async with running(tmp_path, ECHO) as world:
        statuses = [(await call(world, "POST", f"events/{event}/{word}"))[0] for word in ("retry", "drop")]

        assert statuses == [404, 404]


async def test_what_is_set_aside_in_the_spool_is_tried_and_dropped(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    picky = Picky(monkeypatch, "sms:bad", "sms:worse")
    async with running(tmp_path, ECHO, database=database_url) as world:
        await world.start("echo")
        await world.give("echo", {"phone": ADA})
        await spooled(world, said("1", ADA, "first"), said("bad", ADA, "one"), said("worse", ADA, "two"))
        stays, problem = await call(world, "POST", "events/s2/retry")
        picky.keys.clear()
        tried, _ = await call(world, "POST", "events/s2/retry")
        dropped, _ = await call(world, "POST", "events/s3/drop")

        assert (stays, tried, dropped) == (409, 200, 200)
        assert "the database refuses it" in problem["detail"]
        assert world.heard(ADA) == ["You wrote first", "You wrote one"]
        assert await trail(world, "event/s2") == [("settings", "retry_event")]
        assert await world.gateway.spool.set_aside() == 0


async def test_a_customer_is_erased_with_the_trail_of_what_was_changed_of_theirs(
    tmp_path: Path, database_url: str
) -> None:
    async with running(tmp_path, ASK_NOW, database=database_url) as world:
        await world.start("ask")
        (result,) = await world.give("ask", {"phone": ADA, "name": SECRET})
        path = f"campaigns/ask/participants/{result['participant']}"
        await call(world, "PATCH", path, {"fields": {"name": f"{SECRET} II"}})
        await call(world, "PUT", f"opt-outs/sms/{ADA}")
        await call(world, "DELETE", path)
        status, erased = await call(world, "DELETE", f"customers/{result['customer']}?forget_opt_outs=true")
        unknown, _ = await call(world, "DELETE", f"customers/{'0' * 32}")

        assert (status, unknown) == (200, 404)
        assert erased["rows"]["audit"] == 3
        assert found(world.gateway.storage, (SECRET, ADA)) == []
        assert await trail(world, f"participant/{result['participant']}") == [
            ("settings", "remove_participant"),
            ("settings", "patch_participant"),
        ]
        assert await trail(world, f"customer/{result['customer']}") == [("settings", "erase_customer")]
        assert books(world).faults == {}


async def test_answers_that_are_kept_to_be_repeated_hold_nothing_of_who_was_erased(
    tmp_path: Path, database_url: str
) -> None:
    async with running(tmp_path, ASK_NOW, database=database_url) as world:
        (result,) = await world.give("ask", {"phone": ADA, "name": SECRET})
        headers = {"Authorization": f"Bearer {SANDBOX_API_TOKEN}", "Idempotency-Key": "one"}
        path = f"{world.url}/api/v1/campaigns/ask/participants/{result['participant']}"
        for body in ({"fields": {"name": SECRET}}, {"fields": {"name": SECRET}}):
            async with world.http.patch(path, json=body, headers=headers) as answer:
                assert (await answer.json(content_type=None)).get("fields", await answer.text()) == {"name": SECRET}
        await world.quiet()
        kept = [line for line in found(world.gateway.storage, (SECRET,)) if line.startswith("repeat: ")]
        await call(world, "DELETE", f"customers/{result['customer']}")

        assert len(kept) == 1
        assert found(world.gateway.storage, (SECRET, ADA)) == []


async def test_an_opt_out_of_a_stranger_goes_with_the_stranger(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, ASK_NOW, database=database_url) as world:
        await call(world, "PUT", f"opt-outs/sms/{ADA}")
        await world.start("ask")
        (result,) = await world.give("ask", {"phone": ADA})
        await call(world, "DELETE", f"customers/{result['customer']}?forget_opt_outs=true")

        assert found(world.gateway.storage, (ADA,)) == []


async def test_a_participant_who_was_erased_cannot_be_changed(tmp_path: Path) -> None:
    async with running(tmp_path, ASK_NOW) as world:
        (result,) = await world.give("ask", {"phone": ADA})
        await call(world, "DELETE", f"customers/{result['customer']}")
        path = f"campaigns/ask/participants/{result['participant']}"
        answers = [
            await call(world, "PATCH", path, {"identifiers": {"phone": ADA}}),
            await call(world, "DELETE", path),
            await call(world, "POST", f"{path}/enroll"),
        ]

        assert [status for status, _ in answers] == [404, 404, 404]
        assert found(world.gateway.storage, (ADA,)) == []


async def test_what_commands_do_about_events_and_plans_is_told_with_the_user(tmp_path: Path, poison: Poison) -> None:
    async with running(tmp_path, RULES, ECHO) as world:
        await patient(world)
        number = await parked_message(world, poison)
        poison.kind()
        await on_events(world, "retry", number)
        moved = await pointsman(tmp_path, "plan", "--campaign", "patience", "--end")
        settled, *_ = await trail(world, "campaign/patience")
        (retried,) = await trail(world, f"event/{number}")

        assert moved.exit_code == 0
        assert [(who.partition(":")[0], what) for who, what in (settled, retried)] == [
            ("cli", "plan"),
            ("cli", "retry_event"),
        ]
