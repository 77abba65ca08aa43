"""Fetching files that people sent: only from the provider, only over the internet, and only so much."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import ResolveResult
from aiohttp.test_utils import TestServer

from channels import media
from channels.base import MAX_MEDIA, InboundMessage, Media
from channels.media import FetchRefused, PublicResolver, Source, check, fetch
from channels.slack.heard import from_event
from channels.slack.media import source as slack_source
from channels.twilio.media import source as twilio_source
from tests.channels.signing import inbound_pairs, payload, sms, twilio_request

TWILIO = twilio_source("AC1", "twilio-token")
SLACK = slack_source("xoxb-token")
FIRST = "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1"
Answer = Callable[[web.Request], web.StreamResponse]


@dataclass
class Internet:
    """Every host there is, on one port of this machine: what each is asked, and what it answers by host and path."""

    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, str | None]] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append((request.host, request.headers.get("Authorization")))
        found = self.answers.get(f"{request.host}{request.path}", lambda _: web.Response(status=404))(request)
        if isinstance(found, web.Response):
            return found
        return await pour(request, found)

    def leads(self, here: str, there: str, status: int = 307) -> None:
        self.answers[here] = lambda _: web.Response(status=status, headers={"Location": there})

    def holds(self, here: str, content: bytes) -> None:
        self.answers[here] = lambda _: web.Response(body=content)


async def pour(request: web.Request, answer: web.StreamResponse) -> web.StreamResponse:
    """A body whose length nobody tells and that does not end."""
    await answer.prepare(request)
    while request.transport is not None and not request.transport.is_closing():
        await answer.write(b"a" * 65_536)
    return answer


@pytest.fixture
async def internet(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Internet]:
    world = Internet()
    app = web.Application()
    app.router.add_get("/{path:.*}", world.answer)
    async with TestServer(app) as server:

        async def resolve(self: object, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
            number = server.port or 0
            return [
                ResolveResult(hostname=host, host="127.0.0.1", port=number, family=socket.AF_INET, proto=0, flags=0)
            ]

        monkeypatch.setattr(PublicResolver, "resolve", resolve)
        monkeypatch.setattr(media, "SCHEME", "http")
        yield world


async def fetched(url: str = FIRST, source: Source = TWILIO) -> bytes:
    file = BytesIO()
    size = await fetch(url.replace("https:", "http:"), source, file)
    assert size == len(file.getvalue())
    return file.getvalue()


def path_of(url: str) -> str:
    return url.partition("://")[2]


async def test_a_file_is_followed_to_where_the_provider_keeps_it_and_only_the_first_host_gets_credentials(
    internet: Internet,
) -> None:
    internet.leads(path_of(FIRST), "http://mms.twiliocdn.com/AC1/abc")
    internet.leads("mms.twiliocdn.com/AC1/abc", "http://api.twilio.com/back", 302)
    internet.holds("api.twilio.com/back", b"picture")
    assert await fetched() == b"picture"
    assert [host for host, _ in internet.asked] == ["api.twilio.com", "mms.twiliocdn.com", "api.twilio.com"]
    assert [given for _, given in internet.asked] == ["Basic QUMxOnR3aWxpby10b2tlbg==", None, None]


async def test_slack_is_asked_with_the_bots_token(internet: Internet) -> None:
    internet.holds("files.slack.com/files-pri/T1-F1/a.png", b"picture")
    assert await fetched("https://files.slack.com/files-pri/T1-F1/a.png", SLACK) == b"picture"
    assert internet.asked == [("files.slack.com", "Bearer xoxb-token")]


@pytest.mark.parametrize(
    "there",
    [
        "http://evil.example/",
        "http://127.0.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/",
        "http://api.twilio.com.evil.example/",
        "http://s3-external-1.amazonaws.com/someone-elses-bucket/x",
        "http://s3-external-1.amazonaws.com/media.twiliocdn.com/../someone-elses/x",
        "http://api.twilio.com:22/",
        "http://user@api.twilio.com/",
        "ftp://api.twilio.com/",
        "file:///etc/passwd",
        "http://[::1/",
        "http://api.twilio.com\\@evil.example/",
        "http://api.twilio.com:port/",
        "http://s3-external-1.amazonaws.com/media.twiliocdn.com/%2e%2e/someone-elses/x",
        "//evil.example/",
    ],
)
async def test_nobody_is_led_elsewhere_by_a_redirect(internet: Internet, there: str) -> None:
    internet.leads(path_of(FIRST), there)
    with pytest.raises(FetchRefused) as refused:
        await fetched()
    assert len(internet.asked) == 1
    assert "latest" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "source"),
    [
        ("https://mms.twiliocdn.com/AC1/abc", TWILIO),
        ("https://files.slack.com/x", TWILIO),
        ("https://api.twilio.com/x", SLACK),
        ("https://slack-files.com/x", SLACK),
        ("http://api.twilio.com/x", TWILIO),
        ("http://127.0.0.1:8080/sandbox/twilio/sms/files/SM1/0", TWILIO),
        ("https://API.twilio.com@evil.example/x", TWILIO),
        ("https://api.twilio.com\\@evil.example/x", TWILIO),
        ("//api.twilio.com/x", TWILIO),
        ("", TWILIO),
        ("https://", TWILIO),
        ("https://drive.example.com/x", SLACK),
    ],
)
def test_only_the_channels_own_host_is_asked_first_and_only_by_https(url: str, source: Source) -> None:
    with pytest.raises(FetchRefused):
        check(url, source, first=True)


async def test_a_circle_of_redirects_is_left(internet: Internet) -> None:
    internet.leads(path_of(FIRST), FIRST.replace("https", "http"))
    with pytest.raises(FetchRefused, match=f"more than {media.MAX_HOPS} times"):
        await fetched()
    assert len(internet.asked) == media.MAX_HOPS + 1


async def test_a_file_past_the_limit_is_given_up_whether_or_not_its_length_is_told(
    internet: Internet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media, "MAX_BYTES", 100_000)
    internet.holds(path_of(FIRST), b"a" * 100_001)
    with pytest.raises(FetchRefused, match="more than 100000 bytes"):
        await fetched()
    internet.answers[path_of(FIRST)] = lambda _: web.StreamResponse()
    with pytest.raises(FetchRefused, match="more than 100000 bytes"):
        await fetched()
    internet.holds(path_of(FIRST), b"a" * 100_000)
    assert len(await fetched()) == 100_000


async def test_a_file_that_does_not_come_is_given_up(internet: Internet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media, "MAX_SECONDS", 0.05)
    internet.answers[path_of(FIRST)] = lambda _: web.StreamResponse()
    with pytest.raises(FetchRefused, match=r"within 0\.05 seconds"):
        await fetched()


async def test_an_answer_that_is_no_file_is_told(internet: Internet) -> None:
    with pytest.raises(FetchRefused, match="answered 404"):
        await fetched()


def resolving(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """From now on names lead to these addresses, one after the other; which names were asked for."""
    asked, given = [], iter(addresses)

    async def getaddrinfo(self: object, host: str, port: int, **_: object) -> list[Any]:
        asked.append(host)
        address = next(given)
        kind = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [(kind, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", getaddrinfo)
    return asked


@pytest.mark.parametrize("address", ["10.0.0.1", "127.0.0.1", "169.254.169.254", "::1", "fe80::1", "::ffff:10.0.0.1"])
async def test_a_name_that_leads_into_a_private_network_is_not_followed(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    resolving(monkeypatch, address)
    with pytest.raises(FetchRefused, match="private network"):
        await fetch(FIRST, TWILIO, BytesIO())


async def test_the_address_that_was_checked_is_the_one_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that leads elsewhere a moment later (DNS rebinding) is not asked for again."""
    asked, tried = resolving(monkeypatch, "8.8.8.8", "10.0.0.1"), []

    async def connect(*, addr_infos: list[Any], **_: object) -> Any:
        tried.extend(info[4][0] for info in addr_infos)
        raise OSError("no way there from a test")

    monkeypatch.setattr("aiohttp.connector.aiohappyeyeballs.start_connection", connect)
    with pytest.raises(FetchRefused, match="ClientConnectorError"):
        await fetch(FIRST, TWILIO, BytesIO())
    assert (asked, tried) == (["api.twilio.com"], ["8.8.8.8"])


def read(**changes: str) -> InboundMessage:
    (item,) = sms().receive(twilio_request(inbound_pairs(**changes))).items
    assert isinstance(item, InboundMessage)
    return item


def test_twilio_names_the_files_of_a_message() -> None:
    named = {"NumMedia": "2", "MediaUrl0": FIRST, "MediaContentType0": "image/png", "MediaUrl1": FIRST + "2"}
    assert read(**named).media == (Media(FIRST, "image/png"), Media(FIRST + "2"))


@pytest.mark.parametrize("number", ["0", "", "-1", "x", "1e3", "٣", "99999999999"])
def test_a_number_of_files_that_is_none_means_no_files(number: str) -> None:
    assert read(NumMedia=number, MediaUrl0=FIRST).media == ()


def test_of_too_many_files_the_first_are_kept() -> None:
    named = {f"MediaUrl{n}": f"{FIRST}{n}" for n in range(MAX_MEDIA + 5)}
    assert len(read(NumMedia="15", **named).media) == MAX_MEDIA


def shared(files: object) -> tuple[Media, ...]:
    event = payload("slack_event")
    said = event | {"event": event["event"] | {"subtype": "file_share", "files": files}}
    (message,) = from_event(said)
    return message.media


def test_slack_names_the_files_of_a_message() -> None:
    url = "https://files.slack.com/files-pri/T1-F1/a.png"
    assert shared([{"url_private": url, "mimetype": "image/png"}]) == (Media(url, "image/png"),)


@pytest.mark.parametrize(
    "files", [[], None, {}, "x", [5, None], [{"id": "F1", "mode": "tombstone"}], [{"url_private": 5}]]
)
def test_what_is_no_file_of_slack_is_left_out(files: object) -> None:
    assert shared(files) == ()


def test_no_credential_is_shown() -> None:
    assert not re.search("token|Basic|Bearer", repr(TWILIO) + repr(SLACK))
    assert aiohttp.hdrs.AUTHORIZATION in TWILIO.credentials
