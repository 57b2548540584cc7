"""From the bytes of a video to its thumbnails. Runs in a child process: see `sandbox`."""

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import cv2

from services.contract.records import ReasonCode, VideoState
from services.contract.thumbnails import ThumbnailOptions
from services.worker.extraction import containers
from services.worker.extraction.admission import MAX_DURATION_S
from services.worker.extraction.codecs import get_codec
from services.worker.extraction.containers.stream import BrokenIndexError, Stream
from services.worker.extraction.examine import Examined, Video, examine, examine_container
from services.worker.extraction.frames import selection
from services.worker.extraction.frames.capture import Frame
from services.worker.extraction.frames.keyframes import Found, KeyframeSearch
from services.worker.extraction.frames.overview import Overview
from services.worker.extraction.frames.search import Limits, Search
from services.worker.extraction.index_failure import IndexFailure
from services.worker.extraction.outcome import ExtractionError, Outcome, Picture, Preview, Storyboard, VideoInfo
from services.worker.extraction.pixels import thumbnail as picture
from services.worker.extraction.reading.reader import RangedReader

UNUSABLE = (BrokenIndexError, ValueError, LookupError, ArithmeticError, struct.error)
"""An index that is missing or damaged: whatever a parser stumbles over, the robust way is left."""
_BUGS = (AssertionError, AttributeError, TypeError, RuntimeError)
"""Errors that no content of a file should cause: the robust way is left for them too, and the log names them."""

_Made = TypeVar("_Made", Storyboard, Preview)


def extract(reader: RangedReader, options: ThumbnailOptions, limits: Limits) -> Outcome:
    """The thumbnails of one video, or why there are none.

    Raises:
        SourceError: the reader could not get at the bytes.
    """
    try:
        examined = examine_container(reader)
    except ExtractionError as error:
        return Outcome.failed(error)
    attempt = _Attempt()
    try:
        attempt = _by_index(reader, examined, options, limits)
        outcome = attempt.outcome or _by_search(reader, examined, options, limits, indexed_s=attempt.duration_s)
    except ExtractionError as error:
        outcome = Outcome.failed(error)
    return replace(outcome, index_failure=attempt.failure)


def _by_search(
    reader: RangedReader, examined: Examined, options: ThumbnailOptions, limits: Limits, *, indexed_s: float
) -> Outcome:
    """Return the thumbnails without the index, which says that the video is `indexed_s` long.

    Raises: ExtractionError, SourceError.
    """
    video = examine(reader, examined)
    search = Search(reader, video, limits, width_px=options.width_px)
    duration_s, is_whole = search.duration_s()
    if is_whole and examined.contents.has_fragments:
        # FFmpeg leaves fragments out that it cannot follow.
        duration_s = max(duration_s, indexed_s)
    wanted_s = selection.times_s(options.positions_pct, duration_s)
    frames = search.frames(wanted_s)
    info = VideoInfo(
        duration_s=duration_s if is_whole else None,
        width_px=search.shown_px[0],
        height_px=search.shown_px[1],
        codec=video.codec,
        container=video.container.name,
    )
    there_are = [frame for frame in frames if frame]
    if not there_are:
        return Outcome.failed(_no_frame(video), info)
    chosen = [frame or there_are[-1] for frame in frames]
    if is_whole:
        shortfall = _shortfall(video, chosen, wanted_s, duration_s, was_exhaustive=search.was_exhaustive)
    else:
        reason = f"The duration is not known; the pictures are of the first {duration_s:.0f} s."
        shortfall = (ReasonCode.NEARBY_FRAME, reason)
    if options.smart:
        chosen = search.better(chosen, wanted_s, duration_s)
    return _outcome(info, chosen, options, shortfall)


@dataclass(frozen=True)
class _Attempt:
    """The use of an index: an outcome or none, how long the video is by the index, and what the index reader raised."""

    outcome: Outcome | None = None
    duration_s: float = 0.0
    failure: IndexFailure | None = None


def _by_index(reader: RangedReader, examined: Examined, options: ThumbnailOptions, limits: Limits) -> _Attempt:
    """Take the thumbnails that the container's index leads to; where it does not, the robust way must be tried.

    Raises: ExtractionError, SourceError.
    """
    container = examined.container.name
    indexed_s = 0.0
    try:
        index = containers.open_index(reader, container)
        stream = index.stream
        indexed_s = stream.duration_s if 0 < stream.duration_s <= MAX_DURATION_S else 0.0
        wanted_s = selection.times_s(options.positions_pct, stream.duration_s)
        found = KeyframeSearch(reader, index, options).frames(wanted_s)
    except (*UNUSABLE, *_BUGS) as error:
        return _Attempt(duration_s=indexed_s, failure=IndexFailure.of(error, container))
    shortfall = _indexed_shortfall(found, wanted_s, stream)
    info = VideoInfo(
        duration_s=stream.duration_s,
        width_px=found.shown_px[0],
        height_px=found.shown_px[1],
        codec=get_codec(stream.decoder).label,
        container=container,
    )
    outcome = _outcome(info, found.frames, options, shortfall)
    if not options.storyboard and not options.preview:
        return _Attempt(outcome)
    overview = Overview(reader, index, options, limits, found.frames[0].image)
    storyboard, no_storyboard = (
        _if_it_can_be_had(overview.storyboard, container) if options.storyboard else (None, None)
    )
    preview, no_preview = _if_it_can_be_had(overview.preview, container) if options.preview else (None, None)
    return _Attempt(replace(outcome, storyboard=storyboard, preview=preview), failure=no_storyboard or no_preview)


def _if_it_can_be_had(make: Callable[[], _Made | None], container: str) -> tuple[_Made | None, IndexFailure | None]:
    """Return what comes on top of the thumbnails, or why the index does not give it. Raises: SourceError."""
    try:
        return make(), None
    except (*UNUSABLE, *_BUGS) as error:
        return None, IndexFailure.of(error, container)
    except (ExtractionError, MemoryError, cv2.error):
        return None, None


def _outcome(
    info: VideoInfo, frames: Sequence[Frame], options: ThumbnailOptions, shortfall: tuple[ReasonCode, str] | None
) -> Outcome:
    return Outcome(
        state=VideoState.DEGRADED if shortfall else VideoState.DONE,
        info=info,
        pictures=tuple(
            _picture(frame, position_pct, options)
            for frame, position_pct in zip(frames, options.positions_pct, strict=True)
        ),
        reason_code=shortfall[0] if shortfall else None,
        reason=shortfall[1] if shortfall else None,
    )


def _no_frame(video: Video) -> ExtractionError:
    if video.is_cut_off:
        return ExtractionError(ReasonCode.INCOMPLETE, "The file is incomplete: it ends before the first frame.")
    return ExtractionError(
        ReasonCode.DAMAGED, f"No frame of the {video.codec} video could be decoded: the file is damaged."
    )


def _shortfall(
    video: Video, chosen: Sequence[Frame], wanted_s: Sequence[float], duration_s: float, *, was_exhaustive: bool
) -> tuple[ReasonCode, str] | None:
    """Why the pictures are not what was asked for; None if they are."""
    last_s = max(frame.time_s for frame in chosen)
    if video.is_cut_off:
        return _cut_off([frame.time_s for frame in chosen])
    if was_exhaustive:
        missing_s = wanted_s[-1] - last_s
        if missing_s <= max(1.0, 0.02 * duration_s, 2 * video.stream.frame_s):
            return None
        return ReasonCode.INCOMPLETE, f"The frames end at {last_s:.1f} s of {duration_s:.1f} s."
    return _distance([frame.time_s for frame in chosen], wanted_s, selection.tolerance_s(duration_s))


def _indexed_shortfall(found: Found, wanted_s: Sequence[float], stream: Stream) -> tuple[ReasonCode, str] | None:
    end_s = max(1.0, 0.02 * stream.duration_s, 2 * stream.frame_s)
    is_far = _distance(found.nearest_s, wanted_s, end_s) is not None
    if is_far and stream.is_cut_off:
        return _cut_off(found.nearest_s)
    if stream.missing:
        return ReasonCode.INCOMPLETE, stream.missing
    if any(found.is_last_resort):
        return _distance(found.nearest_s, wanted_s, selection.tolerance_s(stream.duration_s, stream.frame_s))
    if is_far:
        return ReasonCode.INCOMPLETE, f"The frames end at {max(found.nearest_s):.1f} s of {stream.duration_s:.1f} s."
    return None


def _cut_off(times_s: Sequence[float]) -> tuple[ReasonCode, str]:
    return ReasonCode.INCOMPLETE, f"The file is incomplete: frames could be read up to {max(times_s):.1f} s."


def _distance(times_s: Sequence[float], wanted_s: Sequence[float], tolerance_s: float) -> tuple[ReasonCode, str] | None:
    """Which frame is farther from its time than it may be; None if none is."""
    distance_s, time_s, shown_s = max(
        (abs(shown_s - time_s), time_s, shown_s) for shown_s, time_s in zip(times_s, wanted_s, strict=True)
    )
    if distance_s <= tolerance_s:
        return None
    reason = f"The frame at {shown_s:.1f} s stands for {time_s:.1f} s: no nearer one could be reached."
    return ReasonCode.NEARBY_FRAME, reason


def _picture(frame: Frame, position_pct: float, options: ThumbnailOptions) -> Picture:
    image = picture.encodable(frame.image, options.format)
    height_px, width_px = image.shape[:2]
    time_s = round(max(frame.time_s, 0.0), 6)
    data = picture.encoded(image, options.format, quality=options.quality)
    return Picture(position_pct, time_s, width_px, height_px, data, frame.note)
