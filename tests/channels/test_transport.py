"""What a broken request proves."""

import ssl

import pytest
from aiohttp import (
    ClientConnectorDNSError,
    ClientError,
    ClientOSError,
    ClientPayloadError,
    ConnectionTimeoutError,
    ServerDisconnectedError,
    SocketTimeoutError,
)
from aiohttp.client_exceptions import ClientConnectorCertificateError
from aiohttp.client_reqrep import ConnectionKey

from channels.errors import SendUnknown, Unreachable
from channels.transport import RECONNECT_SECONDS, broken
from tests.channels.failing import told

KEY = ConnectionKey("a.example", 443, True, True, None, None, None, None)


@pytest.mark.parametrize(
    "error",
    [
        ConnectionTimeoutError(),
        ClientConnectorDNSError(KEY, OSError("no such host")),
        ClientConnectorCertificateError(KEY, ssl.CertificateError("expired")),
    ],
)
def test_without_a_connection_nothing_was_sent(error: ClientError) -> None:
    assert told(broken(error)) == told(Unreachable(RECONNECT_SECONDS, type(error).__name__))


@pytest.mark.parametrize(
    "error",
    [
        TimeoutError(),
        SocketTimeoutError(),
        ServerDisconnectedError(),
        ClientOSError(104, "reset"),
        ClientPayloadError(),
    ],
)
def test_with_a_connection_no_one_can_say(error: ClientError | TimeoutError) -> None:
    assert isinstance(broken(error), SendUnknown)
