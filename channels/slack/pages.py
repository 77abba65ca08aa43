"""Lists of Slack's Web API, page by page. One call is one request: the SDK's retries, which post twice, are off."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from channels.errors import SendUnknown
from channels.slack.body import word
from channels.slack.bolt import log
from channels.transport import Connections

PAGE_ITEMS = 200
MAX_PAGES = 5


class Web:
    """The Web API as one bot sees it."""

    def __init__(self, bot_token: str, api_url: str, connections: Connections) -> None:
        base_url = api_url or AsyncWebClient.BASE_URL
        self._client = AsyncWebClient(bot_token, base_url, logger=log, retry_handlers=[])
        if api_url:
            # The SDK takes the proxy of the environment; an address of one's own is meant to be reached as it is.
            self._client.proxy = None
        self._connections = connections

    def open(self) -> AsyncWebClient:
        """The client over an open connection. Must be called inside a running loop."""
        self._client.session = self._connections.session()
        return self._client

    async def direct(self, user: str) -> str:
        """The conversation (D...) in which the bot and this user write to each other. Raises ValueError where the
        answer names none."""
        opened = await self.open().conversations_open(users=user)
        if not (channel := word(opened["channel"], "id")):
            raise ValueError("the answer names no conversation")
        return channel

    async def items(self, key: str, ask: Callable[..., Awaitable[AsyncSlackResponse]]) -> AsyncIterator[dict[str, Any]]:
        """What ``ask`` lists under ``key``, page by page. Raises `SendUnknown` past `MAX_PAGES`."""
        cursor = ""
        for _ in range(MAX_PAGES):
            page = await ask(cursor=cursor or None)
            for item in page[key]:
                yield item
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return
        raise SendUnknown(f"more than {MAX_PAGES * PAGE_ITEMS} {key} to look through", answered=True)
