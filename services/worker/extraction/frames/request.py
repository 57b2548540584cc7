"""Request and result of both ways to a frame: `indexed` and `sequential`."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from services.contract.records import ReasonCode
from services.contract.thumbnails import ThumbnailOptions
from services.worker.extraction.codecs.coded import HLG, PQ, Colour
from services.worker.extraction.containers.stream import Index
from services.worker.extraction.containers.timeline import Start
from services.worker.extraction.examine import NOTHING_DENIED, Denied, ExaminedContainer
from services.worker.extraction.frames.capture import Frame
from services.worker.extraction.outcome import VideoInfo
from services.worker.extraction.pixels.orientation import Orientation
from services.worker.extraction.probe import DynamicRange, PictureProperties
from services.worker.extraction.reading.reader import RangedReader

UNDESCRIBED = PictureProperties()


Shortfall = tuple[ReasonCode, str]
"""Reason code and sentence that explain frames far from the requested positions."""


@dataclass(frozen=True, kw_only=True)
class SearchLimits:
    """Bytes read and CPU seconds at which each stage of a search stops, so that something is left for the next.

    `denied` names what may not be opened at all.
    """

    read_bytes: int
    cpu_s: float
    denied: Denied = NOTHING_DENIED


@dataclass(frozen=True, kw_only=True)
class FrameRequest:
    """Request for the frames of one video. `index` is None if the container has none that can be used.

    `start` is the start of the video, for a search without the index. `has_jumps` is True if the clock of the file
    starts again or leaves a gap.
    """

    reader: RangedReader
    examined: ExaminedContainer
    options: ThumbnailOptions
    limits: SearchLimits
    index: Index | None = None
    start: Start = field(default_factory=Start)
    has_jumps: bool = False


@dataclass(frozen=True)
class FoundFrames:
    """One frame for each requested position.

    `others` were decoded too, and not chosen. `is_indexed` is True if the index led to the frames.
    """

    info: VideoInfo
    frames: Sequence[Frame]
    shortfall: Shortfall | None = None
    picture: PictureProperties = UNDESCRIBED
    others: Sequence[Frame] = ()
    is_indexed: bool = False


def note_distances(
    frames: Sequence[Frame], nearest_s: Sequence[float], wanted_s: Sequence[float], tolerance_s: float
) -> list[Frame]:
    """Return the frames, with a note where the nearest one is further from its position than the tolerance."""
    noted = []
    for frame, near_s, time_s in zip(frames, nearest_s, wanted_s, strict=True):
        shown, wanted = f"{frame.time_s:.1f}", f"{time_s:.1f}"
        # 1e-6: a distance of exactly the tolerance, as of rounded times.
        if abs(near_s - time_s) > tolerance_s + 1e-6 and shown != wanted:
            note = f"The picture at {shown} s replaces the one at {wanted} s."
            noted.append(replace(frame, note=f"{note} {frame.note}" if frame.note else note))
        else:
            noted.append(frame)
    return noted


def describe_cut_off(times_s: Sequence[float]) -> Shortfall:
    """Return the shortfall of a file that ends early."""
    return ReasonCode.INCOMPLETE, f"The file is incomplete: frames could be read up to {max(times_s):.1f} s."


def describe_distance(times_s: Sequence[float], wanted_s: Sequence[float], tolerance_s: float) -> Shortfall | None:
    """Return the shortfall of the frame that is farthest from its time; None if all are within the tolerance."""
    distance_s, time_s, shown_s = max(
        (abs(shown_s - time_s), time_s, shown_s) for shown_s, time_s in zip(times_s, wanted_s, strict=True)
    )
    if distance_s <= tolerance_s:
        return None
    reason = f"The frame at {shown_s:.1f} s replaces the one at {time_s:.1f} s: no nearer one could be reached."
    return ReasonCode.NEARBY_FRAME, reason


def describe_picture(
    frame_s: float, colour: Colour, orientation: Orientation | None, *, is_dolby_vision: bool
) -> PictureProperties:
    """Return the properties of a stream. `is_dolby_vision` is true if no other device can show its pictures."""
    ranges: dict[int, DynamicRange] = {PQ: "pq", HLG: "hlg"}
    return PictureProperties(
        frame_rate_hz=round(1 / frame_s, 3) if frame_s > 0 else None,
        rotation_deg=orientation.quarters % 4 * 90 if orientation else None,
        dynamic_range="dolby_vision" if is_dolby_vision else ranges.get(colour.transfer, "sdr"),
    )
