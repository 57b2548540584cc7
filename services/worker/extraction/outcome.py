"""What an extraction gives: thumbnails, or a reason."""

import json
import struct
from dataclasses import asdict, dataclass, field, replace
from typing import Annotated, Any

from pydantic import Field, TypeAdapter
from pydantic_core import from_json

from services.contract.records import ReasonCode, VideoState
from services.worker.extraction.index_failure import IndexFailure

# What a child says of a video is checked against these: see `decode`.
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0)]
Few = Annotated[int, Field(ge=1, le=1000)]
Text = Annotated[str, Field(max_length=1000)]


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

    position_pct: Amount
    time_s: Amount
    width_px: Count
    height_px: Count
    jpeg: bytes
    note: Text | None = None


@dataclass(frozen=True)
class Storyboard:
    """A sheet of small pictures of the whole video: tile n, from 0 and row by row, stands for `n * interval_s` on."""

    interval_s: Amount
    tiles: Few
    columns: Few
    tile_width_px: Few
    tile_height_px: Few
    data: bytes = field(repr=False)


@dataclass(frozen=True)
class Preview:
    """An animated WebP of some pictures of the whole video."""

    frames: Few
    duration_s: Amount
    width_px: Few
    height_px: Few
    data: bytes = field(repr=False)


@dataclass(frozen=True)
class Usage:
    """What an extraction cost. `requests` and `bytes_read` count reads of the source, `cpu_s` the child process."""

    bytes_read: Count = 0
    requests: Count = 0
    cpu_s: Amount = 0.0
    peak_memory_mb: Amount = 0.0


@dataclass(frozen=True)
class VideoInfo:
    """The video as it is shown: rotated, but not stretched to square pixels."""

    duration_s: Amount | None
    width_px: Count
    height_px: Count
    codec: Text
    container: Text


@dataclass(frozen=True)
class Outcome:
    """One video's extraction. `pictures` is complete when the state is done or degraded, and empty when it failed.

    `index_failure` is the error of the container's index reader: why the frames were looked for without the index, or
    why the storyboard or the preview was left out.
    """

    state: VideoState
    info: VideoInfo | None = None
    pictures: tuple[Picture, ...] = ()
    storyboard: Storyboard | None = None
    preview: Preview | None = None
    reason_code: ReasonCode | None = None
    reason: Text | None = None
    retryable: bool = False
    index_failure: IndexFailure | None = None
    usage: Usage = field(default_factory=Usage)

    @classmethod
    def failed(cls, error: ExtractionError, info: VideoInfo | None = None) -> "Outcome":
        return cls(VideoState.FAILED, info=info, reason_code=error.code, reason=error.reason, retryable=error.retryable)

    def with_usage(self, usage: Usage) -> "Outcome":
        return replace(self, usage=usage)


_LENGTH = struct.Struct("!I")
_OUTCOME = TypeAdapter(Outcome)


def encode(outcome: Outcome) -> bytes:
    """An outcome as bytes, to cross a pipe: the length of a JSON document, the document, then the pictures' files."""
    document = asdict(outcome)
    files = []
    for entry, name in _files(document):
        files.append(entry[name])
        entry[name] = len(entry[name])
    head = json.dumps(document).encode()
    return b"".join([_LENGTH.pack(len(head)), head, *files])


def decode(data: bytes) -> Outcome:
    """Reads back what `encode` wrote. The sender may be hostile: anything that does not fit is an error.

    Raises:
        ValueError: not an outcome.
    """
    try:
        outcome = _OUTCOME.validate_python(_document(data))
    except (ValueError, struct.error, KeyError, TypeError) as error:
        raise ValueError(f"not an outcome: {error}") from error
    if not _makes_sense(outcome):
        raise ValueError(f"not an outcome: {outcome.state} with {len(outcome.pictures)} pictures")
    return outcome


def _document(data: bytes) -> Any:
    """The JSON document, with the files in their places."""
    (head_length,) = _LENGTH.unpack_from(data)
    at = _LENGTH.size + head_length
    document = from_json(data[_LENGTH.size : at])
    for entry, name in _files(document):
        length = entry[name]
        entry[name] = data[at : at + length]
        if length < 0 or len(entry[name]) != length:
            raise ValueError("a picture is cut short")
        at += length
    return document


def _files(document: Any) -> list[tuple[Any, str]]:
    """Where in a document the bytes of a file stand, or their number: an entry and a name in it."""
    overview = [document[name] for name in ("storyboard", "preview") if document[name] is not None]
    return [(entry, "jpeg") for entry in document["pictures"]] + [(entry, "data") for entry in overview]


def _makes_sense(outcome: Outcome) -> bool:
    has_reason = bool(outcome.reason_code and outcome.reason)
    match outcome.state:
        case VideoState.DONE:
            return bool(outcome.pictures and outcome.info and not has_reason)
        case VideoState.DEGRADED:
            return bool(outcome.pictures and outcome.info and has_reason)
        case VideoState.FAILED:
            return has_reason and not outcome.pictures and outcome.storyboard is None and outcome.preview is None
    return False
