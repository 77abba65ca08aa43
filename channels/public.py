"""Which addresses are of the public internet: the same ones by every Python, whose own tables differ.

The tables are IANA's registries of special-purpose addresses (RFC 6890), for IPv4 with what was given back since:
https://www.iana.org/assignments/iana-ipv4-special-registry and https://www.iana.org/assignments/iana-ipv6-special-registry
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Address = IPv4Address | IPv6Address

GIVEN_OUT = IPv6Network("2000::/3")  # all that there is of IPv6 on the public internet (RFC 4291, 2.4)
NAT64 = IPv6Network("64:ff9b::/96")  # an IPv4 address stands in the last four bytes (RFC 6052)
SPECIAL_IPV4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # this network, and whoever has no address yet
            "10.0.0.0/8",  # private (RFC 1918)
            "100.64.0.0/10",  # shared by a carrier's customers (RFC 6598)
            "127.0.0.0/8",  # this machine
            "169.254.0.0/16",  # this link (RFC 3927), where clouds tell machines their secrets
            "172.16.0.0/12",  # private
            "192.0.0.0/24",  # protocols (RFC 6890, 2.1)
            "192.0.2.0/24",  # documentation (RFC 5737)
            "192.88.99.0/24",  # relays of 6to4 (RFC 7526)
            "192.168.0.0/16",  # private
            "198.18.0.0/15",  # benchmarks (RFC 2544)
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast (RFC 5771)
            "240.0.0.0/4",  # reserved, and the broadcast (RFC 1112, 4)
        ),
    )
)
SPECIAL_IPV6 = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocols: Teredo, benchmarks, ORCHID and others (RFC 2928)
            "2001:db8::/32",  # documentation (RFC 3849)
            "2002::/16",  # 6to4, which is nobody's any more (RFC 7526)
            "3fff::/20",  # documentation (RFC 9637)
        ),
    )
)


def is_public(address: Address) -> bool:
    """Whether an address is one of the internet and of one machine, and none of a machine, a link or a network of one's
    own, in whatever clothes: IPv4 mapped into IPv6 or behind NAT64 is judged as IPv4."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in SPECIAL_IPV4)
    if inner := address.ipv4_mapped or _behind_nat64(address):
        return is_public(inner)
    return address in GIVEN_OUT and not any(address in network for network in SPECIAL_IPV6)


def _behind_nat64(address: IPv6Address) -> IPv4Address | None:
    return IPv4Address(address.packed[12:]) if address in NAT64 else None
