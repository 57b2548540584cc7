"""Another attempt at one video: of one that has failed, has lost its pictures, or shall have new ones."""

from services.api.actions.deletion import queue_claimed, restore_with
from services.api.actions.lost_pictures import are_stored, has_pictures, list_picture_keys, make_retry_event, mark_lost
from services.api.actions.stores import Stores, find_object
from services.api.schema.action_models import RedriveRequest, Retried
from services.api.schema.problems import ConflictError
from services.aws.bucket import ObjectInfo
from services.aws.errors import WriteConflictError
from services.contract.events import REGENERATE, UploadEvent, make_notification_body
from services.contract.records import VideoRecord, VideoState
from services.contract.thumbnails import ThumbnailOverrides


def retry_record(stores: Stores, record: VideoRecord) -> Retried:
    """Queue a failed video again, or one whose pictures are lost. Raises: ConflictError, AwsError."""
    event = prepare_retry(stores, record)
    sent = stores.dead_letters.redrive(RedriveRequest(keys=[record.key], limit=1))
    if not sent.keys:
        stores.queue.send([make_notification_body(event)])
    return Retried(key=record.key, from_dead_letter=bool(sent.keys))


def prepare_retry(stores: Stores, record: VideoRecord) -> UploadEvent:
    """Return the event for another attempt of a video that has no dead letter. Raises: ConflictError, AwsError."""
    if record.state is VideoState.DELETED:
        raise ConflictError("The video has been deleted. Restore it.")
    is_lost = has_pictures(record) and not are_stored(stores.bucket, list_picture_keys(record))
    if has_pictures(record) and not is_lost:
        raise ConflictError("The video has its thumbnails. Regenerate it to get new ones.")
    info = _find_upload(stores, record)
    if is_lost:
        try:
            record = mark_lost(stores.videos, record)
        except WriteConflictError:
            raise ConflictError("A worker has just changed the video. Load it again.") from None
    return make_retry_event(stores.bucket, info, record)


def regenerate_record(stores: Stores, record: VideoRecord, overrides: ThumbnailOverrides | None = None) -> None:
    """Queue a video for new thumbnails: with these options, and else with the workers' present settings.

    Raises: ConflictError, AwsError.
    """
    if record.state is VideoState.PROCESSING:
        # An earlier request can have restored it.
        queue_claimed(stores, record)
        raise ConflictError("A worker is processing the video. Regenerate it when the worker has ended.")
    if record.state is VideoState.DELETED:
        restore_with(stores, record.key, record, overrides)
        return
    if not has_pictures(record) and overrides is None and record.options is None:
        retry_record(stores, record)
        return
    info = _find_upload(stores, record)
    if not has_pictures(record):
        # Its dead letter asks for the options of before. If the next request fails, the video can still be retried.
        stores.dead_letters.discard(lambda letter: letter.key == record.key)
    event = make_retry_event(stores.bucket, info, record, name=REGENERATE, overrides=overrides)
    stores.queue.send([make_notification_body(event)])


def _find_upload(stores: Stores, record: VideoRecord) -> ObjectInfo:
    info = find_object(stores.bucket, record.key)
    if info is None:
        raise ConflictError("The upload has been deleted. Upload the video again.")
    return info
