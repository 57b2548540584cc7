"""Prometheus metrics of the api and of the pipeline, on a separate port."""

from collections.abc import Iterator
from itertools import accumulate
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from services.contract.records import ReasonCode, VideoState
from services.contract.statistics.ends import QUEUE, THUMBNAILS, Ends, read_failures, read_histogram
from services.contract.statistics.histogram import BOUNDS_S

if TYPE_CHECKING:
    from services.api.live.live import LiveState
    from services.api.webhooks.dispatcher import Dispatcher
    from services.aws.clients import Clients

_PREFIX = "thumbnail_api"
_NO_FAILURES = {ReasonCode.NEARBY_FRAME, ReasonCode.DELETED}
"""A degraded video has the first one; the history does not count a video that was deleted while it was processed."""
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Telemetry:
    def __init__(self, prefix: str = _PREFIX) -> None:
        """Begin the names of the metrics with `prefix`."""
        self.registry = CollectorRegistry()
        self.requests = Counter(
            f"{prefix}_http_requests",
            "Requests, by route.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self.durations = Histogram(
            f"{prefix}_http_request_seconds",
            "Time to the end of the answer.",
            ["method", "route"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._connections_cut = Counter(
            f"{prefix}_connections_cut",
            "Connections refused or closed early, by reason.",
            ["reason"],
            registry=self.registry,
        )
        self._deliveries: Counter | None = None
        self._aws_requests = Counter(
            f"{prefix}_aws_requests",
            "Requests to AWS, retries included, by operation.",
            ["service", "operation"],
            registry=self.registry,
        )

    def count_requests(self, clients: "Clients") -> None:
        """Count the requests of these clients to AWS from now on."""
        for client in (clients.s3, clients.sqs, clients.dynamodb):
            client.meta.events.register("before-send", self._count_request)

    def _count_request(self, event_name: str, **_: object) -> None:
        service, operation = event_name.split(".")[1:]
        self._aws_requests.labels(service, operation).inc()

    def count_cut_connection(self, reason: str) -> None:
        self._connections_cut.labels(reason).inc()

    def export_deliveries(self, dispatcher: "Dispatcher") -> None:
        """Export metrics of events and their deliveries as well."""
        self._deliveries = Counter(
            "thumbnail_event_deliveries",
            "Attempts to deliver events by this process, by outcome: delivered, failed or dead.",
            ["outcome"],
            registry=self.registry,
        )
        for outcome in ("delivered", "failed", "dead"):
            # Prometheus does not see the first increase of a counter that was absent.
            self._deliveries.labels(outcome)
        age = Gauge(
            "thumbnail_event_due_seconds",
            "Age of the oldest event that is due, in the process that sends events; 0 if there is none.",
            registry=self.registry,
        )
        age.set_function(dispatcher.measure_age_s)

    def count_delivery(self, outcome: str) -> None:
        if self._deliveries is not None:
            self._deliveries.labels(outcome).inc()

    def export_live_state(self, live: "LiveState") -> None:
        """Export metrics of the live state as well."""
        self.registry.register(_LiveCollector(live))

    def serve(self, host: str, port: int) -> None:
        """Serve the metrics over HTTP. Raises: OSError if the port is taken."""
        start_http_server(port, addr=host, registry=self.registry)


class _LiveCollector(Collector):
    """Collector of the last tick's state; it sends no requests to AWS."""

    def __init__(self, live: "LiveState") -> None:
        self._live = live

    def collect(self) -> Iterator[Metric]:
        live = self._live
        yield _make_gauge("websocket_clients", "Clients of /ws.", len(live.sockets))
        yield _make_counter("websocket_dropped", "Clients dropped because they were too slow.", live.sockets.dropped)
        yield _make_gauge("tick_seconds", "Length of the last tick.", live.tick_s)
        failures = CounterMetricFamily(f"{_PREFIX}_source_failures", "Failed reads of a source.", labels=["source"])
        stale = GaugeMetricFamily(f"{_PREFIX}_source_stale", "1 while a source does not answer.", labels=["source"])
        for source in (live.queues, live.videos, live.pods):
            failures.add_metric([source.name], source.failures)
            stale.add_metric([source.name], 0 if source.is_fresh else 1)
        yield failures
        yield stale
        if queue := live.queue():
            depth = GaugeMetricFamily("thumbnail_queue_messages", "Messages, by state.", labels=["state"])
            for state in ("visible", "in_flight", "delayed", "dead_letters"):
                depth.add_metric([state], getattr(queue, state))
            yield depth
        if (processing := live.processing()) is not None:
            yield GaugeMetricFamily("thumbnail_processing_paused", "1 while processing is paused.", processing.paused)
        if metrics := live.metrics():
            videos = GaugeMetricFamily("thumbnail_videos", "Videos, by state.", labels=["state"])
            for name, count in metrics.videos.items():
                videos.add_metric([name], count)
            yield videos
            yield GaugeMetricFamily("thumbnail_thumbnails", "Thumbnails stored.", metrics.thumbnails)
            stored = GaugeMetricFamily("thumbnail_stored_bytes", "Bytes stored.", labels=["kind"])
            stored.add_metric(["uploads"], metrics.upload_bytes)
            stored.add_metric(["thumbnails"], metrics.thumbnail_bytes)
            yield stored
        if (ends := live.ends()) is not None:
            yield _make_ended_counter(ends)
            yield _make_histogram("thumbnail_queue_seconds", "Time of a video in the queue.", ends, QUEUE)
            what = "Time from the message about a video to its thumbnails."
            yield _make_histogram("thumbnail_upload_to_thumbnails_seconds", what, ends, THUMBNAILS)


def _make_ended_counter(ends: Ends) -> CounterMetricFamily:
    what = "Videos whose processing ended, by state and reason: of the whole pipeline, from the videos table."
    ended = CounterMetricFamily("thumbnail_videos_ended", what, labels=["state", "reason_code"])
    for state in (VideoState.DONE, VideoState.DEGRADED):
        ended.add_metric([state, ""], ends.get(state, 0))
    # Also the reasons that have not occurred: Prometheus does not see the first increase of a counter that was absent.
    failures = read_failures(ends)
    for code in ReasonCode:
        if code not in _NO_FAILURES:
            ended.add_metric([VideoState.FAILED, code], failures.get(code, 0))
    return ended


def _make_histogram(name: str, what: str, ends: Ends, of: str) -> HistogramMetricFamily:
    counts = read_histogram(ends, of)
    bounds = [*map(str, BOUNDS_S), "+Inf"]
    sums = accumulate(counts.get(bucket, 0) for bucket in range(len(bounds)))
    buckets = list(zip(bounds, map(float, sums), strict=True))
    return HistogramMetricFamily(name, what, buckets=buckets, sum_value=ends.get(f"{of}_ms", 0) / 1000)


def _make_gauge(name: str, what: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"{_PREFIX}_{name}", what, value)


def _make_counter(name: str, what: str, value: float) -> CounterMetricFamily:
    return CounterMetricFamily(f"{_PREFIX}_{name}", what, value)
