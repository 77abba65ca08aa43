"""`pointsman tail`: events as they come, beside a running gateway."""

import asyncio
import json
import sysconfig
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from gateway import following
from gateway.cli import main
from gateway.following import GAP_SECONDS, MOST_OPEN, PAGE, PATIENCE_SECONDS, Follower, Only, begin
from storage.database import Storage
from storage.values import About, NewEvent
from tests.conftest import prepared_file
from tests.gateway.example_rules import ADA, ECHO, HELLO
from tests.gateway.running import START, running, write_project

POINTSMAN = Path(sysconfig.get_path("scripts")) / "pointsman"


@asynccontextmanager
async def tailing(folder: Path, *options: str) -> AsyncIterator[asyncio.StreamReader]:
    """What `pointsman tail --json` prints, as it prints it."""
    command = (str(POINTSMAN), "tail", "--json", "--every", "0.2", "-C", str(folder), *options)
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout
    try:
        yield process.stdout
    finally:
        process.terminate()
        await process.wait()


async def line(out: asyncio.StreamReader) -> dict[str, Any]:
    async with asyncio.timeout(20):
        found: dict[str, Any] = json.loads(await out.readline())
    return found


async def test_what_people_write_is_followed_live_and_not_quoted(tmp_path: Path) -> None:
    async with running(tmp_path, ECHO) as world:
        await world.start("echo")
        (given,) = await world.give("echo", {"phone": ADA})
        async with tailing(tmp_path, "--kind", "message", "--campaign", "echo") as out:
            await world.texts(ADA, "hello out there")
            told = await line(out)

    assert (told["kind"], told["state"], told["campaigns"]) == ("message", "decided", ["echo"])
    assert told["fired"] == ["echo: talk.wrote"]
    assert told["customer"] == given["customer"]
    assert ADA not in str(told)
    assert "out there" not in str(told)


async def test_what_came_before_is_told_to_people_a_line_each(tmp_path: Path) -> None:
    async with running(tmp_path, HELLO) as world:
        await world.start("hello")
        await world.give("hello", {"phone": ADA, "name": "Ada"})
    result = CliRunner().invoke(
        main, ["tail", "--no-follow", "-n", "100", "--kind", "participant", "-C", str(tmp_path)]
    )

    assert result.exit_code == 0
    (told,) = result.stdout.splitlines()
    assert "2027-03-01 08:00:00 UTC  participant  hello  " in told
    assert told.endswith("decided: hello: greet.joined")


def keep(storage: Storage, *keys: str) -> None:
    events = [NewEvent(key, "message", About("phone", ADA), {"channel": "sms"}, START) for key in keys]
    with storage.transaction() as t:
        t.inbox.keep(events)


def looked(storage: Storage, follower: Follower, now: float) -> list[tuple[int, str]]:
    with storage.reading() as t:
        return [(one.number, one.state) for one in follower.look(t, now)]


def test_an_event_is_told_once_it_is_decided_and_before_only_where_it_waits_for_long(storage: Storage) -> None:
    follower = Follower(0)
    keep(storage, "quick", "slow")
    first = looked(storage, follower, 0.0)
    decide(storage, 1)
    then = [looked(storage, follower, now) for now in (1.0, PATIENCE_SECONDS, PATIENCE_SECONDS + 1)]
    decide(storage, 2)

    assert (first, then) == ([], [[(1, "decided")], [(2, "waiting")], []])
    assert looked(storage, follower, 9.0) == [(2, "decided")]
    assert looked(storage, follower, 10.0) == []


def decide(storage: Storage, number: int) -> None:
    with storage.transaction() as t:
        t.inbox.decided([number], START)


def test_an_event_that_is_committed_after_a_later_one_is_told_nevertheless(storage: Storage) -> None:
    keep(storage, *map(str, range(1, 4)))
    decide(storage, 3)
    follower = Follower(0)
    later = Hiding(storage, hidden={2})
    assert later.look(follower, 0.0) == [(3, "decided")]
    decide(storage, 1)
    decide(storage, 2)

    assert looked(storage, follower, 1.0) == [(1, "decided"), (2, "decided")]


def test_numbers_that_were_skipped_are_not_looked_for_for_ever(storage: Storage) -> None:
    keep(storage, *map(str, range(1, 4)))
    for number in (1, 2, 3):
        decide(storage, number)
    follower = Follower(0)
    Hiding(storage, hidden={2}).look(follower, 0.0)

    assert 2 in follower._open
    Hiding(storage, hidden={2}).look(follower, GAP_SECONDS + 1)
    assert follower._open == {}


def test_what_is_looked_at_again_is_bounded(storage: Storage) -> None:
    follower = Follower(0, _open=dict.fromkeys(range(1, MOST_OPEN + 200), 0.0))
    looked(storage, follower, 1.0)

    assert len(follower._open) == MOST_OPEN


def test_what_waits_when_one_begins_to_look_is_told_again_once_it_is_decided(storage: Storage) -> None:
    keep(storage, "waits")
    with storage.reading() as t:
        before, follower = begin(t, 10, 0.0)
    decide(storage, 1)

    assert [(one.number, one.state) for one in before.found] == [(1, "waiting")]
    assert looked(storage, follower, 1.0) == [(1, "decided")]


@pytest.mark.parametrize(
    ("only", "number"),
    [
        (Only(), 1),
        (Only(kind="message"), 1),
        (Only(kind="timer"), 0),
        (Only(state="waiting"), 1),
        (Only(state="parked"), 0),
        (Only(campaign="spring"), 0),
        (Only(customer="nobody"), 0),
    ],
)
def test_filters_leave_what_is_meant(storage: Storage, only: Only, number: int) -> None:
    keep(storage, "one")
    with storage.reading() as t:
        before, _ = begin(t, 10, 0.0, only)

    assert (len(before.found), before.looked_at) == (number, 1)


def write_events(folder: Path, kinds: Sequence[str]) -> None:
    """A project with events of these kinds, decided in this order."""
    write_project(folder)
    with closing(Storage(prepared_file(folder / "pointsman.db"))) as storage, storage.transaction() as t:
        events = [NewEvent(str(n), kind, About("phone", ADA), {}, START) for n, kind in enumerate(kinds)]
        t.inbox.keep(events)
        t.inbox.decided(range(1, len(kinds) + 1), START)


def tail(folder: Path, *options: str) -> Result:
    return CliRunner().invoke(main, ["tail", "--no-follow", "-C", str(folder), *options])


def test_the_last_of_those_that_are_meant_are_told_however_many_others_came_since(tmp_path: Path) -> None:
    write_events(tmp_path, ["message", "timer", "message", *["participant"] * (2 * PAGE)])
    told = tail(tmp_path, "--kind", "message", "-n", "2")

    assert [line.split()[0] for line in told.stdout.splitlines()] == ["1", "3"]
    assert (told.exit_code, told.stderr) == (0, "")
    assert tail(tmp_path, "--kind", "message", "-n", "1").stdout.startswith("3  ")


def test_an_empty_answer_says_among_how_many_it_was_looked_for(tmp_path: Path) -> None:
    write_events(tmp_path, ["message"] * 3)
    told = tail(tmp_path, "--kind", "timer", "--json")

    assert (told.exit_code, told.stdout, told.stderr) == (0, "", "pointsman: none of the last 3 events fit\n")
    assert tail(tmp_path, "-n", "0").stderr == ""


def test_it_is_said_where_not_all_events_were_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "LOOK_BACK", 4)
    write_events(tmp_path, ["message", "timer", *["message"] * 3])
    told = tail(tmp_path, "--kind", "timer", "-n", "5")

    assert len(told.stdout.splitlines()) == 1
    why = "earlier ones were not looked at: `pointsman list events` does"
    assert told.stderr == f"pointsman: 1 of the last 4 events fit; {why}\n"


class Hiding:
    """Looks as if events of these numbers were not committed yet."""

    def __init__(self, storage: Storage, hidden: set[int]) -> None:
        self._storage, self._hidden = storage, hidden

    def look(self, follower: Follower, now: float) -> list[tuple[int, str]]:
        with self._storage.reading() as t:
            after, those = t.lists.events.after, t.lists.events.those
            t.lists.events.after = lambda *a: self._seen(after(*a))  # type: ignore[method-assign]
            t.lists.events.those = lambda *a: self._seen(those(*a))  # type: ignore[method-assign]
            return [(one.number, one.state) for one in follower.look(t, now)]

    def _seen(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [row for row in rows if row["id"] not in self._hidden]
