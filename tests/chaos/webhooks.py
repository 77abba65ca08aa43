"""Signed webhooks as the sandbox's providers send them, ready to be asked with aiohttp."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from channels.sandbox.slack_events import JSON, signed
from gateway.settings import SANDBOX_DEFAULTS
from tests.channels.signing import FORM_TYPE, twilio_signature
from tests.chaos.project import ACCOUNT, NUMBER

Request = Mapping[str, Any]


def text_message(base: str, sid: str, phone: str, text: str, channel: str = "sms", to: str = NUMBER) -> Request:
    """Somebody texts the number of this channel, of the gateway at ``base``."""
    fields = {"MessageSid": sid, "AccountSid": ACCOUNT, "From": phone, "To": to, "Body": text, "NumMedia": "0"}
    url, body = f"{base}/webhooks/{channel}/inbound", urlencode(fields).encode()
    signature = twilio_signature(url, body, SANDBOX_DEFAULTS["twilio"]["auth_token"])
    headers = {"Content-Type": FORM_TYPE, "X-Twilio-Signature": signature}
    return {"method": "POST", "url": url, "data": body, "headers": headers}


def slack_event(base: str, body: str, tries: int = 0) -> Request:
    """Slack tells of an event, after so many tries in vain."""
    headers = signed(SANDBOX_DEFAULTS["slack"]["signing_secret"], body, datetime.now(UTC), tries)
    url = f"{base}/webhooks/slack/events"
    return {"method": "POST", "url": url, "data": body.encode(), "headers": {"Content-Type": JSON, **headers}}
