"""Web addresses an operator may configure: https, or http where the host is this machine."""

from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from channels import public

Network = IPv4Network | IPv6Network


def is_loopback(host: str) -> bool:
    """Whether ``host`` (a name or an IP address, without brackets) can only be this machine."""
    if host.lower() == "localhost":
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    # Only from Python 3.13 on does an address that is mapped say what it is mapped from.
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet, and of one machine. Raises ValueError for what is none."""
    return public.is_public(ip_address(address.partition("%")[0]))


def may_be_public(host: str) -> bool:
    """Whether a web address's host is one that is not private on its face: a name is looked at when it is resolved."""
    try:
        return is_public(host)
    except ValueError:
        return host.lower() != "localhost" and not host.replace(".", "").isdigit()  # 2130706433 is 127.0.0.1


def checked_address(text: str) -> str:
    """``text`` without a trailing slash. Raises ValueError, in words that follow the key's name."""
    parts = _split(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError('must be a whole web address such as "https://gateway.example.org"')
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError(f"must begin with https:// (http is for this machine only, not for {parts.hostname})")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must not carry a user name or password")
    if "?" in text or "#" in text:
        raise ValueError("must not carry a query (?) or a fragment (#)")
    return text.rstrip("/")


def whole_address(text: str) -> str:
    """``text`` as it stands, for an address that is asked as such. Raises ValueError as `checked_address` does."""
    checked_address(text)
    return text


def checked_network(text: str) -> str:
    """``text`` as it stands: a network of addresses, or one address. Raises ValueError as `checked_address` does."""
    try:
        ip_network(text)
    except ValueError:
        raise ValueError('must be a network such as "10.0.0.0/8", with no bits set after its length') from None
    return text


def _split(text: str) -> SplitResult:
    if not text.isascii() or any(character.isspace() for character in text):
        raise ValueError("must not hold blanks or letters outside ASCII")
    try:
        parts = urlsplit(text)
        _ = parts.port  # urlsplit checks a port only when it is read
    except ValueError:
        raise ValueError('must be a whole web address such as "https://gateway.example.org"') from None
    return parts
