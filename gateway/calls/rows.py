"""Calls between `rules` and `storage`: what is placed becomes a row, what came back becomes an event."""

from datetime import datetime

from rules.effects import PlaceCall
from storage.values import About, AnsweredCall, NewEvent, Row


def call_row(effect: PlaceCall, customer: str, campaign: str, lane: str, now: datetime) -> Row:
    """A new call's row, owed from ``now`` (UTC) on."""
    return {
        "id": effect.call,
        "kind": effect.kind,
        "target": effect.target,
        "subject": effect.subject,
        "lane": lane,
        "customer": customer,
        "campaign": campaign,
        "body": dict(effect.body),
        "held": effect.held,
        "next_at": now,
    }


def answer_event(call: AnsweredCall, now: datetime) -> NewEvent:
    """The event of a call that came to its end. Its key is the same for ever, as a timer's is (see
    `gateway.timers.timer_event`); one that came while its campaign was stopped is told once more later."""
    payload = {
        "customer": call.customer,
        "campaign": call.campaign,
        "subject": call.subject,
        "call": call.id,
        "answer": call.answer,
        "error": call.error,
        "held": call.held,
    }
    return NewEvent(f"answer:{call.id}", "answer", About("lane", call.lane), payload, now)
