"""Load everything a batch of events is about, in a fixed number of queries."""

from collections.abc import Iterable, Mapping, Sequence

from gateway.scenes import Loaded, Place
from rules.book import Channel
from storage.transaction import Transaction
from storage.values import Row, WaitingEvent


def load(t: Transaction, events: Sequence[WaitingEvent], channels: Mapping[str, Channel]) -> Loaded:
    """The rows behind ``events``. ``channels`` are the project's, by name."""
    loaded = Loaded()
    _load_messages(t, events, loaded)
    _load_owners(t, events, channels, loaded)
    _load_customers(t, _customers(events, loaded), loaded)
    _load_communications(t, events, loaded)
    _load_opt_outs(t, events, channels, loaded)
    return loaded


def _payloads(events: Iterable[WaitingEvent], *kinds: str) -> list[dict[str, str]]:
    return [event.payload for event in events if event.kind in kinds]


def _load_messages(t: Transaction, events: Sequence[WaitingEvent], loaded: Loaded) -> None:
    receipts = _payloads(events, "receipt")
    loaded.messages |= t.messages.by_ids([r["message"] for r in receipts if r["message"]])
    loaded.messages |= _by_provider(t, [r for r in receipts if not r["message"]])
    loaded.messages |= t.messages.of_communications(_communications(events, loaded))
    loaded.timers = t.timers.standing(sorted({p["subject"] for p in _payloads(events, "timer")}))
    threads = {(p["channel"], p["thread"]) for p in _payloads(events, "message") if p["thread"]}
    loaded.threads = t.messages.known_threads(sorted(threads))


def _by_provider(t: Transaction, receipts: Iterable[Mapping[str, str]]) -> dict[str, Row]:
    wanted: dict[str, list[str]] = {}
    for receipt in receipts:
        wanted.setdefault(receipt["channel"], []).append(receipt["provider_id"])
    found = (t.messages.by_provider(channel, ids) for channel, ids in wanted.items())
    return {row["id"]: row for rows in found for row in rows.values()}


def _communications(events: Sequence[WaitingEvent], loaded: Loaded) -> list[str]:
    """The communications that receipts and timers of this batch are about."""
    spoken = {row["communication"] for row in loaded.messages.values()}
    return sorted((spoken | {p["subject"] for p in _payloads(events, "timer")}) - {""})


def _load_owners(
    t: Transaction, events: Sequence[WaitingEvent], channels: Mapping[str, Channel], loaded: Loaded
) -> None:
    senders = _payloads(events, "message")
    pairs = {(channels[p["channel"]].identifier, p["address"]) for p in senders if p["channel"] in channels}
    loaded.owners = t.people.by_identifiers(sorted(pairs))


def _customers(events: Sequence[WaitingEvent], loaded: Loaded) -> list[str]:
    named = {p["customer"] for p in _payloads(events, "participant", "started", "timer")}
    written_to = {row["customer"] for row in loaded.messages.values()}
    return sorted((named | written_to | set(loaded.owners.values())) - {""})


def _load_customers(t: Transaction, ids: list[str], loaded: Loaded) -> None:
    loaded.customers = t.people.customers(ids)
    loaded.identifiers = t.people.identifiers(ids)
    for row in t.people.participants(ids):
        loaded.participants[Place(row["customer"], row["campaign"])] = row


def _load_communications(t: Transaction, events: Sequence[WaitingEvent], loaded: Loaded) -> None:
    """The open ones and the last one of each participant, and before them those that a late word is about."""
    current = {row["id"]: row for row in t.communications.of_customers(sorted(loaded.customers))}
    late = set(_communications(events, loaded)) - set(current)
    loaded.communications = t.communications.by_ids(sorted(late)) | current


def _load_opt_outs(
    t: Transaction, events: Sequence[WaitingEvent], channels: Mapping[str, Channel], loaded: Loaded
) -> None:
    addresses = {pair for of in loaded.identifiers.values() for pair in of.items()}
    pairs = {(c.name, value) for c in channels.values() for kind, value in addresses if kind == c.identifier}
    pairs |= {(p["channel"], p["address"]) for p in _payloads(events, "message")}
    loaded.opted_out = t.opt_outs.among(sorted(pairs))
