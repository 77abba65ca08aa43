"""Files that are made while they are sent: nobody takes a part for the whole, and no database waits for a reader."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import BaseTestServer, TestServer

from gateway.api import streams
from gateway.api.desk import DESK, EXPORTS_AT_ONCE
from gateway.api.streams import LEAST_BYTES
from storage.errors import StorageUnavailable
from storage.listing.messages import MessageList
from storage.values import Row
from tests.gateway.books import BOOK
from tests.gateway.desk import AUTHORIZED, CAMPAIGN, NOW, Client, Desk
from tests.gateway.raw_http import Wire, send
from tests.gateway.running import until
from tests.storage.rows import message

MESSAGES = f"{CAMPAIGN}/exports/messages"
HOST = "Host: localhost"
CUT_OFF = (aiohttp.ClientPayloadError, aiohttp.ClientConnectionError)
TOKEN = f"Authorization: {AUTHORIZED['Authorization']}"


def keep_messages(desk: Desk, number: int, text: str = "Hello") -> None:
    """So many messages of the campaign."""
    rows: list[Row] = [
        message(f"{n:032x}", campaign=BOOK.campaign, text=text, created_at=NOW, updated_at=NOW) for n in range(number)
    ]
    with desk.storage.transaction() as t:
        t.messages.add(rows)


@asynccontextmanager
async def serving(pieces: AsyncGenerator[bytes, None]) -> AsyncIterator[BaseTestServer]:
    """A server whose every answer are these pieces."""

    async def handle(_: web.Request) -> web.StreamResponse:
        return await streams.begun(pieces, "text/csv", "a file.csv")

    app = web.Application()
    app.router.add_get("/", handle)
    async with TestServer(app) as server:
        yield server


async def some(*pieces: bytes, then: Exception | None = None) -> AsyncGenerator[bytes, None]:
    for piece in pieces:
        yield piece
    if then is not None:
        raise then


async def rest(wire: Wire) -> int:
    """Read to the end; how many bytes there were."""
    size = 0
    async with asyncio.timeout(10):
        while piece := await wire.reader.read(1_000_000):
            size += len(piece)
    return size


@asynccontextmanager
async def fetching(pieces: AsyncGenerator[bytes, None], **headers: str) -> AsyncIterator[aiohttp.ClientResponse]:
    """The answer of such a server, whose body is still to be read."""
    async with (
        serving(pieces) as server,
        aiohttp.ClientSession(headers=headers) as http,
        http.get(server.make_url("/")) as response,
    ):
        yield response


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
async def test_a_file_that_can_not_be_finished_is_no_whole_answer(encoding: str) -> None:
    pieces = some(b"a" * 100_000, then=StorageUnavailable("it is away"))
    async with fetching(pieces, **{"Accept-Encoding": encoding}) as response:
        assert response.status == 200
        with pytest.raises(CUT_OFF):
            await response.read()


async def test_nor_is_it_for_a_proxy_that_knows_no_chunks() -> None:
    async with serving(some(b"a,b\r\n", b"1,2\r\n", then=StorageUnavailable("it is away"))) as server:
        wire = await send(str(server.make_url("/")), "GET / HTTP/1.0", HOST, "")
        with pytest.raises(ConnectionResetError):
            await rest(wire)


async def test_what_fails_before_the_first_piece_is_told() -> None:
    async with fetching(some(then=StorageUnavailable("it is away"))) as response:
        assert response.status == 500


async def test_a_file_without_anything_in_it_is_whole() -> None:
    async with fetching(some()) as response:
        assert (response.status, await response.read()) == (200, b"")
        assert response.headers["Content-Disposition"] == 'attachment; filename="a_file.csv"'


async def test_nothing_more_is_made_for_whoever_has_gone() -> None:
    ended = asyncio.Event()

    async def endless() -> AsyncGenerator[bytes, None]:
        try:
            while True:
                yield b"x" * 100_000
        finally:
            ended.set()

    async with serving(endless()) as server:
        wire = await send(str(server.make_url("/")), "GET / HTTP/1.1", HOST, "")
        assert await wire.status() == 200
        await wire.reset()
        await asyncio.wait_for(ended.wait(), 10)


async def test_whoever_reads_nothing_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "IDLE_SECONDS", 0.05)
    ended = asyncio.Event()

    async def endless() -> AsyncGenerator[bytes, None]:
        try:
            while True:
                yield b"x" * 1_000_000
        finally:
            ended.set()

    async with serving(endless()) as server:
        wire = await send(str(server.make_url("/")), "GET / HTTP/1.1", HOST, "")
        transport: Any = wire.writer.transport
        transport.pause_reading()
        await asyncio.wait_for(ended.wait(), 10)
        transport.resume_reading()
        with pytest.raises(ConnectionResetError):
            await rest(wire)


@pytest.mark.parametrize(("size", "is_whole"), [(100, False), (LEAST_BYTES * 10, True)])
async def test_whoever_reads_less_than_so_much_a_second_is_cut_off(
    monkeypatch: pytest.MonkeyPatch, size: int, is_whole: bool
) -> None:
    clock = count(0, 5)  # each piece takes its reader five seconds
    monkeypatch.setattr(streams, "monotonic", lambda: float(next(clock)))
    async with fetching(some(*[b"x" * size] * 10)) as response:
        if is_whole:
            assert len(await response.read()) == size * 10
        else:
            with pytest.raises(CUT_OFF):
                await response.read()


async def test_who_wants_everything_about_a_person_does_not_wait_for_who_wants_it_too(api: Client) -> None:
    put = await api.put(f"{CAMPAIGN}/participants", json={"external_id": "1", "fields": {"amount_due": 1}})
    path = f"/customers/{(await put.json())['results'][0]['customer']}/export"
    assert api.app is not None
    async with api.app[DESK].erasing, api.get(path) as refused:
        assert (refused.status, (await refused.json())["type"]) == (503, "urn:pointsman:problem:busy")
        assert refused.headers["Retry-After"]
    async with api.get(path) as response:
        assert response.status == 200


async def test_an_export_of_many_pages_is_whole(api: Client, desk: Desk) -> None:
    keep_messages(desk, 1_203)
    async with api.get(f"{MESSAGES}?format=jsonl") as response:
        lines = (await response.read()).splitlines()

    assert len(set(lines)) == 1_203


async def test_whoever_reads_slowly_holds_no_transaction(api: Client, desk: Desk) -> None:
    keep_messages(desk, 20_000, "x" * 1_000)
    wire = await send(str(api.make_url("/")), f"GET {MESSAGES} HTTP/1.1", HOST, TOKEN, "")
    assert await wire.status() == 200

    async def is_free() -> bool:
        return bool(desk.storage._reading.pool.checkedout() == 0)  # type: ignore[attr-defined]

    await until(is_free)
    await wire.reset()


async def test_so_many_exports_are_made_at_once_and_no_more(api: Client, desk: Desk) -> None:
    keep_messages(desk, 20_000, "x" * 1_000)
    wires = [
        await send(str(api.make_url("/")), f"GET {MESSAGES} HTTP/1.1", HOST, TOKEN, "") for _ in range(EXPORTS_AT_ONCE)
    ]
    for wire in wires:
        assert await wire.status() == 200
    async with api.get(MESSAGES) as refused:
        assert (refused.status, (await refused.json())["type"]) == (503, "urn:pointsman:problem:busy")
        assert refused.headers["Retry-After"]

    for wire in wires:
        await wire.reset()

    async def is_answered() -> bool:
        async with api.get(MESSAGES) as response:
            return response.status == 200

    await until(is_answered)


async def test_an_export_that_the_database_leaves_is_cut_off(
    api: Client, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_messages(desk, 1_203)
    real, pages = MessageList.page, count(1)

    def page(*asked: Any) -> Any:
        if next(pages) == 3:
            raise StorageUnavailable("it is away")
        return real(*asked)

    monkeypatch.setattr(MessageList, "page", page)
    async with api.get(MESSAGES) as response:
        assert response.status == 200
        with pytest.raises(CUT_OFF):
            await response.read()
