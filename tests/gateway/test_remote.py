"""Which address a request is from."""

from ipaddress import ip_network

import pytest
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from gateway.remote import MAX_HOPS, remote_of

TRUSTED = tuple(map(ip_network, ("10.0.0.0/8", "fd00::/8")))


def remote(peer: str, *headers: str) -> str:
    told = CIMultiDict([("X-Forwarded-For", header) for header in headers])
    return remote_of(make_mocked_request("GET", "/", headers=told).clone(remote=peer), TRUSTED)


@pytest.mark.parametrize(
    ("peer", "headers", "found"),
    [
        ("192.0.2.1", [], "192.0.2.1"),
        ("192.0.2.1", ["198.51.100.1"], "192.0.2.1"),
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["203.0.113.9, 198.51.100.1, 10.0.0.2"], "198.51.100.1"),
        ("10.0.0.1", ["203.0.113.9", "198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["198.51.100.1:4711"], "198.51.100.1"),
        ("10.0.0.1", ["[2001:db8:1:2:3::4]:4711"], "2001:db8:1:2::/64"),
        ("10.0.0.1", ["2001:db8:1:2:ffff::4"], "2001:db8:1:2::/64"),
        ("fd00::1", ["::ffff:198.51.100.1"], "198.51.100.1"),
        ("::ffff:10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["198.51.100.1, unknown"], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1, "], "10.0.0.1"),
        ("10.0.0.1", [", ".join(["198.51.100.1", *["10.0.0.2"] * MAX_HOPS])], "10.0.0.2"),
        ("", [], "local"),
    ],
)
def test_the_address_is_the_last_one_that_no_trusted_proxy_has(peer: str, headers: list[str], found: str) -> None:
    assert remote(peer, *headers) == found
