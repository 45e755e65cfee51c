"""Every metric of every room in one place, so that their names and labels are decided once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from callcenter.bus import Subscription

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
FAST = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)  # seconds
SLOW = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

REGISTRY = CollectorRegistry()


def _counter(name: str, text: str, *labels: str) -> Counter:
    return Counter(f"callcenter_{name}", text, labels, registry=REGISTRY)


def _gauge(name: str, text: str, *labels: str) -> Gauge:
    return Gauge(f"callcenter_{name}", text, labels, registry=REGISTRY)


def _histogram(name: str, text: str, buckets: Sequence[float], *labels: str) -> Histogram:
    return Histogram(f"callcenter_{name}", text, labels, buckets=buckets, registry=REGISTRY)


# callcenter/ami
AMI_UP = _gauge("ami_up", "1 while logged in to the PBX and reconciled", "pbx")
AMI_MESSAGES = _counter("ami_messages", "Messages read from the PBX", "pbx")
AMI_QUARANTINED = _counter("ami_quarantined", "Malformed messages set aside", "pbx", "reason")
AMI_QUEUE = _gauge("ami_queue", "Messages read and not yet followed", "pbx")
AMI_RECONNECTS = _counter("ami_reconnects", "Times the link was built anew", "pbx")

# callcenter/agi
AGI_SESSIONS = _gauge("agi_sessions", "Calls whose dialplan is with us now")
AGI_ENDED = _counter("agi_ended", "Such calls by how their session ended", "outcome")

# callcenter/calls
INTERACTIONS_OPEN = _gauge("interactions_open", "Interactions in progress", "pbx")

# callcenter/store
STORE_UP = _gauge("store_up", "1 while the database takes what is written")
STORE_ROWS = _counter("store_rows", "Rows written", "table")
STORE_EVENTS = _counter("store_events", "Events written down")
STORE_DEAD = _counter("store_dead_letters", "Events the database refused, kept in a file")
STORE_SECONDS = _histogram("store_write_seconds", "One batch, from begin to commit", SLOW)

# crm
LOOKUP_SECONDS = _histogram("lookup_seconds", "Who is calling: the store's answer", FAST)
LOOKUPS = _counter("lookups", "Lookups by what they found", "match")

# screenpop
CONSOLES = _gauge("consoles", "Live connections of consoles")
# Its count is that of all pops.
POP_SECONDS = _histogram("pop_seconds", "From reading the ringing to handing the pop over", FAST)
CONSOLES_DROPPED = _counter("consoles_dropped", "Connections we closed", "reason")

# recording
RECORDINGS = _counter("recordings", "Recordings indexed by outcome", "status")
RECORDINGS_MISSING = _gauge("recordings_missing", "Recordings whose file is not there")
RECORDINGS_UNMATCHED = _gauge("recordings_unmatched", "Recordings of no known call")
RECORDINGS_DELETED = _counter("recordings_deleted", "Recordings deleted", "why")
STORAGE_COPIES = _gauge("storage_copies", "Recordings on their way to where they are kept", "stage")
STORAGE_FAILED = _counter("storage_failed", "Steps of it to be done again", "stage", "outcome")
STORAGE_DISK = _gauge("storage_disk_used", "Of the disk with this folder, from 0 to 1", "folder")
STORAGE_EVICTED = _counter("storage_evicted", "Copies removed here that are in the store")

# callcenter/outward
OUTWARD_ATTEMPTS = _counter(
    "outward_attempts", "Attempts to deliver to other systems", "kind", "result"
)
OUTWARD_WAITING = _gauge("outward_waiting", "Messages that wait to be delivered")

# web
HTTP_SECONDS = _histogram("http_seconds", "One request", SLOW, "method", "route", "status")

Subscriptions = Callable[[], Iterable[Subscription]]


class BusCollector(Collector):
    """Reads the queues when it is asked, so that publishing costs nothing for it."""

    def __init__(self, subscriptions: Subscriptions) -> None:
        self._subscriptions = subscriptions

    def collect(self) -> Iterable[Metric]:
        depth = GaugeMetricFamily("callcenter_bus_depth", "Events waiting", labels=["subscriber"])
        spilled = GaugeMetricFamily(
            "callcenter_bus_spilled", "Of them on disk", labels=["subscriber"]
        )
        missed = GaugeMetricFamily("callcenter_bus_missed", "Events lost", labels=["subscriber"])
        for subscription in self._subscriptions():
            depth.add_metric([subscription.name], subscription.depth)
            spilled.add_metric([subscription.name], subscription.spilled)
            missed.add_metric([subscription.name], subscription.missed)
        return [depth, spilled, missed]


def exposition() -> bytes:
    """What /metrics answers, as CONTENT_TYPE."""
    return generate_latest(REGISTRY)
