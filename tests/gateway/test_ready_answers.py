"""An answer that is made once is the one that would be made anew, on whatever connection it is sent."""

import asyncio
import re
from dataclasses import replace
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from tests.channels.signing import inbound_pairs, twilio_request
from tests.gateway.edge import Answered, Edge, answer_on, edge, lines_of
from tests.gateway.raw_http import Wire, send

SIGNED = twilio_request(inbound_pairs())
KEPT = {"content-type": "text/xml", "content-length": "11", "server": "pointsman"}
ALIVE = {"content-length": str(len(SIGNED.body)), "connection": "keep-alive"}


async def asked(at: Edge, **headers: str) -> Answered:
    """A signed webhook, on a connection of its own."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return await at.ask(replace(SIGNED, headers={**SIGNED.headers, **given}))


async def told_on(wire: Wire) -> Answered:
    return await asyncio.wait_for(answer_on(wire), 10)


async def test_a_ready_answer_says_all_that_one_made_anew_does(tmp_path: Path) -> None:
    async with edge(tmp_path) as at:
        ready, made = await asked(at, connection="keep-alive"), await asked(at, connection="close")
    assert (ready.status, ready.body) == (made.status, made.body) == (200, b"<Response/>")
    assert {name: ready.headers[name] for name in KEPT} == {name: made.headers[name] for name in KEPT} == KEPT
    assert set(made.headers) - set(ready.headers) == {"connection"}
    assert abs(parsedate_to_datetime(ready.headers["date"]) - parsedate_to_datetime(made.headers["date"])).seconds < 60
    assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", ready.headers["date"])


async def test_one_connection_is_given_the_same_answer_again_and_again(tmp_path: Path) -> None:
    async with edge(tmp_path) as at:
        lines = lines_of(replace(SIGNED, headers={**SIGNED.headers, **ALIVE}))
        wire = await send(at.url, *lines, "", body=SIGNED.body)
        answers = [await told_on(wire)]
        for _ in range(3):
            wire.writer.write("".join(f"{line}\r\n" for line in (*lines, "")).encode() + SIGNED.body)
            answers.append(await told_on(wire))
        await wire.close()
        assert [(answer.status, answer.body) for answer in answers] == [(200, b"<Response/>")] * 4
        assert at.kept() == 1


async def test_who_speaks_http_1_0_is_answered_so(tmp_path: Path) -> None:
    async with edge(tmp_path) as at:
        first, *rest = lines_of(SIGNED)
        answer = await at.exchange(first.replace("HTTP/1.1", "HTTP/1.0"), *rest, body=SIGNED.body)
        assert (answer.status, answer.body, at.kept()) == (200, b"<Response/>", 1)


@pytest.mark.parametrize("spelt", ["/webhooks/s%6ds/inbound", "/webhooks/%73ms/status"])
async def test_an_address_spelt_otherwise_is_the_same_address(tmp_path: Path, spelt: str) -> None:
    """What no provider is given goes the longer way; a signature is over the address as it was written."""
    async with edge(tmp_path) as at:
        told = await at.ask(replace(SIGNED, target=spelt))
        assert (told.status, told.kept, told.headers["server"]) == (403, 0, "pointsman")


async def test_who_waits_to_be_told_to_go_on_is_told(tmp_path: Path) -> None:
    async with edge(tmp_path) as at:
        wire = await send(at.url, *lines_of(replace(SIGNED, headers={**SIGNED.headers, "expect": "100-continue"})), "")
        assert await wire.status() == 100
        await wire.reader.readline()
        wire.writer.write(SIGNED.body)
        assert (await told_on(wire)).status == 200
        await wire.close()


async def test_what_is_refused_past_the_application_names_no_versions_either(tmp_path: Path) -> None:
    async with edge(tmp_path) as at:
        refused = await asked(at, x_twilio_signature="A" * 27 + "=")
        assert (refused.status, refused.headers["server"]) == (403, "pointsman")
