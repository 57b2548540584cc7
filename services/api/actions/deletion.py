"""Deletion of one video: its record and pictures, and if requested its upload; and the restoration.

The order of a purge, for one video: first the upload, then the record, then the pictures. The record becomes `deleted`
in a transaction that also takes its claim: no worker stores under its base until the pictures are deleted. While the
upload exists, the record stays in that state: a late or second event of the same object finds it, and is skipped. If
the process ends in between, another request for the deletion continues it.
"""

import contextlib
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from services.api.actions.dead_letters import Letter
from services.api.actions.lost_pictures import make_retry_event
from services.api.actions.stores import Stores, find_object, needs_no_letter
from services.api.schema.action_models import Deleted
from services.api.schema.problems import ConflictError, NotFoundError
from services.aws.bucket import ObjectInfo
from services.aws.errors import ObjectMissingError, WriteConflictError
from services.aws.removal import clear_base, clear_frames
from services.contract.events import REGENERATE, make_notification_body
from services.contract.frames import frame_folder
from services.contract.history import close_history
from services.contract.records import ObjectIdentity, VideoRecord, VideoState
from services.contract.resources import RESERVATION_PREFIX
from services.contract.thumbnails import ThumbnailOverrides

WAIT_S = 10.0
"""Time that a deletion waits for the worker of the video: most videos take less."""

_WORKER_LOST_AFTER = timedelta(minutes=5)
"""Age of an attempt after which a deletion no longer waits for its worker, as a purge."""

_POLL_INTERVAL_S = 0.5


def delete_video(stores: Stores, key: str, *, with_upload: bool, wait_s: float = WAIT_S) -> Deleted:
    """Delete the record and the pictures of a video with its dead letters, and if requested its upload.

    Raises: the errors of `remove_video`.
    """
    deleted, is_letter_of_it = remove_video(stores, key, with_upload=with_upload, wait_s=wait_s)
    if is_letter_of_it is not None:
        stores.dead_letters.discard(is_letter_of_it)
    return deleted


def remove_video(
    stores: Stores, key: str, *, with_upload: bool, wait_s: float
) -> tuple[Deleted, Callable[[Letter], bool] | None]:
    """Delete a video without its dead letters; return a test for these, None if it has none.

    Raises:
        NotFoundError: there is no such video.
        ConflictError: a worker is still processing it after `wait_s`, or the upload is in a source bucket.
        AwsError: AWS does not answer.
    """
    info = find_object(stores.bucket, key)
    is_restorable = True
    deletes_upload = with_upload and info is not None
    if deletes_upload:
        if not stores.bucket.is_own(key):
            raise ConflictError("The upload is in a source bucket, which the pipeline only reads. Delete it there.")
        # First, so that no worker begins it.
        is_restorable = stores.bucket.delete_current(key)
        stores.videos.delete([RESERVATION_PREFIX + key])
        info = None
    # Before the record, so that the next request repeats all of a deletion that fails here.
    clear_frames(stores.bucket, frame_folder(key))
    record = stores.videos.get(key)
    is_letter_of_it = None
    if record is not None:
        is_letter_of_it = _delete_record(stores, record, info, until=time.monotonic() + wait_s)
    elif not deletes_upload:
        raise NotFoundError(f"There is no video {key[:200]}, or no worker has received it yet.")
    is_restorable = is_restorable and (deletes_upload or info is not None)
    return Deleted(key=key, upload_deleted=deletes_upload, restorable=is_restorable), is_letter_of_it


def restore_video(stores: Stores, key: str) -> None:
    """Undo a deletion: make the upload the current object again if it is deleted, and queue it for new thumbnails.

    Raises: ConflictError if the video is not deleted, NotFoundError if the bucket no longer keeps it, AwsError.
    """
    record = stores.videos.get(key)
    if record is None or record.state is VideoState.DELETED:
        restore_with(stores, key, record, record.options if record else None)
    elif record.state is not VideoState.PROCESSING or not queue_claimed(stores, record):
        raise ConflictError("The video is not deleted.")


def queue_claimed(stores: Stores, record: VideoRecord) -> bool:
    """Queue a video in progress again; return False if its upload is gone. Raises: AwsError.

    A restoration that ends before it has sent its event leaves an upload without a message. A late delivery of a
    message from before the deletion can claim it, and end. The next request of the person then finds that claim.
    """
    info = find_object(stores.bucket, record.key)
    if info is not None:
        stores.queue.send([make_notification_body(make_retry_event(stores.bucket, info, record))])
    return info is not None


def restore_with(stores: Stores, key: str, record: VideoRecord | None, overrides: ThumbnailOverrides | None) -> None:
    """Restore a deleted video with these options. Raises: NotFoundError, AwsError."""
    info = find_object(stores.bucket, key)
    if info is None:
        try:
            stores.bucket.restore(key)
            info = stores.bucket.head(key)
        except ObjectMissingError:
            raise NotFoundError(f"The bucket keeps no version of {key[:200]}. Upload the video again.") from None
    if record is not None:
        # First the record: the worker processes no message of a deleted video without this mark.
        try:
            marked = record.model_copy(update={"restored_at": datetime.now(UTC)})
            stores.videos.replace(record, marked)
        except WriteConflictError:
            raise ConflictError("The video has just been changed. Load it again.") from None
    event = make_retry_event(stores.bucket, info, record, name=REGENERATE, overrides=overrides)
    stores.queue.send([make_notification_body(event)])


def _delete_record(
    stores: Stores, record: VideoRecord, info: ObjectInfo | None, *, until: float
) -> Callable[[Letter], bool] | None:
    """Delete the pictures of a video, and its record too if the upload is deleted (`info` is None).

    Return a test for its dead letters if it has failed. Raises: ConflictError, AwsError.
    """
    found: VideoRecord | None = record
    while found is not None:
        # Read after the record: if the upload was put again meanwhile, the record can be that of the new one.
        if _identify(find_object(stores.bucket, record.key)) != _identify(info):
            return None
        if _is_in_progress(found):
            if time.monotonic() > until:
                raise ConflictError("A worker is processing the video. Delete it again when the worker has ended.")
            time.sleep(_POLL_INTERVAL_S)
        else:
            with contextlib.suppress(WriteConflictError):
                buried = _bury_record(stores, found, info)
                if buried.base:
                    clear_base(stores.bucket, stores.videos, buried.base)
                if info is None:
                    stores.videos.remove([buried.model_copy(update={"base": ""})])
                return _of_upload(stores, buried) if found.state is VideoState.FAILED else None
        found = stores.videos.get(record.key)
    return None


def _identify(info: ObjectInfo | None) -> ObjectIdentity | None:
    return info.identity if info else None


def _is_in_progress(record: VideoRecord) -> bool:
    """Return True if a worker may be processing the video, and not only wait for another attempt."""
    is_running = record.state is VideoState.PROCESSING and record.attempts[-1].state is VideoState.PROCESSING
    return is_running and datetime.now(UTC) - record.started_at < _WORKER_LOST_AFTER


def _bury_record(stores: Stores, record: VideoRecord, info: ObjectInfo | None) -> VideoRecord:
    """Mark the record as deleted, and take its claim. Raises: WriteConflictError, ServiceError."""
    # The deletion is of the present object, also if no worker has received it yet.
    present: dict[str, object] = {}
    if info is not None:
        present = {"etag": info.etag, "version_id": info.version_id, "modified_at": info.modified_at}
        present["size_bytes"] = info.size_bytes
        # A removal or a purge that has begun is of an upload before it.
        present |= {"deleted_at": None, "purged_at": None}
    if record.state is VideoState.DELETED:
        # Restored or put again, and no worker has received it yet.
        again = record.model_copy(update={"restored_at": None, **present})
        return record if again == record else stores.videos.replace(record, again)
    now = datetime.now(UTC)
    changes: dict[str, object] = {
        "state": VideoState.DELETED,
        "updated_at": now,
        "finished_at": record.finished_at or now,
        # A worker that still stores pictures compares them, and stops.
        "settings_hash": "",
        "reason_code": None,
        "reason": None,
        "thumbnails": (),
        "storyboard": None,
        "preview": None,
        "poster": None,
        "manifest": None,
        "earlier_result": None,
        **close_history(record),
        **present,
    }
    return stores.videos.replace(record, record.model_copy(update=changes), seizes=True)


def _of_upload(stores: Stores, record: VideoRecord) -> Callable[[Letter], bool]:
    """Return a test for the dead letters of an upload and of those before it under the same key."""
    until = (record.modified_at or record.queued_at) + timedelta(seconds=1)

    def is_meant(letter: Letter) -> bool:
        is_older = all(event.time < until or event.etag == record.etag for event in letter.events)
        return letter.key == record.key and is_older and needs_no_letter(stores, record.key)

    return is_meant
