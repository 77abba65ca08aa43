"""Channels as the gateway knows them, in front of the look-alikes: requests and answers go from hand to hand.

What is sent, what an answer means, and how a message whose sending is unknown is looked up are the adapters' own rules
(`channels.twilio`, `channels.slack`); left out are HTTP, signatures and the providers' libraries.
"""

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, ClassVar
from urllib.parse import urlencode

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
from channels.errors import SendRefused, SendThrottled, SendUnknown, WebhookRefused
from channels.examining import Examination
from channels.sandbox import SandboxRequest, SandboxResponse, SandboxSlack, SandboxTwilio
from channels.sandbox.desk import LookAlike
from channels.sandbox.slack_book import room_id
from channels.slack import codes as slack_codes
from channels.slack.blocks import content, our_words, says
from channels.transport import retry_after
from channels.twilio import codes as twilio_codes
from gateway.simulation.providers import PLACE, TOKEN

SKEW = timedelta(seconds=60)  # how far before its first try a message is looked for
LOOK_BACK = 200  # messages of one conversation that are looked through

Answer = Mapping[str, Any]


@dataclass(frozen=True)
class InProcess:
    """What both kinds have in common: nothing is missed, nothing is kept unread, nothing is held open."""

    name: str
    routes: ClassVar[tuple[str, ...]] = ()
    looks_into_talks: ClassVar[bool] = False

    def may_be_signed(self, headers: Mapping[str, str], at: datetime) -> bool:
        return False

    def receive(self, request: WebhookRequest) -> Received:
        raise WebhookRefused(404, "a simulation takes no requests")

    async def read(self, kept: KeptRequest) -> tuple[InboundMessage, ...]:
        return ()

    async def missed(
        self, since: datetime, until: datetime, talks: Sequence[OpenTalk] = ()
    ) -> tuple[InboundMessage, ...]:
        return ()

    async def states(self, sent: Mapping[str, str]) -> tuple[Receipt, ...]:
        return ()

    async def examine(self) -> Examination:
        return Examination(self.name, None)

    async def close(self) -> None:
        """It holds nothing."""


@dataclass(frozen=True)
class SimulatedSms(InProcess):
    """An SMS channel in front of a look-alike of Twilio; implements `channels.base.Channel`."""

    provider: SandboxTwilio
    kind: ClassVar[str] = "sms"

    async def send(self, message: OutboundMessage) -> Sent:
        callback = f"{PLACE}/webhooks/{self.name}/status?m={message.id}"
        asked = {"To": message.to, "From": self.provider.number, "Body": message.text, "StatusCallback": callback}
        answer = await self._ask("POST", asked)
        return Sent(answer["sid"], twilio_codes.STATUSES[answer["status"]])

    async def find(
        self, message: OutboundMessage, since: datetime, known: frozenset[str], *, redone: bool = False
    ) -> Sent | None:
        """The oldest message to them that says the same and is not known yet."""
        try:
            listed = await self._ask("GET", {"To": message.to, "PageSize": str(LOOK_BACK)})
        except (SendRefused, SendThrottled, SendUnknown) as error:
            raise SendUnknown(f"the list can't be read: {error}") from error
        found = [one for one in listed["messages"] if self._is_it(one, message, since - SKEW, known)]
        return Sent(found[-1]["sid"], twilio_codes.STATUSES[found[-1]["status"]]) if found else None

    def _is_it(self, one: Answer, message: OutboundMessage, since: datetime, known: frozenset[str]) -> bool:
        same = one["from"] == self.provider.number and one["body"] == message.text
        return same and one["sid"] not in known and parsedate_to_datetime(one["date_created"]) >= since

    async def _ask(self, method: str, asked: Mapping[str, str]) -> Answer:
        account = self.provider.account_sid
        path, form = f"/sandbox/twilio/{self.name}/2010-04-01/Accounts/{account}/Messages.json", urlencode(asked)
        login = {"authorization": "Basic " + b64encode(f"{account}:{TOKEN}".encode()).decode()}
        query, body = (form, b"") if method == "GET" else ("", form.encode())
        response = answered(self.provider, SandboxRequest(method, path, query, login, body))
        told: Answer = json.loads(response.body)
        if response.status >= 400:
            raise twilio_codes.verdict(response.status, int(told.get("code", 0)), str(told.get("message", "")))
        return told


@dataclass(frozen=True)
class SimulatedSlack(InProcess):
    """A Slack channel in front of a look-alike of Slack; implements `channels.base.Channel`."""

    provider: SandboxSlack
    kind: ClassVar[str] = "slack"

    async def send(self, message: OutboundMessage) -> Sent:
        room, _, ts = message.thread.partition(":")
        asked = {"channel": room or message.to, "thread_ts": ts or None, **content(message)}
        answer = await self._ask("chat.postMessage", asked)
        return Sent(f"{answer['channel']}:{answer['ts']}", "delivered")

    async def find(
        self, message: OutboundMessage, since: datetime, known: frozenset[str], *, redone: bool = False
    ) -> Sent | None:
        """The post with our id; for one ``redone``, the oldest of ours that says the same."""
        room, _, ts = message.thread.partition(":")
        method = "conversations.replies" if ts else "conversations.history"
        oldest = f"{(since - SKEW).timestamp():.6f}"
        asked = {"channel": room or message.to, "ts": ts, "oldest": oldest, "limit": LOOK_BACK}
        try:
            listed = await self._ask(method, {**asked, "include_all_metadata": True})
        except (SendRefused, SendThrottled, SendUnknown) as error:
            raise SendUnknown(f"the history can't be read: {error}") from error
        where = room or (f"D{message.to[1:]}" if message.to.startswith("U") else room_id(message.to))
        posted = {f"{where}:{one['ts']}": our_words(one) for one in listed["messages"]}
        fitting = {id: words for id, words in posted.items() if id not in known}
        ours = [id for id, words in fitting.items() if words[0] == message.id]
        equal = sorted(id for id, words in fitting.items() if redone and words[1] == says(message))
        return next((Sent(id, "delivered") for id in (*ours, *equal)), None)

    async def _ask(self, method: str, asked: Mapping[str, Any]) -> Answer:
        headers = {"authorization": f"Bearer {TOKEN}", "content-type": "application/json"}
        path, body = f"/sandbox/slack/{self.name}/api/{method}", json.dumps(asked).encode()
        response = answered(self.provider, SandboxRequest("POST", path, "", headers, body))
        told: Answer = json.loads(response.body)
        if not told.get("ok"):
            wait = retry_after(response.headers.get("Retry-After", ""))
            raise slack_codes.verdict(response.status, str(told.get("error", "")), wait)
        return told


def answered(provider: LookAlike, request: SandboxRequest) -> SandboxResponse:
    """The answer to a request. Raises `SendUnknown` where the provider hangs or drops it."""
    reply = provider.answer(request)
    if not isinstance(reply, SandboxResponse):
        raise SendUnknown(f"no answer: {type(reply).__name__}")
    return reply
