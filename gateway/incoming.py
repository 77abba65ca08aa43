"""What channels receive, as events to be kept."""

from collections.abc import Mapping
from datetime import datetime

from channels.base import InboundMessage, Incoming, KeptRequest, Receipt
from rules.book import Channel
from storage.values import About, NewEvent

UNREAD = "request"  # the kind of events that hold a provider's request as it came, such as Slack's response_url


def new_event(channel: Channel, item: Incoming, now: datetime) -> NewEvent:
    """The event that keeps ``item``. Its key is the provider's id, so that a provider's retry is kept once."""
    match item:
        case InboundMessage():
            return message_event(channel, item, now)
        case Receipt():
            return receipt_event(channel, item, now)
        case KeptRequest():
            return request_event(channel, item, now)


def message_event(channel: Channel, item: InboundMessage, now: datetime) -> NewEvent:
    payload = {
        "channel": channel.name,
        "key": item.key,
        "address": item.address,
        "text": item.text,
        "thread": item.thread,
        "consent": item.consent,
        "addressed": item.addressed,
        "answers": item.answers,
        "media": [{"url": file.url, "type": file.type} for file in item.media],
    }
    key = f"{channel.name}:{item.key}" if item.addressed else f"{channel.name}:{item.key}/overheard"
    return NewEvent(key, "message", About(channel.identifier, item.address), payload, now)


def receipt_event(channel: Channel, item: Receipt, now: datetime) -> NewEvent:
    payload = {
        "channel": channel.name,
        "message": item.message,
        "provider_id": item.provider_id,
        "status": item.status,
        "error": item.error,
    }
    named = About("message", item.message) if item.message else None
    about = named or About("provider", f"{channel.name}/{item.provider_id}")
    return NewEvent(f"{channel.name}:{item.key}", "receipt", about, payload, now)


def request_event(channel: Channel, item: KeptRequest, now: datetime) -> NewEvent:
    payload = {
        "channel": channel.name,
        "key": item.key,
        "address": item.address,
        "route": item.route,
        "body": item.body,
    }
    about = About(channel.identifier, item.address) if item.address else About("lane", channel.name)
    return NewEvent(f"{channel.name}:request:{item.key}", UNREAD, about, payload, now)


def kept_request(payload: Mapping[str, str]) -> KeptRequest:
    """The request kept in an event's payload."""
    return KeptRequest(payload["key"], payload["address"], payload["route"], payload["body"])


def outcome_event(
    message: str, channel: str, status: str, error: str, now: datetime, *, skipped: bool = False
) -> NewEvent:
    """What became of a message we tried to send: one such event for each message."""
    payload = {
        "channel": channel,
        "message": message,
        "provider_id": "",
        "status": status,
        "error": error,
        "skipped": skipped,
    }
    return NewEvent(f"send:{message}", "receipt", About("message", message), payload, now)
