"""An event's whole life is in traces: it comes in, is decided, a message is owed, sent, and told of by its provider."""

import gzip
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from channels.sandbox.behaviour import Fault
from channels.twilio.webhook import MESSAGE_PARAMETER
from gateway.tracing.variables import ENDPOINTS
from tests.gateway.example_rules import ADA, ASK_NOW, ECHO
from tests.gateway.running import ACCOUNT, CARLA, World, running
from tests.gateway.tracing.collecting import collected, linked, parent, place, said

TEXT = "the secret of Ada Lovelace"


async def echoing(world: World) -> None:
    """A campaign that answers Ada and Carla."""
    await world.start("echo")
    await world.give("echo", {"phone": ADA}, {"slack": CARLA})


async def test_a_message_s_life_is_one_trace_after_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with collected(monkeypatch) as spans:
        async with running(tmp_path, ECHO) as world:
            await echoing(world)
            await world.texts(ADA, TEXT)
            await world.passes(minutes=1)

    received, decided = spans.one("receive message"), spans.one("decide message")
    owed, sent = spans.one("owe message"), spans.one("send message")
    assert parent(received) is None
    assert parent(decided) == place(received)
    assert linked(decided) == [place(owed)]
    assert linked(owed) == [place(decided)]
    assert (parent(owed), parent(sent)) == (None, place(owed))
    told = spans.named("receive receipt")
    assert {parent(one) for one in told} == {place(owed)}
    assert {parent(one) for one in spans.named("decide receipt")} == {place(owed), *(place(one) for one in told)}
    assert said(sent)["outcome"] == "sent"
    assert said(decided)["campaigns"] == "echo"


async def test_nothing_personal_is_in_a_trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with collected(monkeypatch) as spans:
        async with running(tmp_path, ASK_NOW) as world:
            await world.start("ask")
            await world.give("ask", {"phone": ADA, "name": "Ada Lovelace"})
            await world.texts(ADA, TEXT)
            await world.texts("+4915112345609", TEXT)
            await world.writes(CARLA, TEXT)

    everything = "".join(one.to_json() for one in spans.all())
    assert spans.named("decide participant")
    for word in (ADA, ADA[1:], "4915112345609", TEXT, "Ada", CARLA, "Hello"):
        assert word not in everything


async def test_what_slack_says_is_read_and_decided_in_linked_traces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with collected(monkeypatch) as spans:
        async with running(tmp_path, ECHO) as world:
            await echoing(world)
            await world.writes(CARLA, TEXT)

    request, read = spans.one("receive request"), spans.one("read request")
    message, decided = spans.one("receive message"), spans.one("decide message")
    assert parent(read) == place(request)
    assert linked(read) == [place(message)]
    assert linked(message) == [place(read)]
    assert parent(decided) == place(message)


async def test_traces_go_on_after_a_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with collected(monkeypatch) as before:
        async with running(tmp_path, ECHO) as world:
            await echoing(world)
            await world.texts(ADA, "hi")
            now = world.clock.now()
            (message,) = {said(one)["message"] for one in before.named("owe message")}
    form = {"AccountSid": ACCOUNT, "MessageSid": "SM" + "1" * 32, "MessageStatus": "read"}
    with collected(monkeypatch) as after:
        async with running(tmp_path, at=now) as world:
            assert await world.webhook(f"status?{MESSAGE_PARAMETER}={message}", form) < 300
            await world.quiet()

    assert parent(after.one("receive receipt")) == place(before.one("owe message"))
    assert parent(after.one("decide receipt")) == place(after.one("receive receipt"))


async def test_a_message_that_is_not_sent_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with collected(monkeypatch) as spans:
        async with running(tmp_path, ECHO) as world:
            await echoing(world)
            world.sandbox.twilio("sms").behaviour.add(Fault("fail", status=400, code="21211"))
            await world.texts(ADA, TEXT)

    sent = spans.one("send message")
    assert (sent.status.is_ok, said(sent)["outcome"]) == (False, "refused")


async def test_a_trace_is_taken_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ratio = {"OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.5"}
    with collected(monkeypatch, **ratio) as spans:
        async with running(tmp_path, ECHO) as world:
            await echoing(world)
            for number in range(12):
                await world.texts(ADA, f"{number}")

    decided = {place(one)[0] for one in spans.named("decide message")}
    assert decided == {place(one)[0] for one in spans.named("receive message")}
    assert {place(one)[0] for one in spans.named("send message")} == {
        place(one)[0] for one in spans.named("owe message")
    }
    assert 0 < len(spans.named("decide message")) + len(spans.named("owe message")) < 24


async def test_spans_reach_a_collector_when_the_gateway_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bodies: list[bytes] = []

    async def take(request: web.Request) -> web.Response:
        bodies.append(await request.read())
        return web.Response()

    collector = web.Application()
    collector.router.add_post("/v1/traces", take)
    async with TestServer(collector) as server:
        monkeypatch.setenv(ENDPOINTS[1], str(server.make_url("/")).rstrip("/"))
        monkeypatch.setenv("OTEL_SERVICE_NAME", "our-gateway")
        async with running(tmp_path, ECHO) as world:
            await echoing(world)
            await world.texts(ADA, TEXT)

    body = b"".join(gzip.decompress(one) if one[:2] == b"\x1f\x8b" else one for one in bodies)
    assert all(word in body for word in (b"receive message", b"send message", b"our-gateway"))
    assert ADA[1:].encode() not in body


async def test_a_collector_that_is_away_hinders_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENDPOINTS[0], "http://127.0.0.1:9/v1/traces")
    async with running(tmp_path, ECHO) as world:
        await echoing(world)
        await world.texts(ADA, "hi")

        assert world.heard(ADA) == ["You wrote hi"]
