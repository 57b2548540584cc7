"""Extraction of the thumbnails of one video. Runs in a child process: see `sandbox`."""

import struct
from dataclasses import replace

from services.contract.records import VideoState
from services.contract.thumbnails import ThumbnailOptions
from services.worker.extraction import containers
from services.worker.extraction.containers.stream import BrokenIndexError, JumpingClockError
from services.worker.extraction.containers.timeline import Start
from services.worker.extraction.examine import examine_container
from services.worker.extraction.frames import indexed, overview, sequential
from services.worker.extraction.frames.request import FoundFrames, FrameRequest, SearchLimits
from services.worker.extraction.index_failure import IndexFailure
from services.worker.extraction.outcome import ExtractedPicture, ExtractionError, Outcome
from services.worker.extraction.pixels import thumbnail
from services.worker.extraction.reading.reader import RangedReader

UNUSABLE = (BrokenIndexError, ValueError, LookupError, ArithmeticError, struct.error)
"""Errors of a parser in an index that is missing or damaged."""
_BUGS = (AssertionError, AttributeError, TypeError, RuntimeError)
"""Errors that no content of a file should cause. The log names them, and the frames are searched sequentially."""
_INDEX_ERRORS = (*UNUSABLE, *_BUGS)


def extract(reader: RangedReader, options: ThumbnailOptions, limits: SearchLimits) -> Outcome:
    """Return the thumbnails of one video, or the reason why there are none. Raises: SourceError."""
    failure: IndexFailure | None = None
    found: FoundFrames | None = None
    try:
        examined = examine_container(reader, limits.denied)
        request = FrameRequest(reader=reader, examined=examined, options=options, limits=limits)
        container = examined.container
        if container.has_index:
            try:
                request = replace(request, index=containers.open_index(reader, container.name))
                found = indexed.find_frames(request)
            except _INDEX_ERRORS as error:
                failure = IndexFailure.of(error, container.name)
                has_jumps = isinstance(error, JumpingClockError)
                index = None if has_jumps else request.index
                request = replace(request, index=index, start=_find_start(request), has_jumps=has_jumps)
        found = found or sequential.find_frames(request)
        outcome = _build_outcome(found, options)
    except ExtractionError as error:
        return replace(Outcome.failed(error), index_failure=failure)
    if failure:
        return replace(outcome, index_failure=failure)
    return overview.add_overview(outcome, request, found.frames[0].image, index_errors=_INDEX_ERRORS)


def _find_start(request: FrameRequest) -> Start:
    """Return the start of a video of which the index cannot be used, as far as it can be found. Raises: SourceError."""
    if request.index is not None:
        return Start(request.index.stream.first_s)
    try:
        return request.examined.container.find_start(request.reader)
    except _INDEX_ERRORS:
        return Start()


def _build_outcome(found: FoundFrames, options: ThumbnailOptions) -> Outcome:
    pictures = []
    for frame, position_pct in zip(found.frames, options.positions_pct, strict=True):
        image = thumbnail.limit_size(frame.image, options.format)
        height_px, width_px = image.shape[:2]
        data = thumbnail.encode_image(image, options.format, quality=options.quality)
        time_s = round(max(frame.time_s, 0.0), 6)
        pictures.append(ExtractedPicture(position_pct, time_s, width_px, height_px, data, frame.note))
    code, reason = found.shortfall or (None, None)
    state = VideoState.DEGRADED if found.shortfall else VideoState.DONE
    return Outcome(state, found.info, tuple(pictures), reason_code=code, reason=reason)
