"""What happens in a campaign without a usable rule file waits for one, and stands in nobody else's way."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gateway import watching, worker
from gateway.rulebooks import Rulebooks
from storage.errors import StorageUnavailable
from storage.transaction import Transaction
from tests.gateway.example_rules import ADA, BEN, ECHO, HELLO
from tests.gateway.running import World, running, until
from tests.gateway.test_rule_files_in_force import spoil

PEOPLE = [ADA, *(f"+49151{number:08d}" for number in range(10_000_000, 10_000_006))]
LIST = "phone,name\n" + "".join(f"{phone},Somebody\n" for phone in PEOPLE)
GREETED = ["Hello Somebody"]
UPLOAD = "campaigns/hello/uploads?file=list.csv"


@asynccontextmanager
async def without_a_book(folder: Path, database: str = "") -> AsyncIterator[World]:
    """People were imported into the campaign hello, nothing of it is decided, and its rule file can't be read now.

    Ada is also in the campaign echo, and so is Ben, which runs well.
    """
    async with running(folder, HELLO, ECHO, database=database) as world:
        for campaign in ("hello", "echo"):
            await world.start(campaign)
        await world.give("echo", {"phone": ADA}, {"phone": BEN})
        world.gateway.worker_bell.close()
        await until(lambda: worker_ended(world))
        async with world.api("POST", UPLOAD, LIST.encode(), "text/csv") as answer:
            assert answer.status < 300
        await world.gateway.uploads.idle()
        await world.gateway.storage.run(lambda t: spoil(t, world.gateway.rulebooks.of("hello").hash))
    (folder / "rules" / "1.yaml").write_text("{")
    async with running(folder, database=database) as world:
        await world.quiet()
        yield world


async def worker_ended(world: World) -> bool:
    return any(task.done() for task in world.gateway.tasks)


async def states(world: World) -> dict[str, int]:
    return await world.read(events_by_state)


def events_by_state(t: Transaction) -> dict[str, int]:
    query = "SELECT state, count(*) FROM inbox WHERE state <> 'decided' OR attempts > 0 GROUP BY state"
    return {str(state): int(number) for state, number in t.inbox._connection.exec_driver_sql(query)}


async def mend(world: World) -> None:
    await world.edit(1, HELLO)
    await world.quiet()


async def test_people_imported_while_a_rule_file_is_broken_are_greeted_once_it_is_mended(
    tmp_path: Path, database_url: str
) -> None:
    async with without_a_book(tmp_path, database_url) as world:
        assert await states(world) == {"held": len(PEOPLE)}
        await mend(world)
        assert await states(world) == {}
        assert [world.heard(phone) for phone in PEOPLE] == [GREETED] * len(PEOPLE)


async def test_what_is_held_is_taken_up_after_a_restart_with_a_mended_file(tmp_path: Path, database_url: str) -> None:
    async with without_a_book(tmp_path, database_url):
        pass
    (tmp_path / "rules" / "1.yaml").write_text(HELLO)
    async with running(tmp_path, database=database_url) as world:
        await world.quiet()
        assert await states(world) == {}
        assert [world.heard(phone) for phone in PEOPLE] == [GREETED] * len(PEOPLE)


async def test_held_events_keep_nobody_else_waiting_however_many_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "BATCH", len(PEOPLE) - 1)
    async with without_a_book(tmp_path) as world:
        await world.texts(BEN, "one")
        assert (world.heard(BEN), await states(world)) == (["You wrote one"], {"held": len(PEOPLE)})


async def test_what_a_person_does_after_a_held_event_is_decided_after_it(tmp_path: Path, database_url: str) -> None:
    async with without_a_book(tmp_path, database_url) as world:
        await world.texts(ADA, "one")
        await world.texts(ADA, "two")
        assert (world.heard(ADA), await states(world)) == ([], {"held": len(PEOPLE) + 2})
        await mend(world)
        assert world.heard(ADA) == [*GREETED, "You wrote two"]  # the first is an answer to the greeting before it


async def test_a_stop_holds_at_once_though_it_waits_behind_a_held_event(tmp_path: Path) -> None:
    async with without_a_book(tmp_path) as world:
        await world.texts(ADA, "STOP")
        assert await world.read(lambda t: t.opt_outs.among([("sms", ADA)])) == {("sms", ADA)}
        await mend(world)
        await world.passes(seconds=10)
        assert "Hello Somebody" not in world.heard(ADA)
        assert sorted(await world.statuses("hello")) == ["completed"] * (len(PEOPLE) - 1) + ["skipped"]


@pytest.mark.parametrize("fails", ["agree", "let_go"])
async def test_what_is_held_is_released_though_the_database_failed_as_the_mended_file_came_into_force(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    async with without_a_book(tmp_path) as world:
        troubles = iter([StorageUnavailable("gone for a moment")])

        def after_trouble(work: Callable[..., bool]) -> Callable[..., bool]:
            def once(*given: object) -> bool:
                for trouble in troubles:
                    raise trouble
                return work(*given)

            return once

        if fails == "agree":
            monkeypatch.setattr(watching, "agree", after_trouble(watching.agree))
        else:
            monkeypatch.setattr(Rulebooks, "let_go", after_trouble(Rulebooks.let_go))
        with capture_logs() as logs:
            await world.edit(1, HELLO)
            await until(lambda: in_force_told(logs))
            await world.quiet()

        assert await states(world) == {}
        assert [world.heard(phone) for phone in PEOPLE] == [GREETED] * len(PEOPLE)


async def in_force_told(logs: Sequence[Mapping[str, object]]) -> bool:
    return any(line["event"] == "rules_in_force" and line["campaign"] == "hello" for line in logs)
