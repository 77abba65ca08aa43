"""A hook that is not allowed to be in a private network is not reached there, whatever its name stands for."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from gateway.addresses import is_public, may_be_public
from gateway.hooks import posting
from gateway.hooks.posting import MAX_BODY_BYTES, Hook, NotTaken, Taken, body_of
from gateway.hooks.reaching import NotPublic, PublicResolver
from gateway.settings_file import HookSettings
from storage.deliveries import OwedDelivery
from tests.gateway.hooks.receiver import Receiver, listening

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
SECRET = "whsec_c2FuZGJveC1ob29rLXNlY3JldC1vZi1wb2ludHNtYW4="
DELIVERY = OwedDelivery("d1", "crm", "event.parked", {"event": 7}, 0, NOON)


@dataclass
class Names(AbstractResolver):
    """A name server."""

    addresses: list[str]

    async def resolve(self, host: str, port: int = 0, family: Any = 0) -> list[ResolveResult]:
        return [
            {"hostname": host, "host": one, "port": port, "family": family, "proto": 0, "flags": 0}
            for one in self.addresses
        ]

    async def close(self) -> None:
        """It holds nothing."""


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),  # noqa: S104 - an address to be refused
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:10.0.0.1", False),
        ("::ffff:93.184.216.34", True),
        ("64:ff9b::a00:1", False),
        ("2002:a00:1::1", False),
        ("fec0::1", False),
        ("64:ff9b:1::7f00:1", False),
        ("64:ff9b::5db8:d822", True),
        ("::127.0.0.1", False),
        ("::93.184.216.34", False),
        ("::ffff:0:127.0.0.1", False),
        ("ff0e::1", False),
        ("2001:db8::1", False),
    ],
)
def test_what_is_public(address: str, public: bool) -> None:
    assert is_public(address) == public


@pytest.mark.parametrize(
    ("host", "may_be"),
    [("hooks.example.com", True), ("localhost", False), ("LocalHost", False), ("2130706433", False), ("10.0.1", False)],
)
def test_a_host_that_is_private_on_its_face_is_known(host: str, may_be: bool) -> None:
    assert may_be_public(host) == may_be


async def test_of_a_name_only_the_public_addresses_are_taken() -> None:
    mixed = PublicResolver(Names(["10.0.0.1", "93.184.216.34"]))

    assert [one["host"] for one in await mixed.resolve("crm.example.com", 443)] == ["93.184.216.34"]
    with pytest.raises(NotPublic):
        await PublicResolver(Names(["10.0.0.1", "::1"])).resolve("crm.example.com", 443)


async def test_a_name_that_stands_for_a_private_address_is_not_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting, "PublicResolver", lambda: PublicResolver(Names(["127.0.0.1"])))
    async with listening(Receiver()) as receiver:
        url = f"http://crm.localhost:{receiver.port}/told"
        settings = HookSettings.model_validate({"url": "https://crm.example.com", "secret": SECRET})
        hook = Hook("crm", settings.model_copy(update={"url": url}))
        outcome = await hook.send(DELIVERY, NOON)
        await hook.close()

    assert outcome == NotTaken("crm could not be reached: it is in a private network", down=True)
    assert receiver.ids == []


async def test_a_hook_that_may_be_private_is_reached() -> None:
    async with listening(Receiver()) as receiver:
        url = f"http://127.0.0.1:{receiver.port}/told"
        hook = Hook("crm", HookSettings.model_validate({"url": url, "secret": SECRET, "private": True}))
        assert await hook.send(DELIVERY, NOON) == Taken()
        await hook.close()

    assert receiver.told == [{"type": "event.parked", "timestamp": "2027-03-01T12:00:00Z", "data": {"event": 7}}]


def test_of_what_would_be_too_long_the_largest_parts_are_left_out_and_named() -> None:
    data = {"participant": "p1", "fields": {"note": "ä" * MAX_BODY_BYTES}, "results": {"said": "x" * MAX_BODY_BYTES}}
    long = OwedDelivery("d1", "crm", "participant.updated", data, 0, NOON)

    assert len(body_of(long)) < 200
    assert b'{"participant":"p1","left_out":["fields","results"]}' in body_of(long)
