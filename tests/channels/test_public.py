"""Only addresses of the public internet are public, by every Python alike."""

from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_address

import pytest
from hypothesis import given
from hypothesis.strategies import ip_addresses

from channels.public import SPECIAL_IPV4, SPECIAL_IPV6, is_public

PUBLIC = (
    "8.8.8.8",
    "1.0.0.0",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.0",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "2606:4700::1111",
    "2001:200::1",
    "2a00:1450:4001:800::200e",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
)
NOT_PUBLIC = {
    "unspecified": ("0.0.0.0", "::"),  # noqa: S104 - addresses to be refused
    "this network": ("0.1.2.3",),
    "this machine": ("127.0.0.1", "127.255.255.255", "::1"),
    "private": ("10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fc00::1", "fd00::1"),
    "of a carrier": ("100.64.0.1", "100.127.255.255"),
    "this link": ("169.254.169.254", "fe80::1", "febf::1"),
    "this site": ("fec0::1", "fec0:0:0:ffff::1", "feff::1"),
    "protocols": ("192.0.0.1", "192.0.0.9", "192.0.0.10", "192.0.0.170", "2001:1::1", "2001:3::1", "2001:1ff::1"),
    "Teredo": ("2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2"),
    "6to4": ("2002:a00:1::", "2002:808:808::1", "192.88.99.1"),
    "benchmarks": ("198.18.0.1", "198.19.255.255", "2001:2::1"),
    "ORCHID": ("2001:10::1", "2001:20::1", "2001:30::1"),
    "documentation": ("192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1", "3fff:fff::1"),
    "multicast": ("224.0.0.1", "239.255.255.255", "ff02::1", "ff0e::1"),
    "reserved": ("240.0.0.1", "255.255.255.255", "100::1", "400::1", "4000::1", "5f00::1", "8000::1", "fe00::1"),
    "NAT64": ("64:ff9b::a00:1", "64:ff9b::7f00:1", "64:ff9b::", "64:ff9b:1::808:808", "64:ff9b:0:1::808:808"),
    "IPv4 in IPv6": ("::ffff:10.0.0.1", "::ffff:127.0.0.1", "::ffff:0.0.0.0", "::ffff:203.0.113.1", "::ffff:224.0.0.1"),
    "IPv4 in IPv6 as it once was": ("::8.8.8.8", "::127.0.0.1", "::ffff:0:127.0.0.1", "::ffff:0:8.8.8.8"),
}


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(("kind", "address"), [(kind, one) for kind, them in NOT_PUBLIC.items() for one in them])
def test_only_addresses_of_the_internet_are_public(kind: str, address: str) -> None:
    assert not is_public(ip_address(address)), kind


@pytest.mark.parametrize("network", [*SPECIAL_IPV4, *SPECIAL_IPV6], ids=str)
def test_a_special_network_is_not_public_from_its_first_address_to_its_last(
    network: IPv4Network | IPv6Network,
) -> None:
    assert not is_public(network[0])
    assert not is_public(network[-1])


@given(ip_addresses(v=4))
def test_an_address_in_the_clothes_of_ipv6_is_as_public_as_without(address: IPv4Address) -> None:
    mapped, translated = (ip_address(f"{prefix}{address}") for prefix in ("::ffff:", "64:ff9b::"))
    assert is_public(mapped) == is_public(translated) == is_public(address)
