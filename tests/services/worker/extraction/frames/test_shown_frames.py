"""The frame shown is the one at the claimed time: by its number, and as FFmpeg decodes it.

From the sandbox, for everything that leads others to a wrong frame: starts, edits, rates, wraps, durations, keyframes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks.conformance.similarity import measure_similarity
from services.contract.records import VideoState
from services.local.samples import run_ffmpeg
from tests.support import extracted
from tests.support.extracted import SMALL
from tests.support.reference import decoded_by_ffmpeg
from tests.support.videos import FRAGMENTED, UNINDEXED, VARIABLE_RATE, Videos, frame_number

if TYPE_CHECKING:
    from pathlib import Path

    from services.worker.extraction.outcome import Outcome
    from services.worker.extraction.sandbox.sandbox import Sandbox


def extract(sandbox: Sandbox, path: Path) -> Outcome:
    outcome = extracted.extract(sandbox, path)
    assert (outcome.state, outcome.reason) == (VideoState.DONE, None)
    return outcome


def assert_shows_what_it_tells(path: Path, outcome: Outcome, *, first: int = 0, late: int = 0, fps: int = 25) -> None:
    """`first` is the number of the first frame, which is shown after the time of `late` frames."""
    assert len(outcome.pictures) == 3
    assert outcome.info is not None
    assert outcome.info.duration_s is not None
    for picture, shown in zip(outcome.pictures, extracted.images(outcome), strict=True):
        since_first_s = picture.time_s - late / fps
        assert frame_number(shown) - first == pytest.approx(fps * since_first_s, abs=0.1)
        assert measure_similarity(shown, decoded_by_ffmpeg(path, since_first_s, shown.shape[1::-1])) >= 0.95
        wanted_s = outcome.info.duration_s * picture.position_pct / 100
        assert abs(picture.time_s - wanted_s) <= 1


@dataclass(frozen=True)
class Kind:
    """Oddity of a video, its name and codec, and ffmpeg's options for it."""

    odd: str
    name: str
    codec: str = "h264"
    options: tuple[str, ...] = ()
    duration_s: float = 4
    gop: int = 25
    sar: str = "1:1"
    late: int = 0
    """Number of frames by which the decoder is late, in a container without display times."""

    def __str__(self) -> str:
        return f"{self.odd}-{self.name}-{self.codec}"


LATE = ("-output_ts_offset", "100")
WRAPPED = ("-output_ts_offset", "95441.7")
"""The stamps of a transport stream have 33 bits: they wrap after 95,443.7 s."""
OPEN = ("-preset", "medium", "-x264-params", "open-gop=1")
SPARSE: dict[str, Any] = {"gop": 1000, "duration_s": 6}

KINDS = [
    *(Kind("late start", name, options=LATE) for name in ("a.mp4", "a.mkv", "a.ts", "a.flv")),
    Kind("late start", "a.wmv", "wmv2", LATE),
    *(Kind("varying rate", name, options=VARIABLE_RATE) for name in ("a.mp4", "a.mkv", "a.ts", "a.flv")),
    Kind("varying rate", "a.webm", "vp8", VARIABLE_RATE),
    Kind("varying rate in fragments", "a.mp4", options=(*VARIABLE_RATE, *FRAGMENTED)),
    Kind("wrapped stamps", "a.ts", options=WRAPPED),
    Kind("wrapped stamps", "a.ts", "mpeg2video", ("-q:v", "3", *WRAPPED)),
    Kind("wrapped stamps", "a.ts", options=(*OPEN, *WRAPPED)),
    Kind("unknown duration", "a.mkv", options=UNINDEXED),
    Kind("unknown duration", "a.webm", "vp8", UNINDEXED),
    Kind("unknown duration", "a.flv", options=("-flvflags", "no_duration_filesize+no_sequence_end")),
    Kind("unknown duration", "a.mp4", options=FRAGMENTED),
    *(Kind("open groups", name, options=OPEN) for name in ("a.mp4", "a.mkv", "a.ts", "a.flv")),
    Kind("open groups", "a.ts", "mpeg2video", ("-q:v", "3", "-bf", "2")),
    *(Kind("a single frame", name, duration_s=1 / 25) for name in ("a.mp4", "a.mkv", "a.ts", "a.flv")),
    Kind("a single frame", "a.avi", "mpeg4", duration_s=1 / 25),
    Kind("a single frame", "a.wmv", "wmv2", duration_s=1 / 25),
    *(Kind("one giant group", name, **SPARSE) for name in ("a.mp4", "a.mkv", "a.ts", "a.flv")),
    Kind("one giant group", "a.mp4", options=("-preset", "medium"), **SPARSE),
    Kind("one giant group", "a.mp4", options=FRAGMENTED, **SPARSE),
    Kind("one giant group", "a.avi", "mpeg4", **SPARSE),
    Kind("one giant group, reordered", "a.avi", "mpeg4", ("-bf", "2"), late=1, **SPARSE),
    Kind("one giant group, reordered", "a.avi", "h264", ("-preset", "medium", "-bf", "3"), late=2, **SPARSE),
    Kind("wide pixels", "a.mp4", sar="16:11"),
    Kind("wide pixels", "a.mkv", sar="64:45"),
    Kind("tall pixels", "a.mp4", sar="1:2"),
    Kind("wide pixels", "a.ts", sar="16:11"),
]


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_the_frame_of_the_told_time_is_shown(videos: Videos, sandbox: Sandbox, kind: Kind) -> None:
    path = videos.video(
        kind.name,
        codec=kind.codec,
        options=kind.options,
        duration_s=kind.duration_s,
        gop=kind.gop,
        sar=kind.sar,
        **SMALL,
    )
    outcome = extract(sandbox, path)
    # All positions of one group are decoded together, from the index.
    assert outcome.index_failure is None
    assert_shows_what_it_tells(path, outcome, late=kind.late)


@pytest.mark.parametrize("name", ["a.mp4", "a.mov"])
@pytest.mark.parametrize(("start_s", "options"), [(1.0, ()), (1.4, ()), (2.6, ("-preset", "medium"))])
def test_what_an_edit_list_cuts_off_is_not_counted(
    videos: Videos, sandbox: Sandbox, name: str, start_s: float, options: tuple[str, ...]
) -> None:
    """The picture at the start of an edit need not be a keyframe: those before it are there, and are not shown."""
    path = videos.trimmed(videos.video(name, duration_s=6, options=options, **SMALL), start_s=start_s)
    assert_shows_what_it_tells(path, extract(sandbox, path), first=round(25 * start_s))


def test_a_broadcast_is_counted_from_its_first_whole_picture(videos: Videos, sandbox: Sandbox) -> None:
    whole = videos.video("whole.ts", duration_s=6, **SMALL)
    path = videos.file("begun.ts", whole.read_bytes()[whole.stat().st_size // 188 // 8 * 188 :])
    outcome = extract(sandbox, path)
    numbers, times_s = extracted.numbers(outcome), extracted.times_s(outcome)
    firsts = {round(number - 25 * time_s, 3) for number, time_s in zip(numbers, times_s, strict=True)}
    assert len(firsts) == 1
    for shown in extracted.images(outcome):
        # Of the whole broadcast, as ffmpeg counts from the first keyframe.
        expected = decoded_by_ffmpeg(whole, frame_number(shown) / 25, shown.shape[1::-1])
        assert measure_similarity(shown, expected) >= 0.95


@pytest.mark.parametrize("name", ["covered.mp4", "covered.mkv"])
def test_the_film_is_shown_and_not_its_cover(videos: Videos, sandbox: Sandbox, name: str) -> None:
    film = videos.video(name, **SMALL)
    assert_shows_what_it_tells(film, extract(sandbox, videos.with_cover(film)))


@pytest.mark.parametrize("name", ["two.mp4", "two.mkv"])
@pytest.mark.parametrize("default", [0, 1])
def test_the_default_film_is_shown(videos: Videos, sandbox: Sandbox, tmp_path: Path, name: str, default: int) -> None:
    films = [videos.video("one.mp4", gop=10, **SMALL), videos.video("other.mp4", gop=40, **SMALL)]
    path = tmp_path / name
    chosen = [part for n in (0, 1) for part in (f"-disposition:v:{n}", "default" if n == default else "0")]
    maps = ("-map", "0:v", "-map", "1:v")
    run_ffmpeg(["-i", str(films[0]), "-i", str(films[1]), *maps, "-c", "copy", *chosen], path)
    outcome = extract(sandbox, path)
    assert_shows_what_it_tells(films[default], outcome)
    gop = (10, 40)[default]
    assert {round(25 * picture.time_s) % gop for picture in outcome.pictures} == {0}
