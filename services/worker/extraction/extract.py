"""Extraction of the thumbnails of one video. Runs in a child process: see `sandbox`."""

import struct
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from services.contract.frames import FrameOptions
from services.contract.records import VideoState
from services.contract.thumbnails import ThumbnailOptions
from services.worker.extraction import containers
from services.worker.extraction.containers.stream import BrokenIndexError, JumpingClockError
from services.worker.extraction.containers.timeline import Start
from services.worker.extraction.encode import build_outcome, encode_shown
from services.worker.extraction.examine import examine_container
from services.worker.extraction.frames import exact, indexed, overview, sequential
from services.worker.extraction.frames.request import FoundFrames, FrameRequest, SearchLimits
from services.worker.extraction.index_failure import IndexFailure
from services.worker.extraction.outcome import ExtractionError, Outcome
from services.worker.extraction.poster import build as poster
from services.worker.extraction.probe import Probe
from services.worker.extraction.reading.reader import RangedReader

UNUSABLE = (BrokenIndexError, ValueError, LookupError, ArithmeticError, struct.error)
"""Errors of a parser in an index that is missing or damaged."""
_BUGS = (AssertionError, AttributeError, TypeError, RuntimeError)
"""Errors that no content of a file should cause. The log names them, and the frames are searched sequentially."""
_INDEX_ERRORS = (*UNUSABLE, *_BUGS)


def extract(
    reader: RangedReader, options: ThumbnailOptions, limits: SearchLimits, *, only_pin: bool = False
) -> Outcome:
    """Return the thumbnails of one video, or the reason why there are none.

    With `only_pin`, no candidates for the poster are searched. Raises: SourceError.
    """
    failures: list[IndexFailure] = []
    try:
        examined = examine_container(reader, limits.denied)
        request = FrameRequest(reader=reader, examined=examined, options=options, limits=limits)
        tags = containers.read_tags(reader, examined.container)
        request, found = _find_frames(request, indexed.find_frames, sequential.find_frames, failures)
        outcome = replace(build_outcome(found, options), probe=Probe(found.picture, tags))
    except ExtractionError as error:
        return _note_failure(Outcome.failed(error), failures)
    if failures:
        outcome = _note_failure(outcome, failures)
    else:
        outcome = overview.add_overview(outcome, request, found.frames[0].image, index_errors=_INDEX_ERRORS)
    return poster.add_poster(outcome, request, found, index_errors=_INDEX_ERRORS, only_pin=only_pin)


def extract_frame(
    reader: RangedReader, options: ThumbnailOptions, frame: FrameOptions, limits: SearchLimits
) -> Outcome:
    """Return the picture of the frames that players show at the times of a request, or the reason why there is none.

    `options` have its width and encoding; the time of the picture is that of the first frame. Raises: SourceError.
    """
    failures: list[IndexFailure] = []
    by_index = partial(exact.find_by_index, times_s=frame.times_s)
    by_decoding = partial(exact.find_by_decoding, times_s=frame.times_s)
    try:
        examined = examine_container(reader, limits.denied)
        request = FrameRequest(reader=reader, examined=examined, options=options, limits=limits)
        _, found = _find_frames(request, by_index, by_decoding, failures)
        picture = encode_shown(found.frames, frame, options)
    except ExtractionError as error:
        return _note_failure(Outcome.failed(error), failures)
    return _note_failure(Outcome(VideoState.DONE, found.info, (picture,)), failures)


Search = Callable[[FrameRequest], FoundFrames]


def _find_frames(
    request: FrameRequest, by_index: Search, by_decoding: Search, failures: list[IndexFailure]
) -> tuple[FrameRequest, FoundFrames]:
    """Search with the index, and without it if it cannot be used, for a reason that is added to `failures`.

    Return the request that found the frames as well. Raises: ExtractionError, SourceError.
    """
    container = request.examined.container
    if container.has_index:
        try:
            request = replace(request, index=containers.open_index(request.reader, container.name))
            return request, by_index(request)
        except _INDEX_ERRORS as error:
            failures.append(IndexFailure.of(error, container.name))
            has_jumps = isinstance(error, JumpingClockError)
            index = None if has_jumps else request.index
            request = replace(request, index=index, start=_find_start(request), has_jumps=has_jumps)
    return request, by_decoding(request)


def _note_failure(outcome: Outcome, failures: Sequence[IndexFailure]) -> Outcome:
    return replace(outcome, index_failure=failures[0]) if failures else outcome


def _find_start(request: FrameRequest) -> Start:
    """Return the start of a video of which the index cannot be used, as far as it can be found. Raises: SourceError."""
    if request.index is not None:
        return Start(request.index.stream.first_s)
    try:
        return request.examined.container.find_start(request.reader)
    except _INDEX_ERRORS:
        return Start()
