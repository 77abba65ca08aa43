"""How each part of a gateway is built, and which of them a process runs: those of its roles."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from channels.base import Channel as Adapter
from gateway.adapters import build_services
from gateway.bells import CALLER, DELIVERER, OUTCOMES, READER, TIMERS, sender_of
from gateway.calls.caller import Caller
from gateway.calls.python_desk import PythonDesk
from gateway.counting import both, count_decided, count_send
from gateway.decided import Decided
from gateway.health import Health
from gateway.lags import Lags
from gateway.parts import Part
from gateway.roles import ALONE, Role
from gateway.rule_reports import report_changes
from gateway.sender import Sender
from gateway.shards import Shards
from gateway.shared_rulebooks import SharedRulebooks
from gateway.shared_rules_watch import SharedRulesWatch
from gateway.starting import Later, caught_up, swept_anywhere, swept_here
from gateway.sweeping import Sweeper
from gateway.timers import Timers, spared
from gateway.watching import RulesWatch
from rules.effects import PlaceCall, SendMessage, SetTimer

if TYPE_CHECKING:
    from gateway.app import Gateway

HEALER, GUARD, RETAINING = "healer", "guard", "retaining"  # leases, beside those named as their bells


def sweep_of(channel: str) -> str:
    """The lease of who asks this channel's provider for what it told in vain."""
    return f"sweep/{channel}"


def timers_of(gateway: "Gateway") -> Timers:
    storage, spool = gateway.sharing.writing(TIMERS), gateway.spool
    ring, paces = gateway.worker_bell.ring, gateway.rulebooks.paces
    return Timers(storage, gateway.clock, gateway.timer_bell, ring, paces, lambda: spool.depth > 0)


def caller_of(gateway: "Gateway") -> Caller:
    settings, storage = gateway.settings, gateway.sharing.writing(CALLER)
    functions, ring = PythonDesk(settings.functions, settings.actions), gateway.worker_bell.ring
    services, hindered = build_services(settings), gateway.rulebooks.hindered
    return Caller(storage, gateway.clock, gateway.caller_bell, services, functions, ring, hindered)


def watch_of(gateway: "Gateway") -> RulesWatch:
    """Of one process, the folder says what is in force; of several, the database."""
    common: Mapping[str, Any] = {
        "folder": gateway.settings.rules,
        "storage": gateway.storage,
        "clock": gateway.clock,
        "bell": gateway.watch_bell,
        "on_report": report_changes,
        "on_released": gateway.worker_bell.ring,
    }
    if isinstance(gateway.rulebooks, SharedRulebooks):
        decides = gateway.settings.plays(Role.WORKER)
        return SharedRulesWatch(rulebooks=gateway.rulebooks, decides=decides, **common)
    return RulesWatch(rulebooks=gateway.rulebooks, **common)


def senders_of(gateway: "Gateway") -> dict[str, Sender]:
    return {name: _sender(gateway, adapter) for name, adapter in gateway.adapters.items()}


def _sender(gateway: "Gateway", adapter: Adapter) -> Sender:
    channel, name = gateway.settings.channels[adapter.name], sender_of(adapter.name)
    return Sender(
        adapter,
        gateway.sharing.writing(name),
        gateway.clock,
        gateway.bells.new(name),
        gateway.worker_bell.ring,
        resend_unknown=channel.unknown_sends == "resend",
        per_second=channel.messages_per_second,
        on_sent=both(partial(count_send, gateway.metrics), gateway.tracing.sent),
    )


def sweepers_of(gateway: "Gateway") -> list[Sweeper]:
    minutes = {name: gateway.settings.channels[name].sweep_minutes for name in gateway.adapters}
    return [_sweeper(gateway, gateway.adapters[name], every) for name, every in minutes.items() if every]


def _sweeper(gateway: "Gateway", adapter: Adapter, minutes: float) -> Sweeper:
    channel, storage = gateway.rulebooks.channels[adapter.name], gateway.sharing.writing(sweep_of(adapter.name))
    at, every = (gateway.clock, gateway.bells.new()), timedelta(minutes=minutes)
    return Sweeper(adapter, channel, storage, gateway.inbox, *at, gateway.swept, every, gateway.tracing)


def health_of(gateway: "Gateway") -> Health:
    lags = Lags(gateway.clock, gateway.timers, gateway.senders, gateway.deliverer.hooks)
    counts = (gateway.inbox, gateway.metrics, gateway.connections)
    spool, inbox = gateway.spool if gateway.takes else None, gateway.safe_inbox
    roles, plays = gateway.settings.roles, gateway.settings.plays
    hindrance = gateway.rulebooks.hindrance if plays(Role.WORKER) or plays(Role.SENDER) else lambda: ""
    return Health(gateway.storage, spool, *counts, lambda: inbox.refuses, lags, roles, hindrance)


def parts_of(gateway: "Gateway") -> Iterator[tuple[str, Part]]:
    """What this process runs, by name."""
    plays, leased = gateway.settings.plays, gateway.sharing.leased
    if plays(Role.WORKER):
        yield "Worker", gateway.worker if gateway.settings.roles == ALONE else shards_of(gateway)
        yield "Reader", leased(READER, gateway.reader)
    if plays(Role.INGRESS):
        yield "Drainer", gateway.drainer
        yield "UploadDesk", gateway.uploads
    if plays(Role.SENDER):
        yield from _sending(gateway)
    if plays(Role.TIMERS):
        yield from _timing(gateway)
    yield from ((type(part).__name__, part) for part in (gateway.watch, *gateway.sharing.parts()))


def shards_of(gateway: "Gateway") -> Shards:
    return Shards(gateway.storage, gateway.worker, gateway.worker_bell)


def _sending(gateway: "Gateway") -> Iterator[tuple[str, Part]]:
    leased = gateway.sharing.leased
    yield "Caller", leased(CALLER, gateway.caller, lambda: not gateway.rulebooks.hindrance())
    if gateway.deliverer.hooks:
        yield "Deliverer", leased(DELIVERER, gateway.deliverer)
    for name, sender in gateway.senders.items():
        yield "Sender", leased(sender_of(name), Later(sender, partial(ready, gateway)))


def _timing(gateway: "Gateway") -> Iterator[tuple[str, Part]]:
    leased = gateway.sharing.leased
    yield "Guard", leased(GUARD, gateway.guard)
    yield "Retaining", leased(RETAINING, gateway.retaining)
    for sweeper in gateway.sweepers:
        yield "Sweeper", leased(sweep_of(sweeper.adapter.name), sweeper)
    yield "Timers", leased(TIMERS, Later(gateway.timers, partial(ready, gateway)))
    yield "Healer", leased(HEALER, Later(gateway.healer, partial(ready, gateway)))


async def ready(gateway: "Gateway") -> None:
    """Whatever people wrote while nobody worked is in the inbox, as far as this process can see to it."""
    here = gateway.settings.roles == ALONE
    swept = swept_here(gateway.sweepers) if here else swept_anywhere(gateway.storage, gateway.sweepers, gateway.clock)
    await caught_up(swept, gateway.drainer if gateway.takes else None)


def ring_decided(gateway: "Gateway", decided: Sequence[Decided]) -> None:
    """A batch is committed: wake those who go on with what it left, and tell who counts."""
    effects = [effect for d in decided for of in d.reactions for effect in of.reaction.effects]
    gateway.bells.ring(*{sender_of(effect.channel) for effect in effects if isinstance(effect, SendMessage)})
    if any(isinstance(effect, SetTimer) for effect in effects) or spared(decided):
        gateway.bells.ring(TIMERS)
    if any(isinstance(effect, PlaceCall) for effect in effects):
        gateway.bells.ring(CALLER)
    if gateway.deliverer.hooks:
        gateway.bells.ring(DELIVERER)
    gateway.bells.ring(OUTCOMES)
    count_decided(gateway.metrics, decided, gateway.clock.now())
    gateway.tracing.decided(decided, gateway.clock.now())
    gateway.on_decided(decided)
