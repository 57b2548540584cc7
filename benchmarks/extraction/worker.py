"""Videos per second through queue, bucket and table: the worker's loop with the extraction, and with method A.

Both run in this process, on the embedded AWS, with as many videos at once as a worker takes. The machine is shared with
the embedded AWS, which stands in for S3, SQS and DynamoDB, and answers some 20 requests a video.
"""

import logging
import statistics
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import imageio_ffmpeg
import structlog

from benchmarks.extraction import videos
from benchmarks.extraction.videos import BenchmarkVideo
from services.aws.queue import DeadLetterQueue, MessageQueue
from services.contract.events import Delivery, UploadEvent
from services.contract.keys import UPLOAD_PREFIX
from services.contract.records import VideoState
from services.contract.settings import WorkerSettings
from services.contract.thumbnails import ThumbnailOptions
from services.local.pipeline import LocalPipeline, run_pipeline
from services.worker.extraction.outcome import ExtractedPicture, Outcome, VideoInfo
from services.worker.extraction.reading.source import LocalFile, VideoSource
from services.worker.extraction.sandbox.job import Bounds
from services.worker.extraction.sandbox.sandbox import Sandbox
from services.worker.health import HealthServer
from services.worker.loop import WorkerLoop, WorkerServices
from services.worker.metrics import WorkerMetrics
from services.worker.process import Processor, Skipped, Stored

MIN_RATIO = 8.0
"""Lower limit of videos per second, relative to method A."""
LENGTHS_S = (60, videos.MEDIUM_S)
_OURS_S, _THEIRS_S = 3600, 480
"""Seconds of film in one measurement; it has at least this many videos:"""
_AT_LEAST_OURS, _AT_LEAST_THEIRS = 20, 4
_COPIED_AT_ONCE = 8 * 1024 * 1024
_PATIENCE_S = 120.0


class FfmpegThreeTimes(Sandbox):
    """Method A as a drop-in: the whole object is copied to a file, and ffmpeg seeks in it once for each thumbnail."""

    def __init__(self, duration_s: int) -> None:
        super().__init__(ThumbnailOptions(), Bounds())
        self._duration_s = duration_s

    def extract(self, source: VideoSource, options: ThumbnailOptions | None = None) -> Outcome:
        positions_pct = (options or self._options).positions_pct
        with tempfile.TemporaryDirectory() as directory:
            copy = Path(directory) / "video.mp4"
            with copy.open("wb") as file:
                for start in range(0, source.size_bytes, _COPIED_AT_ONCE):
                    file.write(source.read(start, min(_COPIED_AT_ONCE, source.size_bytes - start)))
            pictures = tuple(self._picture(copy, position) for position in positions_pct)
        info = VideoInfo(float(self._duration_s), width_px=1920, height_px=1080, codec="h264", container="mp4")
        return Outcome(VideoState.DONE, info, pictures)

    def _picture(self, video: Path, position_pct: float) -> ExtractedPicture:
        time_s = self._duration_s * position_pct / 100
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-ss", f"{time_s:.3f}", "-i", str(video)]
        command += ["-frames:v", "1", "-vf", "scale=640:-2", "-f", "mjpeg", "-"]
        jpeg = subprocess.run(command, check=True, capture_output=True, stdin=subprocess.DEVNULL).stdout  # noqa: S603
        return ExtractedPicture(position_pct, time_s, 640, 360, jpeg)


class _Counted(Processor):
    """Processor that counts stored videos, as polling the table would cost as much as the work."""

    def __init__(self, settings: WorkerSettings, pipeline: LocalPipeline, sandbox: Sandbox) -> None:
        super().__init__(settings, pipeline.bucket, pipeline.videos, sandbox)
        self._stored = threading.Semaphore(0)

    def process(self, event: UploadEvent, delivery: Delivery) -> Stored | Skipped:
        result = super().process(event, delivery)
        if isinstance(result, Stored):
            self._stored.release()
        return result

    def wait(self, count: int) -> None:
        for number in range(count):
            if not self._stored.acquire(timeout=_PATIENCE_S):
                raise RuntimeError(f"only {number} of {count} videos have thumbnails after {_PATIENCE_S:.0f} s")


@dataclass
class _Bench:
    """Pipeline without its workers: the loop runs in this process."""

    pipeline: LocalPipeline
    clip: Path
    uploaded: int = field(default=0)

    def per_s(self, sandbox: Sandbox, count: int) -> float:
        """Return the videos per second of a loop with `count` videos in the queue at its start."""
        keys = [self._upload() for _ in range(count)]
        settings = self._settings()
        processor = _Counted(settings, self.pipeline, sandbox)
        loop = self._loop(settings, processor, sandbox)
        thread = threading.Thread(target=loop.run)
        started = time.monotonic()
        thread.start()
        processor.wait(count)
        took_s = time.monotonic() - started
        loop.stop()
        thread.join()
        for key in keys:
            self.pipeline.clients.s3.delete_object(Bucket=self.pipeline.endpoints.bucket, Key=key)
        return count / took_s

    def _upload(self) -> str:
        self.uploaded += 1
        key = f"{UPLOAD_PREFIX}clip-{self.uploaded}.mp4"
        self.pipeline.clients.s3.upload_file(str(self.clip), self.pipeline.endpoints.bucket, key)
        return key

    def _settings(self) -> WorkerSettings:
        endpoints = self.pipeline.endpoints
        return WorkerSettings(
            aws_region=endpoints.region, sqs_queue_url=endpoints.queue_url, sqs_dlq_url=endpoints.dead_letter_queue_url,
            s3_bucket=endpoints.bucket, videos_table=endpoints.videos_table, receive_wait_s=1,
        )  # fmt: skip

    def _loop(self, settings: WorkerSettings, processor: Processor, sandbox: Sandbox) -> WorkerLoop:
        endpoints, clients = self.pipeline.endpoints, self.pipeline.clients
        return WorkerLoop(
            settings,
            WorkerServices(
                queue=MessageQueue(clients.sqs, endpoints.queue_url),
                dead_letters=DeadLetterQueue(clients.sqs, endpoints.dead_letter_queue_url),
                processor=processor,
                sandbox=sandbox,
                metrics=WorkerMetrics(),
                health=HealthServer(_PATIENCE_S),
            ),
        )


def per_s(duration_s: int, directory: Path, rounds: int) -> tuple[float, float]:
    """Return the videos per second of the extraction and of method A: medians of measurements in turn."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    clip = videos.make_video(BenchmarkVideo("clip", "h264", "mp4", duration_s), directory)
    counts = max(_OURS_S // duration_s, _AT_LEAST_OURS), max(_THEIRS_S // duration_s, _AT_LEAST_THEIRS)
    with run_pipeline(directory / f"pipeline-{duration_s}", workers=0, say=lambda _: None) as pipeline:
        bench = _Bench(pipeline, clip)
        with Sandbox(ThumbnailOptions(), Bounds()) as ours, FfmpegThreeTimes(duration_s) as theirs:
            with LocalFile(clip) as source:
                ours.extract(source)  # so that the fork server runs
            pairs = [(bench.per_s(ours, counts[0]), bench.per_s(theirs, counts[1])) for _ in range(rounds)]
    clip.unlink()
    ours_per_s, theirs_per_s = (statistics.median(column) for column in zip(*pairs, strict=True))
    return ours_per_s, theirs_per_s
