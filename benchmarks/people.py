"""A campaign on a database, and what happens in it: people are imported, write, and receive messages."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from time import perf_counter

from benchmarks.books import book
from channels.base import InboundMessage, Receipt
from gateway.campaigns import CampaignStart
from gateway.clock import Bell, ManualClock
from gateway.incoming import new_event
from gateway.intake import Given
from gateway.keeping import keep_participants
from gateway.rulebooks import Rulebooks
from gateway.worker import Worker
from rules.book import Channel
from rules.loader import Project
from rules.values import Value
from storage.database import Storage
from storage.transaction import Transaction
from storage.values import NewEvent

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SMS = Channel(name="sms", kind="sms", identifier="phone")
CAMPAIGN = """
campaign: reminder
fields:
  first_name: {type: string, level: customer, required: true}
  amount_due: {type: numeric, required: true}
  due_date:   {type: date, required: true}
  promised:   {type: boolean, default: false}
agents:
  collector:
    kind: form
    opening: "Hi {{ first_name }}, {{ amount_due | money('EUR') }} is due on {{ due_date | date }}."
    questions:
      - {result: will_pay, ask: "Can you pay by then? Reply YES or NO.", type: boolean, retries: 1}
    closing: "Thank you, {{ first_name }}."
    reply_within: 24h
flows:
  remind:
    joined: {when: participant_created, next: owes}
    owes:
      if: amount_due > 0
      match: ask
    ask: {do: communicate, channel: sms, agent: collector}
    answered: {when: communication_ended, of: ask, status: completed, next: will_pay}
    will_pay:
      if: results.will_pay
      match: note
    note: {do: update_field, set: {promised: true}}
  words:
    wrote: {when: incoming_session, keyword: BALANCE, next: tell}
    tell: {do: reply, text: "{{ amount_due | money('EUR') }} is due on {{ due_date | date }}."}
"""
BOOK = book(CAMPAIGN)
CHUNK = 500


@dataclass(frozen=True, slots=True)
class Worked:
    """How many events the worker decided, in how many batches, in how many seconds."""

    events: int
    batches: int
    seconds: float


def phone(number: int) -> str:
    """A mobile number that can exist."""
    return f"+49151{10_000_000 + number}"


def start(t: Transaction) -> None:
    CampaignStart(BOOK.campaign, NOW).begin(t)


def join(storage: Storage, people: int) -> None:
    """The campaign runs, and so many people wait to join it."""
    givens = [_given(number) for number in range(people)]
    with storage.transaction() as t:
        start(t)
        for first in range(0, people, CHUNK):
            keep_participants(t, BOOK.campaign, givens[first : first + CHUNK], source="import", now=NOW)


def _given(number: int) -> Given:
    fields: dict[str, Value] = {
        "first_name": f"Name {number}",
        "amount_due": Decimal("50.25"),
        "due_date": date(2026, 12, 1),
    }
    return Given(number, {"phone": phone(number)}, fields)


def write_in(storage: Storage, people: int) -> None:
    """Each of them answers the question asked."""
    said = [InboundMessage(f"SM{number:032x}", phone(number), "Yes") for number in range(people)]
    keep(storage, [new_event(SMS, message, NOW) for message in said])


def report(storage: Storage, events: int) -> None:
    """Twilio says of the first messages that they were sent, then that they were delivered: so many receipts."""
    with storage.reading() as t:
        owed = t.messages.of_customers(
            list(t.people.by_identifiers([("phone", phone(n)) for n in range(events)]).values())
        )
    told = [
        Receipt(f"SM{number:032x}:{status}", row["id"], f"SM{number:032x}", status)
        for status in ("sent", "delivered")
        for number, row in enumerate(owed[: events // 2])
    ]
    keep(storage, [new_event(SMS, receipt, NOW) for receipt in told])


def keep(storage: Storage, events: Sequence[NewEvent]) -> None:
    with storage.transaction() as t:
        t.inbox.keep(events)


def work(path: Path) -> Worked:
    """Decide everything that waits in this database, as the gateway does."""
    storage = Storage(f"sqlite:///{path}")
    try:
        return asyncio.run(work_off(storage))
    finally:
        storage.close()


async def work_off(storage: Storage) -> Worked:
    clock = ManualClock(NOW)
    rulebooks = Rulebooks(Project(), {"sms": SMS}, {BOOK.campaign: BOOK}, {BOOK.hash: BOOK})
    batches: list[int] = []
    worker = Worker(storage, rulebooks, clock, Bell(clock), lambda decided: batches.append(len(decided)))
    start = perf_counter()
    while await worker.work_once():
        pass
    return Worked(sum(batches), len(batches), perf_counter() - start)
