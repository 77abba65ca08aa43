"""Several workers on one database, and a rule file that changes meanwhile: each lane's versions only move forward."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from gateway import shared_rulebooks
from gateway.clock import Bell
from gateway.rulebooks import Rulebooks, store
from gateway.shared_rulebooks import SharedRulebooks
from gateway.timers import Timers
from storage.transaction import Transaction
from tests.databases import PostgresServer
from tests.gateway.example_rules import ADA, ASK_NOW, BEN, ECHO, HELLO
from tests.gateway.hosts import PROJECT, START, Host, at_once, hash_of, hosts
from tests.gateway.machine import book_of

VERSIONS = [f"{ECHO}# version {number}\n" for number in range(12)]
ORDER = {hash_of(text): number for number, text in enumerate(VERSIONS)}
PHONES = [f"+49151123457{number:02}" for number in range(8)]

NAMING = """
campaign: naming
agents:
  host: {kind: notice, text: "Hello"}
  last: {kind: notice, text: "The first was {{ communication.first.status }}"}
flows:
  go:
    joined: {when: participant_created, next: first}
    first: {do: communicate, channel: sms, agent: host, next: cancel}
    cancel: {do: cancel_communications, next: second}
    second: {do: communicate, channel: sms, agent: host, next: pause}
    pause: {do: wait, for: 1h, next: third}
    third: {do: communicate, channel: sms, agent: last}
"""


@pytest.fixture
def url(postgres: PostgresServer, prepared: str) -> Iterator[str]:
    with postgres.database(prepared) as url:
        yield url


@pytest.fixture
async def trio(url: str, tmp_path: Path) -> Any:
    """Two that decide, and one on which files change; a campaign runs."""
    with hosts(url, tmp_path, PROJECT, PROJECT, PROJECT) as found:
        found[0].write(VERSIONS[0])
        for host in found:
            await host.starts()
        await found[0].begin("echo")
        for phone in PHONES:
            await found[0].give("echo", phone)
        await found[0].works()
        yield found


def activate(t: Transaction, text: str) -> None:
    book = book_of(text)
    store(t, [book], {book.file: text.encode()}, START)


async def test_a_worker_decides_by_the_version_in_force_though_nobody_has_told_it(trio: Sequence[Host]) -> None:
    one, other, _ = trio
    await one.hear(PHONES[0])
    await one.works()
    await one.storage.run(lambda t: activate(t, VERSIONS[1]))
    await one.hear(PHONES[0])
    await other.works()
    await one.hear(PHONES[0])
    await one.works()
    decided = max((await one.versions()).values(), key=len)
    assert [ORDER[hash] for hash in decided] == [0, 0, 1, 1]


async def test_what_comes_into_force_in_the_middle_of_a_batch_is_for_the_next_one(
    trio: Sequence[Host], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The watch of the same process puts it in force at this very moment, and a moment later what was before."""
    one, other, _ = trio
    require = SharedRulebooks.require

    def meanwhile(self: SharedRulebooks, t: Transaction, hashes: Any) -> bool:
        monkeypatch.setattr(SharedRulebooks, "require", require)
        with other.storage.transaction() as theirs:
            activate(theirs, VERSIONS[1])
        with one.storage.reading() as seen:
            one.rulebooks.look(seen)
        assert one.runs_on() == hash_of(VERSIONS[1])
        return require(self, t, hashes)

    for phone in PHONES:
        await one.hear(phone)
    shard, *rest = await one.waiting()
    worker = await one.take(shard)
    assert worker is not None
    monkeypatch.setattr(SharedRulebooks, "require", meanwhile)
    await worker.work_once()
    middle = [hash for hashes in (await one.versions()).values() for hash in hashes[1:]]
    await one.works()

    assert set(middle) == {hash_of(VERSIONS[0])}
    later = [hashes[-1] for hashes in (await one.versions()).values()]
    assert later.count(hash_of(VERSIONS[1])) == len(PHONES) - len(middle)
    assert rest


async def test_a_look_that_began_before_a_switch_and_ends_after_it_leads_no_batch_back(trio: Sequence[Host]) -> None:
    one, _, _ = trio
    with one.storage.reading() as early:
        before = early.campaigns.all()
        await one.storage.run(lambda t: activate(t, VERSIONS[1]))
        await one.hear(PHONES[0])
        await one.works()
        one.rulebooks.follow(early, before)
    assert one.runs_on() == hash_of(VERSIONS[0])
    await one.hear(PHONES[0])
    await one.works()
    decided = max((await one.versions()).values(), key=len)
    assert [ORDER[hash] for hash in decided] == [0, 1, 1]


async def test_a_batch_has_what_its_rows_say_though_the_watch_exchanges_everything_at_that_moment(
    trio: Sequence[Host], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, hash = trio[0], hash_of(VERSIONS[0])

    def meanwhile(books: SharedRulebooks, **changes: Any) -> SharedRulebooks:
        books.active, books.versions = {}, {}
        return replace(books, **changes)

    monkeypatch.setattr(shared_rulebooks, "replace", meanwhile)
    with one.storage.reading() as t:
        books = one.rulebooks.as_of(t, t.campaigns.all())
    assert books.of("echo") is books.version(hash)
    assert books.of("echo").hash == hash


async def test_however_workers_and_switches_meet_no_lane_goes_back_to_an_earlier_version(trio: Sequence[Host]) -> None:
    one, other, editor = trio
    ended = asyncio.Event()

    async def works(host: Host) -> None:
        while not ended.is_set():
            await host.works()
            await host.watch.look()
            await asyncio.sleep(0)

    async def happens() -> None:
        for text in VERSIONS[1:]:
            for phone in PHONES:
                await editor.hear(phone)
            await editor.saves(text)
            for phone in PHONES:
                await editor.hear(phone)
        ended.set()

    async with asyncio.timeout(60):
        await at_once(works(one), works(other), happens())
    await one.works()

    lanes = [[ORDER[hash] for hash in hashes] for hashes in (await one.versions()).values()]
    assert [len(lane) for lane in lanes] == [1 + 2 * (len(VERSIONS) - 1)] * len(PHONES)
    assert all(before <= after for lane in lanes for before, after in pairwise(lane))
    assert {number for lane in lanes for number in lane} > {0, len(VERSIONS) - 1}


async def test_a_talk_that_another_process_began_with_a_version_never_seen_here_goes_on_with_it(
    trio: Sequence[Host],
) -> None:
    """It came and went between two looks; what its nodes name is read with it."""
    one, other, _ = trio
    asked, again = ASK_NOW.replace("Noted.", "Gone again."), ASK_NOW.replace("Noted.", "Later.")
    await other.storage.run(lambda t: activate(t, ASK_NOW))
    await other.begin("ask")
    for host in (one, other):
        await host.watch.look()
    await other.storage.run(lambda t: activate(t, asked))
    await other.give("ask", ADA, name="Ada")
    await other.works()
    await other.storage.run(lambda t: activate(t, again))
    await one.hear(ADA, "yes")
    await one.give("ask", BEN, name="Ben")
    await one.works()
    await one.hear(BEN, "yes")
    await one.works()

    with one.storage.reading() as t:
        said = set(t.inbox._connection.exec_driver_sql("SELECT text FROM message WHERE direction = 'out'").scalars())
    assert {text for text in said if not text.startswith("Hello")} == {"Gone again.", "Later."}
    assert hash_of(asked) in one.rulebooks.versions
    await one.storage.run(one.rulebooks.let_go)
    assert hash_of(asked) not in one.rulebooks.versions


async def test_talks_that_only_such_a_version_names_are_known_when_it_goes_on(trio: Sequence[Host]) -> None:
    one, other, _ = trio
    await other.storage.run(lambda t: activate(t, NAMING))
    await other.begin("naming")
    await other.give("naming", ADA)
    await other.works()
    plain = NAMING.replace("{{ communication.first.status }}", "nothing")
    await other.storage.run(lambda t: activate(t, plain))
    one.clock.advance_to(one.clock.now() + timedelta(hours=2))
    await one.storage.run(Timers(one.storage, one.clock, Bell(one.clock), lambda: None).fire)
    await one.works()

    with one.storage.reading() as t:
        said = t.inbox._connection.exec_driver_sql("SELECT text FROM message WHERE direction = 'out'").scalars().all()
    assert "The first was canceled" in said


async def test_an_event_held_for_a_rulebook_that_comes_at_this_moment_is_released(
    trio: Sequence[Host], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _, editor = trio
    loop, require = asyncio.get_running_loop(), SharedRulebooks.require
    await one.storage.run(lambda t: t.campaigns.ensure("hello"))
    await one.begin("hello")
    await one.give("hello", ADA)
    (shard,) = await one.waiting()
    saved: list[Any] = []

    def meanwhile(self: SharedRulebooks, t: Transaction, hashes: Any) -> bool:
        monkeypatch.setattr(SharedRulebooks, "require", require)
        saved.append(asyncio.run_coroutine_threadsafe(editor.saves(HELLO, "2.yaml"), loop))
        while not asyncio.run_coroutine_threadsafe(editor.active("hello"), loop).result():
            pass
        with suppress(TimeoutError):  # it waits for us
            saved[0].result(0.3)
        return require(self, t, hashes)

    worker = await one.take(shard)
    assert worker is not None
    monkeypatch.setattr(SharedRulebooks, "require", meanwhile)
    await worker.work_once()
    await asyncio.wrap_future(saved[0])

    assert await one.waiting() == [shard]
    await one.works()
    assert await one.waiting() == []


async def test_what_was_held_for_a_rulebook_is_released_by_whoever_follows_where_its_bringer_has_ended(
    trio: Sequence[Host],
) -> None:
    one, other, _ = trio
    await one.storage.run(lambda t: t.campaigns.ensure("a_play"))
    await one.begin("a_play")
    await one.give("a_play", ADA)
    await one.works()
    await other.watch.look()
    assert await one.waiting() == []
    await one.storage.run(lambda t: activate(t, HELLO.replace("campaign: hello", "campaign: a_play")))
    await other.watch.look()
    assert len(await one.waiting()) == 1


def test_one_process_alone_asks_nobody() -> None:
    books = Rulebooks(PROJECT, {})
    assert books.as_of(None, []) is books  # type: ignore[arg-type]
    assert books.hindrance() == ""
