"""What comes to the HTTP edges broken, compressed or too slowly is refused with a word, and leaves nothing behind."""

import asyncio
import gzip
import json
import logging
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gateway import ingress
from gateway.api import bodies as api_bodies
from gateway.api import receiving
from gateway.logs import calm
from gateway.settings import SANDBOX_API_TOKEN
from tests.channels.signing import twilio_signature
from tests.gateway.example_rules import ECHO
from tests.gateway.raw_http import Wire, post, send
from tests.gateway.running import FORM, TOKEN, World, running, until

INBOUND = "/webhooks/sms/inbound"
ROWS = "/api/v1/campaigns/echo/participants"
UPLOADS = "/api/v1/campaigns/echo/uploads"
BEARER = f"Authorization: Bearer {SANDBOX_API_TOKEN}"
PLAIN = b"Body=hello"
GZIP = {"Content-Encoding": "gzip"}


async def half_a_body(world: World, path: str) -> Wire:
    """Something that promised 100 bytes and sent 3."""
    kind = "text/csv" if path == UPLOADS else "application/json"
    method = "PUT" if path == ROWS else "POST"
    lines = (f"{method} {path} HTTP/1.1", "Host: localhost", BEARER, f"Content-Type: {kind}", "Content-Length: 100")
    return await send(world.url, *lines, "", body=b"abc")


async def taken_up(world: World) -> None:
    """Whatever was sent before has come to its handler: what came after it was answered."""
    assert await world.post("webhooks/sms/nowhere", b"", FORM) == 404


def uploaded(world: World) -> list[Path]:
    return sorted((world.gateway.settings.folder / "uploads").glob("*"))


@pytest.mark.parametrize("body", [b"abc", b"", gzip.compress(PLAIN, mtime=0)], ids=["broken", "empty", "sound"])
async def test_a_compressed_webhook_is_refused_even_when_it_is_signed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, body: bytes
) -> None:
    async with running(tmp_path, ECHO) as world:
        signed = {"X-Twilio-Signature": twilio_signature(world.url + INBOUND, PLAIN, TOKEN)}
        assert await world.post(INBOUND[1:], body, FORM | GZIP | signed) == 415
        assert await world.events() == 0
    assert caplog.records == []


@pytest.mark.parametrize(("method", "path", "kind"), [("PUT", ROWS, "application/json"), ("POST", UPLOADS, "text/csv")])
@pytest.mark.parametrize("body", [b"abc", gzip.compress(b"[]", mtime=0)], ids=["broken", "sound"])
async def test_the_api_takes_no_compressed_body(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, method: str, path: str, kind: str, body: bytes
) -> None:
    async with running(tmp_path, ECHO) as world:
        headers = {"Authorization": f"Bearer {SANDBOX_API_TOKEN}", "Content-Type": kind, **GZIP}
        async with world.http.request(method, world.url + path, data=body, headers=headers) as answer:
            assert (answer.status, answer.content_type) == (415, "application/problem+json")
            assert (await answer.json(content_type=None))["type"] == "urn:pointsman:problem:content-encoding"
        assert uploaded(world) == []
    assert caplog.records == []


@pytest.mark.parametrize("path", [INBOUND, ROWS, UPLOADS])
async def test_a_client_that_hangs_up_is_no_error_and_leaves_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    async with running(tmp_path, ECHO) as world:
        with capture_logs() as logs:
            for hang_up in (Wire.close, Wire.reset):
                wire = await half_a_body(world, path)
                await taken_up(world)
                await hang_up(wire)
                await taken_up(world)
            await until(lambda: nothing_uploaded(world))
    assert {line["log_level"] for line in logs} <= {"info", "warning"}
    assert [record for record in caplog.records if record.name.startswith("aiohttp")] == []


async def nothing_uploaded(world: World) -> bool:
    return not uploaded(world)


@pytest.mark.parametrize("path", [INBOUND, UPLOADS])
async def test_a_body_in_malformed_chunks_is_given_up_no_later_than_one_that_stops(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(ingress, "BODY_SECONDS", 0.2)
    monkeypatch.setattr(receiving, "IDLE_SECONDS", 0.2)
    async with running(tmp_path, ECHO) as world:
        headers = (BEARER, "Content-Type: text/csv", "Transfer-Encoding: chunked")
        wire = await post(world.url, path, *headers, body=b"3\r\nabc\r\n")
        await taken_up(world)
        wire.writer.write(b"no length\r\n")
        assert await wire.status() in (400, 408)  # as the parser tells the handler at once, or only the connection
        await wire.close()
        assert uploaded(world) == []


async def test_a_webhook_that_does_not_end_is_answered_408(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingress, "BODY_SECONDS", 0.05)
    async with running(tmp_path, ECHO) as world:
        wire = await half_a_body(world, INBOUND)
        assert await wire.status() == 408
        await wire.close()


async def test_a_webhook_has_a_time_for_all_of_its_body_however_it_trickles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingress, "BODY_SECONDS", 0.05)
    async with running(tmp_path, ECHO) as world:
        wire = await post(world.url, INBOUND, "Content-Length: 1000", body=b"abc")
        trickling = asyncio.create_task(trickle(wire))
        assert await wire.status() == 408
        trickling.cancel()
        await wire.close()


async def trickle(wire: Wire) -> None:
    while True:
        wire.writer.write(b"a")
        await asyncio.sleep(0.01)


@pytest.mark.parametrize(("path", "module"), [(ROWS, api_bodies), (UPLOADS, receiving)])
async def test_a_body_that_stops_coming_is_answered_408_and_nothing_of_it_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, module: object
) -> None:
    monkeypatch.setattr(module, "IDLE_SECONDS", 0.05)
    async with running(tmp_path, ECHO) as world:
        wire = await half_a_body(world, path)
        assert await wire.status() == 408
        head, _, rest = (await wire.reader.readuntil(b"}")).partition(b"\r\n\r\n")
        assert b"application/problem+json" in head
        assert "0.05 seconds" in json.loads(rest)["title"]
        assert uploaded(world) == []
        await wire.close()


async def test_an_upload_may_take_longer_than_the_wait_for_its_next_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiving, "IDLE_SECONDS", 2.0)  # a busy machine may let a byte wait for a good part of that
    async with running(tmp_path, ECHO) as world:
        text = b"phone\n+4915112345601\n" + b" " * 10
        headers = (BEARER, "Content-Type: text/csv", f"Content-Length: {len(text)}")
        wire = await post(world.url, UPLOADS, *headers, body=text[:-10])
        for _ in range(10):
            await asyncio.sleep(0.25)
            wire.writer.write(b" ")
        assert await wire.status() == 202
        await wire.close()
        await world.quiet()


async def test_malformed_http_is_told_in_one_line_that_quotes_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    logging.getLogger("aiohttp.server").addFilter(calm)
    async with running(tmp_path, ECHO) as world:
        wire = await send(world.url, "GET / HTTP/1.1", "Host: localhost", "Authorization : Bearer hush", "")
        assert await wire.status() == 400
        await wire.close()
    logging.getLogger("aiohttp.server").removeFilter(calm)
    assert [(record.levelname, record.exc_info) for record in caplog.records] == [("WARNING", None)]
    assert "hush" not in caplog.text
