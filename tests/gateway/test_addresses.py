"""What an address of a setting says of where it leads, by every Python alike."""

import pytest

from gateway.addresses import is_loopback


@pytest.mark.parametrize(
    ("host", "is_this_machine"),
    [
        ("localhost", True),
        ("LocalHost", True),
        ("127.0.0.1", True),
        ("127.255.255.254", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("::ffff:8.8.8.8", False),
        ("::ffff:0.0.0.0", False),
        ("0.0.0.0", False),  # noqa: S104 - every address of this machine, not this machine alone
        ("::", False),
        ("::127.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("10.0.0.1", False),
        ("localhost.example.org", False),
        ("127.1", False),
        ("", False),
    ],
)
def test_this_machine_is_known_by_its_addresses(host: str, is_this_machine: bool) -> None:
    assert is_loopback(host) is is_this_machine
