"""Retention: what is too old is emptied, what is still needed is not, and the rows stay."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from gateway import retaining
from storage.audit import Entry
from storage.database import Storage
from storage.values import Row
from tests.gateway.example_rules import ADA, ASK, BEN, ECHO
from tests.gateway.people_data import found
from tests.gateway.running import World, project_settings, running, until, write_project

OLD, NEW = "said long ago", "said just now"
ALL = "[retention]\nmessages_days = 30\nevents_days = 30\ndecisions_days = 30\n"


def keep_for(folder: Path, words: str, *rules: str) -> None:
    write_project(folder, *rules)
    settings = folder / "pointsman.toml"
    settings.write_text(settings.read_text() + words)


async def rounds(world: World) -> None:
    """Whatever is too old now is emptied."""
    while await world.gateway.retaining.work_once(world.clock.now()):
        pass
    world.gateway.retaining._after, world.gateway.retaining._open = {}, {}


async def said_then_and_now(world: World) -> None:
    await world.start("echo")
    await world.give("echo", {"phone": ADA})
    await world.texts(ADA, OLD)
    await world.texts(BEN, OLD)
    await world.passes(days=40)
    await world.texts(ADA, NEW)


async def test_what_is_too_old_is_emptied_and_what_is_not_stays(tmp_path: Path, database_url: str) -> None:
    keep_for(tmp_path, ALL, ECHO)
    async with running(tmp_path, database=database_url) as world:
        await said_then_and_now(world)
        before = world.gateway.storage.books()
        await rounds(world)

        storage = world.gateway.storage
        assert found(storage, [OLD]) == []
        assert {line.partition(":")[0] for line in found(storage, [NEW])} == {"message", "inbox", "decision"}
        assert found(storage, [BEN]) == []  # a stranger
        assert storage.books() == before


@pytest.mark.parametrize(
    ("words", "left"),
    [
        ("", {"message", "inbox", "decision"}),
        ("[retention]\nmessages_days = 30\n", {"inbox", "decision"}),
        ("[retention]\nevents_days = 30\n", {"message", "decision"}),
        ("[retention]\ndecisions_days = 30\n", {"message", "inbox"}),
        ("[retention]\nmessages_days = 50\nevents_days = 50\ndecisions_days = 50\n", {"message", "inbox", "decision"}),
    ],
)
async def test_each_setting_empties_its_own_table_and_none_is_on_by_itself(
    tmp_path: Path, words: str, left: set[str]
) -> None:
    keep_for(tmp_path, words, ECHO)
    async with running(tmp_path) as world:
        await said_then_and_now(world)
        await rounds(world)

        assert {line.partition(":")[0] for line in found(world.gateway.storage, [OLD])} == left


async def test_what_is_owed_or_not_decided_keeps_what_it_says_until_it_is(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retaining, "BATCH", 2)
    keep_for(tmp_path, ALL, ECHO)
    async with running(tmp_path, database=database_url) as world:
        await world.start("echo")
        await world.give("echo", {"phone": ADA})
        await world.texts(ADA, OLD)
        storage = world.gateway.storage
        change(storage, "UPDATE inbox SET state = 'parked' WHERE kind = 'message'")
        change(storage, "UPDATE outbox SET state = 'queued', next_at = next_at + 864000000000000")
        await world.passes(days=40)
        await rounds(world)
        kept = {line.partition(":")[0] for line in found(storage, [OLD])}
        change(storage, "UPDATE inbox SET state = 'decided'")
        change(storage, "UPDATE outbox SET state = 'done'")
        await rounds(world)
        await rounds(world)  # the gateway may have been at its own, and have passed by before that

        assert kept == {"inbox", "message", "decision"}
        assert found(storage, [OLD]) == []


def change(storage: Storage, statement: str) -> None:
    with storage._writing.begin() as connection:
        connection.execute(text(statement))


async def test_the_gateway_does_it_by_itself_every_hour(tmp_path: Path) -> None:
    keep_for(tmp_path, ALL, ECHO)
    async with running(tmp_path) as world:
        await said_then_and_now(world)
        world.gateway.retaining.bell.ring()
        await world.passes(hours=2)
        await until(lambda: nothing_of(world, OLD))


async def nothing_of(world: World, words: str) -> bool:
    return not found(world.gateway.storage, [words])


async def test_a_talk_that_is_planned_for_long_after_begins_all_the_same(tmp_path: Path) -> None:
    keep_for(tmp_path, ALL, ASK)
    async with running(tmp_path) as world:
        await world.start("ask")
        begin = world.clock.now() + timedelta(days=60)
        await world.give("ask", {"phone": ADA, "name": "Ada", "begin": begin.isoformat()})
        await world.passes(days=50)
        await rounds(world)
        await world.passes(days=11)

        assert world.heard(ADA) == ["Hello Ada.\nWill you come? YES or NO"]


def test_retention_is_off_unless_it_is_asked_for(tmp_path: Path) -> None:
    write_project(tmp_path, ECHO)
    days = project_settings(tmp_path).retention.model_dump()

    assert (days.pop("deliveries_days"), days.pop("audit_days")) == (30, 730)
    assert set(days.values()) == {None}


async def test_who_changed_what_is_forgotten_after_years_and_then_tokens_that_nothing_can_name(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retaining, "BATCH", 2)
    keep_for(tmp_path, "[retention]\naudit_days = 100\n", ECHO)
    async with running(tmp_path, database=database_url) as world:
        run, now = world.gateway.storage.run, world.clock.now()
        for age in (103, 102, 101, 99):
            ended = (f"ended {age}", now - timedelta(days=age))
            await run(lambda t, ended=ended: t.tokens.add({**token(ended[0]), "revoked_at": ended[1]}))
            await run(lambda t, ended=ended: t.audit.add([Entry(at=ended[1], who="a", what="b", subject=ended[0])]))
        await run(lambda t: t.tokens.add(token("works")))
        await rounds(world)
        tokens, trail = await world.gateway.storage.read(lambda t: (t.tokens.all(), t.audit.page(None, 10)))

        assert [row["name"] for row in tokens] == ["ended 99", "works"]
        assert [row["subject"] for row in trail] == ["ended 99"]


def token(name: str) -> Row:
    return {"id": name, "name": name, "scope": "read", "hash": "", "created_at": datetime(2020, 1, 1, tzinfo=UTC)}


async def test_answers_to_requests_that_may_be_repeated_are_forgotten_after_a_day(
    tmp_path: Path, database_url: str
) -> None:
    async with running(tmp_path, ECHO, database=database_url) as world:
        now = world.clock.now()
        for key, age in (("old", timedelta(hours=25)), ("new", timedelta(hours=23))):
            await world.gateway.storage.run(lambda t, key=key, age=age: t.repeats.begin(key, "p", now - age, now))
        await rounds(world)

        assert len(found(world.gateway.storage, ["repeat: old"])) == 0
        assert len(found(world.gateway.storage, ["repeat: new"])) == 1
