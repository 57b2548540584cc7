"""From the bytes of a video to its thumbnails. Runs in a child process: see `sandbox`."""

from collections.abc import Sequence

from services.contract.records import ReasonCode, VideoState
from services.contract.thumbnails import ThumbnailOptions
from services.worker.extraction import picture, selection
from services.worker.extraction.capture import Frame
from services.worker.extraction.examine import Video, examine
from services.worker.extraction.outcome import ExtractionError, Outcome, Picture, VideoInfo
from services.worker.extraction.reader import RangedReader
from services.worker.extraction.search import Limits, Search


def extract(reader: RangedReader, options: ThumbnailOptions, limits: Limits) -> Outcome:
    """The thumbnails of one video, or why there are none.

    Raises:
        SourceError: the reader could not get at the bytes.
    """
    try:
        video = examine(reader)
    except ExtractionError as error:
        return Outcome.failed(error)
    search = Search(reader, video, limits, width_px=options.width_px)
    duration_s, is_whole = search.duration_s()
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
    return Outcome(
        state=VideoState.DEGRADED if shortfall else VideoState.DONE,
        info=info,
        pictures=tuple(
            _picture(frame, position_pct, options.quality)
            for frame, position_pct in zip(chosen, options.positions_pct, strict=True)
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
        return ReasonCode.INCOMPLETE, f"The file is incomplete: frames could be read up to {last_s:.1f} s."
    if was_exhaustive:
        missing_s = wanted_s[-1] - last_s
        if missing_s <= max(1.0, 0.02 * duration_s, 2 * video.stream.frame_s):
            return None
        return ReasonCode.INCOMPLETE, f"The frames end at {last_s:.1f} s of {duration_s:.1f} s."
    distance_s, time_s, shown_s = max(
        (abs(frame.time_s - time_s), time_s, frame.time_s) for frame, time_s in zip(chosen, wanted_s, strict=True)
    )
    if distance_s <= selection.tolerance_s(duration_s):
        return None
    reason = f"The frame at {shown_s:.1f} s stands for {time_s:.1f} s: no nearer one could be reached."
    return ReasonCode.NEARBY_FRAME, reason


def _picture(frame: Frame, position_pct: float, quality: int) -> Picture:
    height_px, width_px = frame.image.shape[:2]
    time_s = round(max(frame.time_s, 0.0), 6)
    return Picture(position_pct, time_s, width_px, height_px, picture.jpeg(frame.image, quality=quality))
