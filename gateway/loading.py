"""Load everything a batch of events is about, in a fixed number of queries."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from gateway.rulebooks import Rulebooks
from gateway.scenes import Loaded, Place
from rules.book import Channel
from storage.transaction import Transaction
from storage.values import Row, WaitingEvent

OF_CUSTOMERS = (  # kinds that name a customer
    "participant",
    "started",
    "timer",
    "answer",
    "settled",
    "stranded",
    "enrolled",
    "removed",
)
OF_ADDRESSES = ("message", "opted_out")  # kinds that name a channel and an address
OF_MESSAGES = (  # the columns that deciding needs
    "id",
    "channel",
    "campaign",
    "customer",
    "communication",
    "status",
    "error",
    "attempt",
    "provider_id",
)
COUNTED_FOR = timedelta(days=8)  # how long what began counts for a cap: a week, and a day for the time zones


def load(t: Transaction, events: Sequence[WaitingEvent], rulebooks: Rulebooks, now: datetime) -> Loaded:
    """The rows behind ``events``, at ``now`` (UTC). What only some rulebooks need is read only where they do."""
    loaded = Loaded()
    _load_messages(t, events, loaded)
    _load_owners(t, events, rulebooks.channels, loaded)
    _load_customers(t, _customers(events, loaded), loaded)
    loaded.runs = {row["id"]: row for row in t.runs.of_customers(sorted(loaded.customers))}
    _load_communications(t, events, loaded, rulebooks.talks_named())
    _load_begun(t, loaded, rulebooks.capped(), now)
    _load_opt_outs(t, events, rulebooks.channels, loaded)
    return loaded


def _payloads(events: Iterable[WaitingEvent], *kinds: str) -> list[dict[str, str]]:
    return [event.payload for event in events if event.kind in kinds]


def _load_messages(t: Transaction, events: Sequence[WaitingEvent], loaded: Loaded) -> None:
    receipts = _payloads(events, "receipt")
    loaded.messages |= t.messages.by_ids([r["message"] for r in receipts if r["message"]], OF_MESSAGES)
    loaded.messages |= _by_provider(t, [(r["channel"], r["provider_id"]) for r in receipts if not r["message"]])
    _load_pressed(t, events, loaded)
    loaded.messages |= t.messages.of_communications(_communications(events, loaded), OF_MESSAGES)
    loaded.timers = t.timers.standing(sorted({p["subject"] for p in _payloads(events, "timer", "stranded")}))
    _load_threads(t, events, loaded)


def _load_pressed(t: Transaction, events: Sequence[WaitingEvent], loaded: Loaded) -> None:
    """The messages whose buttons were pressed, and what was said last in their communications."""
    presses = [(p["channel"], p["answers"]) for p in _payloads(events, "message") if p["answers"]]
    pressed = _by_provider(t, presses)
    loaded.messages |= pressed
    loaded.last_said = t.messages.last_said(sorted({row["communication"] for row in pressed.values()} - {""}))


def _load_threads(t: Transaction, events: Sequence[WaitingEvent], loaded: Loaded) -> None:
    """The threads that we know, and what was heard in them before."""
    talk = [p for p in _payloads(events, "message") if p["thread"]]
    loaded.threads = t.messages.known_threads(sorted({(p["channel"], p["thread"]) for p in talk}))
    heard = _by_provider(t, [(p["channel"], p["key"]) for p in talk])
    loaded.heard = {(row["channel"], row["provider_id"]) for row in heard.values()}


def _by_provider(t: Transaction, named: Iterable[tuple[str, str]]) -> dict[str, Row]:
    """The messages of these channels that are known to the provider so, by our id."""
    wanted: dict[str, list[str]] = {}
    for channel, provider_id in named:
        wanted.setdefault(channel, []).append(provider_id)
    found = (t.messages.by_provider(channel, ids, OF_MESSAGES) for channel, ids in wanted.items())
    return {row["id"]: row for rows in found for row in rows.values()}


def _communications(events: Sequence[WaitingEvent], loaded: Loaded) -> list[str]:
    """The communications that receipts, timers, answers and stranded waits of this batch are about."""
    spoken = {row["communication"] for row in loaded.messages.values()}
    return sorted((spoken | {p["subject"] for p in _payloads(events, "timer", "answer", "stranded")}) - {""})


def _load_owners(
    t: Transaction, events: Sequence[WaitingEvent], channels: Mapping[str, Channel], loaded: Loaded
) -> None:
    senders = _payloads(events, *OF_ADDRESSES)
    pairs = {(channels[p["channel"]].identifier, p["address"]) for p in senders if p["channel"] in channels}
    loaded.owners = t.people.by_identifiers(sorted(pairs))


def _customers(events: Sequence[WaitingEvent], loaded: Loaded) -> list[str]:
    named = {p["customer"] for p in _payloads(events, *OF_CUSTOMERS)}
    written_to = {row["customer"] for row in loaded.messages.values()}
    return sorted((named | written_to | set(loaded.owners.values())) - {""})


def _load_customers(t: Transaction, ids: list[str], loaded: Loaded) -> None:
    loaded.customers = t.people.customers(ids)
    loaded.identifiers = t.people.identifiers(ids)
    for row in t.people.participants(ids):
        loaded.participants[Place(row["customer"], row["campaign"])] = row


def _load_communications(
    t: Transaction, events: Sequence[WaitingEvent], loaded: Loaded, named: Mapping[str, frozenset[str]]
) -> None:
    """The open ones and the last one of each participant, and before them those that rules name (the last of each such
    node) and those that a late word, a held fact or a run is about."""
    customers = sorted(loaded.customers)
    current = {row["id"]: row for row in t.communications.of_customers(customers)}
    rows = t.communications.last_of_nodes(_here(named, loaded), customers)
    earlier = {row["id"]: row for row in rows if row["id"] not in current}
    late = {*_communications(events, loaded), *_kept(loaded)} - set(current) - set(earlier)
    earlier |= t.communications.by_ids(sorted(late))
    in_order = sorted(earlier.values(), key=lambda row: (row["created_at"], row["seq"], row["id"]))
    loaded.communications = {row["id"]: row for row in in_order} | current


def _here(named: Mapping[str, frozenset[str]], loaded: Loaded) -> Mapping[str, frozenset[str]]:
    """What is named in the campaigns that somebody of the batch takes part in."""
    campaigns = {place.campaign for place in loaded.participants} if named else set()
    return {campaign: nodes for campaign, nodes in named.items() if campaign in campaigns}


def _kept(loaded: Loaded) -> set[str]:
    """The communications that held facts and waiting runs are about."""
    held = (fact for row in loaded.participants.values() for fact in row["held"])
    facts = (*held, *(run["fact"] for run in loaded.runs.values()))
    return {fact["communication"] for fact in facts if "communication" in fact}


def _load_begun(t: Transaction, loaded: Loaded, capped: frozenset[str], now: datetime) -> None:
    """When something began with the participants of campaigns that have caps."""
    participants = [row["id"] for place, row in loaded.participants.items() if place.campaign in capped]
    for row in t.communications.begun(participants, now - COUNTED_FOR) if participants else ():
        loaded.begun.setdefault(row["participant"], {})[row["id"]] = row["begun_at"]


def _load_opt_outs(
    t: Transaction, events: Sequence[WaitingEvent], channels: Mapping[str, Channel], loaded: Loaded
) -> None:
    addresses = {pair for of in loaded.identifiers.values() for pair in of.items()}
    pairs = {(c.name, value) for c in channels.values() for kind, value in addresses if kind == c.identifier}
    pairs |= {(p["channel"], p["address"]) for p in _payloads(events, *OF_ADDRESSES)}
    loaded.opted_out = t.opt_outs.among(sorted(pairs))
