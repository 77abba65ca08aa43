"""Twilio's webhooks: their forms and their signature. https://www.twilio.com/docs/usage/webhooks/webhooks-security"""

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlencode

from channels.sandbox.behaviour import Ending, Webhooks, shuffled
from channels.sandbox.entries import Delivery, Sms, Step
from channels.sandbox.twilio_api import API_VERSION, segments
from channels.sandbox.twilio_media import media_fields

FORM = "application/x-www-form-urlencoded; charset=UTF-8"


def signature(token: str, url: str, body: str) -> str:
    """X-Twilio-Signature: HMAC-SHA1 over the address and the form's names and values in order of names, base64."""
    fields = sorted(set(parse_qsl(body, keep_blank_values=True)))
    text = url + "".join(name + value for name, value in fields)
    # SHA-1 is what the provider signs with; it is not ours to choose.
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


def headers(token: str, delivery: Delivery) -> Mapping[str, str]:
    """What Twilio puts on a webhook; the idempotency token is the same at each attempt."""
    return {
        "X-Twilio-Signature": signature(token, delivery.url, delivery.body),
        "I-Twilio-Idempotency-Token": delivery.id,
        "User-Agent": "TwilioProxy/1.1",
        "Accept": "*/*",
    }


def steps_of(now: datetime, first: str, ending: Ending | None, delays: tuple[float, float, float]) -> tuple[Step, ...]:
    """The statuses a message will have: queued or accepted at once, sent, then delivered or what was told."""
    sent, end = (now + timedelta(seconds=seconds) for seconds in delays[1:])
    last, code = (ending.status, ending.code) if ending else ("delivered", 0)
    steps = [Step(first, now)]
    if last != "failed":
        steps.append(Step("sent", sent))
    if last != "sent":
        steps.append(Step(last, end, code))
    return tuple(steps)


def inbound_form(sms: Sms, account: str, number: str, api_url: str) -> dict[str, str]:
    """The parameters of an inbound message. https://www.twilio.com/docs/messaging/guides/webhook-request"""
    service = {"MessagingServiceSid": sms.service} if sms.service else {}
    places = {f"{end}{part}": "" for end in ("From", "To") for part in ("City", "State", "Zip", "Country")}
    return {
        **places,
        **service,
        "MessageSid": sms.sid,
        "SmsMessageSid": sms.sid,
        "SmsSid": sms.sid,
        "SmsStatus": "received",
        "AccountSid": account,
        "From": sms.phone,
        "To": number,
        "Body": sms.text,
        "NumSegments": str(segments(sms.text)),
        "ApiVersion": API_VERSION,
        **media_fields(sms, account, api_url),
    }


def status_form(sms: Sms, step: Step, account: str, number: str) -> dict[str, str]:
    """The parameters of a status callback. https://www.twilio.com/docs/messaging/guides/track-outbound-message-status"""
    form = {
        "MessageSid": sms.sid,
        "SmsSid": sms.sid,
        "MessageStatus": step.status,
        "SmsStatus": step.status,
        "AccountSid": account,
        "From": number,
        "To": sms.phone,
        "ApiVersion": API_VERSION,
    }
    if step.error:
        form["ErrorCode"] = str(step.error)
    if step.status in ("delivered", "undelivered"):
        form["RawDlrDoneDate"] = step.at.strftime("%y%m%d%H%M")
    return form


def inbound_delivery(channel: str, url: str, sms: Sms, form: Mapping[str, str], told: Webhooks) -> tuple[Delivery, ...]:
    """The inbound webhook owed, two of it, or none."""
    if "inbound" in told.lost:
        return ()
    due = sms.at + timedelta(seconds=told.late)
    first = Delivery(sms.sid, channel, f"{channel}:{sms.phone}", due, url, FORM, urlencode(form))
    return doubled((first,), told)


def status_deliveries(
    channel: str, url: str, sms: Sms, forms: Mapping[str, Mapping[str, str]], told: Webhooks
) -> tuple[Delivery, ...]:
    """The callbacks owed, one per status in ``forms``, at the times and in the order told; or none."""
    if "status" in told.lost:
        return ()
    dues = _dues(sms, told)
    order = shuffled(sms.sid, tuple(forms)) if told.shuffled else tuple(forms)
    owed = (
        Delivery(f"{sms.sid}/{status}", channel, f"{channel}:{sms.sid}", due, url, FORM, urlencode(forms[status]))
        for status, due in zip(order, dues, strict=True)
    )
    return doubled(owed, told)


def doubled(owed: Iterable[Delivery], told: Webhooks) -> tuple[Delivery, ...]:
    """Each once, or each two times in a row where told."""
    copies = ("", "/again") if told.twice else ("",)
    return tuple(
        Delivery(one.id + copy, one.channel, one.lane, one.due, one.url, one.content_type, one.body)
        for one in owed
        for copy in copies
    )


def _dues(sms: Sms, told: Webhooks) -> list[datetime]:
    queued = sms.at + timedelta(seconds=told.delays[0])
    late = timedelta(seconds=told.late)
    return [due + late for due in (queued, *(step.at for step in sms.steps[1:]))]
