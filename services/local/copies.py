"""Local files of the thumbnails of every upload, also of those by the dashboard or an S3 client."""

import contextlib
from collections.abc import Callable

from services.aws.errors import AwsError
from services.aws.shared import SharedItems
from services.aws.table.listing import VideoListing
from services.contract.records import VideoRecord, VideoState
from services.local.pipeline import LocalPipeline

_NEWEST = 100
"""Videos of a state that are looked at: more than workers finish between two calls."""


class ThumbnailCopies:
    """Copies of the thumbnails that are new since the last call."""

    def __init__(self, pipeline: LocalPipeline, copy: Callable[[VideoRecord], None]) -> None:
        self._videos = pipeline.videos
        self._listing = VideoListing(pipeline.clients.dynamodb, pipeline.endpoints.videos_table)
        self._shared = SharedItems(pipeline.clients.dynamodb, pipeline.endpoints.videos_table)
        self._copy = copy
        self._writes = -1
        self._known: dict[str, str] = {}
        """Time of the last copied change by object key, of the newest videos only."""

    def update(self) -> None:
        """Copy the thumbnails of new and changed videos. One request if nothing has changed."""
        with contextlib.suppress(AwsError):  # the embedded AWS is being restarted: the next call copies
            writes = self._shared.read().writes
            if writes == self._writes:
                return
            newest: dict[str, str] = {}
            for state in (VideoState.DONE, VideoState.DEGRADED):
                for item in self._listing.newest(state, _NEWEST, attributes=("pk", "updated_at")):
                    newest[item["pk"]] = str(item["updated_at"])
            for key, updated_at in newest.items():
                if self._known.get(key) != updated_at and (record := self._videos.get(key)):
                    self._copy(record)
            self._known, self._writes = newest, writes
