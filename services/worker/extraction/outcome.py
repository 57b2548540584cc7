"""Outcome of an extraction: thumbnails, or the reason why there are none."""

import json
import struct
from dataclasses import asdict, dataclass, field, replace
from typing import Annotated, Any

from pydantic import Field, TypeAdapter
from pydantic_core import from_json

from services.contract.outputs.stored import MAX_CANDIDATES
from services.contract.records import ReasonCode, VideoState
from services.worker.extraction.index_failure import IndexFailure
from services.worker.extraction.probe import Amount, Count, Few, Probe, Text

# `decode_outcome` checks the message of a child against it.
Share = Annotated[float, Field(ge=0, le=1)]
Interval = Annotated[float, Field(ge=0.001, le=1e9, allow_inf_nan=False)]


class ExtractionError(Exception):
    """Extraction without thumbnails; `reason` is a sentence for users.

    `retryable` is True if another try may succeed, as after a slow network, and False for a file that is no video.
    `info` describes the video if it is known.
    """

    def __init__(
        self, code: ReasonCode, reason: str, *, retryable: bool = False, info: "VideoInfo | None" = None
    ) -> None:
        super().__init__(reason)
        self.info = info
        self.code = code
        self.reason = reason
        self.retryable = retryable


@dataclass(frozen=True)
class Placeholder:
    """Placeholders of a picture: ThumbHash in base64, BlurHash, and the dominant colour as `#rrggbb`."""

    thumbhash: Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]{12,60}={0,2}$")]
    blurhash: Annotated[str, Field(pattern=r"^[!-~]{6,60}$")]
    colour: Annotated[str, Field(pattern="^#[0-9a-f]{6}$")]


@dataclass(frozen=True)
class ExtractedPicture:
    """Encoded thumbnail: a JPEG, WebP or AVIF file. `time_s` is the time of its frame: see `timeline`."""

    position_pct: Amount
    time_s: Amount
    width_px: Count
    height_px: Count
    data: bytes = field(repr=False)
    note: Text | None = None
    placeholder: Placeholder | None = None


@dataclass(frozen=True)
class ExtractedFile:
    """An encoded picture."""

    data: bytes = field(repr=False)


@dataclass(frozen=True)
class ExtractedStoryboard:
    """Sheets of tiles of the whole video: tile n, from 0 and row by row, shows the interval from `n * interval_s`.

    `frames` are the tiles as JPEG files, if the layout asks for BIF.
    """

    interval_s: Interval
    tiles: Few
    columns: Few
    rows: Few
    tile_width_px: Few
    tile_height_px: Few
    sheets: tuple[ExtractedFile, ...]
    frames: tuple[ExtractedFile, ...] = ()


@dataclass(frozen=True)
class ExtractedPreview:
    """Animated WebP of some pictures of the whole video."""

    frames: Few
    duration_s: Amount
    width_px: Few
    height_px: Few
    data: bytes = field(repr=False)


@dataclass(frozen=True)
class ScoredFrame:
    """A candidate for the poster: see `services.contract.outputs.stored.PosterCandidate`."""

    time_s: Amount
    score: Share
    sharpness: Share
    exposure: Share
    contrast: Share
    colourfulness: Share
    cut: Share
    faces: Share | None = None
    flaw: Text | None = None


@dataclass(frozen=True)
class ExtractedPoster:
    """The poster, its candidates, the best first, and a strip of tiles that show them in the same order.

    `is_pinned` is True if it shows the frame that a person has chosen, which need not be a candidate.
    """

    time_s: Amount
    width_px: Few
    height_px: Few
    tile_width_px: Few
    tile_height_px: Few
    strip: ExtractedFile
    candidates: Annotated[tuple[ScoredFrame, ...], Field(min_length=1, max_length=MAX_CANDIDATES)]
    data: bytes = field(repr=False)
    is_pinned: bool = False


@dataclass(frozen=True)
class ChildUsage:
    """Cost of an extraction. `requests` and `bytes_read` count reads of the source, `cpu_s` is that of the child."""

    bytes_read: Count = 0
    requests: Count = 0
    cpu_s: Amount = 0.0
    peak_memory_mb: Amount = 0.0


@dataclass(frozen=True)
class VideoInfo:
    """Description of a video. Sizes are those of the rotated picture, with its own aspect ratio of pixels."""

    duration_s: Amount | None
    width_px: Count
    height_px: Count
    codec: Text
    container: Text


@dataclass(frozen=True)
class Outcome:
    """Outcome of one video. `pictures` has one for each position if the state is done or degraded, else none.

    `index_failure` is the error of the index reader, because of which the frames were searched without the index, or
    the storyboard or the preview was left out.
    """

    state: VideoState
    info: VideoInfo | None = None
    pictures: tuple[ExtractedPicture, ...] = ()
    storyboard: ExtractedStoryboard | None = None
    preview: ExtractedPreview | None = None
    reason_code: ReasonCode | None = None
    reason: Text | None = None
    retryable: bool = False
    index_failure: IndexFailure | None = None
    usage: ChildUsage = field(default_factory=ChildUsage)
    probe: Probe = field(default_factory=Probe)
    poster: ExtractedPoster | None = None

    @classmethod
    def failed(cls, error: ExtractionError, info: VideoInfo | None = None) -> "Outcome":
        """Build the outcome of a failed extraction."""
        info = info or error.info
        return cls(VideoState.FAILED, info=info, reason_code=error.code, reason=error.reason, retryable=error.retryable)

    def with_usage(self, usage: ChildUsage) -> "Outcome":
        """Return the outcome with another usage."""
        return replace(self, usage=usage)


_LENGTH = struct.Struct("!I")
_OUTCOME = TypeAdapter(Outcome)


def encode_outcome(outcome: Outcome) -> bytes:
    """Return an outcome as a message: the length of a JSON document, the document, then the files of the pictures."""
    document = asdict(outcome)
    files = []
    for entry in _list_files(document):
        files.append(entry["data"])
        entry["data"] = len(entry["data"])
    head = json.dumps(document).encode()
    return b"".join([_LENGTH.pack(len(head)), head, *files])


def decode_outcome(data: bytes) -> Outcome:
    """Parse a message of `encode_outcome`, which a hostile child may have written.

    Raises:
        ValueError: the message is not a valid outcome.
    """
    try:
        outcome = _OUTCOME.validate_python(_parse_document(data))
    except (ValueError, struct.error, KeyError, TypeError) as error:
        raise ValueError(f"not an outcome: {error}") from error
    if not _is_consistent(outcome):
        raise ValueError(f"not an outcome: {outcome.state} with {len(outcome.pictures)} pictures")
    return outcome


def _parse_document(data: bytes) -> Any:
    """Return the JSON document with the bytes of each file in place of their number."""
    (head_length,) = _LENGTH.unpack_from(data)
    at = _LENGTH.size + head_length
    document = from_json(data[_LENGTH.size : at])
    for entry in _list_files(document):
        length = entry["data"]
        entry["data"] = data[at : at + length]
        if length < 0 or len(entry["data"]) != length:
            raise ValueError("a picture is cut short")
        at += length
    return document


def _list_files(document: Any) -> list[Any]:
    """Return the objects of a document whose `data` is a file."""
    storyboard, preview, poster = document["storyboard"], document["preview"], document["poster"]
    sheets = [*storyboard["sheets"], *storyboard["frames"]] if storyboard is not None else []
    posters = [poster, poster["strip"]] if poster is not None else []
    return [*document["pictures"], *sheets, *([preview] if preview is not None else []), *posters]


def _is_consistent(outcome: Outcome) -> bool:
    if outcome.storyboard is not None and not _has_all_files(outcome.storyboard):
        return False
    has_reason = bool(outcome.reason_code and outcome.reason)
    match outcome.state:
        case VideoState.DONE:
            return bool(outcome.pictures and outcome.info and not has_reason)
        case VideoState.DEGRADED:
            return bool(outcome.pictures and outcome.info and has_reason)
        case VideoState.FAILED:
            return has_reason and not any((outcome.pictures, outcome.storyboard, outcome.preview, outcome.poster))
    return False


def _has_all_files(storyboard: ExtractedStoryboard) -> bool:
    tiles_per_sheet = storyboard.columns * storyboard.rows
    has_frames = len(storyboard.frames) in (0, storyboard.tiles)
    return has_frames and len(storyboard.sheets) == -(-storyboard.tiles // tiles_per_sheet)


def list_measurements(info: VideoInfo | None, usage: ChildUsage | None) -> dict[str, object]:
    """Return the properties of the video and the cost of its extraction, under the names of the record's fields."""
    measured: dict[str, object] = asdict(info) if info else {}
    if usage:
        measured |= {"bytes_read": usage.bytes_read, "requests": usage.requests, "cpu_s": usage.cpu_s}
    return measured
