"""Where hooks may be: on the public internet, and in a private network only where the settings say so.

Names are looked at when they are resolved, by the one who then connects: what a name meant earlier does not count.
"""

from socket import AddressFamily
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from gateway.addresses import is_public


class NotPublic(OSError):
    """All that the name stands for is in private networks."""


class PublicResolver(AbstractResolver):
    """Resolves names to public addresses only."""

    def __init__(self, names: AbstractResolver | None = None) -> None:
        self._names = names or ThreadedResolver()

    async def resolve(self, host: str, port: int = 0, family: Any = AddressFamily.AF_INET) -> list[ResolveResult]:
        """The public addresses of the host. Raises `NotPublic` where it has others only."""
        public = [found for found in await self._names.resolve(host, port, family) if is_public(found["host"])]
        if not public:
            raise NotPublic(f"{host} is in a private network")
        return public

    async def close(self) -> None:
        await self._names.close()
