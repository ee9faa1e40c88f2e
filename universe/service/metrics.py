"""What the service counts, as Prometheus reads it."""

from collections.abc import Iterator
from typing import get_args

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from universe.service.hall import Hall
from universe.service.wire import Status

METHODS = {"GET", "POST", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS"}
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """Counters of one service, in a registry of their own."""

    def __init__(self, hall: Hall) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "langgym_requests", "Requests answered.", ("method", "route", "status"), registry=self._registry
        )
        self._seconds = Histogram(
            "langgym_request_seconds",
            "Until an answer was complete, waiting included.",
            ("route",),
            buckets=BUCKETS,
            registry=self._registry,
        )
        self._registry.register(_HallCollector(hall))

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Counts a request; `route` is a path of the API, never what was asked."""
        self._requests.labels(method if method in METHODS else "other", route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def render(self) -> bytes:
        """Returns everything in Prometheus' text format."""
        return generate_latest(self._registry)


class _HallCollector(Collector):
    """Reads a hall when it is asked."""

    def __init__(self, hall: Hall) -> None:
        self._hall = hall

    def collect(self) -> Iterator[Metric]:
        hall = self._hall
        tables = GaugeMetricFamily("langgym_tables", "Tables in memory.", labels=["status"])
        counts = hall.tables
        for status in get_args(Status):
            tables.add_metric([status], counts[status])
        yield tables
        plays = CounterMetricFamily("langgym_plays", "Decisions played.", labels=["source"])
        for source, n in list(hall.plays.items()):
            plays.add_metric([source], n)
        yield plays
        yield CounterMetricFamily("langgym_tables_made", "Tables made.", value=hall.n_made)
        yield CounterMetricFamily("langgym_tables_came_back", "Tables brought back.", value=hall.n_came_back)
        yield GaugeMetricFamily("langgym_waiting", "Requests that wait for a turn.", value=hall.n_waiting)
