"""The frames that players show at given times: for each, the last one that does not begin after it.

The thumbnails take a keyframe nearby where that is cheaper. A frame on demand never does: it is the frame itself, or an
error.
"""

from collections.abc import Callable, Sequence

from services.contract.records import ReasonCode
from services.worker.extraction.admission import check_duration, check_pixels
from services.worker.extraction.codecs import get_codec
from services.worker.extraction.containers.stream import BrokenIndexError, CodedSample, RefinableIndex
from services.worker.extraction.examine import ExaminedVideo, examine_video
from services.worker.extraction.frames.capture import Frame
from services.worker.extraction.frames.indexed import IndexSearch
from services.worker.extraction.frames.request import FoundFrames, FrameRequest
from services.worker.extraction.frames.selection import SAME_S
from services.worker.extraction.frames.sequential import SequentialSearch
from services.worker.extraction.outcome import ExtractionError, VideoInfo

_USUAL_FRAME_S = 0.04

Chain = Sequence[CodedSample]


def find_by_index(request: FrameRequest, times_s: Sequence[float]) -> FoundFrames:
    """Return the frames that the index leads to; those after the same keyframe are decoded together.

    Raises: BrokenIndexError if the index does not lead to one of them, ExtractionError, SourceError.
    """
    container, index = request.examined.container.name, request.index
    if index is None:
        raise BrokenIndexError.at(f"{container} file", 0, expected="an index", found="none")
    stream = index.stream
    request.limits.denied.check_decoder(stream.decoder)
    check_pixels(stream.width_px, stream.height_px)
    check_duration(stream.duration_s)
    info = VideoInfo(stream.duration_s, stream.width_px, stream.height_px, get_codec(stream.decoder).label, container)
    _check_time(max(times_s), info)
    search = IndexSearch(request.reader, index, request.options)
    chains = []
    for time_s in times_s:
        shown_s = stream.clamp(time_s)
        if isinstance(index, RefinableIndex):
            index.refine(shown_s)
        chains.append(find_shown_chain(search.find_chain, shown_s, frame_s=stream.frame_s or _USUAL_FRAME_S))
    frames = []
    for time_s, chain, frame in zip(times_s, chains, search.decode_chains(chains), strict=True):
        if frame is None:
            expected = f"a chain of pictures to {time_s:.3f} s that can be decoded"
            raise BrokenIndexError.at(f"{container} index", 0, expected=expected, found=f"{len(chain)} pictures")
        frames.append(frame)
    return FoundFrames(info, frames)


def find_by_decoding(request: FrameRequest, times_s: Sequence[float]) -> FoundFrames:
    """Return the frames that FFmpeg finds without the index. Raises: ExtractionError, SourceError."""
    video = examine_video(request.reader, request.examined, request.limits.denied)
    search = SequentialSearch(request, video)
    duration_s, is_whole = search.measure_duration_s()
    info = VideoInfo(
        duration_s if is_whole else None, *search.shown_px, video.codec.label, request.examined.container.name
    )
    _check_time(max(times_s), info)
    return FoundFrames(info, [_find_shown(search, time_s, video, info) for time_s in times_s])


def _find_shown(search: SequentialSearch, time_s: float, video: ExaminedVideo, info: VideoInfo) -> Frame:
    frame = search.find_shown(search.clamp(time_s))
    # Only keyframes of such a video are decoded: which frames lie between them is unknown.
    if frame is not None and video.is_rewritten and time_s - frame.time_s > video.stream.frame_s + SAME_S:
        frame = None
    if frame is None:
        reason = f"The frame at {time_s:.3f} s cannot be reached within the limits of one frame."
        raise ExtractionError(ReasonCode.NEARBY_FRAME, reason, info=info)
    return frame


def find_shown_chain(find_chain: Callable[[float], Chain], time_s: float, *, frame_s: float) -> Chain:
    """Return the chain of the last picture that is not after a time, or of the first one; an empty one if too long.

    `find_chain` returns the chain of the picture nearest to a time. At a variable frame rate, that alone does not show
    which pictures there are: so the search ends when nothing lies between the picture found and a later one.
    """
    after = find_chain(time_s)
    if not after or after[-1].time_s <= time_s + SAME_S:
        return after
    step_s = frame_s / 2
    found = find_chain(max(time_s - step_s, 0.0))
    while found and found[-1].time_s > time_s + SAME_S:
        # The first picture of a video that begins later, as that of an AVI with B-frames.
        if step_s >= time_s:
            return found
        step_s *= 2
        found = find_chain(max(time_s - step_s, 0.0))
    while found:
        between = find_chain((found[-1].time_s + after[-1].time_s) / 2)
        if not between or not found[-1].time_s < between[-1].time_s < after[-1].time_s:
            break
        if between[-1].time_s <= time_s + SAME_S:
            found = between
        else:
            after = between
    return found


def _check_time(time_s: float, info: VideoInfo) -> None:
    if info.duration_s is not None and time_s > info.duration_s:
        reason = f"The video ends at {info.duration_s:.3f} s."
        raise ExtractionError(ReasonCode.NEARBY_FRAME, reason, info=info)
