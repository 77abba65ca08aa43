"""What Twilio keeps of our messages, for the webhooks that never came (docs: "Message resource", read and fetch)."""

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine, Iterable, Mapping
from datetime import UTC, datetime, time, timedelta
from itertools import islice
from typing import Any, TypeVar

from twilio.base.exceptions import TwilioRestException  # type: ignore[import-untyped]

from channels.base import MAX_MEDIA, InboundMessage, Receipt
from channels.errors import SendRefused, WebhookRefused
from channels.twilio.account import is_service, made_at
from channels.twilio.failures import RAISED, explain
from channels.twilio.media import media_fields
from channels.twilio.webhook import person_wrote, went_on

PAGE_ITEMS = 1000  # Twilio's largest page
MAX_LISTED = 50_000  # messages looked through in one call, some 30 MB
AT_ONCE = 5  # messages asked for at the same time; an account may ask for many more
INBOUND = "inbound"
NOT_FOUND = 404

log = logging.getLogger(__name__)
T = TypeVar("T")


class History:
    """Reads what people wrote to one sender (a number or a messaging service), and how our own messages fare."""

    def __init__(self, client: Any, sender: str) -> None:
        self._client, self._sender = client, sender
        self._is_service = is_service(sender)

    async def inbound(self, since: datetime, until: datetime) -> tuple[InboundMessage, ...]:
        """As `channels.base.Channel.missed` says. Past `MAX_LISTED` messages older ones are left out, and that is
        logged."""
        try:
            listed = await self._listed(since, until)
        except RAISED as error:
            raise explain(error) from error
        wrote = [one for one in reversed(listed) if since <= made_at(one) < until and self._is_to_us(one)]
        return tuple([message for one in wrote async for message in self._message(one)])

    async def states(self, sent: Mapping[str, str]) -> tuple[Receipt, ...]:
        """As `channels.base.Channel.states` says; one that is deleted or refused has none."""
        found: list[Receipt] = []
        rest = iter(sent.items())
        while group := list(islice(rest, AT_ONCE)):
            for receipts in await all_of(self._state(sid, ours) for sid, ours in group):
                found += receipts
        return tuple(found)

    async def _listed(self, since: datetime, until: datetime) -> list[Any]:
        """The messages of these days, newest first by when they were sent, as Twilio lists them, down to ``since``: one
        of ours may have been made, and have waited in a queue, long before.

        Twilio compares whole days in GMT, and what it means by "on or before midnight" is safe only a day later.
        """
        days = {"date_sent_after": _midnight(since), "date_sent_before": _midnight(until) + timedelta(days=1)}
        to = {} if self._is_service else {"to": self._sender}
        listed: list[Any] = []
        async for one in await self._client.messages.stream_async(**to, **days, page_size=PAGE_ITEMS):
            if _sent_before(one, since):
                return listed
            if len(listed) == MAX_LISTED:
                log.error("of more than %d messages the oldest are not looked at, before %s", MAX_LISTED, made_at(one))
                return listed
            listed.append(one)
        return listed

    def _is_to_us(self, listed: Any) -> bool:
        to = listed.messaging_service_sid if self._is_service else listed.to
        return bool(listed.direction == INBOUND and to == self._sender)

    async def _message(self, listed: Any) -> AsyncIterator[InboundMessage]:
        fields = {"MessageSid": listed.sid, "From": listed.from_ or "", "Body": listed.body or ""}
        try:
            yield person_wrote(fields | await self._media(listed))
        except WebhookRefused:
            log.warning("message %s is listed without a sender", listed.sid)

    async def _media(self, listed: Any) -> dict[str, str]:
        """The parameters in which the webhook would have named the files; the list of messages only counts them."""
        if (listed.num_media or "0") == "0":
            return {}
        try:
            files = await self._client.messages(listed.sid).media.list_async(limit=MAX_MEDIA)
        except RAISED as error:
            raise explain(error) from error
        return media_fields([(self._client.api.base_url + file.uri, file.content_type) for file in files])

    async def _state(self, sid: str, message: str) -> tuple[Receipt, ...]:
        try:
            told = await self._client.messages(sid).fetch_async()
        except TwilioRestException as error:
            failure = explain(error)
            if error.status == NOT_FOUND:
                return ()
            if isinstance(failure, SendRefused):  # it concerns this one: the others are asked for all the same
                log.warning("message %s has no state: %s", sid, failure)
                return ()
            raise failure from error
        except RAISED as error:
            raise explain(error) from error
        return went_on(sid, told.status or "", message, str(told.error_code or ""))


async def all_of(asking: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """What all of these return, in their order. The first that raises ends the others, and is raised."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one) for one in asking]
    except BaseExceptionGroup as failed:
        raise failed.exceptions[0] from None
    return [task.result() for task in tasks]


def _sent_before(listed: Any, moment: datetime) -> bool:
    """One that waits to be sent has no such date."""
    return isinstance(listed.date_sent, datetime) and listed.date_sent < moment


def _midnight(moment: datetime) -> datetime:
    return datetime.combine(moment.astimezone(UTC).date(), time(), UTC)
