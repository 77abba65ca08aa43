"""How far the gateway is behind, and how its channels and campaigns do: gauges at one moment."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from gateway.clock import Clock
from gateway.hooks.deliverer import disabled_hooks
from gateway.imports.waiting import is_hindered
from gateway.metrics import MAX_CAMPAIGNS, Gauges, Value
from gateway.sender import Sender
from gateway.timers import Timers
from storage.transaction import Transaction
from storage.uploads import STATUSES
from storage.values import Row


@dataclass(frozen=True)
class Lags:
    """Looks for one gateway. What is due is what may fire: a timer of a campaign that does not run is not late."""

    clock: Clock
    timers: Timers
    senders: Mapping[str, Sender]
    hooks: Collection[str] = ()

    def read(self, t: Transaction) -> Gauges:
        """What the database tells, as gauges of `gateway.metrics`."""
        owed, oldest = t.lists.counting.owed(), t.lists.lags.oldest_owed()
        return {
            "held_events": t.lists.lags.held(),
            "oldest_waiting_event_seconds": self._age(t.lists.lags.oldest_waiting()),
            "oldest_due_timer_seconds": self._age(self.timers.next_due(t)),
            "oldest_owed_message_seconds": self._by_channel(lambda name: self._age(oldest.get(name))),
            "channel_owed_messages": self._by_channel(lambda name: owed.get(name, 0)),
            "channel_rests": self._rests(t.channel_states.all()),
            "uploads": uploads(t),
            "hindered_uploads": sum(is_hindered(row) for row in t.uploads.unread()),
            **self._hook_gauges(t),
            **campaign_gauges(t.campaigns.all()[:MAX_CAMPAIGNS]),
        }

    def backlog_of_hooks(self, t: Transaction) -> dict[str, int]:
        """What hooks are yet to be told, and how many of them are disabled; nothing where there are none."""
        if not self.hooks:
            return {}
        owed = sum(t.deliveries.open_counts(self.hooks).values())
        return {"owed_deliveries": owed, "disabled_hooks": len(disabled_hooks(t) & {*self.hooks})}

    def _hook_gauges(self, t: Transaction) -> Gauges:
        if not self.hooks:
            return {}
        owed, disabled = t.deliveries.open_counts(self.hooks), disabled_hooks(t)
        return {
            "hook_owed_deliveries": {(name,): owed.get(name, 0) for name in self.hooks},
            "hook_disabled": {(name,): name in disabled for name in self.hooks},
        }

    def now(self) -> Gauges:
        """What is known without the database: of channels whose sender is at work elsewhere, nothing."""
        return {
            "channel_sending_messages": self._by_channel(lambda name: self.senders[name].sending),
            "channel_rests": self._rests({}),
        }

    def _by_channel(self, number: Callable[[str], float]) -> Value:
        return {(name,): number(name) for name in self.senders}

    def _rests(self, left: Mapping[str, Row]) -> Value:
        """As the sender of each channel knows it, or has left it (``left``) where it is at work elsewhere."""
        now = self.clock.now()
        at_work = {name: sender.restraint.rests(now) for name, sender in self.senders.items() if sender.at_work}
        others = {name: rests(row, now) for name, row in left.items() if name in self.senders}
        return {(name,): (others | at_work).get(name, False) for name in self.senders}

    def _age(self, moment: datetime | None) -> float:
        """In seconds; 0 for what is none, or is still to come."""
        return max((self.clock.now() - moment).total_seconds(), 0.0) if moment else 0.0


def rests(state: Row, now: datetime) -> bool:
    """Whether the channel of this row is left alone ``now`` (UTC)."""
    return any(until > now for until in (state["rests_until"], state["silent_until"]) if until)


def uploads(t: Transaction) -> Value:
    """How many contact lists stand at each status."""
    found = t.lists.counting.uploads()
    return {(status,): found.get(status, 0) for status in STATUSES}


def campaign_gauges(campaigns: list[Row]) -> Gauges:
    """Which of them run, and which stand in error."""
    return {
        "campaign_active": {(row["name"],): row["status"] == "active" for row in campaigns},
        "campaign_in_error": {(row["name"],): row["status"] == "error" for row in campaigns},
    }
