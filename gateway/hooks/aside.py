"""What is told besides what was decided: events that could not be, and who may be written to."""

from dataclasses import asdict
from datetime import datetime

from gateway.api.answers import in_utc
from gateway.hooks.kinds import EVENT_PARKED, OPTED_IN, OPTED_OUT
from gateway.hooks.telling import Notice, Telling
from gateway.parked_events import told
from storage.traces import WRITTEN_TO
from storage.transaction import Transaction
from storage.values import WaitingEvent


def tell_parked(t: Transaction, telling: Telling, event: WaitingEvent, reason: str, now: datetime) -> None:
    """This event is parked: what it is about and why, and nothing of what it brought."""
    if not telling.wants(EVENT_PARKED):
        return
    (about,) = told(t, [{**asdict(event), "error": reason}])
    data = {
        "event": event.id,
        "kind": event.kind,
        "campaign": about.campaign,
        "participant": about.participant,
        "customer": about.customer,
        "received_at": in_utc(event.received_at),
        "reason": reason,
    }
    telling.tell(t, [Notice(EVENT_PARKED, about.customer, data)], now)


def tell_opt_out(t: Transaction, telling: Telling, channel: str, address: str, word: str, now: datetime) -> None:
    """This address is opted out; ``word`` says who did it (see `storage.models.OptOut`). To be called before: what is
    opted out already is not told again."""
    if telling.wants(OPTED_OUT) and t.opt_outs.get(channel, address) is None:
        _tell_contact(t, telling, OPTED_OUT, {"channel": channel, "address": address, "word": word}, now)


def tell_opt_in(t: Transaction, telling: Telling, channel: str, address: str, at: datetime, now: datetime) -> None:
    """This address may be written to again, as was said ``at`` (UTC). To be called before, as above."""
    if telling.wants(OPTED_IN) and (row := t.opt_outs.get(channel, address)) is not None and row["at"] <= at:
        _tell_contact(t, telling, OPTED_IN, {"channel": channel, "address": address}, now)


def _tell_contact(t: Transaction, telling: Telling, kind: str, data: dict[str, str], now: datetime) -> None:
    owners = t.people.by_identifiers([(of, data["address"]) for of in WRITTEN_TO])
    customer = next(iter(owners.values()), "")
    telling.tell(t, [Notice(kind, customer, {**data, "customer": customer})], now)
