"""One upload, from its event to its record: what is done, in which order, and what makes doing it twice harmless."""

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from services.aws.bucket import Bucket, ObjectInfo
from services.aws.errors import AwsError, BaseTakenError, ObjectMissingError, ServiceError, WriteConflictError
from services.aws.ranges import SignedObject
from services.aws.videos import VideosTable
from services.contract.events import Delivery, UploadEvent
from services.contract.formats import is_video_name
from services.contract.keys import is_upload, thumbnail_bases
from services.contract.records import ReasonCode, Verdict, VideoRecord, VideoState, is_failure, judge
from services.contract.settings import WorkerSettings
from services.worker.extraction.index_failure import IndexFailure
from services.worker.extraction.outcome import Outcome, Usage, VideoInfo
from services.worker.extraction.sandbox.sandbox import Sandbox, SandboxError
from services.worker.object_source import ObjectSource
from services.worker.pictures import Shelf, SupersededError, store

_ROUNDS = 5


class ProcessingError(Exception):
    """A video has no thumbnails for now. `retryable` tells the loop whether another try is worth it."""

    def __init__(
        self,
        code: ReasonCode,
        reason: str,
        *,
        retryable: bool,
        record: VideoRecord | None = None,
        outcome: Outcome | None = None,
    ) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.retryable = retryable
        self.record = record
        self.outcome = outcome


@dataclass(frozen=True)
class Stored:
    """All thumbnails are in the bucket, and the record says so."""

    record: VideoRecord
    index_failure: IndexFailure | None = None


@dataclass(frozen=True)
class Skipped:
    """There was nothing to do; `why` is a word for logs and metrics."""

    why: str


def _now() -> datetime:
    return datetime.now(UTC)


class Processor:
    """Works on one event at a time for each thread that calls it; keeps no state between events."""

    def __init__(
        self,
        settings: WorkerSettings,
        bucket: Bucket,
        videos: VideosTable,
        sandbox: Sandbox,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self._settings = settings
        self._settings_hash = settings.thumbnail_options.fingerprint
        self._bucket = bucket
        self._videos = videos
        self._sandbox = sandbox
        self._now = now

    def process(self, event: UploadEvent, delivery: Delivery) -> Stored | Skipped:
        """Takes the thumbnails of the object that an event tells of, and stores them.

        Raises: ProcessingError.
        """
        if event.bucket != self._bucket.name:
            return Skipped("other_bucket")
        if not is_upload(event.key) or not is_video_name(event.key):
            return Skipped("not_a_video_name")
        try:
            return self._process(event, delivery)
        except (AwsError, SandboxError) as error:
            code = ReasonCode.STORAGE if isinstance(error, AwsError) else ReasonCode.CRASHED
            raise ProcessingError(code, str(error), retryable=True) from error

    def is_failure(self, event: UploadEvent, delivery: Delivery, error: ProcessingError) -> bool:
        """Return True if giving this try up means that the video has failed; False if another try settled it.

        Raises: AwsError.
        """
        return is_failure(self._videos.get(event.key), error.record, event, delivery)

    def record_failure(self, event: UploadEvent, delivery: Delivery, error: ProcessingError) -> None:
        """Mark the video as failed and store the reason, unless another try has settled it. Raises: AwsError."""
        now = self._now()
        for _ in range(_ROUNDS):
            before = self._videos.get(event.key)
            if not is_failure(before, error.record, event, delivery):
                return
            is_known = before is not None and before.etag == event.etag
            failed = error.record or self._begun(
                event, delivery, before if is_known else None, _as_told(event), base=before.base if before else ""
            )
            info, usage = (error.outcome.info, error.outcome.usage) if error.outcome else (None, None)
            after = failed.model_copy(
                update={
                    "state": VideoState.FAILED,
                    "reason_code": error.code,
                    "reason": error.reason,
                    "updated_at": now,
                    "finished_at": now,
                    "purged_at": before.purged_at if before else None,
                    **_measures(info, usage),
                }
            )
            try:
                self._videos.replace(before, after)
            except WriteConflictError:
                continue
            return
        raise WriteConflictError(f"the record of {event.key} kept changing")

    def _process(self, event: UploadEvent, delivery: Delivery) -> Stored | Skipped:
        for number in range(_ROUNDS):
            # Most videos are new: that one is not shows when its record cannot be begun, and then it is read.
            before = self._videos.get(event.key) if number else None
            try:
                # After the record, so that this is the object that the record is about, or a later one.
                video = SignedObject(self._bucket, event.key)
            except ObjectMissingError:
                if self._close(event.key):
                    return Skipped("object_gone")
                continue
            try:
                result = self._work(event, delivery, before, video)
            except (WriteConflictError, SupersededError):
                continue
            if result is not None:
                return result
        raise WriteConflictError(f"the record of {event.key} kept changing")

    def _work(
        self, event: UploadEvent, delivery: Delivery, before: VideoRecord | None, video: SignedObject
    ) -> Stored | Skipped | None:
        """Do what the record asks for; return None if another upload's record has taken its place meanwhile."""
        verdict = judge(before, video.info.identity, event, delivery, settings_hash=self._settings_hash)
        if before is not None and verdict is Verdict.RENEW:
            self._renew(before, event, video.info)
            return Skipped(Verdict.ALREADY_DONE)
        if verdict is not Verdict.PROCESS:
            return Skipped(verdict)
        begun = self._begin(event, delivery, before, video.info)
        outcome = self._extract(begun, video)
        shelf = Shelf(self._bucket, lambda: self._is_current(begun))
        return self._finish(begun, outcome, store(shelf, begun, outcome, self._settings.thumbnail_format))

    def _close(self, key: str) -> bool:
        """End the record of a video whose object is gone: nobody else would, and a purge may wait for it.

        Return False if the object is there again, or the record has changed meanwhile.
        """
        before = self._videos.get(key)
        if before is None or before.state is not VideoState.PROCESSING:
            return True
        # Once more, after the record was read: the record may be that of an upload that has just come.
        with contextlib.suppress(ObjectMissingError):
            self._bucket.head(key)
            return False
        now = self._now()
        gone = {
            "state": VideoState.FAILED,
            "reason_code": ReasonCode.DELETED,
            "reason": "The video was deleted before its thumbnails were taken.",
            "updated_at": now,
            "finished_at": now,
        }
        try:
            self._videos.replace(before, before.model_copy(update=gone))
        except WriteConflictError:
            return False
        return True

    def _renew(self, before: VideoRecord, event: UploadEvent, info: ObjectInfo) -> None:
        """Write the record of a video that is done for the object that it is now.

        Whoever has read the record before, as a purge does, can no longer remove it. Raises: WriteConflictError.
        """
        now_known = {
            "version_id": info.version_id,
            "modified_at": info.modified_at,
            "sequencer": event.sequencer,
            "purged_at": None,
        }
        self._videos.replace(before, before.model_copy(update=now_known))

    def _is_current(self, begun: VideoRecord) -> bool:
        """Return True while no other upload, other settings or a purge have taken the record."""
        record = self._videos.get(begun.key)
        return record is not None and _is_same_work(record, begun)

    def _begin(
        self, event: UploadEvent, delivery: Delivery, before: VideoRecord | None, info: ObjectInfo
    ) -> VideoRecord:
        prefix = self._settings.s3_thumbnail_prefix
        bases: tuple[str, ...] = thumbnail_bases(event.key, prefix)
        if before and before.base.startswith(prefix):
            bases = (before.base, *bases)
        for base in bases:
            begun = self._begun(event, delivery, before, info, base=base)
            with contextlib.suppress(BaseTakenError):
                return self._videos.replace(before, begun, claims=True)
        raise ServiceError(f"every base of {event.key} belongs to another upload: {', '.join(bases)}")

    def _begun(
        self, event: UploadEvent, delivery: Delivery, before: VideoRecord | None, info: ObjectInfo, *, base: str
    ) -> VideoRecord:
        now = self._now()
        is_same = before is not None and before.etag == info.etag
        return VideoRecord(
            key=event.key,
            state=VideoState.PROCESSING,
            attempt=before.attempt + 1 if before and is_same else 1,
            etag=info.etag,
            sequencer=event.sequencer,
            version_id=info.version_id,
            modified_at=info.modified_at,
            message_id=delivery.message_id,
            settings_hash=self._settings_hash,
            base=base,
            size_bytes=info.size_bytes,
            queued_at=delivery.sent_at,
            started_at=now,
            updated_at=now,
            worker=self._settings.worker_name,
        )

    def _extract(self, begun: VideoRecord, video: SignedObject) -> Outcome:
        outcome = self._sandbox.extract(ObjectSource(video))
        if outcome.state is VideoState.FAILED:
            code, reason = outcome.reason_code or ReasonCode.INTERNAL, outcome.reason or "unknown"
            raise ProcessingError(code, reason, retryable=outcome.retryable, record=begun, outcome=outcome)
        return outcome

    def _finish(self, begun: VideoRecord, outcome: Outcome, stored: Mapping[str, object]) -> Stored | Skipped | None:
        """Writes the record; None if a newer upload's record stands there."""
        now = self._now()
        after = begun.model_copy(
            update={
                "state": outcome.state,
                "updated_at": now,
                "finished_at": now,
                "reason_code": outcome.reason_code,
                "reason": outcome.reason,
                **stored,
                **_measures(outcome.info, outcome.usage),
            }
        )
        before = begun
        for _ in range(_ROUNDS):
            is_purged = before.purged_at is not None
            try:
                # A purge that has found the video processing waits for its end, to delete what has just been stored.
                written = self._videos.replace(before, after.model_copy(update={"purged_at": before.purged_at}))
            except WriteConflictError:
                now_there = self._videos.get(begun.key)
            else:
                return Skipped("purged") if is_purged else Stored(written, outcome.index_failure)
            if now_there is None:
                return Skipped("purged")
            before = now_there
            if not _is_same_work(before, begun):
                return None
            if before.state in (VideoState.DONE, VideoState.DEGRADED):
                return Skipped(Verdict.ALREADY_DONE)
        raise WriteConflictError(f"the record of {begun.key} kept changing")


def _is_same_work(record: VideoRecord, begun: VideoRecord) -> bool:
    return (record.etag, record.settings_hash, record.base) == (begun.etag, begun.settings_hash, begun.base)


def _as_told(event: UploadEvent) -> ObjectInfo:
    return ObjectInfo(event.key, event.etag, event.size_bytes)


def _measures(info: VideoInfo | None, usage: Usage | None) -> dict[str, object]:
    """What an extraction found out and cost, under the record's names."""
    found: dict[str, object] = {}
    if info:
        found |= {
            "duration_s": info.duration_s,
            "width_px": info.width_px,
            "height_px": info.height_px,
            "codec": info.codec,
            "container": info.container,
        }
    if usage:
        found |= {"bytes_read": usage.bytes_read, "requests": usage.requests, "cpu_s": usage.cpu_s}
    return found
