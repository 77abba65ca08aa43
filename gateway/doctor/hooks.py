"""Who outside is told what happens: whether they can be reached, and whether they took what they were told."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from urllib.parse import SplitResult, urlsplit

from aiohttp.resolver import ThreadedResolver

from gateway.doctor.findings import Finding, ok, warning, wrong
from gateway.hooks.reaching import NotPublic, PublicResolver
from gateway.settings import Settings
from gateway.settings_file import HookSettings
from storage.database import Storage

LOOK_SECONDS = 10.0
PORTS = {"http": 80, "https": 443}


async def hooks(settings: Settings) -> AsyncIterator[Finding]:
    """Connect to each, all at once. Nothing is sent: whatever is, they would take for something that has happened."""
    for finding in await asyncio.gather(*(_reached(name, hook) for name, hook in settings.hooks.items())):
        yield finding


async def _reached(name: str, hook: HookSettings) -> Finding:
    topic, parts = f"hook {name}", urlsplit(hook.url)
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            await _connect(parts, private=hook.private)
    except NotPublic as error:
        return wrong(topic, str(error), "write private = true where that is meant: docs/reference/hooks.md")
    except (OSError, TimeoutError) as error:
        remedy = "see that this machine reaches it: DNS, firewall, proxy, its certificate; is url right?"
        return wrong(topic, f"{parts.hostname} does not take connections: {type(error).__name__}", remedy)
    return ok(topic, f"{parts.hostname} takes connections; nothing was sent")


async def _connect(parts: SplitResult, *, private: bool) -> None:
    """Raises OSError, `NotPublic` and those of TLS among them."""
    host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    resolver = ThreadedResolver() if private else PublicResolver()
    found = (await resolver.resolve(host, port))[0]["host"]
    tls = ssl.create_default_context() if parts.scheme == "https" else None
    _, writer = await asyncio.open_connection(found, port, ssl=tls, server_hostname=host if tls else None)
    writer.close()


def troubles(storage: Storage, settings: Mapping[str, HookSettings]) -> Iterator[Finding]:
    """Those of the settings that took nothing lately."""
    with storage.reading() as t:
        found = t.hook_troubles.all()
    for name in sorted(settings.keys() & found.keys()):
        topic, since = f"hook {name}", f"{found[name]['failing_since']:%Y-%m-%d %H:%M} UTC"
        if found[name]["disabled_at"]:
            remedy = f"mend it, then `pointsman hooks enable {name}`, and redeliver what it missed"
            yield wrong(topic, f"it took nothing since {since} and is told nothing any more", remedy)
        else:
            remedy = f"see `pointsman hooks deliveries {name}` for what it answers"
            yield warning(topic, f"it takes nothing since {since}", remedy)
