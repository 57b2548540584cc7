"""Frames that are taken for the positions of a video."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.worker.extraction.frames.capture import Capture, Frame
from services.worker.extraction.frames.selection import (
    choose_nearest,
    compute_times_s,
    compute_tolerance_s,
    walk_frames,
)
from services.worker.extraction.pixels.orientation import Image


@dataclass
class Film(Capture):
    """Frames at given times, as a capture hands them out; `unreadable` ones come without a picture."""

    at_s: Sequence[float]
    unreadable: Sequence[float] = ()
    place: int = field(default=-1, init=False)

    def advance(self) -> float | None:
        self.place += 1
        return self.at_s[self.place] if self.place < len(self.at_s) else None

    def retrieve_image(self) -> Image | None:
        time_s = self.at_s[self.place]
        return None if time_s in self.unreadable else np.full((1, 1, 3), self.place, np.uint8)


def taken(film: Film, wanted_s: Sequence[float]) -> list[float | None]:
    """Return the times of the frames that a walk takes."""
    frames = walk_frames(film, wanted_s, lambda image: image)
    for frame in frames:
        # The picture is that of the time that is claimed.
        assert frame is None or frame.image[0, 0, 0] == film.at_s.index(frame.time_s)
    return [frame.time_s if frame else None for frame in frames]


def at(*times_s: float) -> list[Frame]:
    return [Frame(np.zeros((1, 1, 3), np.uint8), time_s) for time_s in times_s]


TWENTY_FIVE = [number / 25 for number in range(200)]


def test_positions_are_shares_of_the_duration() -> None:
    assert compute_times_s((10, 50, 95), 8) == [0.8, 4, 7.6]


@pytest.mark.parametrize(
    ("duration_s", "tolerance"), [(0, 0), (2, 0.5), (4, 1), (30, 1), (50, 1), (100, 2), (7200, 144)]
)
def test_a_longer_video_tolerates_more(duration_s: float, tolerance: float) -> None:
    assert compute_tolerance_s(duration_s) == pytest.approx(tolerance)


@pytest.mark.parametrize(
    ("at_s", "wanted_s", "expected"),
    [
        (TWENTY_FIVE, [0.8, 4.0, 7.6], [0.8, 4.0, 7.6]),
        (TWENTY_FIVE, [0.81, 4.03, 7.59], [0.8, 4.04, 7.6]),
        (TWENTY_FIVE, [0.8, 0.8, 0.81], [0.8, 0.8, 0.8]),
        ([0.0], [0.004, 0.02, 0.038], [0.0, 0.0, 0.0]),
        ([0.0, 0.04, 0.08], [0.012, 0.06, 0.114], [0.0, 0.08, 0.08]),
        ([0.0, 10.0, 20.0], [2.0, 9.0, 14.0], [0.0, 10.0, 10.0]),
        ([5.0, 6.0], [0.5, 5.5, 9.5], [5.0, 6.0, 6.0]),
        ([], [1.0, 2.0], [None, None]),
    ],
    ids=["exact", "nearest", "one frame for all", "one frame", "three frames", "slides", "late start", "nothing"],
)
def test_a_walk_takes_the_frame_nearest_to_each_time(
    at_s: list[float], wanted_s: list[float], expected: list[float | None]
) -> None:
    assert taken(Film(at_s), wanted_s) == expected


def test_last_pictures_replace_positions_past_the_cut() -> None:
    early, late, beyond = taken(Film(TWENTY_FIVE[:100]), [0.8, 4.5, 7.6])
    assert early == 0.8
    assert late == beyond
    assert late is not None
    assert 3.96 - 1 <= late <= 3.96


def test_frames_that_cannot_be_shown_are_passed_over() -> None:
    film = Film(TWENTY_FIVE, unreadable=TWENTY_FIVE[15:30])
    assert taken(film, [0.8, 4.0]) == [0.56, 4.0]


@given(
    gaps=st.lists(st.sampled_from([0.02, 0.04, 0.2, 0.9, 3.0]), min_size=1, max_size=60),
    shares=st.lists(st.floats(0.001, 0.999), min_size=1, max_size=5),
)
def test_selected_frame_is_the_nearest_of_all(gaps: list[float], shares: list[float]) -> None:
    """To a second, where frames come more than a second apart: of those in between, not every one is looked at."""
    at_s = [round(sum(gaps[:count]), 6) for count in range(len(gaps))]
    wanted_s = sorted(share * at_s[-1] for share in shares)
    for time_s, found_s in zip(wanted_s, taken(Film(at_s), wanted_s), strict=True):
        assert found_s is not None
        slack_s = 1.0 if 3.0 in gaps else 1e-6
        assert abs(found_s - time_s) <= min(abs(other - time_s) for other in at_s) + slack_s


def test_the_nearest_of_several_is_taken() -> None:
    first, second, third = at(1.0, 2.0, 4.0)
    assert choose_nearest(2.9, first, None, second, third) is second
    assert choose_nearest(2.9, None, None) is None
