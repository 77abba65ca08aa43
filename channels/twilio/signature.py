"""X-Twilio-Signature (docs: "Validating requests are coming from Twilio")."""

import hmac
import re
from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha1
from urllib.parse import urlsplit

_SIGNATURE = re.compile(r"[0-9A-Za-z+/]{27}=")
_STANDARD_PORTS = {"https": 443, "http": 80}


class Verifier:
    """Checks that Twilio signed a request to an address of ours.

    ``public_url`` is how Twilio reaches us; Host and X-Forwarded-* are never believed. Any of ``tokens`` may have
    signed: during a rotation two are valid. The scheme has no time in it, so a repeat verifies for ever.
    """

    def __init__(self, public_url: str, tokens: Iterable[str]) -> None:
        self._bases = tuple(base.encode() for base in _spellings(public_url))
        self._keys = tuple(_key(token) for token in tokens)
        if not self._keys:
            raise ValueError("an auth token is needed to verify webhooks")

    def accepts(self, target: str, pairs: Iterable[tuple[str, str]], signature: str) -> bool:
        """Whether ``signature`` is right for the raw path and query and all decoded form pairs (blanks, repeats)."""
        params = "".join([name + value for name, value in sorted(set(pairs))])
        signed = (target + params).encode(errors="surrogateescape")
        given = signature.encode(errors="surrogateescape")
        for base in self._bases:
            for key in self._keys:
                mac = key.copy()
                mac.update(base + signed)
                if hmac.compare_digest(b64encode(mac.digest()), given):
                    return True
        return False


def is_signature(text: str) -> bool:
    """Whether it has the form of one: the base64 of 20 bytes."""
    return _SIGNATURE.fullmatch(text) is not None


def _key(token: str) -> hmac.HMAC:
    if not token:
        raise ValueError("an empty auth token would accept what anyone signs")
    # S324 is about collisions of bare SHA-1; the scheme is HMAC and its hash is Twilio's choice.
    return hmac.new(token.encode(), digestmod=sha1)


def _spellings(public_url: str) -> tuple[str, str]:
    """The address as configured, then with its port added or left out: Twilio's servers sign either. No fragment."""
    url = urlsplit(public_url.partition("#")[0].rstrip("/"))
    suffix = f":{url.port}" if url.port else ""
    other = url.netloc.removesuffix(suffix) if suffix else f"{url.netloc}:{_STANDARD_PORTS[url.scheme]}"
    return url.geturl(), url._replace(netloc=other).geturl()
