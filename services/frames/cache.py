"""Frames in the bucket: each under a key of its video, the video's ETag and its options.

A frame of an upload that was deleted or replaced is never read again, and a rule of the bucket deletes it later.
"""

from dataclasses import dataclass

from services.aws.bucket import Bucket
from services.aws.errors import ObjectMissingError
from services.contract.thumbnails import ImageFormat

_TIME, _DURATION = "frame-time", "video-duration"


@dataclass(frozen=True)
class Frame:
    """An encoded frame. `time_s` is the time at which players begin to show it; the duration may be unknown."""

    data: bytes
    time_s: float
    duration_s: float | None


class FrameCache:
    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def read(self, key: str) -> Frame | None:
        """Return a stored frame, None if there is none. Raises: ServiceError."""
        try:
            info, data = self._bucket.get(key)
            duration = info.metadata.get(_DURATION)
            return Frame(data, float(info.metadata[_TIME]), None if duration is None else float(duration))
        except (ObjectMissingError, KeyError, ValueError):
            return None

    def store(self, key: str, frame: Frame, image_format: ImageFormat) -> None:
        """Store a frame. Raises: AwsError."""
        about = {_TIME: f"{frame.time_s:.6f}"}
        if frame.duration_s is not None:
            about[_DURATION] = f"{frame.duration_s:.6f}"
        self._bucket.put(key, frame.data, content_type=image_format.content_type, metadata=about)
