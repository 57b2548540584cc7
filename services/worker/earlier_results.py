"""Earlier results of videos that are regenerated: a failed attempt brings the result before it back.

The record of a video in progress has its earlier result while all pictures of that result are stored. A worker gives
the result up before it replaces the first of them: both are writes on the revision of the record, so that no record
ever lists pictures that a worker is replacing.
"""

import contextlib
from collections.abc import Callable
from datetime import datetime

from services.aws.errors import WriteConflictError
from services.aws.videos import VideosTable
from services.contract.events import Delivery, UploadEvent
from services.contract.history import bring_back_result
from services.contract.records import ReasonCode, VideoRecord, VideoState, is_failure, is_same_claim
from services.worker.deletion import DeletionFollower
from services.worker.pictures import SupersededError

_MAX_ROUNDS = 5


class EarlierResults:
    """Keeps and gives up the earlier results of claims."""

    def __init__(self, videos: VideosTable, deletions: DeletionFollower, now: Callable[[], datetime]) -> None:
        self._videos = videos
        self._deletions = deletions
        self._now = now

    def give_up(self, claimed: VideoRecord) -> VideoRecord:
        """Give up the earlier result, whose pictures are replaced from now on; return the claim.

        Raises: SupersededError if another attempt has brought that result back, or taken the record; AwsError.
        """
        before = claimed
        for _ in range(_MAX_ROUNDS):
            if before.earlier_result is None:
                return claimed
            try:
                written = self._videos.replace(before, before.model_copy(update={"earlier_result": None}))
            except WriteConflictError:
                found = self._videos.get(claimed.key)
                if found is None or found.state is not VideoState.PROCESSING or not is_same_claim(found, claimed):
                    raise SupersededError(claimed.key) from None
                before = found
            else:
                return written if before is claimed else claimed
        raise WriteConflictError(f"the record of {claimed.key} kept changing")

    def is_current(self, claimed: VideoRecord) -> bool:
        """Return False if another upload, other settings or a purge have taken the record. Raises: ServiceError."""
        record = self._videos.get(claimed.key)
        return record is not None and is_same_claim(record, claimed)

    def bring_back(
        self, failed: UploadEvent, delivery: Delivery, *, claimed: VideoRecord | None, code: ReasonCode, reason: str
    ) -> bool:
        """End the failed regeneration of `failed` with the result before it, whose pictures are all stored.

        `claimed` is the claim of the attempt, if it got that far. Return False if there is no such result: then the
        video has failed. Raises: AwsError.
        """
        for _ in range(_MAX_ROUNDS):
            record = self._videos.get(failed.key)
            if record is None or record.etag != failed.etag or not is_failure(record, claimed, failed, delivery):
                return False
            after = bring_back_result(record, self._now(), code, reason)
            if after is None:
                return False
            with contextlib.suppress(WriteConflictError):
                self._deletions.settle_marks(self._videos.replace(record, after))
                return True
        raise WriteConflictError(f"the record of {failed.key} kept changing")
