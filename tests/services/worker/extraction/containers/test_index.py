"""Requirements on the index of every container: the nearest keyframe, the exact frame, few bytes read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.support.extracted import SMALL
from tests.support.ranged import Counted, frames_at, numbers
from tests.support.videos import UNINDEXED

if TYPE_CHECKING:
    from tests.support.videos import Videos

CONSTANT_RATE = ("-b:v", "4M", "-minrate", "4M", "-maxrate", "4M", "-bufsize", "1M", "-nal-hrd", "cbr")


@dataclass(frozen=True)
class Kind:
    """A container with a codec that is usual in it. `is_indexed`: it has a table of keyframes."""

    name: str
    codec: str = "h264"
    options: tuple[str, ...] = ()
    is_indexed: bool = True
    late_s: float = 0.0
    """Upper limit on errors of times, where the container has none of its own."""
    max_round_trips: int = 22
    """Upper limit of reads that follow each other in a long file."""

    def __str__(self) -> str:
        return f"{self.name} {self.codec} {' '.join(self.options)}".strip()


KINDS = [
    Kind("a.mkv"),
    Kind("a.mkv", "hevc"),
    Kind("a.mkv", "mpeg4"),
    Kind("a.mkv", options=UNINDEXED, is_indexed=False),
    Kind("a.webm", "vp9"),
    Kind("a.webm", "vp8"),
    Kind("a.avi", "mpeg4"),
    Kind("a.avi", late_s=0.12),
    Kind("a.wmv", "wmv2", is_indexed=False),
    Kind("a.wmv", "wmv1", ("-q:v", "3"), is_indexed=False),
    Kind("a.flv", is_indexed=False),
    Kind("a.flv", options=("-flvflags", "add_keyframe_index")),
    Kind("a.flv", "flv", ("-q:v", "3"), is_indexed=False),
    Kind("a.ts", is_indexed=False, max_round_trips=14),
    Kind("a.ts", "hevc", is_indexed=False),
    Kind("a.ts", "mpeg2video", ("-q:v", "3"), is_indexed=False),
    Kind("a.m2ts", is_indexed=False, max_round_trips=14),
    Kind("wrap.ts", options=("-output_ts_offset", "95440"), is_indexed=False, max_round_trips=14),
]


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_find_nearest_shows_nearest_keyframe(videos: Videos, kind: Kind) -> None:
    path = videos.video(kind.name, codec=kind.codec, duration_s=6, gop=50, options=kind.options)
    frames = frames_at(path, [0.8, 2.9, 4.9])
    assert numbers(frames) == [0, 50, 100]
    assert [frame.time_s for frame in frames] == pytest.approx([0, 2, 4], abs=0.001 + kind.late_s)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.codec in ("h264", "hevc")], ids=str)
def test_decode_chain_reaches_exact_frame(videos: Videos, kind: Kind) -> None:
    options = (*kind.options, "-bf", "2")
    path = videos.video(kind.name, codec=kind.codec, duration_s=8, gop=1000, options=options, **SMALL)
    frames = frames_at(path, [4.0, 7.6])
    assert numbers(frames) == pytest.approx([100, 190], abs=kind.late_s * 25)
    assert [frame.time_s for frame in frames] == pytest.approx([4.0, 7.6], abs=0.001 + kind.late_s)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.codec == "h264"], ids=str)
def test_long_file_takes_few_reads(videos: Videos, kind: Kind) -> None:
    film = videos.video("a.mp4", duration_s=60, gop=50, options=CONSTANT_RATE, **SMALL)
    path = videos.copied(film, kind.name, options=kind.options)
    counted = Counted(path)
    frames = frames_at(path, [6, 30, 57], counted)
    assert [frame.time_s for frame in frames] == pytest.approx([6, 30, 57], abs=1.0 if kind.is_indexed else 2.1)
    shown = [round(25 * frame.time_s) for frame in frames]
    assert numbers(frames) == pytest.approx(shown, abs=kind.late_s * 25)
    assert counted.read_bytes < (4_000_000 if kind.is_indexed else 12_000_000)
    assert len(counted.ranges) <= (32 if kind.is_indexed else 64)
    assert counted.round_trips <= kind.max_round_trips


def test_matroska_takes_three_round_trips(videos: Videos) -> None:
    """The start of the file, the Cues with the first sound, and the keyframes."""
    large = ("-vf", "noise=alls=60:allf=t", "-qp", "12")
    film = videos.video("sound.mp4", duration_s=4, audio="aac", options=large)
    counted = Counted(videos.copied(film, "sound.mkv"))
    frames = frames_at(counted.path, [1, 2, 3], counted)
    assert [frame.time_s for frame in frames] == pytest.approx([1, 2, 3], abs=0.001)
    assert counted.round_trips <= 3
