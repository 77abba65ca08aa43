"""Slack, through an app with a bot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from channels.base import (
    InboundMessage,
    KeptRequest,
    OpenTalk,
    OutboundMessage,
    Receipt,
    Received,
    Sent,
    WebhookRequest,
)
from channels.errors import WebhookRefused
from channels.examining import Examination
from channels.slack.bolt import Reader
from channels.slack.examining import Examiner
from channels.slack.history import History
from channels.slack.messages import Messages
from channels.slack.pages import Web
from channels.slack.signature import Verifier, is_fresh, signed_headers
from channels.slack.webhook import Door
from channels.transport import TIMEOUT_SECONDS, Connections


@dataclass(eq=False)
class Slack:
    """A channel of one Slack app in one workspace; implements `channels.base.Channel`.

    Each of ``signing_secrets`` is accepted on webhooks (rotation). ``team`` (T...) and ``app_id`` (A...) let in only
    that workspace and that app. ``api_url`` replaces https://slack.com/api/. A request takes at most
    ``timeout_seconds``.
    """

    name: str
    signing_secrets: tuple[str, ...] = field(repr=False)
    bot_token: str = field(repr=False)
    team: str = ""
    app_id: str = ""
    api_url: str = ""
    timeout_seconds: float = TIMEOUT_SECONDS

    kind = "slack"
    routes = ("events", "actions", "commands")
    looks_into_talks = True

    def __post_init__(self) -> None:
        self._verifier = Verifier(self.signing_secrets)
        self._door = Door(self.team, self.app_id)
        self._reader = Reader(self.name, self.bot_token)
        self._connections = Connections(self.timeout_seconds)
        web = Web(self.bot_token, self.api_url, self._connections)
        self._messages, self._history, self._examiner = Messages(web), History(web), Examiner(web, self.team)

    def may_be_signed(self, headers: Mapping[str, str], at: datetime) -> bool:
        """Whether there is a signature, of the right form and age."""
        try:
            timestamp, _ = signed_headers(headers)
        except WebhookRefused:
            return False
        return is_fresh(timestamp, at)

    def receive(self, request: WebhookRequest) -> Received:
        """The request, kept whole for `read` once its signature is right. Raises `WebhookRefused`."""
        if request.route not in self.routes:
            raise WebhookRefused(404, "no such route")
        self._verifier.check(request)
        return self._door.admit(request)

    async def read(self, kept: KeptRequest) -> tuple[InboundMessage, ...]:
        """What people say in a kept request, read by Bolt's listeners; no call to Slack."""
        return await self._reader.read(kept)

    async def send(self, message: OutboundMessage) -> Sent:
        """Post once: to a user (a direct message), to a channel, or, with ``thread``, into that thread."""
        return await self._messages.post(message)

    async def find(
        self, message: OutboundMessage, since: datetime, known: frozenset[str], *, redone: bool = False
    ) -> Sent | None:
        """Look for our id in the history of the conversation or the thread, and for one ``redone`` for what it says
        (`Messages.find`)."""
        return await self._messages.find(message, since, known, redone=redone)

    async def missed(
        self, since: datetime, until: datetime, talks: Sequence[OpenTalk] = ()
    ) -> tuple[InboundMessage, ...]:
        """What people wrote in these talks (`History.missed`), with one or two calls for each."""
        return await self._history.missed(since, until, talks)

    async def states(self, sent: Mapping[str, str]) -> tuple[Receipt, ...]:
        """Nothing: that Slack took a message is the last it tells of it."""
        return ()

    async def examine(self) -> Examination:
        """What Slack says of the token (`Examiner.examine`)."""
        return await self._examiner.examine()

    async def close(self) -> None:
        """Close the connections."""
        await self._connections.close()
