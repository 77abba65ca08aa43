"""X-Slack-Signature, version v0 (docs: "Verifying requests from Slack")."""

import hmac
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from hashlib import sha256

from channels.base import WebhookRequest
from channels.errors import WebhookRefused

TIMESTAMP_HEADER = "x-slack-request-timestamp"
SIGNATURE_HEADER = "x-slack-signature"
MAX_AGE_SECONDS = 300

_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}")


class Verifier:
    """Checks that Slack signed a request, with any of ``signing_secrets`` (rotation), at most 5 minutes ago."""

    def __init__(self, signing_secrets: Iterable[str]) -> None:
        self._keys = tuple(_key(secret) for secret in signing_secrets)
        if not self._keys:
            raise ValueError("a signing secret is needed to verify webhooks")

    def check(self, request: WebhookRequest) -> None:
        """Nothing if the raw body is Slack's word; raises `WebhookRefused` 403 otherwise, whatever is wrong."""
        timestamp, signature = signed_headers(request.headers)
        if not any(hmac.compare_digest(sign, signature) for sign in self._signatures(timestamp, request.body)):
            raise WebhookRefused(403, "wrong signature")
        if not is_fresh(timestamp, request.at):
            age = request.at.timestamp() - int(timestamp)
            why = "sent again, or the clock of this machine is wrong"
            raise WebhookRefused(403, f"rightly signed, {age:.0f} s ago: {why}")

    def _signatures(self, timestamp: str, body: bytes) -> Iterable[str]:
        for key in self._keys:
            mac = key.copy()
            mac.update(b"v0:" + timestamp.encode() + b":" + body)
            yield "v0=" + mac.hexdigest()


def signed_headers(headers: Mapping[str, str]) -> tuple[str, str]:
    """The timestamp and the signature in the headers. Raises `WebhookRefused` 403 unless both have their form."""
    timestamp, signature = headers.get(TIMESTAMP_HEADER, ""), headers.get(SIGNATURE_HEADER, "")
    if not _TIMESTAMP.fullmatch(timestamp) or not _SIGNATURE.fullmatch(signature):
        raise WebhookRefused(403, "not signed")
    return timestamp, signature


def is_fresh(timestamp: str, now: datetime) -> bool:
    """Whether this timestamp is within `MAX_AGE_SECONDS` of now, before or after."""
    return abs(now.timestamp() - int(timestamp)) <= MAX_AGE_SECONDS


def _key(secret: str) -> hmac.HMAC:
    if not secret.strip():
        raise ValueError("an empty signing secret would accept what anyone signs")
    return hmac.new(secret.encode(), digestmod=sha256)
