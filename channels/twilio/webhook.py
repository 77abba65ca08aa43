"""What a verified webhook of Twilio says."""

import re
from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

from channels.base import Answer, InboundMessage, Receipt, Received
from channels.errors import WebhookRefused
from channels.text import keepable
from channels.twilio.codes import STATUSES
from channels.twilio.media import media_of
from channels.twilio.words import consent_of

# An empty body instead of TwiML raises error 11200 on Twilio's side.
NO_REPLY = Answer(200, "text/xml", b"<Response/>")
MESSAGE_PARAMETER = "m"

# +E.164, a short code, an alphanumeric sender, or any of them after a scheme such as whatsapp:
_ADDRESS = re.compile(r"(?:[a-z]{1,20}:)?(?:\+[0-9]{4,15}|[^+\x00-\x1f\x7f][^\x00-\x1f\x7f]{0,99})")
_MESSAGE_ID = re.compile(r"[0-9a-f]{32}")


def inbound(fields: Mapping[str, str]) -> Received:
    """A person wrote. Raises `WebhookRefused` 400 where the sender is no address."""
    return Received((person_wrote(fields),), NO_REPLY)


def person_wrote(fields: Mapping[str, str]) -> InboundMessage:
    """The message of a webhook, or of one that never came. Raises `WebhookRefused` 400: the sender is no address."""
    address = fields.get("From", "")
    if not _ADDRESS.fullmatch(address):
        raise WebhookRefused(400, "no From")
    text = fields.get("Body", "")
    consent = consent_of(text, fields.get("OptOutType", ""))
    return InboundMessage(
        fields["MessageSid"], keepable(address), keepable(text), consent=consent, media=media_of(fields)
    )


def status(fields: Mapping[str, str], target: str) -> Received:
    """A message of ours went on. A status Twilio may add one day is answered 200 and says nothing to us."""
    sid, told, error = fields["MessageSid"], fields.get("MessageStatus", ""), fields.get("ErrorCode", "")
    return Received(went_on(sid, told, _our_id(target), error))


def went_on(sid: str, told: str, message: str, error: str) -> tuple[Receipt, ...]:
    """The receipt of a callback, or of one that never came: ``message`` is our id, ``error`` Twilio's code."""
    if told not in STATUSES:
        return ()
    return (Receipt(f"{sid}:{told}", message, sid, STATUSES[told], keepable(error)),)


def _our_id(target: str) -> str:
    """Our message id from the (signed) query of the callback address; "" where the address isn't one we gave."""
    told = parse_qs(urlsplit(target).query).get(MESSAGE_PARAMETER, [""])
    return told[0] if len(told) == 1 and _MESSAGE_ID.fullmatch(told[0]) else ""
