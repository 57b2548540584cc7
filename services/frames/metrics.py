"""Prometheus metrics of the frames service, besides those of HTTP."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from services.worker.extraction.outcome import Outcome

PREFIX = "thumbnail_frames"
_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20)
_MEGABYTES = tuple(size * 1_000_000 for size in (0.25, 0.5, 1, 2, 4, 8, 16, 32, 64))


class FrameMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self.answers = Counter(
            f"{PREFIX}_answers", "Frames answered, by their source: cache, client or extraction.", ["source"],
            registry=registry,
        )  # fmt: skip
        self._extractions = Counter(
            f"{PREFIX}_extractions", "Extractions that ended, by reason of a failure.", ["reason_code"],
            registry=registry,
        )  # fmt: skip
        self._seconds = Histogram(
            f"{PREFIX}_extraction_seconds", "Time of an extraction without its wait.", buckets=_SECONDS,
            registry=registry,
        )  # fmt: skip
        self._bytes_read = Histogram(
            f"{PREFIX}_bytes_read", "Bytes read of a video for one frame.", buckets=_MEGABYTES, registry=registry
        )
        self._cpu = Counter(f"{PREFIX}_extraction_cpu_seconds", "CPU time of the children.", registry=registry)
        self._waiting = Gauge(f"{PREFIX}_waiting", "Frames in progress and those that wait.", registry=registry)

    def observe(self, outcome: Outcome, seconds: float) -> None:
        """Count an extraction, and observe its time and cost."""
        self._extractions.labels(outcome.reason_code or "").inc()
        self._seconds.observe(seconds)
        self._bytes_read.observe(outcome.usage.bytes_read)
        self._cpu.inc(outcome.usage.cpu_s)

    def export_waiting(self, count: Callable[[], float]) -> None:
        """Export the number of frames that wait, as it is when the metrics are read."""
        self._waiting.set_function(count)
