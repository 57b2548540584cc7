"""What an extraction gives: thumbnails, or a reason."""

import json
import struct
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from services.contract.records import ReasonCode, VideoState


class ExtractionError(Exception):
    """There are no thumbnails, for a reason that people can read.

    `retryable` says whether another try may end otherwise: a slow network, yes; a file that is no video, no.
    """

    def __init__(self, code: ReasonCode, reason: str, *, retryable: bool = False) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.retryable = retryable


@dataclass(frozen=True)
class Picture:
    """A finished thumbnail. `time_s` is the time of the frame in it, from the start of the video."""

    position_pct: float
    time_s: float
    width_px: int
    height_px: int
    jpeg: bytes
    note: str | None = None


@dataclass(frozen=True)
class Usage:
    """What an extraction cost. `requests` and `bytes_read` count reads of the source, `cpu_s` the child process."""

    bytes_read: int = 0
    requests: int = 0
    cpu_s: float = 0.0
    peak_memory_mb: float = 0.0


@dataclass(frozen=True)
class VideoInfo:
    """The video as it is shown: rotated, but not stretched to square pixels."""

    duration_s: float | None
    width_px: int
    height_px: int
    codec: str
    container: str


@dataclass(frozen=True)
class Outcome:
    """One video's extraction. `pictures` is complete when the state is done or degraded, and empty when it failed."""

    state: VideoState
    info: VideoInfo | None = None
    pictures: tuple[Picture, ...] = ()
    reason_code: ReasonCode | None = None
    reason: str | None = None
    retryable: bool = False
    usage: Usage = field(default_factory=Usage)

    @classmethod
    def failed(cls, error: ExtractionError, info: VideoInfo | None = None) -> "Outcome":
        return cls(VideoState.FAILED, info=info, reason_code=error.code, reason=error.reason, retryable=error.retryable)

    def with_usage(self, usage: Usage) -> "Outcome":
        return replace(self, usage=usage)


_LENGTH = struct.Struct("!I")


def encode(outcome: Outcome) -> bytes:
    """An outcome as bytes, to cross a pipe: the length of a JSON document, the document, then the JPEGs."""
    document = asdict(outcome)
    for entry, picture in zip(document["pictures"], outcome.pictures, strict=True):
        entry["jpeg"] = len(picture.jpeg)
    head = json.dumps(document).encode()
    return b"".join([_LENGTH.pack(len(head)), head, *(picture.jpeg for picture in outcome.pictures)])


def decode(data: bytes) -> Outcome:
    """Reads back what `encode` wrote. The sender may be hostile: anything that does not fit is an error.

    Raises:
        ValueError: not an outcome.
    """
    try:
        return _decode(data)
    except (struct.error, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not an outcome: {error!r}") from error


def _decode(data: bytes) -> Outcome:
    (head_length,) = _LENGTH.unpack_from(data)
    document: dict[str, Any] = json.loads(data[_LENGTH.size : _LENGTH.size + head_length])
    at = _LENGTH.size + head_length
    pictures = []
    for entry in document.pop("pictures"):
        length = int(entry.pop("jpeg"))
        jpeg = data[at : at + length]
        if length < 0 or len(jpeg) != length:
            raise ValueError("not an outcome: a picture is cut short")
        at += length
        pictures.append(Picture(**entry, jpeg=jpeg))
    info, code, usage = document.pop("info"), document.pop("reason_code"), document.pop("usage")
    return Outcome(
        state=VideoState(document.pop("state")),
        info=VideoInfo(**info) if info else None,
        pictures=tuple(pictures),
        reason_code=ReasonCode(code) if code else None,
        usage=Usage(**usage),
        **document,
    )
