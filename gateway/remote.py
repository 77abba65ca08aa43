"""Which address a request came from, seen through the proxies that the operator trusts."""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from aiohttp import web

from gateway.addresses import Network

HEADER = "X-Forwarded-For"
MAX_HOPS = 10  # proxies looked through, from ours outward; who writes more into the header hides behind the tenth
NOWHERE = "local"  # a connection that has no address, such as a Unix socket's
REMEMBERED = 1_024  # texts whose address is known without reading them again
IPV6_PREFIX = 64  # bits: a network of this size is one household's or one server's

Address = IPv4Address | IPv6Address


def remote_of(request: web.Request, trusted: Sequence[Network]) -> str:
    """The address of who sent the request, as text; an IPv6 address stands for its /64.

    X-Forwarded-For is believed only as far as trusted proxies wrote it: from its end, up to the first address that is
    no such proxy. Without a trusted peer the header says nothing.
    """
    if not trusted:
        return _bare(request.remote or "")
    found = _address(request.remote or "")
    for hop in _hops(request.headers.getall(HEADER, ())):
        if found is None or not is_trusted(found, trusted):
            break
        said = _address(hop)
        if said is None:
            break
        found = said
    return _spelt(found)


def is_trusted(address: Address, trusted: Iterable[Network]) -> bool:
    """Whether the address belongs to one of the networks."""
    return any(address in network for network in trusted)


def _hops(headers: Sequence[str]) -> Iterator[str]:
    """What the header lists, nearest proxy's word first."""
    yield from reversed(",".join(headers).split(",")[-MAX_HOPS:])


@lru_cache(maxsize=REMEMBERED)
def _address(text: str) -> Address | None:
    """An address as proxies write it, with a port or without; IPv4 in IPv6's clothes is IPv4. None where it is none."""
    bare = text.strip()
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        address = ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


@lru_cache(maxsize=REMEMBERED)
def _bare(text: str) -> str:
    return _spelt(_address(text))


def _spelt(address: Address | None) -> str:
    if isinstance(address, IPv6Address):
        return str(ip_network((address, IPV6_PREFIX), strict=False))
    return str(address) if address else NOWHERE
