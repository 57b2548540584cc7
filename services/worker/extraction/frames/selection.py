"""Selection: positions as times, and the frames nearest to them."""

from collections.abc import Callable, Sequence

from services.worker.extraction.frames.capture import Frame, FrameSource
from services.worker.extraction.pixels.orientation import Image

Shrink = Callable[[Image], Image]

SAME_S = 0.0005
"""Half of the precision of a requested time: a frame that begins so little after the time is shown at it."""

_MAX_INTERVAL_S = 1.0
"""Upper limit of the time between two kept pictures, as the last frame is known only after the end."""


def compute_times_s(positions_pct: Sequence[float], duration_s: float) -> list[float]:
    """Return the time of each position."""
    return [duration_s * position / 100 for position in positions_pct]


def compute_tolerance_s(duration_s: float, frame_s: float = 0.0) -> float:
    """Return the allowed distance of a frame from its position: the larger of 1 s and 2 % of the duration.

    In a video under 4 s, a quarter of the duration replaces 1 s.
    """
    return max(min(1.0, duration_s / 4), 0.02 * duration_s, min(frame_s, 1.0))


def compute_nearby_s(duration_s: float) -> float:
    """Return the allowed distance of a replacement without a flaw: the larger of 5 s and 2 % of the duration."""
    return max(5.0, 0.02 * duration_s)


def seek_frames(capture: FrameSource, wanted_s: Sequence[float], shrink: Shrink) -> list[Frame | None]:
    """Return the frame that a seek to each time finds; None if it finds none."""
    return [seek_frame(capture, time_s, shrink) for time_s in wanted_s]


def seek_frame(capture: FrameSource, time_s: float, shrink: Shrink) -> Frame | None:
    """Return the frame that a seek to a time finds; None if it finds none."""
    capture.seek(time_s)
    found_s = capture.advance()
    image = None if found_s is None else capture.retrieve_image()
    return None if image is None or found_s is None else Frame(shrink(image), found_s)


def walk_frames(capture: FrameSource, wanted_s: Sequence[float], shrink: Shrink) -> list[Frame | None]:
    """Return the frame nearest to each time by decoding from the start: for short videos and those without an index.

    Times ascend. If the video ends early, its last frame is returned for the remaining times.
    """
    frames: list[Frame | None] = []
    latest: Frame | None = None
    previous_s = 0.0
    while len(frames) < len(wanted_s) and (now_s := capture.advance()) is not None:
        middle_s = (previous_s + now_s) / 2
        next_s = wanted_s[len(frames)]
        # Converting a frame costs as much as decoding two: only those near a position are converted.
        is_due = latest is None or now_s >= next_s - _MAX_INTERVAL_S or now_s >= latest.time_s + _MAX_INTERVAL_S
        before = latest
        if is_due and (image := capture.retrieve_image()) is not None:
            latest = Frame(shrink(image), now_s)
        while len(frames) < len(wanted_s) and latest is not None and wanted_s[len(frames)] <= now_s:
            # The frame before was nearer: it was kept, as it was less than `_MAX_INTERVAL_S` from here.
            frames.append(before if before is not None and wanted_s[len(frames)] < middle_s else latest)
        previous_s = now_s
    return frames + [latest] * (len(wanted_s) - len(frames))


def walk_to(capture: FrameSource, time_s: float, shrink: Shrink, *, start_s: float) -> Frame | None:
    """Return the last frame that is not after a time by decoding from a seek; None if the seek found a later one."""
    capture.seek(max(start_s, 0.0))
    latest: Frame | None = None
    while (now_s := capture.advance()) is not None and now_s <= time_s + SAME_S:
        # Every frame is converted: only the next one shows that it was the last.
        image = capture.retrieve_image()
        latest = None if image is None else Frame(shrink(image), now_s)
    return latest


def count_to(capture: FrameSource, time_s: float) -> int:
    """Return the number of frames from the start that are not after a time; at least one, the first."""
    count = 0
    while (now_s := capture.advance()) is not None and (not count or now_s <= time_s + SAME_S):
        count += 1
    return count


def take_frame(capture: FrameSource, number: int, shrink: Shrink) -> Frame | None:
    """Return the frame with a number, counted from 1; None if it cannot be decoded."""
    now_s: float | None = None
    for _ in range(number):
        now_s = capture.advance()
    image = None if now_s is None else capture.retrieve_image()
    return None if image is None or now_s is None else Frame(shrink(image), now_s)


def choose_nearest(time_s: float, *frames: Frame | None) -> Frame | None:
    """Return the frame nearest to a time; None if there is no frame."""
    return min((frame for frame in frames if frame), key=lambda frame: abs(frame.time_s - time_s), default=None)
