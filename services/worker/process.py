"""Life of a record: claim, extract, store, finish or fail. The decisions are pure and in `services.contract.records`.

Events come twice, late and out of order, and workers die. Each step therefore depends on the record that was read
before it, and a step that lost a race starts again from the record.
"""

import contextlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from services.aws.bucket import Bucket, ObjectInfo
from services.aws.errors import AwsError, BaseTakenError, ObjectMissingError, ServiceError, WriteConflictError
from services.aws.ranges import SignedObject
from services.aws.videos import VideosTable
from services.contract.events import Delivery, UploadEvent
from services.contract.formats import is_video_name
from services.contract.history import (
    continue_history,
    count_changes,
    find_claim,
    keep_history,
    keep_result,
    needs_message,
    note_failure,
)
from services.contract.keys import is_upload, thumbnail_bases
from services.contract.records import (
    Decision,
    FinishDecision,
    ReasonCode,
    VideoRecord,
    VideoState,
    adopt_object,
    decide_finish,
    decide_processing,
    is_failure,
    keep_later_message,
)
from services.contract.settings import WorkerSettings
from services.tracing import tracer
from services.worker.deletion import DeletionFollower
from services.worker.earlier_results import EarlierResults, extract_changed
from services.worker.extraction.index_failure import IndexFailure
from services.worker.extraction.outcome import Outcome, list_measurements
from services.worker.extraction.sandbox.sandbox import Sandbox, SandboxError
from services.worker.object_source import ObjectSource, identify_upload, is_upload_stored
from services.worker.options import choose_overrides
from services.worker.pictures import PictureStore, SupersededError, store_pictures
from services.worker.precedence import GiveWay, Precedence

_MAX_ROUNDS = 5
_LIFE_BITS = 63


class ProcessingError(Exception):
    """A failed attempt. `retryable` says if another attempt can succeed; the loop acts on that alone.

    `record` is the claim of the attempt, if it got that far; `outcome` is the result of the extraction.
    """

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
    """Result of an attempt that stored all thumbnails and finished the record."""

    record: VideoRecord
    index_failure: IndexFailure | None = None


@dataclass(frozen=True)
class Skipped:
    """Result of an attempt that had nothing to do; `why` is one word for logs and metrics."""

    why: str


class Processor:
    """Processes one event at a time for each calling thread; keeps no state between events."""

    def __init__(
        self,
        settings: WorkerSettings,
        bucket: Bucket,
        videos: VideosTable,
        sandbox: Sandbox,
        now: Callable[[], datetime] | None = None,
    ) -> None:
        self._settings = settings
        self._options = settings.thumbnail_options
        self._bucket = bucket
        self._videos = videos
        self._sandbox = sandbox
        self._now = now or partial(datetime.now, UTC)
        self._deletions = DeletionFollower(settings, bucket, videos, self._now)
        self._results = EarlierResults(videos, self._deletions, self._now)
        self._precedence = Precedence()

    def process(self, event: UploadEvent, delivery: Delivery) -> Stored | Skipped:
        """Extract and store the thumbnails of the object that the event names, or remove those of a deleted one.

        Raises: ProcessingError.
        """
        if event.bucket != self._bucket.name:
            return Skipped("other_bucket")
        if not is_upload(event.key) or not is_video_name(event.key, self._settings.video_extensions):
            return Skipped("not_a_video_name")
        try:
            if event.is_removal:
                return Skipped(self._deletions.follow(event))
            with self._precedence.hold(is_background=event.is_background) as give_way:
                return self._process_until_settled(event, delivery, give_way)
        except (AwsError, SandboxError) as error:
            code = ReasonCode.STORAGE if isinstance(error, AwsError) else ReasonCode.CRASHED
            raise ProcessingError(code, str(error), retryable=True) from error

    def _process_until_settled(self, event: UploadEvent, delivery: Delivery, give_way: GiveWay) -> Stored | Skipped:
        """Start again from the record whenever another worker, an upload or a purge has changed it."""
        for number in range(_MAX_ROUNDS):
            # Most uploads are new, so the first round saves the read: claiming the record fails if there is one.
            before = self._videos.get(event.key) if number or event.is_regeneration else None
            try:
                # Read after the record, so that it is the object of that record or a later one.
                video = SignedObject(self._bucket, event.key)
            except ObjectMissingError:
                if self._deletions.close_record(event.key, delivery):
                    return Skipped("object_gone")
                continue
            if before is not None and self._deletions.finish_removal(before):
                continue
            try:
                result = self._process_once(event, delivery, before, video, give_way)
            except (WriteConflictError, SupersededError):
                continue
            except ProcessingError as error:
                # A read of an object that was replaced or deleted fails; the record must not wait for another attempt.
                if error.retryable and self._is_replaced(video.info):
                    continue
                raise
            if result is not None:
                return result
        raise WriteConflictError(f"the record of {event.key} kept changing")

    def _is_replaced(self, info: ObjectInfo) -> bool:
        """Return True if the object is no longer in the bucket, False also if S3 does not answer."""
        try:
            return self._bucket.head(info.key).etag != info.etag
        except ObjectMissingError:
            return True
        except ServiceError:
            return False

    def _process_once(
        self, event: UploadEvent, delivery: Delivery, before: VideoRecord | None, video: SignedObject, give_way: GiveWay
    ) -> Stored | Skipped | None:
        """Claim, extract, store and finish. Return None if another upload has taken the record meanwhile."""
        found, regenerates = video.info.identity, event.is_regeneration
        settings_hash = self._options.replace(choose_overrides(event, before, found.etag)).fingerprint
        decision = decide_processing(before, found, delivery, settings_hash=settings_hash, regenerates=regenerates)
        if before is not None and decision is Decision.RENEW:
            self._renew_record(before, event, video.info)
            return Skipped(Decision.ALREADY_DONE)
        if decision is not Decision.PROCESS:
            return Skipped(decision)
        with tracer.start_as_current_span("claim"):
            claimed = self._claim_record(event, delivery, before, video.info)
        with tracer.start_as_current_span("decode"):
            outcome = self._extract(claimed, video)
        give_way()
        try:
            with tracer.start_as_current_span("store"):
                replaces = claimed.earlier_result is not None
                claimed = self._results.give_up(claimed)
                is_current = partial(self._results.is_current, claimed)
                store = PictureStore(self._bucket, is_current, self._now, claimed.started_at, replaces=replaces)
                stored = store_pictures(store, claimed, outcome, self._settings)
            with tracer.start_as_current_span("finish"):
                result = self._finish_record(claimed, outcome, stored)
        except (SupersededError, AwsError):
            self._deletions.clear_late_pictures(claimed)
            raise
        if not isinstance(result, Stored):
            self._deletions.clear_late_pictures(claimed)
        return result

    def _claim_record(
        self, event: UploadEvent, delivery: Delivery, before: VideoRecord | None, info: ObjectInfo
    ) -> VideoRecord:
        """Write a record in the state `processing`, with the first base that no other upload has claimed.

        Raises: WriteConflictError if the record is no longer `before`, ServiceError.
        """
        prefix = self._settings.s3_thumbnail_prefix
        bases: tuple[str, ...] = thumbnail_bases(event.key, prefix)
        if before and before.base.startswith(prefix):
            bases = (before.base, *bases)
        for base in bases:
            record = self._new_record(event, delivery, before, info, base=base)
            with contextlib.suppress(BaseTakenError):
                return self._videos.replace(before, record, claims=True)
            if self._deletions.free_base(base):
                with contextlib.suppress(BaseTakenError):
                    return self._videos.replace(before, record, claims=True)
        raise ServiceError(f"every base of {event.key} belongs to another upload: {', '.join(bases)}")

    def _new_record(
        self, event: UploadEvent, delivery: Delivery, before: VideoRecord | None, info: ObjectInfo, *, base: str
    ) -> VideoRecord:
        now, overrides = self._now(), choose_overrides(event, before, info.etag)
        record = VideoRecord(
            key=event.key,
            state=VideoState.PROCESSING,
            etag=info.etag,
            sequencer=event.sequencer,
            version_id=info.version_id,
            modified_at=info.modified_at,
            message_id=delivery.message_id,
            settings_hash=self._options.replace(overrides).fingerprint,
            options=overrides,
            life=before.life if before and before.state is not VideoState.DELETED else secrets.randbits(_LIFE_BITS),
            base=base,
            size_bytes=info.size_bytes,
            queued_at=delivery.sent_at,
            started_at=now,
            updated_at=now,
            worker=self._settings.worker_name,
        )
        changed = {"earlier_result": keep_result(before, record), "changes": count_changes(before, record)}
        return record.model_copy(update={**continue_history(before, info.etag), **changed})

    def _extract(self, claimed: VideoRecord, video: SignedObject) -> Outcome:
        outcome = extract_changed(self._sandbox, ObjectSource(video), self._bucket, claimed, self._options)
        if outcome.state is VideoState.FAILED:
            code, reason = outcome.reason_code or ReasonCode.INTERNAL, outcome.reason or "unknown"
            raise ProcessingError(code, reason, retryable=outcome.retryable, record=claimed, outcome=outcome)
        return outcome

    def _finish_record(
        self, claimed: VideoRecord, outcome: Outcome, stored: Mapping[str, object]
    ) -> Stored | Skipped | None:
        """Write the result into the record; return None if another upload has taken the record."""
        now = self._now()
        after = claimed.model_copy(
            update={
                "state": outcome.state,
                "updated_at": now,
                "finished_at": now,
                "reason_code": outcome.reason_code,
                "reason": outcome.reason,
                **stored,
                **list_measurements(outcome.info, outcome.usage),
            }
        )
        before = claimed
        for _ in range(_MAX_ROUNDS):
            # The mark of a purge stays: it waits for this end, to delete what the worker has just stored.
            purged_at = before.purged_at
            try:
                marks = {"purged_at": purged_at, "deleted_at": before.deleted_at, "earlier_result": None}
                after = keep_history(after, before).model_copy(update=marks)
                written = self._videos.replace(before, after)
            except WriteConflictError:
                found = self._videos.get(claimed.key)
            else:
                why = self._deletions.settle_marks(written)
                return Skipped(why) if why else Stored(written, outcome.index_failure)
            decision = decide_finish(found, claimed)
            if decision is FinishDecision.START_AGAIN:
                return None
            if found is None or decision is not FinishDecision.WRITE:
                return Skipped(decision)
            before = found
        raise WriteConflictError(f"the record of {claimed.key} kept changing")

    def _renew_record(self, before: VideoRecord, event: UploadEvent, info: ObjectInfo) -> None:
        """Write the identity of the object that has replaced one with the same content.

        A purge that has read the record before can then no longer remove it. Raises: WriteConflictError.
        """
        identity = {
            "version_id": info.version_id,
            "modified_at": info.modified_at,
            "sequencer": event.sequencer,
            "purged_at": None,
        }
        self._videos.replace(before, before.model_copy(update=identity))

    def note_attempt(self, error: ProcessingError) -> None:
        """Add a failed attempt, which will be repeated, to the record that it has claimed."""
        if error.record is not None:
            # The history is for people: another worker or AWS may prevent the write.
            with contextlib.suppress(AwsError):
                noted = note_failure(error.record, self._now(), error.code, error.reason)
                self._videos.replace(error.record, noted)

    def find_failed_upload(self, event: UploadEvent, delivery: Delivery, error: ProcessingError) -> UploadEvent | None:
        """Return the event of the upload that has failed, None if another message settles it or it was deleted.

        It is the upload that the attempt has claimed, or else the object in the bucket, which can be newer than that of
        `event`. Only if S3 does not answer, it is that of this message's record, or else the event's.

        Raises: AwsError, also if this message has to stay until an earlier claim has ended.
        """
        record = self._videos.get(event.key)
        failed = event
        if error.record:
            failed = adopt_object(event, error.record.identity, error.record.size_bytes)
            # Another attempt may have claimed it when it was put again: a purge in between spares the later time.
            if record is not None and record.etag == failed.etag:
                failed = adopt_object(failed, record.identity, record.size_bytes)
        else:
            # Read after the record, so that it is the object of that record or a later one.
            try:
                info = self._bucket.head(event.key)
            except ObjectMissingError:
                self._deletions.require_closed(event.key, delivery)
                return None
            except ServiceError:
                # An attempt of this message can have claimed a newer object than that of the event.
                if record is not None and record.message_id == delivery.message_id:
                    failed = adopt_object(event, record.identity, record.size_bytes)
            else:
                failed = adopt_object(event, info.identity, info.size_bytes)
        if is_failure(record, error.record, failed, delivery):
            return failed
        self._leave_to_others(record, delivery)
        return None

    def bring_back_result(self, failed: UploadEvent, delivery: Delivery, error: ProcessingError) -> bool:
        """End a failed regeneration with the result before it; return False if there is none. Raises: AwsError."""
        return self._results.bring_back(failed, delivery, claimed=error.record, code=error.code, reason=error.reason)

    def record_failure(self, failed: UploadEvent, delivery: Delivery, error: ProcessingError) -> None:
        """Mark the upload of `find_failed_upload` as failed, unless another message settles it. Raises: AwsError."""
        now = self._now()
        for _ in range(_MAX_ROUNDS):
            before = self._videos.get(failed.key)
            is_about_another = error.record is None and (before is None or before.etag != failed.etag)
            is_gone = is_about_another and not is_upload_stored(self._bucket, failed)
            if is_gone or not is_failure(before, error.record, failed, delivery):
                self._leave_to_others(before, delivery)
                return
            record = error.record or find_claim(before, failed.etag, delivery.message_id)
            record = record or self._new_record(
                failed,
                delivery,
                before,
                identify_upload(self._bucket, failed, before),
                base=before.base if before else "",
            )
            info, usage = (error.outcome.info, error.outcome.usage) if error.outcome else (None, None)
            after = keep_history(keep_later_message(record, before), before).model_copy(
                update={
                    "state": VideoState.FAILED,
                    "changes": count_changes(before, record),
                    "reason_code": error.code,
                    "reason": error.reason,
                    "updated_at": now,
                    "finished_at": now,
                    "purged_at": before.purged_at if before and before.identity == record.identity else None,
                    "deleted_at": before.deleted_at if before else None,
                    "earlier_result": None,
                    **list_measurements(info, usage),
                }
            )
            try:
                written = self._videos.replace(before, after)
            except WriteConflictError:
                continue
            self._deletions.settle_marks(written)
            return
        raise WriteConflictError(f"the record of {failed.key} kept changing")

    def _leave_to_others(self, record: VideoRecord | None, delivery: Delivery) -> None:
        """Settle nothing, as others end the record, but remove it if a reindex has ended that of a deleted video.

        Raises: WriteConflictError if this message may still have to end the record, AwsError.
        """
        if needs_message(record, delivery):
            raise WriteConflictError(f"no later message than {delivery.message_id} would end the video in progress")
        if record is not None:
            self._deletions.finish_removal(record)
