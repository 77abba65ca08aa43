"""Webhooks as Twilio sends them: a form of 20 fields, each with its own MessageSid, signed."""

import hmac
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha1
from itertools import count
from urllib.parse import urlencode

ACCOUNT = "AC" + "0" * 32
TOKEN = "benchmark-auth-token-00000000000"  # noqa: S105 - of no account
NUMBER = "+15550001111"
CHANNEL = "sms"
PUBLIC_URL = "https://gateway.example.com"
TARGET = f"/webhooks/{CHANNEL}/inbound"

FIELDS = {
    "ToCountry": "US",
    "ToState": "CA",
    "SmsMessageSid": "SM" + "1" * 32,
    "NumMedia": "0",
    "ToCity": "OAKLAND",
    "FromZip": "94105",
    "SmsSid": "SM" + "1" * 32,
    "FromState": "CA",
    "SmsStatus": "received",
    "FromCity": "SAN FRANCISCO",
    "Body": "Can I pay on Friday? I will be back then.",
    "FromCountry": "US",
    "To": NUMBER,
    "MessagingServiceSid": "MG" + "2" * 32,
    "ToZip": "94612",
    "NumSegments": "1",
    "MessageSid": "@MESSAGE@",
    "AccountSid": ACCOUNT,
    "From": "+15558675310",
    "ApiVersion": "2010-04-01",
}
BODY = urlencode(FIELDS, safe="@").encode()
SIGNED = (PUBLIC_URL + TARGET + "".join(name + value for name, value in sorted(FIELDS.items()))).encode()
LENGTH = len(BODY) - len("@MESSAGE@") + 34
HEAD = (
    f"POST {TARGET} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: TwilioProxy/1.1\r\nAccept: */*\r\n"
    f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {LENGTH}\r\nX-Twilio-Signature: "
).encode()
NUMBERS = count()


def requests() -> Iterator[bytes]:
    """Whole HTTP requests without end, no two with one MessageSid."""
    key = hmac.new(TOKEN.encode(), digestmod=sha1)
    for number in NUMBERS:
        sid = b"SM%032x" % number
        mac = key.copy()
        mac.update(SIGNED.replace(b"@MESSAGE@", sid))
        yield HEAD + b64encode(mac.digest()) + b"\r\n\r\n" + BODY.replace(b"@MESSAGE@", sid)
