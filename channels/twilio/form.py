"""The form of a webhook: bounded before it is parsed, and read so that one signature has one meaning."""

import re

from yarl import query_to_pairs

from channels.base import WebhookRequest
from channels.errors import WebhookRefused
from channels.twilio.media import PARAMETERS

FORM_TYPE = "application/x-www-form-urlencoded"
MAX_FIELDS = 200

READ = PARAMETERS | {"AccountSid", "MessageSid", "From", "Body", "OptOutType", "MessageStatus", "ErrorCode"}

_MESSAGE_SID = re.compile(r"[A-Z]{2}[0-9a-zA-Z]{32}")

Pairs = list[tuple[str, str]]


def pairs_of(request: WebhookRequest) -> Pairs:
    """All name and value pairs of the raw body, repeated names and blank values kept.

    Raises `WebhookRefused` 400 unless it is a POST form in UTF-8 of at most `MAX_FIELDS` fields.
    """
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.method != "POST" or content_type != FORM_TYPE:
        raise WebhookRefused(400, f"only POST with {FORM_TYPE} is taken")
    if (count := request.body.count(b"&") + 1) > MAX_FIELDS:
        raise WebhookRefused(400, f"{count} fields, at most {MAX_FIELDS} are taken")
    try:
        return query_to_pairs(request.body.decode())
    except ValueError:
        raise WebhookRefused(400, "the form is not UTF-8") from None


def fields_of(pairs: Pairs, account_sid: str) -> dict[str, str]:
    """The parameters we read, by name, of a form whose signature is right.

    The signed text has no separators, so a signature also fits a form whose values swallowed their neighbours
    (``Body=hi&From=+1`` and ``Body=hiFrom+1``). Ids of fixed shape and no repeats leave only the true reading.
    Raises `WebhookRefused`.
    """
    read = [pair for pair in pairs if pair[0] in READ]
    fields = dict(read)
    if len(fields) != len(read):
        raise WebhookRefused(400, "a parameter is given twice")
    if fields.get("AccountSid") != account_sid:
        raise WebhookRefused(403, "not our account")
    if not _MESSAGE_SID.fullmatch(fields.get("MessageSid", "")):
        raise WebhookRefused(400, "no MessageSid")
    return fields
