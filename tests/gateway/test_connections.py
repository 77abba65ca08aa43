"""Whoever holds connections open, sends slowly or sends too much does not keep out those who ask something."""

import asyncio
import os
import resource
import socket
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway import bodies, connections, http_edge, ingress, open_files
from gateway.connections import Connections
from gateway.open_files import open_files as files_allowed
from gateway.open_files import raise_open_files, trouble_teller
from tests.gateway.edge import Edge, answer_on, edge
from tests.gateway.raw_http import Wire, post, send
from tests.gateway.running import until

HEALTH = ("GET /healthz HTTP/1.1", "Host: localhost")
INBOUND = "/webhooks/sms/inbound"


async def idle(at: Edge) -> Wire:
    """A connection that says nothing."""
    return await send(at.url)


async def is_closed(wire: Wire) -> bool:
    async with asyncio.timeout(10):
        return await wire.reader.read() == b""


async def healthy(at: Edge) -> bool:
    return (await at.exchange(*HEALTH)).status == 200


def at_most(patch: pytest.MonkeyPatch, number: int) -> None:
    patch.setattr(connections, "MAX_CONNECTIONS", number)


async def test_past_the_limit_the_oldest_connection_that_asked_nothing_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_most(monkeypatch, 5)
    monkeypatch.setattr(connections, "NEW_SECONDS", 0.0)
    async with edge(tmp_path) as at:
        wires = [await idle(at) for _ in range(5)]
        assert await healthy(at)
        assert await is_closed(wires[0])
        assert [await healthy(at) for _ in range(20)] == [True] * 20
        for wire in wires:
            await wire.close()


async def test_a_connection_kept_alive_goes_before_one_that_has_just_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_most(monkeypatch, 2)
    monkeypatch.setattr(connections, "NEW_SECONDS", 60.0)
    async with edge(tmp_path) as at:
        kept = await send(at.url, *HEALTH, "")
        assert (await answer_on(kept)).status == 200
        fresh = await idle(at)
        assert await healthy(at)
        assert await is_closed(kept)
        fresh.writer.write("\r\n".join((*HEALTH, "", "")).encode())
        assert (await answer_on(fresh)).status == 200
        for wire in (kept, fresh):
            await wire.close()


async def test_where_all_connections_are_busy_a_new_one_is_told_to_come_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_most(monkeypatch, 1)
    async with edge(tmp_path) as at:
        busy = await post(at.url, INBOUND, "Content-Length: 100", body=b"abc")
        refused = await idle(at)
        answer = await answer_on(refused)
        assert (answer.status, answer.headers["retry-after"]) == (503, "1")
        for wire in (busy, refused):
            await wire.close()


@pytest.mark.parametrize("begun", [(), ("GET /healthz HTTP/1.1", "Host: localhost")], ids=["silent", "half a head"])
async def test_a_head_that_does_not_come_to_its_end_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, begun: tuple[str, ...]
) -> None:
    monkeypatch.setattr(http_edge, "HEAD_SECONDS", 0.1)
    async with edge(tmp_path) as at:
        wire = await send(at.url, *begun)
        if begun:
            assert (await answer_on(wire)).status == 408
        assert await is_closed(wire)
        await wire.close()


async def test_a_head_has_a_time_for_all_of_it_however_it_trickles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_edge, "HEAD_SECONDS", 1.0)
    async with edge(tmp_path) as at:
        wire = await send(at.url, *HEALTH, "")
        assert (await answer_on(wire)).status == 200
        trickling = asyncio.create_task(trickle(wire))  # the second head, on a connection that was answered before
        with suppress(ConnectionResetError):  # it was sending while we hung up
            assert (await answer_on(wire)).status == 408
        trickling.cancel()
        await wire.close()


async def trickle(wire: Wire) -> None:
    wire.writer.write(b"GET /healthz HTTP/1.1\r\nX-Slow: ")
    while True:
        wire.writer.write(b"a")
        await asyncio.sleep(0.01)


async def test_a_connection_that_asks_nothing_more_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(http_edge.LIMITS, "keepalive_timeout", 0.1)
    async with edge(tmp_path) as at:
        wire = await send(at.url, *HEALTH, "")
        assert (await answer_on(wire)).status == 200
        assert await is_closed(wire)
        await wire.close()


@pytest.mark.parametrize(
    ("name", "flood"),
    [
        ("many headers", [f"X-{n}: a" for n in range(http_edge.HEAD_LINES + 1)]),
        ("a long header", ["X-Long: " + "a" * (http_edge.LINE_BYTES + 1)]),
        ("a long target", []),
        ("no end", [f"X-{n}: {'a' * 8_000}" for n in range(4)]),
    ],
)
async def test_a_flood_of_headers_is_refused_and_others_are_answered(
    tmp_path: Path, name: str, flood: list[str]
) -> None:
    async with edge(tmp_path) as at:
        target = "/" + "a" * 9_000 if name == "a long target" else "/healthz"
        end = () if name == "no end" else ("",)
        wire = await send(at.url, f"GET {target} HTTP/1.1", "Host: localhost", *flood, *end)
        assert (await answer_on(wire)).status in (400, 431)
        assert await is_closed(wire)
        await wire.close()
        assert await healthy(at)


async def test_requests_sent_all_at_once_on_one_connection_are_answered_in_order(tmp_path: Path) -> None:
    async with edge(tmp_path) as at:
        bundle = [*HEALTH, "", "GET /nowhere HTTP/1.1", "Host: localhost", ""] * 50
        wire = await send(at.url, *bundle)
        statuses = [(await answer_on(wire)).status for _ in range(100)]
        assert set(statuses[::2]) == {200}
        assert set(statuses[1::2]) <= {404, 429}
        await wire.close()


async def test_past_the_limit_the_oldest_body_that_does_not_end_is_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "BODIES_AT_ONCE", 2)
    monkeypatch.setattr(ingress, "BODY_SECONDS", 30.0)
    async with edge(tmp_path) as at:
        slow = [await post(at.url, INBOUND, "Content-Length: 100", body=b"abc") for _ in range(3)]
        assert await slow[0].status() == 408
        assert (await at.exchange(f"POST {INBOUND} HTTP/1.1", "Content-Length: 3", body=b"abc")).status == 400
        for wire in slow:
            await wire.close()


async def test_past_a_limit_of_bytes_the_oldest_body_is_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "BODIES_BYTES", 150_000)
    async with edge(tmp_path) as at:
        slow = [await post(at.url, INBOUND, "Content-Length: 200000", body=b"a" * 100_000) for _ in range(2)]
        assert 408 in [await asyncio.wait_for(first_status(slow), 10)]
        for wire in slow:
            await wire.close()


async def first_status(wires: list[Wire]) -> int:
    """The status of whichever is answered first."""
    waits = [asyncio.create_task(wire.status()) for wire in wires]
    done, rest = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for wait in rest:
        wait.cancel()
    await asyncio.gather(*rest, return_exceptions=True)
    return done.pop().result()


async def test_who_does_not_read_the_answers_is_hung_up_on_by_the_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel does it after 30 seconds; what we have to do is to ask for that."""
    asked: list[asyncio.BaseTransport] = []
    monkeypatch.setattr(http_edge, "limit_deafness", asked.append)
    async with edge(tmp_path) as at:
        assert await healthy(at)
        assert len(asked) == 1


def test_as_many_files_may_be_open_as_the_system_allows() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, before[1]))
        assert Connections().limit == 128  # the database and what is sent need some, too
        assert raise_open_files() == min(before[1], open_files.MANY) == files_allowed()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


async def test_a_server_without_free_files_says_so_in_one_line_and_goes_on(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    asyncio.get_running_loop().set_exception_handler(trouble_teller())
    async with edge(tmp_path) as at:
        with capture_logs() as logs, connected(at):
            resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")) + 20, before[1]))
            taken = all_files()
            try:
                await until(lambda: told(logs, "no_connection_accepted"))
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, before)
                for number in taken:
                    os.close(number)
            async with asyncio.timeout(10):
                assert await healthy(at)
    assert [line["event"] for line in logs].count("no_connection_accepted") == 1


def all_files() -> list[int]:
    """Open every file that may still be opened."""
    taken: list[int] = []
    with suppress(OSError):
        while True:
            taken.append(os.dup(0))
    return taken


def connected(at: Edge) -> closing[socket.socket]:
    """A connection that the server has not accepted yet."""
    return closing(socket.create_connection(("127.0.0.1", at.gateway.settings.port)))


async def told(logs: list[Any], event: str) -> bool:
    return any(line["event"] == event for line in logs)
