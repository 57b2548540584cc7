"""Frames in the bucket and in memory: each under a key of its video, the video's ETag and its options.

A frame of an upload that was deleted or replaced is never read again, and a rule of the bucket deletes it later.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass

from services.aws.bucket import Bucket
from services.aws.errors import ObjectMissingError
from services.aws.ranges import read_object
from services.contract.thumbnails import ImageFormat

_TIME, _DURATION = "frame-time", "video-duration"
_METADATA = "x-amz-meta-"

MEMORY_BYTES = 32 * 1024 * 1024
"""Pictures that one process keeps: about 600 frames of 640 pixels."""


@dataclass(frozen=True)
class CachedFrame:
    """An encoded frame. `time_s` is the time at which players begin to show it; the duration may be unknown."""

    data: bytes
    time_s: float
    duration_s: float | None


class FrameMemory:
    """The frames that were used last, up to a number of bytes. Several threads can use it."""

    def __init__(self, max_bytes: int = MEMORY_BYTES) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._frames: OrderedDict[str, CachedFrame] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str) -> CachedFrame | None:
        """Return a frame, None if it is not here."""
        with self._lock:
            if key in self._frames:
                self._frames.move_to_end(key)
            return self._frames.get(key)

    def put(self, key: str, frame: CachedFrame) -> None:
        """Keep a frame, and drop those that were not used for longest."""
        with self._lock:
            replaced = self._frames.pop(key, None)
            self._bytes += len(frame.data) - (len(replaced.data) if replaced else 0)
            self._frames[key] = frame
            while self._bytes > self._max_bytes:
                _, dropped = self._frames.popitem(last=False)
                self._bytes -= len(dropped.data)


class FrameCache:
    """Frames in the bucket; those that this process stored or read last are also in its memory."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._memory = FrameMemory()

    def recall(self, key: str) -> CachedFrame | None:
        """Return a frame from memory, without a request; None if it is not there."""
        return self._memory.get(key)

    def read(self, key: str) -> CachedFrame | None:
        """Return a frame from the bucket, None if there is none. Raises: ServiceError."""
        try:
            headers, data = read_object(self._bucket, key)
            duration = headers.get(_METADATA + _DURATION)
            frame = CachedFrame(data, float(headers[_METADATA + _TIME]), None if duration is None else float(duration))
        except (ObjectMissingError, KeyError, ValueError):
            return None
        self._memory.put(key, frame)
        return frame

    def store(self, key: str, frame: CachedFrame, image_format: ImageFormat) -> None:
        """Store a frame. It is in memory also if the bucket does not take it. Raises: AwsError."""
        self._memory.put(key, frame)
        about = {_TIME: f"{frame.time_s:.6f}"}
        if frame.duration_s is not None:
            about[_DURATION] = f"{frame.duration_s:.6f}"
        self._bucket.put(key, frame.data, content_type=image_format.content_type, metadata=about)
