"""Deletions of uploads: the record and the pictures of a video go when its upload has been deleted.

Events come late and out of order, and the upload may have been put again. The event is therefore only a hint: the
record is read first, then the object, and the removal depends on the revision of the record. A video in progress gets a
mark (`deleted_at`), and the worker that ends its record removes it. An ended record with this mark is being removed: a
delivery that finds it continues, and settles its message after the last step.
"""

import contextlib
from collections.abc import Callable, Iterable
from datetime import datetime

from services.aws.bucket import Bucket
from services.aws.errors import ObjectMissingError, WriteConflictError
from services.aws.removal import clear_base, is_being_removed, remove_record, remove_video
from services.aws.videos import VideosTable
from services.contract.events import Delivery, UploadEvent, is_newer
from services.contract.keys import thumbnail_bases
from services.contract.records import FinishDecision, VideoRecord, VideoState, close_deleted
from services.contract.resources import CLAIM_PREFIX, PURGE_KEY, PURGER
from services.contract.settings import WorkerSettings

_MAX_ROUNDS = 5


class DeletionFollower:
    """With `delete_follows_source`, removes videos; without it, closes the records of those in progress only."""

    def __init__(
        self, settings: WorkerSettings, bucket: Bucket, videos: VideosTable, now: Callable[[], datetime]
    ) -> None:
        self._follows = settings.delete_follows_source
        self._prefix = settings.s3_thumbnail_prefix
        self._bucket = bucket
        self._videos = videos
        self._now = now

    def follow(self, event: UploadEvent) -> str:
        """Remove the video whose upload was deleted. Return in one word what happened. Raises: AwsError."""
        if not self._follows:
            return "deletion_not_followed"
        for _ in range(_MAX_ROUNDS):
            record = self._videos.get(event.key)
            if record is None:
                self._finish_interrupted(event.key)
                return "no_record"
            is_late = bool(event.sequencer and record.sequencer) and is_newer(record.sequencer, event.sequencer)
            # Read after the record, so that it is the object of that record or a later one.
            if is_late or self._is_stored(event.key):
                return "uploaded_again"
            if record.purged_at is not None or self._is_left_to_purge(record):
                return "left_to_purge"
            if record.finished_at is not None:
                if self._remove(record):
                    return "removed"
            elif record.deleted_at is not None or self._mark(record):
                return "in_progress"
        raise WriteConflictError(f"the record of {event.key} kept changing")

    def close_record(self, key: str, delivery: Delivery) -> bool:
        """Mark the video as failed if its object is gone and it is still processing: a purge may wait for its end.

        Then remove it. The claim of another message stays: its worker may still be processing, and a purge must wait
        for that worker. Return False if the object exists again, or if the record has changed meanwhile.
        """
        before = self._videos.get(key)
        if before is None:
            self._finish_interrupted(key)
            if delivery.receive_count > 1:
                # A worker that had this message may have died between storing pictures and `clear_late_pictures`.
                self._clear_bases(thumbnail_bases(key, self._prefix))
            return True
        if is_being_removed(before):
            return self._is_stored(key) is False and self._remove_unless_purged(before)
        if before.state is not VideoState.PROCESSING or before.message_id != delivery.message_id:
            return True
        # Look again after reading the record: it may belong to an upload that has just arrived.
        if self._is_stored(key):
            return False
        try:
            mark = {"deleted_at": self._now()} if self._follows else {}
            closed = self._videos.replace(before, close_deleted(before, self._now()).model_copy(update=mark))
        except WriteConflictError:
            return False
        return self._remove_unless_purged(closed)

    def require_closed(self, key: str, delivery: Delivery) -> None:
        """Close the record of an object that is gone, for the last attempt of a message.

        Raises: WriteConflictError if the object exists again or the record has changed, as by the mark of a deletion:
        nobody would end the record if the message were deleted; AwsError.
        """
        if not self.close_record(key, delivery):
            raise WriteConflictError(f"the record of {key} has changed while it was closed")

    def settle_marks(self, ended: VideoRecord) -> str | None:
        """Leave a record with the mark of a purge to it, and remove one whose upload was deleted.

        Return in one word what happened, None without a mark. Raises: AwsError.
        """
        if ended.purged_at is not None:
            return FinishDecision.PURGED
        if ended.deleted_at is None:
            return None
        self._remove(ended)
        return "object_gone"

    def clear_late_pictures(self, claimed: VideoRecord) -> None:
        """Delete the pictures of a claim whose video was removed while they were stored: no record lists them.

        The upload may be there again, and its record may have another base. A record that has the base of the claim
        owns these pictures, also if it lists none of them. Raises: AwsError.
        """
        record = self._videos.get(claimed.key)
        if self._follows and record is not None and self.finish_removal(record):
            # The other process may have listed the pictures before this one stored the last of them.
            record = self._videos.get(claimed.key)
        if record is None or record.state is VideoState.DELETED or record.base != claimed.base:
            self._clear_bases((claimed.base,))

    def finish_removal(self, record: VideoRecord) -> bool:
        """Finish the removal of an earlier upload, so that the key can be claimed; return False if none has begun.

        A worker that may not delete leaves the pictures. Raises: AwsError.
        """
        if not is_being_removed(record):
            return False
        if self._follows:
            self._remove(record)
        else:
            with contextlib.suppress(WriteConflictError):
                remove_record(self._videos, record)
        return True

    def _clear_bases(self, bases: Iterable[str]) -> None:
        """Delete pictures that no upload owns; a worker that may not delete leaves them. Raises: AwsError."""
        for base in bases if self._follows else ():
            clear_base(self._bucket, self._videos, base, releases=False)

    def _remove_unless_purged(self, ended: VideoRecord) -> bool:
        return True if not self._follows or ended.purged_at is not None else self._remove(ended)

    def _remove(self, record: VideoRecord) -> bool:
        """Remove a record that has ended, with its pictures; return False if it has changed. Raises: AwsError."""
        return remove_video(self._bucket, self._videos, record, self._now()) is not None

    def _finish_interrupted(self, key: str) -> None:
        """Delete the pictures and release the claims of a purge, or of an older worker, that removed only the record.

        The delivery that finds no record deletes its message, and nobody else would return to the claims.
        """
        if not self._follows:
            return
        claims = {CLAIM_PREFIX + base: base for base in thumbnail_bases(key, self._prefix)}
        for name, claim in self._videos.items(list(claims)).items():
            if claim["upload"] == PURGER:
                self.free_base(claims[name])

    def free_base(self, base: str) -> bool:
        """Finish the interrupted removal of another video that had this base; return False if there is none.

        A running purge releases all claims after it has removed the records, and faster than the workers.
        Raises: AwsError.
        """
        if not self._follows or self._videos.claim_owner(base) != PURGER:
            return False
        if self._phase_of_purge() in ("uploads", "records", "in_work"):
            return False
        clear_base(self._bucket, self._videos, base)
        return True

    def _mark(self, record: VideoRecord) -> bool:
        try:
            self._videos.replace(record, record.model_copy(update={"deleted_at": self._now()}))
        except WriteConflictError:
            return False
        return True

    def _is_stored(self, key: str) -> bool:
        try:
            self._bucket.head(key)
        except ObjectMissingError:
            return False
        return True

    def _phase_of_purge(self) -> str | None:
        """Return the phase of the running purge, None without one."""
        job = self._videos.read_document(PURGE_KEY)
        return job["progress"]["phase"] if job and job["progress"]["running"] else None

    def _is_left_to_purge(self, record: VideoRecord) -> bool:
        """Return True if a purge will find the record: it is still deleting the uploads, and the record is old enough.

        It deletes many uploads, whose events arrive here, and then removes their records faster.
        """
        job = self._videos.read_document(PURGE_KEY)
        if not job or not job["progress"]["running"] or job["progress"]["phase"] != "uploads":
            return False
        return (record.modified_at or record.queued_at) < datetime.fromisoformat(job["cutoff"])
