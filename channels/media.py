"""Files that people sent: where a provider keeps them, and how they are fetched without being led astray.

An address in a webhook is signed, and still no reason to fetch just anything: each hop must be https to a host that is
allowed, and lead to an address of the public internet, which is the very address that is connected to.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import BinaryIO

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from channels.errors import ChannelError
from channels.public import is_public

MAX_BYTES = 100 * 1024 * 1024
MAX_SECONDS = 120.0
MAX_HOPS = 5  # redirects followed
SCHEME = "https"
REDIRECTS = frozenset({301, 302, 303, 307, 308})
PLAIN = {"Accept-Encoding": "identity"}  # nothing is unpacked: a small file could become a large one


class FetchRefused(ChannelError):
    """The file is not fetched; the words say why, without quoting the address."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a channel's files may be fetched from.

    ``hosts`` may be asked first, with ``credentials`` (headers), which no other host is given. ``onward`` are the hosts
    that those may send us on to, each with what its paths begin with. ``local`` (host:port) is a look-alike on this
    machine, asked by http; "" for none.
    """

    hosts: Collection[str]
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)
    onward: Mapping[str, str] = field(default_factory=dict)
    local: str = ""


async def fetch(url: str, source: Source, file: BinaryIO) -> int:
    """Write the file at ``url`` to ``file``; its size in bytes. Raises `FetchRefused`."""
    try:
        async with asyncio.timeout(MAX_SECONDS), _session(source) as session:
            return await _follow(session, url, source, file)
    except TimeoutError:
        raise FetchRefused(f"it was not here within {MAX_SECONDS:g} seconds") from None
    except ClientError as error:
        raise FetchRefused(f"the connection failed: {type(error).__name__}") from None


@asynccontextmanager
async def _session(source: Source) -> AsyncIterator[ClientSession]:
    """Takes no proxy from the environment, keeps no cookie, and resolves each name anew."""
    connector = TCPConnector(resolver=ThreadedResolver() if source.local else PublicResolver(), use_dns_cache=False)
    timeout = ClientTimeout(total=MAX_SECONDS)
    async with ClientSession(
        connector=connector, cookie_jar=DummyCookieJar(), auto_decompress=False, timeout=timeout
    ) as session:
        yield session


async def _follow(session: ClientSession, url: str, source: Source, file: BinaryIO) -> int:
    first = here = check(url, source, first=True)
    credentials = source.credentials
    for _ in range(MAX_HOPS + 1):
        async with session.get(here, headers={**PLAIN, **credentials}, allow_redirects=False) as answer:
            if answer.status not in REDIRECTS:
                return await _take(answer, file)
            here = check(answer.headers.get("Location", ""), source, base=here)
        if here.origin() != first.origin():
            credentials = {}
    raise FetchRefused(f"it leads on more than {MAX_HOPS} times")


async def _take(answer: ClientResponse, file: BinaryIO) -> int:
    if answer.status != 200:
        raise FetchRefused(f"the provider answered {answer.status}")
    size = answer.content_length or 0
    taken = 0
    while max(size, taken) <= MAX_BYTES:
        piece = await answer.content.readany()
        if not piece:
            return taken
        taken += len(piece)
        file.write(piece)
    raise FetchRefused(f"it has more than {MAX_BYTES} bytes")


def check(text: str, source: Source, *, first: bool = False, base: URL | None = None) -> URL:
    """The address, seen from ``base``, if it may be asked: read once, by what asks. Raises `FetchRefused`."""
    try:
        url = URL(text, encoded=True)
        url = base.join(url) if base else url
        plain = url.scheme == SCHEME and url.explicit_port in (None, 443) and "@" not in url.authority
    except ValueError:
        raise FetchRefused("its address can't be read") from None
    if source.local and (url.scheme, url.authority) == ("http", source.local):
        return url
    if not plain or not url.host:
        raise FetchRefused(f"its address is not plain {SCHEME}")
    if url.host not in source.hosts and (first or not _is_onward(url, source)):
        raise FetchRefused(f"it lies at {url.host[:100]!r}, which is no host of the provider's")
    return url


def _is_onward(url: URL, source: Source) -> bool:
    below = source.onward.get(url.host or "")
    return below is not None and url.raw_path.startswith(below) and ".." not in url.path


class PublicResolver(AbstractResolver):
    """Gives a connection only addresses of the public internet, so that the one checked is the one connected to."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of a name. Raises `FetchRefused` if any of them is not public: no provider's name has such."""
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, family=family)
        for *_, name in found:
            if not is_public(ip_address(str(name[0]).partition("%")[0])):
                raise FetchRefused(f"the name {host[:100]!r} leads into a private network")
        return [
            ResolveResult(
                hostname=host,
                host=str(name[0]),
                port=port,
                family=kind,
                proto=proto,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for kind, _, proto, _, name in found
        ]

    async def close(self) -> None:
        """It holds nothing."""
