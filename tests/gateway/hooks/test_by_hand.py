"""What operators see of hooks and do about them, over the API and on the command line."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from gateway.cli import main
from tests.gateway.calls_of_the_api import call, trail
from tests.gateway.example_rules import ADA, BEN, HELLO
from tests.gateway.hooks.receiver import Receiver, listening, says, write_hook_project
from tests.gateway.running import World, running

NOWHERE = "0" * 32
Told = tuple[World, Receiver]


@asynccontextmanager
async def told(folder: Path, database: str = "", refused: bool = False) -> AsyncIterator[Told]:
    """Ada and Ben have joined, and the receiver has taken that, or never will."""
    receiver = Receiver(otherwise=says(410 if refused else 200))
    write_hook_project(folder, receiver, HELLO)
    async with listening(receiver), running(folder, database=database) as world:
        await world.give("hello", {"phone": ADA, "name": "Ada"}, {"phone": BEN, "name": "Ben"})
        yield world, receiver


async def pointsman(world: World, *arguments: str) -> Result:
    settings = world.gateway.settings
    words = ["hooks", *arguments, "-C", str(settings.folder)]
    runner = CliRunner(env={"POINTSMAN_DATABASE": settings.database, "COLUMNS": "200"})
    result = await asyncio.to_thread(runner.invoke, main, words)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    world.gateway.wake()
    await world.quiet()
    return result


async def listed(world: World, query: str = "") -> list[dict[str, Any]]:
    status, page = await call(world, "GET", f"hooks/crm/deliveries{query}")
    assert status == 200, page
    found: list[dict[str, Any]] = page["deliveries"]
    return found


async def customer_of(world: World, phone: str) -> str:
    owners = await world.read(lambda t: t.people.by_identifiers([("phone", phone)]))
    return owners["phone", phone]


async def test_the_hooks_are_listed_with_how_they_do(tmp_path: Path, database_url: str) -> None:
    async with told(tmp_path, database_url, refused=True) as (world, receiver):
        _, page = await call(world, "GET", "hooks")
        (hook,) = page["hooks"]
        command = await pointsman(world, "list", "--json")
        table = await pointsman(world, "list")

        assert (hook["hook"], hook["status"], hook["owed"]) == ("crm", "disabled", 2)
        assert (hook["url"], hook["last_error"]) == (f"http://127.0.0.1:{receiver.port}/told", "crm answered 410")
        assert len(hook["events"]) == 11
        assert json.loads(command.stdout)[0]["status"] == "disabled"
        assert "crm answered 410" in " ".join(table.stdout.split())


async def test_deliveries_are_listed_the_latest_first_page_by_page_and_one_in_full(
    tmp_path: Path, database_url: str
) -> None:
    async with told(tmp_path, database_url) as (world, receiver):
        _, first = await call(world, "GET", "hooks/crm/deliveries?limit=1")
        (second,) = await listed(world, f"?limit=1&after={first['next']}")
        _, whole = await call(world, "GET", f"hooks/crm/deliveries/{second['id']}")
        command = json.loads((await pointsman(world, "deliveries", "crm", "--json", "--limit", "1")).stdout)

        assert [first["deliveries"][0]["id"], second["id"]] == receiver.ids[::-1]
        assert (second["type"], second["state"], second["attempts"]) == ("participant.created", "delivered", 1)
        assert whole == {**second, "data": receiver.told[0]["data"]}
        assert [one["id"] for one in command] == [receiver.ids[1]]
        assert command[0]["data"] == receiver.told[1]["data"]


@pytest.mark.parametrize(
    ("query", "number"),
    [("?state=delivered", 2), ("?state=failed", 0), ("?type=participant.created", 2), ("?type=event.parked", 0)],
)
async def test_deliveries_are_listed_by_state_and_type(tmp_path: Path, query: str, number: int) -> None:
    async with told(tmp_path) as (world, _):
        assert len(await listed(world, query)) == number


async def test_a_delivery_is_made_again_over_the_api_under_the_same_id(tmp_path: Path, database_url: str) -> None:
    async with told(tmp_path, database_url) as (world, receiver):
        status, answer = await call(world, "POST", f"hooks/crm/deliveries/{receiver.ids[0]}/redeliver")

        assert (status, answer["state"]) == (200, "owed")
        assert (receiver.ids[2], receiver.told[2]) == (receiver.ids[0], receiver.told[0])
        assert await trail(world, f"delivery/{receiver.ids[0]}") == [("settings", "redeliver_delivery")]


async def test_deliveries_are_made_again_on_the_command_line(tmp_path: Path, database_url: str) -> None:
    async with told(tmp_path, database_url) as (world, receiver):
        result = await pointsman(world, "redeliver", "crm", *receiver.ids[:2], NOWHERE)

        assert (result.exit_code, result.stdout) == (1, "2 deliveries will be sent\n")
        assert f"{NOWHERE} stays as it is: crm has no delivery {NOWHERE}" in result.stderr
        assert sorted(receiver.ids[2:]) == sorted(receiver.ids[:2])


async def test_all_that_failed_are_made_again_at_once(tmp_path: Path, database_url: str) -> None:
    receiver = Receiver(otherwise=says(400))
    write_hook_project(tmp_path, receiver, HELLO)
    async with listening(receiver), running(tmp_path, database=database_url) as world:
        await world.give("hello", {"phone": ADA, "name": "Ada"}, {"phone": BEN, "name": "Ben"})
        await world.passes(days=4)
        receiver.otherwise, tries = says(), len(receiver.ids)
        result = await pointsman(world, "redeliver", "crm", "--failed")

        assert result.stdout == "2 deliveries will be sent\n"
        assert len(receiver.ids) == tries + 2
        assert {one["state"] for one in await listed(world)} == {"delivered"}


async def test_a_disabled_hook_is_enabled_on_the_command_line_and_told_what_it_is_owed(
    tmp_path: Path, database_url: str
) -> None:
    async with told(tmp_path, database_url, refused=True) as (world, receiver):
        receiver.otherwise, tries = says(), len(receiver.ids)
        result = await pointsman(world, "enable", "crm")
        again = await pointsman(world, "enable", "crm")

        assert result.stdout == "crm is enabled; it is owed 2 deliveries\n"
        assert again.stdout == "crm was not disabled; it is owed 0 deliveries\n"
        assert len(receiver.ids) == tries + 2
        assert [what for _, what in await trail(world, "hook/crm")] == ["enable_hook"] * 2


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "hooks/cmr/deliveries", 404),
        ("POST", "hooks/cmr/enable", 404),
        ("GET", f"hooks/crm/deliveries/{NOWHERE}", 404),
        ("GET", "hooks/crm/deliveries/%00", 404),
        ("POST", f"hooks/crm/deliveries/{NOWHERE}/redeliver", 404),
        ("GET", "hooks/crm/deliveries?state=lost", 422),
    ],
)
async def test_what_there_is_not_is_told_so(tmp_path: Path, method: str, path: str, status: int) -> None:
    async with told(tmp_path) as (world, _):
        assert (await call(world, method, path))[0] == status


async def test_the_command_names_what_is_wrong(tmp_path: Path) -> None:
    async with told(tmp_path) as (world, _):
        unknown = await pointsman(world, "enable", "cmr")
        neither = await pointsman(world, "redeliver", "crm")

    assert 'there is no hook "cmr" in pointsman.toml' in unknown.stderr
    assert '"crm"' in unknown.stderr
    assert "or take all that have failed with --failed" in neither.stderr
    assert unknown.exit_code == neither.exit_code != 0


async def test_of_who_was_erased_nothing_is_told_any_more_and_nothing_is_kept(
    tmp_path: Path, database_url: str
) -> None:
    async with told(tmp_path, database_url, refused=True) as (world, receiver):
        customer = await customer_of(world, ADA)
        status, _ = await call(world, "DELETE", f"customers/{customer}")
        receiver.otherwise, tries = says(), len(receiver.ids)
        await call(world, "POST", "hooks/crm/enable")
        hers = [one for one in await listed(world) if one["customer"] == customer]
        _, whole = await call(world, "GET", f"hooks/crm/deliveries/{hers[0]['id']}")
        again, problem = await call(world, "POST", f"hooks/crm/deliveries/{hers[0]['id']}/redeliver")

        assert status < 300
        assert [(one["state"], one["error"]) for one in hers] == [("failed", "erased")]
        assert (whole["data"], again) == ({}, 409)
        assert "its customer was erased" in problem["detail"]
        assert ADA not in json.dumps([one["data"] for one in receiver.told[tries:]])
        assert len(receiver.told) == tries + 1


async def test_an_opt_out_of_a_stranger_goes_with_whoever_has_the_address(tmp_path: Path, database_url: str) -> None:
    async with told(tmp_path, database_url, refused=True) as (world, _):
        stranger = "+4915112345699"
        await call(world, "PUT", f"opt-outs/sms/{stranger}")
        await world.give("hello", {"phone": stranger, "name": "Sue"})
        await call(world, "DELETE", f"customers/{await customer_of(world, stranger)}")
        bodies = await world.read(lambda t: t.lists.deliveries.page("crm", None, 100))

        assert not [row for row in bodies.rows if stranger in json.dumps(row["payload"])]


async def test_what_hooks_were_told_is_forgotten_after_a_month(tmp_path: Path, database_url: str) -> None:
    async with told(tmp_path, database_url) as (world, _):
        await world.passes(days=29)
        kept = len(await listed(world))
        await world.passes(days=2)
        await world.gateway.retaining.work_once(world.clock.now())

        assert (kept, await listed(world)) == (2, [])
