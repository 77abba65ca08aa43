"""What the database refuses for good is set aside in the spool, where operators deal with it as with parked events."""

import asyncio
import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from structlog.testing import capture_logs

from gateway.cli import main
from storage.inbox import Inbox
from storage.values import NewEvent
from tests.gateway.example_rules import ADA, BEN, ECHO
from tests.gateway.poison import SECRET, balanced, parked, pointsman, state
from tests.gateway.running import World, running, until
from tests.gateway.test_parked_events import talkative
from tests.gateway.test_worker import keep, said


class Picky:
    """A database that refuses events with these keys, in words that quote them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *keys: str) -> None:
        self.keys = set(keys)
        kept = Inbox.keep

        def picky(inbox: Inbox, events: Sequence[NewEvent]) -> tuple[int | None, ...]:
            for event in events:
                if event.key in self.keys:
                    raise ValueError(SECRET)
            return kept(inbox, events)

        monkeypatch.setattr(Inbox, "keep", picky)


@pytest.fixture
def picky(monkeypatch: pytest.MonkeyPatch) -> Picky:
    return Picky(monkeypatch, "sms:bad", "sms:worse")


async def spooled(world: World, *events: NewEvent) -> None:
    """They came during an outage that is over."""
    await world.gateway.spool.keep(events)
    world.gateway.drainer.bell.ring()
    await world.quiet()


async def aside(world: World) -> int:
    return await world.gateway.spool.set_aside()


async def test_what_the_database_refuses_is_told_with_the_reason_and_nothing_personal(
    tmp_path: Path, database_url: str, picky: Picky
) -> None:
    async with running(tmp_path, ECHO, database=database_url) as world:
        await talkative(world)
        with capture_logs() as logs:
            await spooled(world, said("1", ADA, "one"), said("bad", ADA, SECRET), said("2", ADA, "two"))
        (event,) = await parked(world)
        shown = [await pointsman(world, "parked"), await pointsman(world, "show", "s2")]
        full = json.loads((await pointsman(world, "show", "s2", "--full")).stdout)

        assert world.heard(ADA) == ["You wrote one", "You wrote two"]
        assert (event["number"], event["kind"], event["reason"]) == (
            "s2", "message", "set aside in the spool: ValueError",
        )  # fmt: skip
        assert event["customer"] in {person["customer"] for person in await world.people("echo")}
        assert [ADA[1:] in one.stdout or SECRET in one.stdout for one in shown] == [False, False]
        assert (full["state"], full["payload"]["text"]) == ("set aside in the spool", SECRET)
        told = [line for line in logs if line["event"] in ("event_set_aside", "spool_drained")]
        assert [{name: line[name] for name in line if name not in ("event", "log_level")} for line in told] == [
            {"number": "s2", "kind": "message", "reason": "ValueError"},
            {"events": 3},
        ]


async def test_what_was_set_aside_is_retried_once_the_database_takes_it(
    tmp_path: Path, database_url: str, picky: Picky
) -> None:
    async with running(tmp_path, ECHO, database=database_url) as world:
        await talkative(world)
        await spooled(world, said("bad", ADA, "one"), said("between", ADA, "two"), said("worse", BEN, "three"))
        refused = await pointsman(world, "retry", "s1")
        assert (refused.exit_code, await aside(world)) == (1, 2)
        assert "event s1: the database refuses it (ValueError)" in refused.stderr
        assert SECRET not in refused.output
        picky.keys.clear()
        retried = await pointsman(world, "retry", "--all", "--reason", "set aside")

        assert (retried.exit_code, retried.stdout.splitlines()[0]) == (0, "2 events are to be tried once more")
        assert (world.heard(ADA), world.heard(BEN)) == (["You wrote two", "You wrote one"], ["You wrote three"])
        assert (await aside(world), await parked(world)) == (0, [])
        assert await balanced(world)


async def test_what_is_dropped_is_nowhere_any_more(tmp_path: Path, picky: Picky) -> None:
    async with running(tmp_path, ECHO) as world:
        await talkative(world)
        await spooled(world, said("1", BEN, "one"), said("bad", ADA, SECRET), said("worse", BEN, "three"))
        dropped = await pointsman(world, "drop", "s2", "s99", "--yes")

        assert dropped.exit_code == 1
        assert "event s2 is dropped" in dropped.stdout
        assert "no event s99 is set aside in the spool" in dropped.stderr
        assert [event["number"] for event in await parked(world)] == ["s3"]
        with closing(sqlite3.connect(world.gateway.settings.spool)) as file:
            assert file.execute("SELECT key FROM spooled").fetchall() == [("sms:worse",)]


async def test_parked_and_set_aside_events_are_dealt_with_together(tmp_path: Path, picky: Picky) -> None:
    async with running(tmp_path, ECHO) as world:
        await talkative(world)
        bad = said("0", ADA, "none")
        number = (await keep(world, type(bad)("a", "timer", bad.about, {}, bad.received_at)))[0]
        await spooled(world, said("1", BEN, "one"), said("bad", ADA, "two"))

        assert [event["number"] for event in await parked(world)] == [number, "s2"]
        assert [event["number"] for event in await parked(world, "--kind", "timer")] == [number]
        assert [event["number"] for event in await parked(world, "--since", "2030-01-01")] == []
        assert (await pointsman(world, "drop", number, "s2", "--yes")).exit_code == 0
        assert (await state(world, number))["state"] == "dropped"
        assert await parked(world) == []


async def test_without_a_gateway_it_is_done_as_well(tmp_path: Path, picky: Picky) -> None:
    async with running(tmp_path, ECHO) as world:
        await talkative(world)
        await spooled(world, said("1", BEN, "one"), said("bad", ADA, "two"), said("worse", ADA, "three"))
    picky.keys.clear()
    commands = [await command(tmp_path, *words) for words in (["parked"], ["retry", "s2"], ["drop", "s3", "--yes"])]

    assert [line.partition(" ")[0] for line in commands[0].stdout.splitlines()] == ["s2", "s3"]
    assert [one.exit_code for one in commands] == [0, 0, 0]
    assert all("no gateway is running" in one.stdout for one in commands[1:])
    async with running(tmp_path) as world:
        await world.quiet()
        assert world.heard(ADA) == ["You wrote two"]
        assert await parked(world) == []


async def command(folder: Path, *words: str) -> Result:
    result = await asyncio.to_thread(CliRunner().invoke, main, ["events", *words, "-C", str(folder)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result


@pytest.mark.parametrize(("word", "code"), [("START", 1), ("STOP", 0)])
async def test_a_start_that_was_set_aside_is_not_retried_where_a_stop_holds(
    tmp_path: Path, database_url: str, picky: Picky, word: str, code: int
) -> None:
    async with running(tmp_path, ECHO, database=database_url) as world:
        await talkative(world)
        event = said("bad", ADA, word)
        await spooled(world, event._replace(payload={**event.payload, "consent": word.lower()}))
        await world.texts(ADA, "STOP")
        picky.keys.clear()
        retried = await pointsman(world, "retry", "s1")

        assert (retried.exit_code, "the person has said STOP" in retried.stderr) == (code, code == 1)
        assert await world.read(lambda t: t.opt_outs.among([("sms", ADA)])) == {("sms", ADA)}


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["show", "s7"], "there is no event s7"),
        (["show", "x7"], "'x7' is no number of an event, such as 17 or s5"),
        (["show", "0"], "'0' is no number"),
        (["drop", "s", "--yes"], "'s' is no number"),
    ],
)
async def test_wrong_numbers_are_told(tmp_path: Path, words: list[str], complaint: str) -> None:
    async with running(tmp_path, ECHO) as world:
        result = await pointsman(world, *words)

        assert (result.exit_code, complaint in result.stderr) == (2, True)


async def test_the_metric_knows_of_what_commands_did(tmp_path: Path, picky: Picky) -> None:
    async with running(tmp_path, ECHO) as world:
        await spooled(world, said("1", ADA, "one"), said("bad", ADA, "two"))
        await until(lambda: counts(world, 1))
        await pointsman(world, "drop", "s2", "--yes")
        assert await counts(world, 0)


async def counts(world: World, number: int) -> bool:
    async with world.http.get(f"{world.url}/metrics") as answer:
        return f"pointsman_set_aside_events {number}.0\n" in await answer.text()


async def test_what_the_database_refuses_without_an_outage_is_set_aside_too_and_those_with_it_are_kept(
    tmp_path: Path, database_url: str, picky: Picky
) -> None:
    async with running(tmp_path, ECHO, database=database_url) as world:
        await talkative(world)
        together = (said("1", ADA, "one"), said("bad", ADA, SECRET), said("2", ADA, "two"), said("3", BEN, "three"))
        kept = await asyncio.gather(*map(world.gateway.inbox.keep, together))
        await world.quiet()
        later = await world.gateway.inbox.keep(said("4", ADA, "four"))
        await world.quiet()

        assert kept == [True] * len(together)
        assert later
        assert await aside(world) == 1
        assert world.heard(ADA) == ["You wrote one", "You wrote two", "You wrote four"]
        assert world.heard(BEN) == ["You wrote three"]
