"""HTTP to one address of the settings: a session that follows no redirect, keeps no cookie, checks certificates, and
unpacks no answer: a small one could become a large one."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager

from aiohttp import ClientResponse, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector
from aiohttp.abc import AbstractResolver


class Outgoing:
    """It opens at its first use, inside the running loop. An answer may take ``timeout`` seconds; so many are asked for
    ``at_once``. Where names are resolved by ``resolver``, each connection does that anew."""

    def __init__(self, timeout: float, at_once: int, resolver: Callable[[], AbstractResolver] | None = None) -> None:
        self._timeout, self._at_once, self._resolver = timeout, at_once, resolver
        self._session: ClientSession | None = None

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> AbstractAsyncContextManager[ClientResponse]:
        """The answer to this, for as long as the block runs. Raises TimeoutError and aiohttp's ClientError."""
        if self._session is None:
            self._session = self._open()
        return self._session.post(url, data=body, headers=headers, allow_redirects=False)

    def _open(self) -> ClientSession:
        resolver = self._resolver() if self._resolver else None
        return ClientSession(
            connector=TCPConnector(limit=self._at_once, resolver=resolver, use_dns_cache=resolver is None),
            timeout=ClientTimeout(total=self._timeout),
            cookie_jar=DummyCookieJar(),
            auto_decompress=False,
        )

    async def close(self) -> None:
        """Let go of connections."""
        if self._session is not None:
            await self._session.close()
