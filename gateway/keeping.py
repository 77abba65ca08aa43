"""Keep validated rows: find or make their customers and leave one inbox event for each."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.ids import derived_id, new_id
from gateway.intake import Given, ReadyRow, RowProblem, ready
from gateway.placing import Placed, Register, look_up
from storage.transaction import Transaction
from storage.values import NewEvents

PAYLOAD = (
    '{{"campaign":{},"customer":"{}","participant":"{}","source":"{}","identifiers":{},"fields":{},"upload":"{}"}}'
)


@dataclass(frozen=True, slots=True)
class KeptRow:
    """A row that is on disk."""

    row: int
    event: int
    customer: str
    participant: str


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of the rows of one transaction."""

    rows: tuple[KeptRow, ...]
    problems: tuple[RowProblem, ...]


def keep_participants(
    t: Transaction, campaign: str, givens: Sequence[Given], *, source: str, repeat: str = "", now: datetime
) -> Kept:
    """Keep one event for each row, in order, all in ``t``: customers that are new are added, and identifiers that are
    new to a customer take the place of those of the same kind.

    ``source`` is import or api. Rows whose identifiers belong to two customers, and new participants who lack required
    fields, are reported and not kept. ``repeat`` is unique for a request that may come again: a row that it has left
    already is found. ``now`` is UTC.
    """
    register, placed = _place(t, campaign, [ready(given) for given in givens], now)
    own = (derived_id("api", repeat, str(row.given.row)) if repeat else new_id() for row in placed)
    keys = [f"participant:{campaign}:{id}" for id in own]
    _keep(t, register, placed, keys, source)
    numbers = t.inbox.numbers(keys)
    rows = zip(placed, keys, strict=True)
    kept = tuple(KeptRow(row.given.row, numbers[key], row.customer, row.participant) for row, key in rows)
    return Kept(kept, tuple(register.problems))


def keep_upload(
    t: Transaction, campaign: str, upload: str, rows: Sequence[ReadyRow], now: datetime
) -> tuple[RowProblem, ...]:
    """Keep rows of an upload as `keep_participants` does; what is wrong with those that are not kept. A row of the
    upload that was kept before is left alone."""
    register, placed = _place(t, campaign, rows, now)
    _keep(t, register, placed, [f"upload:{upload}:{row.given.row}" for row in placed], "import", upload)
    return tuple(register.problems)


def row_of(key: str) -> int:
    """The number of the row of a contact list, by the key of its event. Raises ValueError for any other key."""
    return int(key.rpartition(":")[2])


def _place(t: Transaction, campaign: str, rows: Sequence[ReadyRow], now: datetime) -> tuple[Register, list[Placed]]:
    register = look_up(t, campaign, rows, now)
    placed = [found for row in rows if (found := register.place(row))]
    register.write(t)
    return register, placed


def _keep(
    t: Transaction, register: Register, placed: Sequence[Placed], keys: Sequence[str], source: str, upload: str = ""
) -> None:
    payloads = tuple(_payloads(placed, json.dumps(register.campaign), source, upload))
    t.inbox.add(NewEvents("participant", register.now, keys, register.lanes(t, placed), payloads))


def _payloads(placed: Sequence[Placed], campaign: str, source: str, upload: str) -> Iterator[str]:
    """What each event says, as JSON. Nothing in it was written by others but a row's fields, which are JSON already."""
    for row in placed:
        changed = json.dumps(row.changed) if row.changed else "[]"
        yield PAYLOAD.format(campaign, row.customer, row.participant, source, changed, row.given.fields, upload)
