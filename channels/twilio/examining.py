"""What Twilio says of the account and of the sender (docs: "Accounts", "IncomingPhoneNumber" and "Services" resources).

A short code or a sender name is in no list of numbers; there only the account is asked for.
"""

from collections.abc import Mapping
from typing import Any

from channels.examining import Examination, moment_of
from channels.twilio.account import is_service
from channels.twilio.failures import RAISED, explain

ACTIVE = "active"
POST = "POST"
INBOUND = "inbound"


class Examiner:
    """Asks about one account and one sender."""

    def __init__(self, client: Any, account_sid: str, sender: str) -> None:
        self._client, self._account_sid, self._sender = client, account_sid, sender

    async def examine(self) -> Examination:
        """As `channels.base.Channel.examine` says; two requests."""
        try:
            told = await self._client.api.v2010.accounts(self._account_sid).fetch_with_http_info_async()
            webhooks, doubts = await self._sender_told()
        except RAISED as error:
            raise explain(error) from error
        account = told.data
        if account.status != ACTIVE:
            doubts = (f"the account is {account.status}: Twilio says why on its console", *doubts)
        at = moment_of((told.headers or {}).get("Date"))
        return Examination(f"account {account.sid}, {account.status}", at, webhooks, doubts)

    async def _sender_told(self) -> tuple[Mapping[str, str], tuple[str, ...]]:
        if is_service(self._sender):
            return service_told(await self._client.messaging.v1.services(self._sender).fetch_async())
        if not self._sender.startswith("+"):
            return {}, ()
        numbers = await self._client.incoming_phone_numbers.list_async(phone_number=self._sender, limit=1)
        if not numbers:
            return {}, (f"the account has no number {self._sender}: buy it, or set from to one that it has",)
        return number_told(numbers[0])


def number_told(number: Any) -> tuple[Mapping[str, str], tuple[str, ...]]:
    """Where a number sends what people write, and what is doubtful about that."""
    if number.sms_application_sid:
        return {}, ("the number is set to a TwiML App, whose webhook address is not looked at",)
    return _webhooks(number.sms_url, number.sms_method)


def service_told(service: Any) -> tuple[Mapping[str, str], tuple[str, ...]]:
    """As `number_told`, for a messaging service."""
    if service.use_inbound_webhook_on_number:
        return {}, ("the service leaves incoming messages to the webhooks of its numbers, which are not looked at",)
    return _webhooks(service.inbound_request_url, service.inbound_method)


def _webhooks(url: str | None, method: str | None) -> tuple[Mapping[str, str], tuple[str, ...]]:
    doubts = () if (method or POST) == POST else (f"its webhook is sent with {method}: set it to HTTP {POST}",)
    return {INBOUND: url or ""}, doubts
