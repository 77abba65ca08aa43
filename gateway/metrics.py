"""What a running gateway counts, in the text format of Prometheus. No label comes from outside."""

from collections.abc import Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, ProcessCollector, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"  # Prometheus text format 0.0.4
GAUGES = {
    "database_up": "1 if the database answers, else 0",
    "waiting_events": "Events in the inbox that are to be decided",
    "parked_events": "Events that could not be decided: `pointsman events parked` tells why",
    "owed_messages": "Messages that are to be sent",
    "open_calls": "Calls of services and functions that have no answer yet",
    "unkept_events": "Events that came in and are not on disk yet: their senders wait for an answer",
    "spooled_events": "Events in the spool that wait to be moved to the database",
    "set_aside_events": "Events in the spool that the database refused: `pointsman events parked` tells them, too",
    "open_connections": "Connections that are open",
    "most_connections": "How many connections may be open at once",
}


class Metrics:
    """The counters of one gateway."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        words = "Requests to webhook addresses, by channel and the status they were answered with"
        self._webhooks = Counter("pointsman_webhooks", words, ["channel", "status"], registry=self._registry)
        words = "Requests answered 429, since their sender was refused again and again"
        self._limited = Counter("pointsman_limited", words, registry=self._registry)
        words = "Webhooks refused unread with 503, since those before them were not kept yet"
        self._shed = Counter("pointsman_shed", words, registry=self._registry)
        words = (
            "Events that came in: kept in the database, known before, spooled, drained from the spool, set_aside, "
            "swept (found at a provider whose webhook never came)"
        )
        self._events = Counter("pointsman_events", words, ["outcome"], registry=self._registry)

    def webhook(self, channel: str, status: int) -> None:
        """One request to a webhook was answered."""
        self._webhooks.labels(channel, str(status)).inc()

    def limited(self) -> None:
        """One request was answered 429."""
        self._limited.inc()

    def shed(self) -> None:
        """One webhook was refused unread."""
        self._shed.inc()

    def events(self, outcome: str, number: int) -> None:
        """So many events came to this outcome."""
        self._events.labels(outcome).inc(number)

    def text(self, gauges: Mapping[str, float]) -> bytes:
        """All counters, and these gauges as they are at this moment."""
        now = CollectorRegistry()
        now.register(Moment(gauges))
        return generate_latest(self._registry) + generate_latest(now)


class Moment(Collector):
    """Gauges at one moment."""

    def __init__(self, gauges: Mapping[str, float]) -> None:
        self._gauges = gauges

    def collect(self) -> Iterable[Metric]:
        """One family for each gauge."""
        for name, value in self._gauges.items():
            yield GaugeMetricFamily(f"pointsman_{name}", GAUGES.get(name, name.replace("_", " ")), value)
