"""SMS through Twilio."""

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
from channels.transport import TIMEOUT_SECONDS, Connections
from channels.twilio.account import open_client
from channels.twilio.examining import Examiner
from channels.twilio.form import fields_of, pairs_of
from channels.twilio.history import History
from channels.twilio.messages import Messages
from channels.twilio.signature import Verifier, is_signature
from channels.twilio.webhook import MESSAGE_PARAMETER, inbound, status

SIGNATURE_HEADER = "x-twilio-signature"


@dataclass(eq=False)
class TwilioSms:
    """An SMS channel of one Twilio account; implements `channels.base.Channel`.

    The first of ``auth_tokens`` signs what we send, each is accepted on webhooks (rotation). ``sender`` is a number
    in E.164, a short code or a messaging service (MG...). ``public_url`` is the address Twilio reaches us at, up to
    /webhooks; a fragment is dropped. ``api_url`` replaces https://api.twilio.com. A request takes at most
    ``timeout_seconds``.
    """

    name: str
    account_sid: str
    auth_tokens: tuple[str, ...] = field(repr=False)
    sender: str
    public_url: str
    api_url: str = ""
    timeout_seconds: float = TIMEOUT_SECONDS

    kind = "sms"
    routes = ("inbound", "status")
    looks_into_talks = False

    def __post_init__(self) -> None:
        self.public_url = self.public_url.partition("#")[0].rstrip("/")
        self._verifier = Verifier(self.public_url, self.auth_tokens)
        self._connections = Connections(self.timeout_seconds)
        client = open_client(self.account_sid, self.auth_tokens[0], self.api_url, self._connections)
        self._messages, self._history = Messages(client, self.sender), History(client, self.sender)
        self._examiner = Examiner(client, self.account_sid, self.sender)

    def may_be_signed(self, headers: Mapping[str, str], at: datetime) -> bool:
        """Whether there is a signature of the right form."""
        return is_signature(headers.get(SIGNATURE_HEADER, ""))

    def receive(self, request: WebhookRequest) -> Received:
        """A message of a person or a status of ours, its signature checked over everything. Raises `WebhookRefused`."""
        if request.route not in self.routes:
            raise WebhookRefused(404, "no such route")
        signature = request.headers.get(SIGNATURE_HEADER)
        if not signature:
            raise WebhookRefused(403, "not signed")
        pairs = pairs_of(request)
        if not self._verifier.accepts(request.target, pairs, signature):
            raise WebhookRefused(403, "wrong signature")
        fields = fields_of(pairs, self.account_sid)
        return inbound(fields) if request.route == "inbound" else status(fields, request.target)

    async def read(self, kept: KeptRequest) -> tuple[InboundMessage, ...]:
        """Nothing: `receive` reads all that Twilio says and keeps no request for later."""
        return ()

    async def send(self, message: OutboundMessage) -> Sent:
        """Send once, our id in the callback address. ``choices`` have no form in SMS: the text has to name them."""
        return await self._messages.create(message, self._callback(message.id))

    async def find(
        self, message: OutboundMessage, since: datetime, known: frozenset[str], *, redone: bool = False
    ) -> Sent | None:
        """Look the message up in Twilio's list (`Messages.find`): always by what it says, ``redone`` or not."""
        return await self._messages.find(message, since, known)

    async def missed(
        self, since: datetime, until: datetime, talks: Sequence[OpenTalk] = ()
    ) -> tuple[InboundMessage, ...]:
        """What Twilio lists as written to us (`History.inbound`); no talk is needed for that."""
        return await self._history.inbound(since, until)

    async def states(self, sent: Mapping[str, str]) -> tuple[Receipt, ...]:
        """How Twilio says that these messages fare (`History.states`)."""
        return await self._history.states(sent)

    async def examine(self) -> Examination:
        """What Twilio says of the account and the sender (`Examiner.examine`)."""
        return await self._examiner.examine()

    async def close(self) -> None:
        """Close the connections."""
        await self._connections.close()

    def _callback(self, message_id: str) -> str:
        return f"{self.public_url}/webhooks/{self.name}/status?{MESSAGE_PARAMETER}={message_id}"
