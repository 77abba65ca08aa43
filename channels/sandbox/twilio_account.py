"""Twilio's resources of the account and its sender, as far as a gateway looks at them.

https://www.twilio.com/docs/iam/api/account, https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource
and https://www.twilio.com/docs/messaging/api/service-resource
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from channels.sandbox.twilio_api import API_VERSION, refused
from channels.sandbox.wire import SandboxResponse, json_answer

_ROUTE = re.compile(
    rf"/sandbox/twilio/[^/]+/(?:{API_VERSION}/Accounts/(?P<account>\w+)(?P<numbers>/IncomingPhoneNumbers)?\.json"
    r"|v1/Services/(?P<service>\w+))"
)


@dataclass(frozen=True, slots=True)
class TwilioAccount:
    """An account with one number, ``service`` the messaging service that it is in, if any. Whatever people write goes
    to ``inbound_url``."""

    sid: str
    number: str
    service: str
    inbound_url: str

    def answer(self, path: str, params: Mapping[str, Any]) -> SandboxResponse | None:
        """The resource at this path; None where it is none of these."""
        route = _ROUTE.fullmatch(path)
        if route is None:
            return None
        if route["service"]:
            return json_answer(200, self._service()) if route["service"] == self.service else refused(404, 20404)
        if route["account"] != self.sid:
            return refused(404, 20404)
        return json_answer(200, self._numbers(params) if route["numbers"] else self._account())

    def _account(self) -> dict[str, Any]:
        return {"sid": self.sid, "friendly_name": "Sandbox", "status": "active", "type": "Full"}

    def _numbers(self, params: Mapping[str, Any]) -> dict[str, Any]:
        found = params.get("PhoneNumber", self.number) == self.number
        number = {"phone_number": self.number, "sms_url": self.inbound_url, "sms_method": "POST"}
        page = {"page": 0, "page_size": 50, "next_page_uri": None, "previous_page_uri": None}
        return {"incoming_phone_numbers": [{**number, "account_sid": self.sid}] if found else [], **page}

    def _service(self) -> dict[str, Any]:
        inbound = {"inbound_request_url": self.inbound_url, "inbound_method": "POST"}
        return {"sid": self.service, "account_sid": self.sid, "use_inbound_webhook_on_number": False, **inbound}
