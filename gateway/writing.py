"""Write a batch: few statements, in the transaction that decided it."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from gateway.batch import WITHDRAWN, Batch, Consent, canceled_row, withdrawn_event
from gateway.carry import (
    communication_changes,
    communication_row,
    participant_changes,
    participant_row,
    run_changes,
    run_row,
)
from gateway.hooks.aside import tell_opt_in, tell_opt_out
from gateway.hooks.telling import SILENT, Telling
from gateway.scenes import Place, Scenes
from rules.scene import Scene
from storage.transaction import Transaction
from storage.values import Row


def write(t: Transaction, batch: Batch, telling: Telling = SILENT) -> None:
    """Write everything gathered; hooks are told who may be written to. Raises `StaleVersion` if another process changed
    a row meanwhile."""
    write_customers(t, batch.scenes)
    write_participants(t, batch)
    write_communications(t, batch)
    write_runs(t, batch)
    write_opt_outs(t, batch.consents, batch.now, telling)
    write_messages(t, batch)
    t.timers.set([row for row in batch.timers.values() if row])
    t.timers.clear([pair for pair, row in batch.timers.items() if not row])
    t.calls.place(batch.calls)
    t.calls.untell(batch.untold)
    t.inbox.keep(batch.events)
    t.inbox.hold(batch.held)
    t.decisions.add(batch.decisions)
    write_counts(t, batch)


def write_customers(t: Transaction, scenes: Scenes) -> None:
    rows = scenes.loaded.customers
    t.people.add_customers([rows[id] for id in scenes.new_customers])
    t.people.add_identifiers(
        [
            {"kind": kind, "value": value, "customer": id}
            for id in scenes.new_customers
            for kind, value in scenes.loaded.identifiers[id].items()
        ]
    )
    changed = scenes.changed_customers - set(scenes.new_customers)
    t.people.save_customers([rows[id] for id in sorted(changed)])


def write_participants(t: Transaction, batch: Batch) -> None:
    new, changed, gone = [], [], []
    for place, before, after in moved(batch.scenes):
        if after.participant == before.participant:
            continue
        if after.participant is None:
            gone.append(batch.scenes.loaded.participants[place])
        elif before.participant is None:
            new.append(participant_row(after.participant, place.campaign, place.customer, batch.now))
        else:
            stored = batch.scenes.loaded.participants[place]
            changed.append(as_read(stored) | participant_changes(after.participant, batch.now))
    t.people.add_participants(new)
    t.people.save_participants(changed)
    t.people.remove_participants(gone)


def write_communications(t: Transaction, batch: Batch) -> None:
    new, changed = [], []
    for place, before, after in moved(batch.scenes):
        known, participant = {c.id: c for c in before.communications}, after.participant or before.participant
        for c in after.communications:
            if c.id not in known and participant:
                new.append(communication_row(c, place.campaign, participant.id, place.customer, batch.now))
            elif c != known.get(c.id):
                stored = batch.scenes.loaded.communications[c.id]
                changed.append(as_read(stored) | communication_changes(c, batch.now))
    t.communications.add(new)
    t.communications.save(changed)


def write_runs(t: Transaction, batch: Batch) -> None:
    stored = batch.scenes.loaded.runs
    new, changed, gone = [], [], []
    for place, before, after in moved(batch.scenes):
        known, waiting = {run.id: run for run in before.runs}, {run.id: run for run in after.runs}
        gone += [stored[id] for id in known if id not in waiting]
        for run in after.runs:
            if run.id not in known and after.participant:
                new.append(run_row(run, place.campaign, after.participant.id, place.customer, batch.now))
            elif run != known.get(run.id):
                changed.append(as_read(stored[run.id]) | run_changes(run))
    t.runs.drop(gone)
    t.runs.save(changed)
    t.runs.add(new)


def as_read(row: Row) -> Row:
    """Which row it was, at which version."""
    return {"id": row["id"], "version": row["version"]}


def moved(scenes: Scenes) -> Iterator[tuple[Place, Scene, Scene]]:
    """Each place of the batch as it was read and as it is now."""
    return ((place, scenes.before[place], after) for place, after in scenes.after.items())


def write_messages(t: Transaction, batch: Batch) -> None:
    t.messages.add(batch.messages)
    t.outbox.owe(batch.owed)
    t.outbox.settled([row["id"] for row in batch.statuses])
    t.messages.record_providers(batch.known_as)
    withdrawn = t.outbox.cancel(batch.canceled) if batch.canceled else []
    t.messages.save_status(batch.statuses + [canceled_row(id, batch.now) for id in withdrawn])


def write_opt_outs(t: Transaction, consents: Iterable[Consent], now: datetime, telling: Telling = SILENT) -> None:
    """Keep who may be written to, in order; a stop also withdraws what the database still owes to the address.

    A held event is heeded at once, and again when it is decided: a start must not undo a stop said after it.
    """
    for channel, address, word, at in consents:
        if why := WITHDRAWN.get(word):
            tell_opt_out(t, telling, channel, address, word, now)
            t.opt_outs.put(channel, address, word, at)
            withdrawn = t.outbox.cancel_address(channel, address)
            t.inbox.keep([withdrawn_event(message, channel, why, now) for message in withdrawn])
        else:
            tell_opt_in(t, telling, channel, address, at, now)
            t.opt_outs.remove(channel, address, at)


def write_counts(t: Transaction, batch: Batch) -> None:
    for upload in sorted({upload for upload, _ in batch.counts}):
        t.uploads.count(upload, **{kind: n for (of, kind), n in batch.counts.items() if of == upload})
        t.uploads.finish_when_counted(upload, batch.now)
