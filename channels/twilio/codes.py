"""Twilio's statuses and error codes as data (docs: "Message resource", "Error and warning dictionary").

Twilio says that the code of one cause may change: what isn't listed falls to the class of its HTTP status.
"""

from channels.errors import ChannelDown, ChannelError, SendRefused, SendThrottled, SendUnknown
from channels.transport import THROTTLED_SECONDS

STATUSES = {
    "accepted": "accepted",
    "scheduled": "accepted",
    "queued": "queued",
    "sending": "sending",
    "sent": "sent",
    "canceled": "canceled",
    "failed": "failed",
    "undelivered": "undelivered",
    "partially_delivered": "delivered",
    "delivered": "delivered",
    "read": "read",
}

OPTED_OUT = {21610: "opted out"}

# An overfull queue drains at one to a hundred messages a second; the others ask for less speed.
THROTTLED_FOR_SECONDS = {
    14107: THROTTLED_SECONDS,
    20429: THROTTLED_SECONDS,
    21611: 60.0,
    30001: 60.0,
    63018: THROTTLED_SECONDS,
}

ACCOUNT = {
    20003: "wrong credentials",
    20005: "the account is not active",
    20404: "no such account",
    30002: "the account is suspended",
    30010: "the price limit of the account is reached",
}

UNLISTED = "refused by Twilio"

PERMANENT = {
    21211: "not a phone number",
    21212: "not a sender",
    21408: "the region is not enabled",
    21602: "no text",
    21603: "no sender",
    21604: "no recipient",
    21606: "the sender can't send SMS",
    21612: "the recipient can't be reached from this sender",
    21614: "not a mobile number",
    21617: "the text is too long",
    30004: "the recipient blocks messages",
    30005: "unknown handset",
    30006: "a landline or an unreachable carrier",
    30007: "filtered by the carrier",
    30034: "the sender is not registered",
    63003: "the recipient is not on this channel",
    63016: "outside the messaging window",
    63024: "not a recipient",
    63033: "the recipient blocked us",
}


def verdict(http_status: int, code: int, told: str) -> ChannelError:
    """What an answer of ``http_status`` (not 2xx) with Twilio's ``code`` means for the message; ``told``: its words."""
    if http_status >= 500 or http_status == 408:
        return SendUnknown(f"HTTP {http_status}")
    if code in OPTED_OUT:
        return SendRefused(str(code), OPTED_OUT[code], skipped=True)
    if code in THROTTLED_FOR_SECONDS:
        return SendThrottled(THROTTLED_FOR_SECONDS[code], str(code))
    if code in ACCOUNT:
        return ChannelDown(str(code), ACCOUNT[code])
    if code in PERMANENT:
        return SendRefused(str(code), PERMANENT[code])
    return _by_http_status(http_status, code, told)


def _by_http_status(http_status: int, code: int, told: str) -> ChannelError:
    if http_status == 429:
        return SendThrottled(THROTTLED_SECONDS, str(code))
    if http_status in (401, 403, 404):
        return ChannelDown(str(code), UNLISTED, told=told)
    if 400 <= http_status < 500:
        return SendRefused(str(code), UNLISTED, told=told)
    return SendUnknown(f"HTTP {http_status}")
