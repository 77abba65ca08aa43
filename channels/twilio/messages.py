"""Twilio's Message resource: create one, look for one."""

from datetime import UTC, datetime, timedelta
from typing import Any

from channels.base import OutboundMessage, Sent
from channels.errors import SendUnknown, Withheld
from channels.twilio.account import is_service, made_at
from channels.twilio.codes import STATUSES
from channels.twilio.failures import RAISED, explain, explain_look

MAX_TEXT = 1600
CLOCK_SKEW_SECONDS = 60
LOOK_BACK_MESSAGES = 200


class Messages:
    """The messages of one account and one sender (a number or a messaging service), over the SDK."""

    def __init__(self, client: Any, sender: str) -> None:
        self._client, self._sender = client, sender
        self._is_service = is_service(sender)

    async def create(self, message: OutboundMessage, status_callback: str) -> Sent:
        """Send once. Raises as `channels.base.Channel.send` says."""
        if len(message.text) > MAX_TEXT:
            raise Withheld("21617", f"the text has {len(message.text)} characters, at most {MAX_TEXT} can be sent")
        parameter = "messaging_service_sid" if self._is_service else "from_"
        try:
            created = await self._client.messages.create_async(
                to=message.to, body=message.text, status_callback=status_callback, **{parameter: self._sender}
            )
        except RAISED as error:
            raise explain(error) from error
        return _sent(created)

    async def find(self, message: OutboundMessage, since: datetime, known: frozenset[str]) -> Sent | None:
        """The message as Twilio lists it: same recipient, sender and text, made after ``since`` less a minute.

        Twilio keeps no id of ours, so an equal message is told from this one by being ``known`` already; of several
        that are not, the oldest is taken. There is no filter by date: a message still queued has no DateSent yet. The
        list is newest first. Raises `ChannelDown`, and `SendUnknown` where `LOOK_BACK_MESSAGES` don't reach back to
        ``since``.
        """
        try:
            listed = await self._client.messages.list_async(to=message.to, limit=LOOK_BACK_MESSAGES)
        except RAISED as error:
            raise explain_look(error) from error
        earliest = since.astimezone(UTC) - timedelta(seconds=CLOCK_SKEW_SECONDS)
        recent = [one for one in listed if made_at(one) >= earliest]
        found = [one for one in recent if one.sid not in known and self._is_ours(one, message.text)]
        if not found and len(recent) == LOOK_BACK_MESSAGES:
            raise SendUnknown(f"more than {LOOK_BACK_MESSAGES} newer messages to this address", answered=True)
        return _sent(found[-1]) if found else None

    def _is_ours(self, listed: Any, text: str) -> bool:
        sender = listed.messaging_service_sid if self._is_service else listed.from_
        return bool(sender == self._sender and (listed.body or "").rstrip() == text.rstrip())


def _sent(answer: Any) -> Sent:
    if not answer.sid:
        raise SendUnknown("the answer has no sid")
    return Sent(answer.sid, STATUSES.get(answer.status or "", "accepted"))
