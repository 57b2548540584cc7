"""Extraction of one frame of a video in the bucket, in a sandbox of the worker."""

import time
from dataclasses import dataclass

import structlog

from services.api.schema.problems import (
    RETRY_AFTER_S,
    ApiError,
    NotFoundError,
    UnavailableError,
    UnprocessableError,
)
from services.aws.bucket import Bucket
from services.aws.errors import AwsError, ObjectMissingError
from services.aws.ranges import SignedObject
from services.contract.frames import FrameOptions, frame_key
from services.contract.traces import upload_trace_id
from services.frames.cache import CachedFrame, FrameCache
from services.frames.metrics import FrameMetrics
from services.worker.extraction.outcome import Outcome
from services.worker.extraction.sandbox.sandbox import Sandbox, SandboxError
from services.worker.object_source import ObjectSource

log = structlog.get_logger()


class BeyondEndError(UnprocessableError):
    """A time after the end of the video."""

    def __init__(self, time_s: float, duration_s: float) -> None:
        super().__init__("query.t", f"must not be after the end of the video at {duration_s:.3f} s", value=time_s)
        self.headers = {"Video-Duration": f"{duration_s:.3f}"}


@dataclass(frozen=True)
class Extractor:
    """Extracts and stores frames. Its calls block: run them in threads."""

    bucket: Bucket
    cache: FrameCache
    sandbox: Sandbox
    metrics: FrameMetrics

    def extract(self, video_key: str, etag: str, options: FrameOptions) -> CachedFrame:
        """Return a frame of the upload with an ETag, and store it.

        Raises: BeyondEndError, UnprocessableError if the video has no such frame, NotFoundError, UnavailableError,
        AwsError.
        """
        begun_s = time.perf_counter()
        video_log = log.bind(object_key=video_key, trace_id=upload_trace_id(video_key, etag))
        try:
            video = SignedObject(self.bucket, video_key)
        except ObjectMissingError:
            raise make_missing(video_key) from None
        if video.info.etag != etag:
            raise _make_unavailable("The video was replaced meanwhile.")
        try:
            outcome = self.sandbox.extract_frame(ObjectSource(video), options)
        except SandboxError as error:
            raise _make_unavailable(f"No frame can be extracted now: {error}") from error
        self.metrics.observe(outcome, time.perf_counter() - begun_s)
        if outcome.index_failure:
            video_log.warning("index_failed", error=str(outcome.index_failure))
        if not outcome.pictures:
            raise _explain_failure(outcome, options)
        [picture] = outcome.pictures
        frame = CachedFrame(picture.data, picture.time_s, outcome.info.duration_s if outcome.info else None)
        self._store(frame_key(video_key, etag, options), frame, options)
        video_log.info(
            "frame_extracted",
            options=options.text,
            time_s=frame.time_s,
            bytes_read=outcome.usage.bytes_read,
            requests=outcome.usage.requests,
            cpu_s=outcome.usage.cpu_s,
        )
        return frame

    def _store(self, key: str, frame: CachedFrame, options: FrameOptions) -> None:
        """Store a frame. Without it in the cache, the answer is right as well."""
        try:
            self.cache.store(key, frame, options.format)
        except AwsError as error:
            log.warning("frame_not_stored", cache_key=key, error=str(error))


def make_missing(video_key: str) -> NotFoundError:
    """Return the error for a video that is not in the bucket."""
    return NotFoundError(f"There is no video {video_key[:200]}.")


def _explain_failure(outcome: Outcome, options: FrameOptions) -> ApiError:
    duration_s = outcome.info.duration_s if outcome.info else None
    if duration_s is not None and options.time_s > duration_s:
        return BeyondEndError(options.time_s, duration_s)
    reason = outcome.reason or "The frame could not be extracted."
    if outcome.retryable:
        return _make_unavailable(reason)
    return UnprocessableError("path.key", f"has no such frame: {reason.rstrip('.')}")


def _make_unavailable(reason: str) -> UnavailableError:
    return UnavailableError(f"{reason} Try again in a moment.", retry_after_s=RETRY_AFTER_S)
