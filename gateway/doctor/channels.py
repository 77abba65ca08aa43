"""The providers: whether they take our credentials, what time they have, and where they send webhooks."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

from channels.base import Channel
from channels.errors import ChannelDown, ChannelError, SendRefused, Unreachable
from channels.examining import Examination
from gateway.adapters import build_adapters
from gateway.doctor.findings import Finding, ok, warning, wrong
from gateway.settings import Settings
from gateway.settings_sentences import variable

OFF_SECONDS, MUCH_TOO_FAR_OFF_SECONDS = 5.0, 60.0  # Slack's signatures are refused once they are 300 seconds off
NETWORK = "see that this machine reaches it: DNS, firewall, proxy; is api_url right?"


async def channels(settings: Settings) -> AsyncIterator[Finding]:
    """Ask the provider of each channel, all at once."""
    adapters = build_adapters(settings)
    try:
        told = await asyncio.gather(*(_examined(adapter) for adapter in adapters.values()))
    finally:
        for adapter in adapters.values():
            await adapter.close()
    for adapter, answer in zip(adapters.values(), told, strict=True):
        for finding in _told(adapter, answer, settings):
            yield finding
    if not adapters:
        yield warning("channels", "there are no channels", "add one: docs/how-to/connect-twilio.md, connect-slack.md")


async def _examined(adapter: Channel) -> tuple[Examination | ChannelError, datetime]:
    """What the provider says, and when it did by our clock (UTC)."""
    try:
        return await adapter.examine(), datetime.now(UTC)
    except ChannelError as error:
        return error, datetime.now(UTC)


def _told(
    adapter: Channel, answer: tuple[Examination | ChannelError, datetime], settings: Settings
) -> Iterator[Finding]:
    told, now = answer
    topic = f"channel {adapter.name}"
    if isinstance(told, ChannelError):
        yield _trouble(topic, adapter, told)
        return
    yield ok(topic, f"the provider takes our credentials: {told.account}")
    for doubt in told.doubts:
        yield warning(topic, doubt, f"see docs/how-to/connect-{'twilio' if adapter.kind == 'sms' else 'slack'}.md")
    for route, url in told.webhooks.items():
        yield _webhook(topic, f"{settings.public_url}/webhooks/{adapter.name}/{route}", url)
    if told.at:
        yield _clock(topic, (now - told.at).total_seconds())


def _trouble(topic: str, adapter: Channel, error: ChannelError) -> Finding:
    match error:
        case ChannelDown() | SendRefused():
            key = "auth_token" if adapter.kind == "sms" else "bot_token"
            remedy = (
                f"is {variable(('channels', adapter.name, key))} the one of this account? see the provider's console"
            )
            return wrong(topic, f"the provider refuses our account: {error}", remedy)
        case Unreachable():
            return wrong(topic, f"the provider can't be reached: {error.code}", NETWORK)
        case _:
            return wrong(topic, f"the provider did not answer as it should: {error}", f"try again later; {NETWORK}")


def _webhook(topic: str, ours: str, configured: str) -> Finding:
    if configured.partition("#")[0].rstrip("/") == ours:
        return ok(topic, f"the provider sends what people write to {ours}")
    text = f"the provider sends what people write to {configured}" if configured else "the provider tells us nothing"
    return wrong(topic, text, f"set its webhook to {ours} (HTTP POST), or public_url to what it is")


def _clock(topic: str, ahead: float) -> Finding:
    """The provider tells whole seconds, so that a second is no difference."""
    off = max(abs(ahead) - 1.0, 0.0)
    if off < OFF_SECONDS:
        return ok("clock", f"it is that of {topic} to within {OFF_SECONDS:.0f} seconds")
    text = f"this machine is {abs(ahead):,.0f} seconds {'ahead of' if ahead > 0 else 'behind'} {topic}"
    remedy = "synchronize it (chrony, systemd-timesyncd): signatures are refused by a clock that is wrong"
    return wrong("clock", text, remedy) if off >= MUCH_TOO_FAR_OFF_SECONDS else warning("clock", text, remedy)
