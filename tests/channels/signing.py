"""Webhooks as the providers send them, signed with their own libraries."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from slack_sdk.signature import SignatureVerifier
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]
from yarl import query_to_pairs

from channels.base import WebhookRequest
from channels.slack.adapter import Slack
from channels.slack.body import CONTENT_TYPES
from channels.twilio.adapter import TwilioSms

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
PUBLIC_URL = "https://gw.example.com"
ACCOUNT_SID = "AC" + "0" * 32
TOKEN = "twilio-token-of-32-characters-00"
MESSAGE_SID = "SM" + "1" * 32
MESSAGE_ID = "0123456789abcdef" * 2
SIGNING_SECRET = "slack-secret-of-32-characters-000"
FORM_TYPE = "application/x-www-form-urlencoded"
PAYLOADS = Path(__file__).parent / "payloads"

Pairs = list[tuple[str, str]]


def payload(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((PAYLOADS / f"{name}.json").read_text())
    return loaded


def sms(**options: Any) -> TwilioSms:
    known: dict[str, Any] = {"auth_tokens": (TOKEN,), "sender": "+15550001111", "public_url": PUBLIC_URL}
    return TwilioSms("sms", ACCOUNT_SID, **(known | options))


def slack(**options: Any) -> Slack:
    known: dict[str, Any] = {"signing_secrets": (SIGNING_SECRET,), "bot_token": "xoxb-test"}
    return Slack("team", **(known | options))


def inbound_pairs(**changes: str) -> Pairs:
    known = payload("twilio_inbound") | {"AccountSid": ACCOUNT_SID, "MessageSid": MESSAGE_SID}
    return list((known | changes).items())


def twilio_request(pairs: Pairs, route: str = "inbound", query: str = "", **signing: Any) -> WebhookRequest:
    """A signed webhook; ``signing`` may change the token, url, body or headers it is signed or sent with."""
    target = f"/webhooks/sms/{route}{query}"
    body = urlencode(pairs).encode()
    signature = twilio_signature(signing.get("url", PUBLIC_URL) + target, body, signing.get("token", TOKEN))
    headers = {"content-type": FORM_TYPE, "x-twilio-signature": signature} | signing.get("headers", {})
    return WebhookRequest(route, "POST", signing.get("target", target), headers, signing.get("body", body), NOW)


def twilio_signature(url: str, body: bytes, token: str = TOKEN) -> str:
    pairs = query_to_pairs(body.decode())
    return str(RequestValidator(token).compute_signature(url, Repeating(pairs)))


class Repeating(dict[str, str]):
    """Form pairs as the SDK's validator reads repeated names (getall)."""

    def __init__(self, pairs: Pairs) -> None:
        super().__init__(pairs)
        self._pairs = pairs

    def getall(self, name: str) -> list[str]:
        return [value for key, value in self._pairs if key == name]


def slack_request(route: str, body: bytes, **signing: Any) -> WebhookRequest:
    """A signed webhook; ``signing`` may change the secret, the age in seconds or the headers."""
    timestamp = str(int(NOW.timestamp()) - signing.get("age", 0))
    signed = SignatureVerifier(signing.get("secret", SIGNING_SECRET)).generate_signature(timestamp=timestamp, body=body)
    headers = {
        "content-type": CONTENT_TYPES[route],
        "x-slack-request-timestamp": timestamp,
        "x-slack-signature": str(signed),
    }
    return WebhookRequest(route, "POST", f"/webhooks/team/{route}", headers | signing.get("headers", {}), body, NOW)


def slack_event(body: dict[str, Any], **signing: Any) -> WebhookRequest:
    return slack_request("events", json.dumps(body).encode(), **signing)


def slack_action(body: dict[str, Any], **signing: Any) -> WebhookRequest:
    return slack_request("actions", urlencode({"payload": json.dumps(body)}).encode(), **signing)


def slack_command(body: dict[str, Any], **signing: Any) -> WebhookRequest:
    return slack_request("commands", urlencode(body).encode(), **signing)
