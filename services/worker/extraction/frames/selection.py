"""Which frames to show: the positions as times, and the frames nearest to them."""

from collections.abc import Callable, Sequence

from services.worker.extraction.frames.capture import Capture, Frame, Image

Shrink = Callable[[Image], Image]

_BETWEEN_LOOKS_S = 1.0
"""On a walk, a picture is kept at least this often: the end of a video shows itself only when it is over."""


def times_s(positions_pct: Sequence[float], duration_s: float) -> list[float]:
    return [duration_s * position / 100 for position in positions_pct]


def tolerance_s(duration_s: float, frame_s: float = 0.0) -> float:
    """How far a frame may be from its position and still stand for it: 1 s or 2 % of the duration, the larger one; in
    a video of a few seconds, a quarter of it.
    """
    return max(min(1.0, duration_s / 4), 0.02 * duration_s, min(frame_s, 1.0))


def nearby_s(duration_s: float) -> float:
    """How far from its position a better picture may be: 5 s or 2 % of the duration, the larger one."""
    return max(5.0, 0.02 * duration_s)


def by_seeking(capture: Capture, wanted_s: Sequence[float], shrink: Shrink) -> list[Frame | None]:
    """The frame at each time, as the container's index leads to it; None where it leads nowhere."""
    return [sought(capture, time_s, shrink) for time_s in wanted_s]


def sought(capture: Capture, time_s: float, shrink: Shrink) -> Frame | None:
    """The frame at a time, as the container's index leads to it; None if it leads nowhere."""
    capture.seek(time_s)
    found_s = capture.advance()
    image = None if found_s is None else capture.image()
    return None if image is None or found_s is None else Frame(shrink(image), found_s)


def by_walking(capture: Capture, wanted_s: Sequence[float], shrink: Shrink) -> list[Frame | None]:
    """The frame nearest to each time, by decoding from the start: for short videos and those without an index.

    Times ascend. Where the video ends early, or is cut off, its last pictures stand for what was not reached.
    """
    frames: list[Frame | None] = []
    latest: Frame | None = None
    previous_s = 0.0
    while len(frames) < len(wanted_s) and (now_s := capture.advance()) is not None:
        middle_s = (previous_s + now_s) / 2
        next_s = wanted_s[len(frames)]
        is_due = latest is None or now_s >= next_s - _BETWEEN_LOOKS_S or now_s >= latest.time_s + _BETWEEN_LOOKS_S
        before = latest
        if is_due and (image := capture.image()) is not None:
            latest = Frame(shrink(image), now_s)
        while len(frames) < len(wanted_s) and latest is not None and wanted_s[len(frames)] <= now_s:
            # The frame before was nearer: it was kept, as it was less than `_BETWEEN_LOOKS_S` from here.
            frames.append(before if before is not None and wanted_s[len(frames)] < middle_s else latest)
        previous_s = now_s
    return frames + [latest] * (len(wanted_s) - len(frames))


def nearest(time_s: float, *frames: Frame | None) -> Frame | None:
    """The frame nearest to a time among those that there are."""
    return min((frame for frame in frames if frame), key=lambda frame: abs(frame.time_s - time_s), default=None)
