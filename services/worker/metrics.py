"""Prometheus metrics of a worker."""

import pkgutil
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

from services.contract.records import VideoRecord
from services.worker import extraction
from services.worker.extraction.index_failure import IndexFailure

_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
_LATENCY_SECONDS = (0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 3600)
_MEGABYTES = tuple(size * 1_000_000 for size in (0.25, 0.5, 1, 2, 4, 8, 16, 32, 64, 128, 256))

CONTAINER_NAMES = {
    module.name
    for module in pkgutil.iter_modules([str(Path(folder, "containers")) for folder in extraction.__path__])
    if module.ispkg
}
"""The packages of containers, which are not imported: they load OpenCV, which only children need."""


class WorkerMetrics:
    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        prefix = "thumbnail_worker"
        self.videos = Counter(
            f"{prefix}_videos",
            "Videos that ended, by state and reason.",
            ["state", "reason_code"],
            registry=self.registry,
        )
        self.skipped = Counter(
            f"{prefix}_skipped", "Events that needed no processing, by reason.", ["why"], registry=self.registry
        )
        self.retries = Counter(
            f"{prefix}_retries", "Messages handed back for another attempt.", ["reason_code"], registry=self.registry
        )
        self.index_failures = Counter(
            f"{prefix}_index_failures",
            "Errors of index readers, by container and type of the exception.",
            ["container", "error"],
            registry=self.registry,
        )
        self.in_progress = Gauge(f"{prefix}_videos_in_progress", "Messages in progress.", registry=self.registry)
        self.processing = Histogram(
            f"{prefix}_processing_seconds",
            "Time from the start of a video's processing to its finished record.",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.latency = Histogram(
            f"{prefix}_upload_to_thumbnails_seconds",
            "Time from the event of an upload to its thumbnails.",
            buckets=_LATENCY_SECONDS,
            registry=self.registry,
        )
        self.bytes_read = Histogram(
            f"{prefix}_bytes_read", "Bytes read of a video.", buckets=_MEGABYTES, registry=self.registry
        )
        self.cpu = Counter(f"{prefix}_extraction_cpu_seconds", "CPU time of the children.", registry=self.registry)

    def observe_video(self, record: VideoRecord) -> None:
        """Count a video that has its thumbnails, and observe its times and cost."""
        self.videos.labels(record.state, record.reason_code or "").inc()
        if record.finished_at:
            self.processing.observe((record.finished_at - record.started_at).total_seconds())
            self.latency.observe((record.finished_at - record.queued_at).total_seconds())
        self.bytes_read.observe(record.bytes_read)
        self.cpu.inc(record.cpu_s)

    def count_index_failure(self, failure: IndexFailure) -> None:
        """Count an error of an index reader. Unknown containers share one label, as a child can send any name."""
        container = failure.container if failure.container in CONTAINER_NAMES else "other"
        self.index_failures.labels(container, failure.label).inc()

    def serve(self, port: int) -> None:
        """Serve the metrics over HTTP. Raises: OSError if the port is taken."""
        start_http_server(port, registry=self.registry)
