"""What can't be answered in time is refused at once; what was taken is answered; and it is over when it is over."""

import asyncio
from collections.abc import Sequence
from functools import partialmethod
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gateway import shedding
from gateway.api import uploads as api_uploads
from gateway.api.bounds import Bounds
from gateway.settings import SANDBOX_API_TOKEN
from gateway.shedding import Crowd
from storage.database import Storage
from storage.values import NewEvent
from tests.channels.signing import twilio_signature
from tests.gateway.edge import answer_on
from tests.gateway.example_rules import ADA, ECHO
from tests.gateway.raw_http import post, send
from tests.gateway.running import ACCOUNT, NUMBER, TOKEN, World, running, until

INBOUND = "/webhooks/sms/inbound"
BEARER = f"Authorization: Bearer {SANDBOX_API_TOKEN}"
HALF_A_BODY = ("Host: localhost", BEARER, "Content-Type: application/json", "Content-Length: 100")


class Held:
    """A database that keeps nothing until it is let."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.free = asyncio.Event()
        keep = Storage.keep

        async def later(storage: Storage, events: Sequence[NewEvent], within: float) -> list[bool]:
            await self.free.wait()
            return await keep(storage, events, 10.0)

        patch.setattr(Storage, "keep", later)


def inbound(number: int) -> dict[str, str]:
    return {"AccountSid": ACCOUNT, "MessageSid": f"SM{number:032}", "From": ADA, "To": NUMBER, "Body": "hello"}


async def crowd_of(world: World, number: int) -> None:
    async def there() -> bool:
        return len(world.gateway.ingress.crowd._inside) == number

    await until(there)


async def test_past_the_limit_webhooks_are_refused_unread_and_taken_again_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shedding, "AT_EASE", 3)
    async with running(tmp_path, ECHO) as world:
        world.gateway.ingress.crowd.limit = 3
        held = Held(monkeypatch)
        waiting = [asyncio.create_task(world.webhook("inbound", inbound(n))) for n in range(3)]
        await crowd_of(world, 3)
        with capture_logs() as logs:
            refused = [await post(world.url, INBOUND, "Content-Length: 1000", body=b"") for _ in range(5)]
            answers = [await answer_on(wire) for wire in refused]
            assert {(answer.status, answer.headers["retry-after"]) for answer in answers} == {(503, "1")}
        assert [line["reason"] for line in logs] == ["3 webhooks are being kept, of at most 3 at once"]
        for path in ("healthz", "readyz"):
            async with world.http.get(f"{world.url}/{path}") as answer:
                assert answer.status == 200
        held.free.set()
        assert await asyncio.gather(*waiting) == [200] * 3
        assert await world.webhook("inbound", inbound(4)) == 200
        await world.quiet()
        assert len(await world.decisions("message")) == 4
        for wire in refused:
            await wire.close()


async def test_a_connection_that_was_answered_before_is_turned_away_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path, ECHO) as world:
        wire = await send(world.url, "GET /healthz HTTP/1.1", "Host: localhost", "")
        assert (await answer_on(wire)).status == 200
        let_nobody_in(world, monkeypatch)
        wire.writer.write(f"POST {INBOUND} HTTP/1.1\r\n".encode())
        assert (await answer_on(wire)).status == 503
        await wire.close()


async def test_who_is_turned_away_may_come_again_on_the_same_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = (f"POST {INBOUND} HTTP/1.1", "Host: localhost", "content-length: 3", "")
    async with running(tmp_path, ECHO) as world:
        wire = await send(world.url)
        with monkeypatch.context() as patch:
            let_nobody_in(world, patch)
            for _ in range(3):
                wire.writer.write("\r\n".join((*request, "abc")).encode())
                answer = await answer_on(wire)
                assert (answer.status, "connection" in answer.headers) == (503, False)
        wire.writer.write("\r\n".join((*request, "abc")).encode())
        assert (await answer_on(wire)).status == 403
        with monkeypatch.context() as patch:
            let_nobody_in(world, patch)
            wire.writer.write("\r\n".join((*request, "abcPOST")).encode())
            answer = await answer_on(wire)
            assert (answer.status, answer.headers["connection"]) == (503, "close")
        await wire.close()


async def test_a_head_that_comes_in_pieces_is_turned_away_once_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path, ECHO) as world:
        let_nobody_in(world, monkeypatch)
        wire = await send(world.url)
        wire.writer.write(b"PO")
        await wire.writer.drain()
        wire.writer.write(f"ST {INBOUND} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n".encode())
        assert (await answer_on(wire)).status == 503
        await wire.close()


async def test_a_signed_webhook_is_turned_away_before_its_signature_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path, ECHO) as world:
        let_nobody_in(world, monkeypatch)
        signed = {"X-Twilio-Signature": twilio_signature(world.url + INBOUND, b"", TOKEN)}
        assert await world.post(INBOUND[1:], b"", signed) == 503
        assert await world.events() == 0


def let_nobody_in(world: World, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(shedding, "AT_EASE", 0)
    patch.setattr(world.gateway.ingress.crowd, "limit", 0)


class Moment:
    """The loop's clock, moved by hand."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.now = 1_000.0
        patch.setattr(asyncio.get_running_loop(), "time", lambda: self.now)


async def test_as_many_are_let_in_as_will_be_kept_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kept at 400 a second, 200 wait for half a second: that is enough."""
    monkeypatch.setattr(shedding, "WINDOWS", 1)
    moment, crowd = Moment(monkeypatch), Crowd()
    inside = [crowd.inside() for _ in range(401)]
    for one in inside:
        one.__enter__()
    assert crowd.refusal() == ""  # nothing is known of the pace
    moment.now += 0.5
    for one in inside[:200]:
        one.__exit__(None, None, None)
    assert crowd.refusal().startswith("201 webhooks are being kept, and 400 are kept a second")
    inside[200].__exit__(None, None, None)
    assert crowd.refusal() == ""
    for one in inside[201:]:
        one.__exit__(None, None, None)
    assert crowd.refusal() == ""


async def test_a_moment_in_which_little_was_kept_keeps_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    moment, crowd = Moment(monkeypatch), Crowd()
    inside = [crowd.inside() for _ in range(300)]
    for one in inside:
        one.__enter__()
    for _ in range(3):
        moment.now += 0.5
        assert crowd.refusal() == ""
    for one in inside:
        one.__exit__(None, None, None)


async def test_while_nothing_is_kept_the_spool_has_its_chance_and_then_nobody_is_let_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    moment, crowd = Moment(monkeypatch), Crowd()
    inside = [crowd.inside() for _ in range(300)]
    for one in inside:
        one.__enter__()
    moment.now += 1.0
    assert crowd.refusal() == ""
    moment.now += 1.2
    assert crowd.refusal() == ""
    moment.now += 0.4
    assert crowd.refusal() == "the oldest of 300 webhooks waits to be kept for 2.6 seconds, past 2.5"
    for one in inside:
        one.__exit__(None, None, None)
    assert crowd.refusal() == ""


async def test_a_few_webhooks_are_always_let_in_however_slow_it_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    moment, crowd = Moment(monkeypatch), Crowd()
    with crowd.inside():
        moment.now += 3_600
        assert crowd.refusal() == ""


async def test_the_api_answers_so_many_at_once_and_tells_the_others_the_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Bounds, "__init__", partialmethod(Bounds.__init__, limit=1))
    async with running(tmp_path, ECHO) as world:
        slow = await send(world.url, "PUT /api/v1/campaigns/echo/participants HTTP/1.1", *HALF_A_BODY, "", body=b"[")
        await until(lambda: answered(world, 503))
        await slow.close()
        await until(lambda: answered(world, 200))


async def answered(world: World, status: int) -> bool:
    """Whether the API answers so, and if it is too much, with the number."""
    async with world.api("GET", "campaigns", b"") as answer:
        if answer.status == 503:
            told = await answer.json(content_type=None)
            assert answer.headers["Retry-After"] == "5"
            assert told["detail"].startswith("1 requests are being answered, of at most 1 at once")
        return bool(answer.status == status)


async def test_past_the_limit_an_upload_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(tmp_path, ECHO) as world:
        monkeypatch.setattr(api_uploads, "MAX_IMPORTS", 0)
        async with world.api("POST", "campaigns/echo/uploads", b"phone\n", "text/csv") as answer:
            assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
            assert "0 uploads wait to be imported, of at most 0" in (await answer.json(content_type=None))["detail"]
        assert list((world.gateway.settings.folder / "uploads").glob("*")) == []
