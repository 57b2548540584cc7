"""Source of the totals, the newest videos and the jobs: one request without changes, and one more after a change for
each state and partition of the index.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.api.live.figures import WorkSpan
from services.api.live.sources.jobs import JobsReader
from services.api.schema.models import JobProgress, VideoSummary
from services.api.schema.views import encode_video_id, is_retryable
from services.aws.shared import Shared, SharedItems
from services.aws.table.listing import VideoListing
from services.contract.records import VideoState

_ATTRIBUTES = (
    "pk",
    "state",
    "attempt",
    "reason_code",
    "reason",
    "queued_at",
    "first_queued_at",
    "started_at",
    "updated_at",
    "finished_at",
    "worker",
)
_NEWEST = {VideoState.PROCESSING: 50, VideoState.DONE: 100, VideoState.DEGRADED: 25, VideoState.FAILED: 25}
_MAX_IN_PROGRESS = 50
_MAX_ENDED = 50


@dataclass(frozen=True)
class VideosReading:
    shared: Shared
    feed: Sequence[VideoSummary]
    """Videos in progress, then finished ones; the newest first in both."""
    times: Sequence[tuple[datetime, datetime]]
    """Times queued and finished of the latest videos with thumbnails."""
    spans: Sequence[WorkSpan]
    """Times in which workers processed the latest finished videos."""
    queued: Sequence[datetime]
    """Times sent of the messages that workers have received recently."""
    jobs: Sequence[JobProgress]
    """Bulk jobs that run or have just ended."""


class VideosReader:
    """Reader of totals and newest videos. It reads the videos after the totals' counter of changes has increased, and
    once more after that, as the index follows the table with a delay.
    """

    def __init__(self, shared: SharedItems, listing: VideoListing) -> None:
        self._shared = shared
        self._listing = listing
        self._jobs = JobsReader(shared)
        self._writes = -1
        self._settled = False
        self._newest: list[VideoSummary] = []

    def read(self) -> VideosReading:
        """Read the totals, and if they have changed the newest videos. Raises: ServiceError."""
        shared = self._shared.read()
        if shared.writes != self._writes or not self._settled:
            self._newest = self._read_newest(shared.shards)
            self._settled = shared.writes == self._writes
            self._writes = shared.writes
        in_progress = [video for video in self._newest if video.finished_at is None]
        ended = [video for video in self._newest if video.finished_at is not None]
        good = [video for video in ended if video.state is not VideoState.FAILED]
        return VideosReading(
            shared=shared,
            feed=[*in_progress[:_MAX_IN_PROGRESS], *ended[:_MAX_ENDED]],
            times=[(video.queued_at, video.finished_at) for video in good if video.finished_at],
            spans=[WorkSpan(one.worker, one.started_at, one.finished_at) for one in ended if one.finished_at],
            queued=[video.queued_at for video in self._newest],
            jobs=self._jobs.read(shared.jobs),
        )

    def _read_newest(self, shards: int) -> list[VideoSummary]:
        videos: list[VideoSummary] = []
        for state, limit in _NEWEST.items():
            newest = self._listing.newest(state, limit, attributes=_ATTRIBUTES, shards=shards)
            videos += map(_summarize, newest)
        return sorted(videos, key=lambda video: video.updated_at, reverse=True)


def _summarize(item: Mapping[str, Any]) -> VideoSummary:
    known = {
        "key": item["pk"],
        "id": encode_video_id(item["pk"]),
        "uploaded_at": item.get("first_queued_at", item["queued_at"]),
        "retryable": is_retryable(item["state"], item.get("reason_code")),
    }
    return VideoSummary.model_validate({**item, **known})
