"""Messages through Slack's Web API: post one, look for one."""

from collections.abc import AsyncIterator
from datetime import datetime
from functools import partial
from typing import Any

from channels.base import OutboundMessage, Sent
from channels.errors import SendUnknown
from channels.slack.blocks import content, our_words, says
from channels.slack.body import word
from channels.slack.failures import RAISED, explain, explain_look
from channels.slack.pages import PAGE_ITEMS, Web
from channels.slack.ticks import tick_of

CLOCK_SKEW_SECONDS = 60

# A user who can be written to, and a conversation whose history can be read.
_USER = ("U", "W")
_CONVERSATION = ("C", "D", "G")
_CHANNELS = "public_channel,private_channel"


class Messages:
    """The messages of one bot."""

    def __init__(self, web: Web) -> None:
        self._web = web

    async def post(self, message: OutboundMessage) -> Sent:
        """Post once. Raises as `channels.base.Channel.send` says."""
        parameters = content(message)
        channel, _, ts = message.thread.partition(":")
        try:
            posted = await self._web.open().chat_postMessage(
                channel=channel or message.to, thread_ts=ts or None, **parameters
            )
        except RAISED as error:
            raise explain(error) from error
        return _sent(posted.get("channel"), posted.get("ts"))

    async def find(
        self, message: OutboundMessage, since: datetime, known: frozenset[str], *, redone: bool = False
    ) -> Sent | None:
        """The message with our id in its metadata, posted after ``since`` less a minute; where there is none, and it
        is ``redone``, the oldest of ours that says the same. Raises as `channels.base.Channel.find` says."""
        wanted, equal = (message.id, says(message)), list[str]()
        try:
            channel = await self._conversation(message)
            thread = message.thread.partition(":")[2]
            async for posted in self._posted(channel, thread, since.timestamp() - CLOCK_SKEW_SECONDS):
                (id, said), ts = our_words(posted), word(posted, "ts")
                if f"{channel}:{ts}" in known:
                    continue
                if id == wanted[0]:
                    return _sent(channel, ts)
                equal += [ts] if redone and said == wanted[1] else []
        except RAISED as error:
            raise explain_look(error) from error
        return _sent(channel, min(equal, key=tick_of)) if equal else None

    async def _conversation(self, message: OutboundMessage) -> str:
        wanted = message.thread.partition(":")[0] or message.to
        if wanted.startswith(_CONVERSATION):
            return wanted
        if not wanted.startswith(_USER):
            return await self._channel_named(wanted.removeprefix("#"))
        return await self._web.direct(wanted)

    async def _channel_named(self, name: str) -> str:
        """A history is read by the channel's id; the bot sees the names of the channels that it is in."""
        ask = partial(self._web.open().users_conversations, types=_CHANNELS, exclude_archived=True, limit=PAGE_ITEMS)
        async for channel in self._web.items("channels", ask):
            if word(channel, "name") == name and word(channel, "id"):
                return word(channel, "id")
        raise SendUnknown(f"the bot is in no channel named {name!r}", answered=True)

    def _posted(self, channel: str, thread: str, oldest: float) -> AsyncIterator[dict[str, Any]]:
        wanted: dict[str, Any] = {"channel": channel, "oldest": f"{oldest:.6f}", "limit": PAGE_ITEMS}
        wanted["include_all_metadata"] = True
        if thread:
            return self._web.items("messages", partial(self._web.open().conversations_replies, ts=thread, **wanted))
        return self._web.items("messages", partial(self._web.open().conversations_history, **wanted))


def _sent(channel: object, ts: object) -> Sent:
    if not (isinstance(channel, str) and isinstance(ts, str) and channel and ts):
        raise SendUnknown("the answer has no channel or ts")
    # Slack has no later word: that it shows the message is all the proof of delivery there is.
    return Sent(f"{channel}:{ts}", "delivered")
