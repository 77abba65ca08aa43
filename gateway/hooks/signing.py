"""Sign what a hook is told, so that it can tell who told it, when, and whether it was told before.

The scheme is that of the Standard Webhooks specification 1.0.0 (https://www.standardwebhooks.com), symmetric: secrets
are "whsec_" and base64 of 24 to 64 random bytes.
"""

import hmac
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
VERSION = "v1"
PREFIX = "whsec_"
FEWEST_BYTES, MOST_BYTES = 24, 64


def secret_bytes(secret: str) -> bytes:
    """The key that a secret stands for. Raises ValueError, which quotes nothing of it."""
    if not secret.startswith(PREFIX):
        raise ValueError(f'must begin with "{PREFIX}"')
    try:
        key = b64decode(secret.removeprefix(PREFIX), validate=True)
    except ValueError:
        raise ValueError(f'must be "{PREFIX}" and base64') from None
    if not FEWEST_BYTES <= len(key) <= MOST_BYTES:
        raise ValueError(f"must hold {FEWEST_BYTES} to {MOST_BYTES} bytes as base64, not {len(key)}")
    return key


def signed_headers(secrets: Sequence[str], delivery: str, body: bytes, at: datetime) -> Mapping[str, str]:
    """The headers of one try: ``delivery`` is its id, the same at every try; ``at`` UTC. There is a signature for each
    secret, so that one can be changed while both are known."""
    timestamp = str(int(at.timestamp()))
    signatures = (signature(secret, delivery, timestamp, body) for secret in secrets)
    return {ID: delivery, TIMESTAMP: timestamp, SIGNATURE: " ".join(signatures)}


def signature(secret: str, delivery: str, timestamp: str, body: bytes) -> str:
    """HMAC-SHA256 of the id, the timestamp (seconds since 1970) and the body, with full stops between, in base64."""
    content = f"{delivery}.{timestamp}.".encode() + body
    return f"{VERSION},{b64encode(hmac.new(secret_bytes(secret), content, sha256).digest()).decode()}"
