"""What people wrote in talks of ours that no event has told of (docs: conversations.history, conversations.replies).

Both methods take some 50 calls a minute (tier 3), and share them with the looks for our own lost posts: whoever calls
here gives few talks at a time. Buttons pressed and commands given have no history.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

from channels.base import InboundMessage, OpenTalk
from channels.errors import ChannelDown, ChannelError, SendRefused, SendUnknown
from channels.slack.body import Body, word
from channels.slack.bolt import log
from channels.slack.codes import LACKS_TO_READ
from channels.slack.failures import RAISED, explain
from channels.slack.heard import from_event
from channels.slack.pages import PAGE_ITEMS, Web
from channels.slack.ticks import place_of, tick, tick_of

MAX_KNOWN_USERS = 10_000  # whose conversations are remembered

Window = tuple[Decimal, Decimal]
Written = tuple[Decimal, InboundMessage]  # when, and what


class History:
    """Reads the talks of one bot."""

    def __init__(self, web: Web) -> None:
        self._web = web
        self._bot_user = ""
        self._direct: dict[str, str] = {}

    async def missed(self, since: datetime, until: datetime, talks: Sequence[OpenTalk]) -> tuple[InboundMessage, ...]:
        """What was written from ``since`` to ``until`` in these talks, oldest first. One that can't be read (the bot
        was removed from its channel, a scope is lacking) is passed over; raises any other `ChannelError`."""
        window = (tick(since), tick(until))
        found: dict[str, Written] = {}
        for talk in talks:
            for written, message in await self._of(talk, window):
                found[message.key] = (written, message)
        return tuple(message for _, message in sorted(found.values(), key=lambda pair: pair[0]))

    async def _of(self, talk: OpenTalk, window: Window) -> list[Written]:
        found: list[Written] = []
        try:
            async for written in self._written(talk, window):
                found.append(written)
        except RAISED as error:
            if not _is_of_this_talk(reason := explain(error)):
                raise reason from error
            log.warning("a talk on Slack can't be read: %s", reason)
        except SendUnknown as too_long:
            log.error("a talk on Slack was not read to its end: %s", too_long)
        return found

    async def _written(self, talk: OpenTalk, window: Window) -> AsyncIterator[Written]:
        channel = await self._channel_of(talk)
        own = await self._own_user()
        thread = talk.thread.partition(":")[2]
        posts = self._replies(channel, thread, window) if thread else self._in_direct(channel, talk, window)
        async for post in posts:
            written = tick_of(word(post, "ts"))
            if window[0] <= written < window[1]:
                for message in from_event(_as_event(post, channel, own)):
                    yield written, message

    async def _channel_of(self, talk: OpenTalk) -> str:
        known = talk.thread.partition(":")[0] or place_of(talk.said)[0] or self._direct.get(talk.address, "")
        if known:
            return known
        if len(self._direct) >= MAX_KNOWN_USERS:
            self._direct.clear()
        self._direct[talk.address] = await self._web.direct(talk.address)
        return self._direct[talk.address]

    async def _own_user(self) -> str:
        """The bot's user, asked once: events name it, a history does not."""
        if not self._bot_user:
            told = await self._web.open().auth_test()
            if not isinstance(user := told["user_id"], str) or not user:
                raise ValueError("the answer names no user")
            self._bot_user = user
        return self._bot_user

    async def _in_direct(self, channel: str, talk: OpenTalk, window: Window) -> AsyncIterator[Body]:
        """What was written, also below our last word: a history shows no replies, only that there are some."""
        said = tick_of(place_of(talk.said)[1]) or window[0]
        ask = partial(
            self._web.open().conversations_history, channel=channel, **_asked(min(said, window[0]), window[1])
        )
        async for post in self._web.items("messages", ask):
            yield post
            if tick_of(word(post, "latest_reply")) >= window[0]:
                async for reply in self._replies(channel, word(post, "ts"), window):
                    yield reply

    def _replies(self, channel: str, thread: str, window: Window) -> AsyncIterator[Body]:
        ask = partial(self._web.open().conversations_replies, channel=channel, ts=thread, **_asked(*window))
        return self._web.items("messages", ask)


def _is_of_this_talk(reason: ChannelError) -> bool:
    """Whether others may be read all the same: scopes are given for each kind of conversation."""
    return isinstance(reason, SendRefused) or (isinstance(reason, ChannelDown) and reason.code in LACKS_TO_READ)


def _as_event(post: Mapping[str, Any], channel: str, own: str) -> Body:
    """A listed message in the form in which an event tells of it."""
    return {"event": {**post, "channel": channel}, "authorizations": [{"is_bot": True, "user_id": own}]}


def _asked(oldest: Decimal, latest: Decimal) -> dict[str, Any]:
    return {"oldest": f"{oldest:.6f}", "latest": f"{latest:.6f}", "inclusive": True, "limit": PAGE_ITEMS}
