"""Sign what is asked of a service, so that it can tell that we asked, when, and whether it was asked before.

The form is that of Slack's and Stripe's signed requests: HMAC-SHA256 over the time and the body as sent. The key that
names a call is the `Idempotency-Key` of draft-ietf-httpapi-idempotency-key-header.
"""

import hmac
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256

TIMESTAMP, SIGNATURE, CALL = "X-Pointsman-Timestamp", "X-Pointsman-Signature", "Idempotency-Key"
VERSION = "v1"


def signed_headers(secret: str, call: str, body: bytes, at: datetime) -> Mapping[str, str]:
    """The headers of one try to ask: ``call`` is the call's id, the same at every try; ``at`` UTC."""
    timestamp = str(int(at.timestamp()))
    return {TIMESTAMP: timestamp, SIGNATURE: f"{VERSION}={signature(secret, timestamp, body)}", CALL: call}


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """HMAC-SHA256 of the timestamp (seconds since 1970), a dot and the body, in hexadecimal digits."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, sha256).hexdigest()
