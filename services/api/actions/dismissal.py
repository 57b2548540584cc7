"""Dismissal of a failure, and its undoing: a dismissed video is not failed, and has no dead letter."""

from collections.abc import Sequence
from datetime import UTC, datetime

from services.api.actions.dead_letters import Letter
from services.api.actions.stores import Stores, find_object, needs_no_letter
from services.api.schema.problems import ApiError, ConflictError, NotFoundError
from services.aws.errors import WriteConflictError
from services.contract.events import UploadEvent, make_notification_body
from services.contract.records import ReasonCode, VideoRecord, VideoState

_CHANGED = "A worker has just changed the video. Load it again."


def dismiss_video(stores: Stores, key: str) -> None:
    """Mark a failure as dismissed, then delete its dead letters; those of a video that is gone are deleted too.

    Raises: NotFoundError if there is neither, ConflictError if the video has not failed, AwsError.
    """
    refused = dismiss_videos(stores, [key])
    if key in refused:
        raise refused[key]


def dismiss_videos(stores: Stores, keys: Sequence[str]) -> dict[str, ApiError]:
    """Dismiss several failures, whose letters are received once; return the errors of those that were refused.

    Raises: AwsError.
    """
    refused: dict[str, ApiError] = {}
    for key in keys:
        record = stores.videos.get(key)
        if record is None:
            refused[key] = NotFoundError(f"There is no failure of {key[:200]}.")
        elif record.state is VideoState.FAILED:
            try:
                _change_state(stores, record, VideoState.DISMISSED)
            except ConflictError as error:
                refused[key] = error
        elif record.state is not VideoState.DISMISSED:
            refused[key] = ConflictError("The video has not failed.")
    # Also of those that are dismissed already: an interruption may have left their letters.
    wanted = {key for key in keys if not isinstance(refused.get(key), ConflictError)}
    discarded: set[str] = set()

    def is_meant(letter: Letter) -> bool:
        if letter.key not in wanted or not needs_no_letter(stores, letter.key):
            return False
        discarded.add(letter.key)
        return True

    stores.dead_letters.discard(is_meant)
    return {key: error for key, error in refused.items() if key not in discarded}


def restore_failure(stores: Stores, record: VideoRecord) -> None:
    """Make a dismissed video failed again, with a dead letter. Raises: ConflictError, AwsError."""
    if record.state is not VideoState.DISMISSED:
        raise ConflictError("The failure of the video is not dismissed.")
    info = find_object(stores.bucket, record.key)
    if info is not None and info.etag == record.etag:
        event = UploadEvent(
            name="ObjectCreated:Put",
            time=record.modified_at or record.uploaded_at,
            bucket=stores.bucket.name,
            key=record.key,
            etag=record.etag,
            size_bytes=record.size_bytes,
            sequencer=record.sequencer,
        )
        # First the letter, as a worker does.
        stores.dead_letters.put_back(
            make_notification_body(event),
            reason_code=record.reason_code or ReasonCode.INTERNAL,
            reason=record.reason or "",
            attempts=record.attempt,
        )
    _change_state(stores, record, VideoState.FAILED)


def _change_state(stores: Stores, record: VideoRecord, state: VideoState) -> None:
    """Replace the state of a record. Raises: ConflictError if the record has changed, ServiceError."""
    try:
        stores.videos.replace(record, record.model_copy(update={"state": state, "updated_at": datetime.now(UTC)}))
    except WriteConflictError:
        raise ConflictError(_CHANGED) from None
