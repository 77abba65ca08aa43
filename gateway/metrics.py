"""What a running gateway counts, in the text format of Prometheus. No label comes from outside.

Campaigns are labels, as operators name them in rule files: past `MAX_CAMPAIGNS` that were ever counted, all others are
counted as one.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import version

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"  # Prometheus text format 0.0.4
MAX_CAMPAIGNS = 200  # labels of their own; each has some twenty time series
OTHERS = "(others)"  # can be no campaign's name
QUICK = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0)  # seconds: providers give up after 3 and 15
LONG = (0.05, 0.25, 1.0, 5.0, 15.0, 60.0, 300.0, 1800.0, 7200.0)  # seconds
OUTCOMES = ("kept", "known", "spooled", "drained", "set_aside", "swept")  # of events that came in
ANSWERS = ("200", "403", "500", "503")  # to webhooks: those that alerts and the dashboard look at
GAUGES = {
    "info": "1, with the version of this program",
    "database_up": "1 if the database answers, else 0; whether it takes anything, `ready` tells",
    "ready": "1 if webhooks are taken, into the database or the spool, as /readyz tells, else 0",
    "follows_rules": "1 if this process can load all rule files in force, else 0: it decides and calls nothing",
    "waiting_events": "Events in the inbox that are to be decided",
    "held_events": "Events that wait for the rule file of their campaign, or behind such an event",
    "parked_events": "Events that could not be decided: `pointsman events parked` tells why",
    "owed_messages": "Messages that are to be sent",
    "open_calls": "Calls of services and functions that have no answer yet",
    "counts_age_seconds": "How long ago was counted what only the database knows; seconds where much waits",
    "uploads": "Contact lists by their status, those that are over included",
    "hindered_uploads": "Contact lists that do not go on: their file, or their campaign's rule file, can't be used",
    "unkept_events": "Events that came in and are not on disk yet: their senders wait for an answer",
    "spooled_events": "Events in the spool that wait to be moved to the database",
    "set_aside_events": "Events in the spool that the database refused: `pointsman events parked` tells them, too",
    "open_connections": "Connections that are open",
    "most_connections": "How many connections may be open at once",
    "oldest_waiting_event_seconds": "How long the event has waited to be decided that has waited longest; 0 for none",
    "oldest_due_timer_seconds": "For how long the timer is due that is due longest and may fire; 0 for none",
    "oldest_owed_message_seconds": "How long ago the oldest message was owed that is still to be sent; 0 for none",
    "channel_owed_messages": "Messages that are to be sent on this channel",
    "channel_sending_messages": "Messages that are being sent on this channel at this moment",
    "channel_rests": "1 while nothing is sent, for the provider refuses our account or answers nothing, else 0",
    "owed_deliveries": "Deliveries to hooks that are yet to be made",
    "disabled_hooks": "Hooks that are told nothing any more: `pointsman hooks list` tells why",
    "hook_owed_deliveries": "Deliveries to this hook that are yet to be made",
    "hook_disabled": "1 if this hook is told nothing any more, else 0",
    "campaign_active": "1 if the campaign runs, else 0",
    "campaign_in_error": "1 if the campaign stands in error: `pointsman campaign status` tells why",
}
LABELS: Mapping[str, tuple[str, ...]] = {
    "info": ("version",),
    "uploads": ("status",),
    "oldest_owed_message_seconds": ("channel",),
    "channel_owed_messages": ("channel",),
    "channel_sending_messages": ("channel",),
    "channel_rests": ("channel",),
    "hook_owed_deliveries": ("hook",),
    "hook_disabled": ("hook",),
    "campaign_active": ("campaign",),
    "campaign_in_error": ("campaign",),
}
COUNTERS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "webhooks": (
        "Requests to webhook addresses, by channel and the status they were answered with",
        ("channel", "status"),
    ),
    "api": ("Requests to the API, by endpoint and the status they were answered with", ("method", "path", "status")),
    "answers_cut_off": ("Files of the API that were cut off in their middle, since something failed", ()),
    "limited": ("Requests answered 429, since their sender was refused again and again", ()),
    "shed": ("Webhooks refused unread with 503, since those before them were not kept yet", ()),
    "events": (
        "Events that came in: kept in the database, known before, spooled, drained from the spool, set_aside, "
        "swept (found at a provider whose webhook never came)",
        ("outcome",),
    ),
    "decided_events": ("Events that were decided, by their kind", ("kind",)),
    "reactions": ("Decisions of each campaign: an event may concern several, or none", ("campaign",)),
    "owed": ("Messages that came to be owed", ("channel", "campaign")),
    "statuses": ("Statuses that messages came to, of those that went out", ("campaign", "status")),
    "communications": ("Communications that were planned, or ended: by that status", ("campaign", "status")),
    "sends": (
        "Sends by what became of each: sent, refused, skipped, throttled, unreachable, unknown or down",
        ("channel", "campaign", "outcome"),
    ),
}
HISTOGRAMS: Mapping[str, tuple[str, tuple[str, ...], tuple[float, ...]]] = {
    "webhook_seconds": ("From when a webhook's head was read to its answer", ("channel",), QUICK),
    "api_seconds": ("From when a request's head was read to the answer of the API", ("method",), QUICK),
    "batch_seconds": ("How long a batch of events took to be decided and committed", (), QUICK),
    "send_seconds": ("How long the provider took to answer a send", ("channel",), QUICK),
    "event_wait_seconds": ("From when an event was received to its decision", (), LONG),
}

Value = float | Mapping[tuple[str, ...], float]
Gauges = Mapping[str, Value]  # a number, or one for each of the labels' values


class Metrics:
    """The counters and histograms of one gateway."""

    def __init__(self, channels: Iterable[str] = ()) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._counters = {
            name: Counter(f"pointsman_{name}", words, labels, registry=self._registry)
            for name, (words, labels) in COUNTERS.items()
        }
        self._histograms = {
            name: Histogram(f"pointsman_{name}", words, labels, buckets=buckets, registry=self._registry)
            for name, (words, labels, buckets) in HISTOGRAMS.items()
        }
        webhooks, seconds = self._counters["webhooks"], self._histograms["webhook_seconds"]
        self._answers = cache(lambda channel, status: webhooks.labels(channel, str(status)))
        self._seconds = cache(seconds.labels)
        self._campaigns: set[str] = set()
        self._begin(channels)

    def _begin(self, channels: Iterable[str]) -> None:
        """Tell what alerts look at as 0 until it happens: Prometheus takes no series' first sample for an increase."""
        for outcome in OUTCOMES:
            self._counters["events"].labels(outcome)
        for channel in channels:
            for status in ANSWERS:
                self._counters["webhooks"].labels(channel, status)

    def webhook(self, channel: str, status: int, seconds: float) -> None:
        """One request to a webhook was answered, so long after its head was read."""
        self._answers(channel, status).inc()
        self._seconds(channel).observe(seconds)

    def api(self, method: str, path: str, status: int, seconds: float) -> None:
        """One request to the API was answered; the path is that of the endpoint, the method one of a few."""
        self._counters["api"].labels(method, path, str(status)).inc()
        self._histograms["api_seconds"].labels(method).observe(seconds)

    def cut_off(self) -> None:
        """The answer of the API to one request was cut off, after its status was sent."""
        self._counters["answers_cut_off"].inc()

    def limited(self) -> None:
        """One request was answered 429."""
        self._counters["limited"].inc()

    def shed(self) -> None:
        """One webhook was refused unread."""
        self._counters["shed"].inc()

    def events(self, outcome: str, number: int) -> None:
        """So many events came to this outcome."""
        self._counters["events"].labels(outcome).inc(number)

    def batch(self, seconds: float) -> None:
        """A batch of events was decided in this time."""
        self._histograms["batch_seconds"].observe(seconds)

    def decided(self, kind: str, waited: float) -> None:
        """An event was decided, so many seconds after it was received."""
        self._counters["decided_events"].labels(kind).inc()
        self._histograms["event_wait_seconds"].observe(max(waited, 0.0))

    def reaction(self, campaign: str) -> None:
        """A campaign has reacted to an event."""
        self._counters["reactions"].labels(self._label(campaign)).inc()

    def owed(self, channel: str, campaign: str) -> None:
        """A message came to be owed."""
        self._counters["owed"].labels(channel, self._label(campaign)).inc()

    def status(self, campaign: str, status: str) -> None:
        """A message that went out came to this status."""
        self._counters["statuses"].labels(self._label(campaign), status).inc()

    def communication(self, campaign: str, status: str) -> None:
        """A communication was planned, or came to this final status."""
        self._counters["communications"].labels(self._label(campaign), status).inc()

    def send(self, channel: str, campaign: str, outcome: str, seconds: float) -> None:
        """The provider was handed a message, and this became of it within that time."""
        self._counters["sends"].labels(channel, self._label(campaign), outcome).inc()
        self._histograms["send_seconds"].labels(channel).observe(seconds)

    def text(self, gauges: Gauges) -> bytes:
        """All counters, and these gauges as they are at this moment."""
        now = CollectorRegistry()
        now.register(Moment({"info": {(version("pointsman"),): 1}, **gauges}))
        return generate_latest(self._registry) + generate_latest(now)

    def _label(self, campaign: str) -> str:
        if campaign not in self._campaigns and len(self._campaigns) < MAX_CAMPAIGNS:
            self._campaigns.add(campaign)
        return campaign if campaign in self._campaigns else OTHERS


class Moment(Collector):
    """Gauges at one moment."""

    def __init__(self, gauges: Gauges) -> None:
        self._gauges = gauges

    def collect(self) -> Iterable[Metric]:
        """One family for each gauge."""
        for name, value in self._gauges.items():
            labels, words = LABELS.get(name, ()), GAUGES.get(name, name.replace("_", " "))
            family = GaugeMetricFamily(f"pointsman_{name}", words, labels=labels)
            for of, number in value.items() if isinstance(value, Mapping) else [((), value)]:
                family.add_metric(of, number)
            yield family
