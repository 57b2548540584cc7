"""Pace of the queued videos: only a few of them wait or are processed at a time, so that uploads find free workers.

SQS counts are approximate and late. The pace therefore follows the records of the videos that it has sent, which are
consistent, and uses the queue's depth only to give way to a backlog of uploads.
"""

import time
from collections.abc import Callable

from services.aws.queue import MessageQueue
from services.aws.videos import VideosTable

POLL_S = 1.0
GIVE_UP_S = 300.0
"""Time after which a video without a result no longer counts: it was deleted, or no worker runs."""


class Pace:
    def __init__(
        self, queue: MessageQueue, videos: VideosTable, window: int, now: Callable[[], float] = time.monotonic
    ) -> None:
        """Set the maximum number of videos that wait or are processed."""
        self._queue = queue
        self._videos = videos
        self._window = window
        self._now = now
        self._sent: dict[str, tuple[int | None, float]] = {}

    @property
    def window(self) -> int:
        return self._window

    def measure_room(self) -> int:
        """Return the number of videos that may be sent now. Raises: ServiceError."""
        self._forget_ended()
        room = self._window - len(self._sent)
        if room <= 0:
            return 0
        return room if self._queue.depth().visible <= self._window else 0

    def note_sent(self, key: str, revision: int | None) -> None:
        """Count a video that was sent; `revision` is that of its record before, None without a record."""
        self._sent[key] = (revision, self._now())

    def _forget_ended(self) -> None:
        """Forget the videos whose record has been written and has ended since."""
        if not self._sent:
            return
        items = self._videos.items(list(self._sent), ("pk", "revision", "finished_at"))
        for key, (revision, at) in list(self._sent.items()):
            item = items.get(key, {})
            has_ended = "finished_at" in item and item["revision"] != revision
            if has_ended or self._now() - at > GIVE_UP_S:
                del self._sent[key]
