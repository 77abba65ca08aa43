"""Messages through Slack's Web API: post one, look for one."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from channels.base import OutboundMessage, Sent
from channels.errors import SendUnknown
from channels.slack.blocks import content, our_id
from channels.slack.bolt import log
from channels.slack.failures import RAISED, explain
from channels.transport import Connections

CLOCK_SKEW_SECONDS = 60
PAGE_ITEMS = 200
MAX_PAGES = 5

# A user who can be written to, and a conversation whose history can be read.
_USER = ("U", "W")
_CONVERSATION = ("C", "D", "G")
_CHANNELS = "public_channel,private_channel"


class Messages:
    """The messages of one bot. One call is one request: the SDK's retries, which post twice, are off."""

    def __init__(self, bot_token: str, api_url: str, connections: Connections) -> None:
        base_url = api_url or AsyncWebClient.BASE_URL
        self._client = AsyncWebClient(bot_token, base_url, logger=log, retry_handlers=[])
        if api_url:
            # The SDK takes the proxy of the environment; an address of one's own is meant to be reached as it is.
            self._client.proxy = None
        self._connections = connections

    async def post(self, message: OutboundMessage) -> Sent:
        """Post once. Raises as `channels.base.Channel.send` says."""
        parameters = content(message)
        channel, _, ts = message.thread.partition(":")
        try:
            posted = await self._open().chat_postMessage(
                channel=channel or message.to, thread_ts=ts or None, **parameters
            )
        except RAISED as error:
            raise explain(error) from error
        return _sent(posted.get("channel"), posted.get("ts"))

    async def find(self, message: OutboundMessage, since: datetime) -> Sent | None:
        """The message with our id in its metadata, posted after ``since`` less a minute. Raises `SendUnknown`."""
        try:
            channel = await self._conversation(message)
            thread = message.thread.partition(":")[2]
            async for posted in self._posted(channel, thread, since.timestamp() - CLOCK_SKEW_SECONDS):
                if our_id(posted) == message.id:
                    return _sent(channel, posted.get("ts"))
        except RAISED as error:
            raise SendUnknown(f"the history can't be read: {explain(error)}") from error
        return None

    async def _conversation(self, message: OutboundMessage) -> str:
        wanted = message.thread.partition(":")[0] or message.to
        if wanted.startswith(_CONVERSATION):
            return wanted
        if not wanted.startswith(_USER):
            return await self._channel_named(wanted.removeprefix("#"))
        opened = await self._open().conversations_open(users=wanted)
        return str(opened["channel"]["id"])

    async def _channel_named(self, name: str) -> str:
        """A history is read by the channel's id; the bot sees the names of the channels that it is in."""
        ask = partial(self._open().users_conversations, types=_CHANNELS, exclude_archived=True, limit=PAGE_ITEMS)
        async for channel in self._items("channels", ask):
            if channel["name"] == name:
                return str(channel["id"])
        raise SendUnknown(f"the bot is in no channel named {name!r}")

    def _posted(self, channel: str, thread: str, oldest: float) -> AsyncIterator[dict[str, Any]]:
        wanted: dict[str, Any] = {"channel": channel, "oldest": f"{oldest:.6f}", "limit": PAGE_ITEMS}
        wanted["include_all_metadata"] = True
        if thread:
            return self._items("messages", partial(self._open().conversations_replies, ts=thread, **wanted))
        return self._items("messages", partial(self._open().conversations_history, **wanted))

    async def _items(
        self, key: str, ask: Callable[..., Awaitable[AsyncSlackResponse]]
    ) -> AsyncIterator[dict[str, Any]]:
        """What ``ask`` lists under ``key``, page by page."""
        cursor = ""
        for _ in range(MAX_PAGES):
            page = await ask(cursor=cursor or None)
            for item in page[key]:
                yield item
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return
        raise SendUnknown(f"more than {MAX_PAGES * PAGE_ITEMS} {key} to look through")

    def _open(self) -> AsyncWebClient:
        self._client.session = self._connections.session()
        return self._client


def _sent(channel: object, ts: object) -> Sent:
    if not isinstance(channel, str) or not isinstance(ts, str):
        raise SendUnknown("the answer has no channel or ts")
    # Slack has no later word: that it shows the message is all the proof of delivery there is.
    return Sent(f"{channel}:{ts}", "delivered")
