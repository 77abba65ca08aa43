"""Twilio's Messages resource: what it refuses and how it reads. https://www.twilio.com/docs/messaging/api/message-resource"""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from email.utils import format_datetime
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from channels.sandbox.entries import Sms
from channels.sandbox.wire import SandboxResponse, json_answer

API_VERSION = "2010-04-01"
MAX_BODY = 1_600
PAGE_SIZE = 50
MAX_PAGE_SIZE = 1_000

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_TWO_SEPTETS = frozenset("^{}\\[~]|€\f")

_REFUSALS: Mapping[int, str] = {
    20003: "Authenticate",
    20004: "Method not allowed",
    20404: "The requested resource was not found",
    21211: "The 'To' number is not a valid phone number.",
    21602: "Message body is required.",
    21603: "A 'From' phone number is required.",
    21604: "A 'To' phone number is required.",
    21606: "The 'From' phone number provided is not a valid message-capable phone number for this account.",
    21609: "The 'StatusCallback' URL is not a valid URL.",
    21610: "Attempt to send to unsubscribed recipient",
    21617: "The concatenated message body exceeds the 1600 character limit",
}


def refused(status: int, code: int) -> SandboxResponse:
    """Twilio's error answer for this code."""
    return error_answer(status, code, _REFUSALS[code])


def error_answer(status: int, code: int, message: str, headers: Mapping[str, str] | None = None) -> SandboxResponse:
    """An error as the SDK reads it."""
    more = f"https://www.twilio.com/docs/errors/{code}"
    return json_answer(status, {"code": code, "message": message, "more_info": more, "status": status}, headers)


def send_refusal(params: Mapping[str, Any], number: str, stopped: Iterable[str]) -> int:
    """The error code for a message Twilio would not take; 0 for one it takes."""
    to, sender, body = (str(params.get(key, "")) for key in ("To", "From", "Body"))
    rules = (
        (21604, not to),
        (21211, not is_e164(to)),
        (21603, not sender and "MessagingServiceSid" not in params),
        (21606, bool(sender) and sender != number),
        (21602, not body),
        (21617, len(body) > MAX_BODY),
        (21609, not str(params.get("StatusCallback", "http://")).startswith(("http://", "https://"))),
        (21610, to in stopped),
    )
    return next((code for code, broken in rules if broken), 0)


def is_e164(number: str) -> bool:
    """Whether it reads as a phone number in E.164."""
    return _E164.fullmatch(number) is not None


def segments(text: str) -> int:
    """How many SMS parts the text needs: 160/153 septets in GSM 03.38, 70/67 code units in UCS-2."""
    if set(text) <= _GSM | _GSM_TWO_SEPTETS:
        size, single, part = len(text) + sum(text.count(mark) for mark in _GSM_TWO_SEPTETS), 160, 153
    else:
        size, single, part = len(text.encode("utf-16-le")) // 2, 70, 67
    return 1 if size <= single else -(-size // part)


def resource(sms: Sms, account: str, number: str, now: datetime) -> dict[str, Any]:
    """The message as Twilio's API shows it at this moment."""
    step = sms.step_at(now)
    sender, to = (sms.phone, number) if sms.inbound else (number, sms.phone)
    uri = f"/{API_VERSION}/Accounts/{account}/Messages/{sms.sid}"
    return {
        "sid": sms.sid,
        "account_sid": account,
        "api_version": API_VERSION,
        "body": sms.text,
        "from": sender,
        "to": to,
        "direction": "inbound" if sms.inbound else "outbound-api",
        "status": step.status,
        "error_code": step.error or None,
        "error_message": None,
        "messaging_service_sid": sms.service or None,
        "num_media": str(len(sms.media)),
        "num_segments": str(segments(sms.text)),
        "price": None,
        "price_unit": "USD",
        "date_created": format_datetime(sms.at),
        "date_sent": None if step.status in ("accepted", "queued") else format_datetime(sms.at),
        "date_updated": format_datetime(step.at),
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "uri": f"{uri}.json",
    }


def matching(found: Iterable[Sms], params: Mapping[str, Any], number: str) -> Iterable[Sms]:
    """Those that the list's filters To, From and DateSent (<, >) let through. Raises ValueError on a wrong date.

    A message still queued passes by the date of its creation, so that one just accepted can be found at once.
    """
    days = {mark: _day(params[f"DateSent{mark}"]) for mark in ("", "<", ">") if params.get(f"DateSent{mark}")}
    for sms in found:
        sender, to = (sms.phone, number) if sms.inbound else (number, sms.phone)
        if params.get("To", to) == to and params.get("From", sender) == sender and _sent_within(sms.at.date(), days):
            yield sms


def page(found: Iterable[Sms], params: Mapping[str, Any], account: str, number: str, now: datetime) -> dict[str, Any]:
    """One page of the list. Raises ValueError on wrong paging numbers."""
    size = min(max(int(params.get("PageSize", PAGE_SIZE)), 1), MAX_PAGE_SIZE)
    current = max(int(params.get("Page", 0)), 0)
    rows = list(islice(found, current * size, current * size + size + 1))
    uris = [_page_uri(account, params, number) for number in (0, current - 1, current, current + 1)]
    return {
        "messages": [resource(sms, account, number, now) for sms in rows[:size]],
        "page": current,
        "page_size": size,
        "start": current * size,
        "end": current * size + max(len(rows[:size]) - 1, 0),
        "uri": uris[2],
        "first_page_uri": uris[0],
        "previous_page_uri": uris[1] if current else None,
        "next_page_uri": uris[3] if len(rows) > size else None,
    }


def _page_uri(account: str, params: Mapping[str, Any], number: int) -> str:
    query = {**params, "Page": number, "PageToken": f"PA{number}"}
    return f"/{API_VERSION}/Accounts/{account}/Messages.json?{urlencode(query)}"


def _day(text: str) -> date:
    return datetime.fromisoformat(text).date()


def _sent_within(day: date, days: Mapping[str, date]) -> bool:
    return days.get("", day) == day and day <= days.get("<", day) and day >= days.get(">", day)
