"""HTTP towards providers: one shared session per channel, and what a broken request proves."""

import re

from aiohttp import ClientConnectorError, ClientError, ClientSession, ClientTimeout, ConnectionTimeoutError

from channels.errors import SendUnknown, Unreachable

TIMEOUT_SECONDS = 10.0
RECONNECT_SECONDS = 5.0
THROTTLED_SECONDS = 1.0
LONGEST_RETRY_AFTER_SECONDS = 3600.0

_SECONDS = re.compile(r"[0-9]{1,9}")


class Connections:
    """An aiohttp session that opens at its first use, inside the running loop, and is shared by all requests.

    A request may take ``timeout_seconds`` in all; getting a connection half of that, so that a host which never
    accepts is told apart from one which accepted and fell silent.
    """

    def __init__(self, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        if timeout_seconds <= 0:
            raise ValueError(f"a timeout must be above 0 seconds, not {timeout_seconds}")
        self._timeout_seconds = timeout_seconds
        self._session: ClientSession | None = None

    def session(self) -> ClientSession:
        """The open session. Must be called inside a running loop."""
        if self._session is None or self._session.closed:
            limit = ClientTimeout(total=self._timeout_seconds, connect=self._timeout_seconds / 2)
            self._session = ClientSession(timeout=limit)
        return self._session

    async def close(self) -> None:
        """Close all connections; a later use opens new ones."""
        if self._session is not None:
            await self._session.close()


def broken(error: ClientError | TimeoutError) -> Unreachable | SendUnknown:
    """What a request that got no answer proves: without a connection nothing left us, after it no one can say."""
    name = type(error).__name__
    if isinstance(error, ClientConnectorError | ConnectionTimeoutError):
        return Unreachable(RECONNECT_SECONDS, name)
    return SendUnknown(f"no answer: {name}")


def retry_after(header: str, default: float = THROTTLED_SECONDS) -> float:
    """The seconds a Retry-After header asks for (RFC 9110, 10.2.3), between ``default`` and an hour."""
    asked = float(header) if _SECONDS.fullmatch(header.strip()) else default
    return min(max(asked, default), LONGEST_RETRY_AFTER_SECONDS)
