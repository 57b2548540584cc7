"""Times on the timeline that players show: the frame of `time_s` is the one that ffmpeg shows at that time.

ffmpeg counts from the first picture or sound, as mpv and browsers do.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest

from services.contract.records import ReasonCode, VideoState
from services.contract.thumbnails import ThumbnailOptions
from services.local.samples import run_ffmpeg
from services.worker.extraction.containers.asf.objects import FILE_PROPERTIES
from services.worker.extraction.containers.stream import BrokenIndexError
from services.worker.extraction.extract import extract
from services.worker.extraction.frames.request import SearchLimits
from tests.support import extracted
from tests.support.avi_parts import make_opendml
from tests.support.extracted import SMALL
from tests.support.ranged import Counted
from tests.support.reference import presented_by_ffmpeg
from tests.support.videos import FRAGMENTED, VARIABLE_RATE, Videos, frame_number

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from services.worker.extraction.outcome import Outcome

LIMITS = SearchLimits(read_bytes=1 << 26, cpu_s=1e9)
DURATION_S = 6
LATE_S = 0.4
WITHOUT_EDIT_LIST = ("-use_editlist", "0")


@pytest.fixture(scope="module")
def film(videos: Videos) -> Path:
    return videos.video("film.mp4", **SMALL, duration_s=DURATION_S, gop=50, options=("-bf", "2"))


@pytest.fixture(scope="module")
def tone(videos: Videos) -> Path:
    return videos.audio("tone.m4a", duration_s=DURATION_S)


def muxed(path: Path, inputs: Sequence[str], *options: str) -> Path:
    run_ffmpeg([*inputs, "-map", "1:v", "-map", "0:a", "-c", "copy", *options], path)
    return path


def thumbnails(path: Path) -> Outcome:
    return extract(Counted(path).reader(), ThumbnailOptions(smart=False), LIMITS)


def assert_shown_by_ffmpeg(path: Path, outcome: Outcome) -> None:
    assert len(outcome.pictures) == 3
    for picture, image in zip(outcome.pictures, extracted.images(outcome), strict=True):
        expected = presented_by_ffmpeg(path, picture.time_s, (image.shape[1], image.shape[0]))
        assert frame_number(image) == frame_number(expected)


LATE_VIDEO = [
    *((name, ()) for name in ("a.mp4", "a.mov", "a.mkv", "a.flv", "a.ts")),
    ("fragments.mp4", (*FRAGMENTED[:1], FRAGMENTED[1] + "+delay_moov")),
    ("fragments.mp4", FRAGMENTED),
]


@pytest.fixture(params=[True, False], ids=["index", "sequential"])
def is_indexed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Let every index be broken if False."""

    def refuse(*_: object) -> None:
        raise BrokenIndexError.at("file", 0, expected="an index", found="none")

    if not request.param:
        monkeypatch.setattr("services.worker.extraction.containers.open_index", refuse)
    return bool(request.param)


@pytest.mark.parametrize("late", LATE_VIDEO)
def test_time_counts_from_sound_before_first_picture(
    film: Path, tone: Path, tmp_path: Path, late: tuple[str, tuple[str, ...]], *, is_indexed: bool
) -> None:
    name, options = late
    path = muxed(tmp_path / name, ("-i", str(tone), "-itsoffset", str(LATE_S), "-i", str(film)), *options)
    outcome = thumbnails(path)
    assert (outcome.index_failure is None) == is_indexed
    assert outcome.state is VideoState.DONE
    assert outcome.info is not None
    assert outcome.info.duration_s == pytest.approx(DURATION_S + LATE_S, abs=0.1)
    assert_shown_by_ffmpeg(path, outcome)


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.flv", "a.ts"])
def test_common_start_offset_is_not_counted(film: Path, tone: Path, tmp_path: Path, name: str) -> None:
    inputs = ("-itsoffset", "5.3", "-i", str(tone), "-itsoffset", "5.3", "-i", str(film))
    path = muxed(tmp_path / name, inputs)
    outcome = thumbnails(path)
    assert outcome.info is not None
    assert outcome.info.duration_s == pytest.approx(DURATION_S, abs=0.15)
    assert_shown_by_ffmpeg(path, outcome)


@pytest.mark.parametrize("counted_from_s", [0.0, LATE_S], ids=["ffmpeg", "mkvmerge"])
def test_late_start_is_not_part_of_matroska_duration(
    film: Path, tone: Path, tmp_path: Path, counted_from_s: float, *, is_indexed: bool
) -> None:
    inputs = ("-itsoffset", str(LATE_S), "-i", str(tone), "-itsoffset", str(LATE_S), "-i", str(film))
    path = muxed(tmp_path / "a.mkv", inputs)
    content = bytearray(path.read_bytes())
    at = content.index(b"\x44\x89\x88") + 3
    (stated_ms,) = struct.unpack_from(">d", content, at)
    struct.pack_into(">d", content, at, stated_ms - 1000 * counted_from_s)
    path.write_bytes(content)
    outcome = thumbnails(path)
    assert (outcome.index_failure is None) == is_indexed
    assert outcome.info is not None
    assert outcome.info.duration_s == pytest.approx(stated_ms / 1000 - LATE_S, abs=0.04)


NEGATIVE_OFFSETS = "+negative_cts_offsets"


@pytest.mark.parametrize(
    "options",
    [(), ("-movflags", NEGATIVE_OFFSETS), FRAGMENTED, (*FRAGMENTED[:1], FRAGMENTED[1] + NEGATIVE_OFFSETS)],
    ids=["whole", "negative offsets", "fragments", "fragments with negative offsets"],
)
def test_reordering_delay_counts_without_edit_list(
    film: Path, tone: Path, tmp_path: Path, options: tuple[str, ...]
) -> None:
    path = muxed(tmp_path / "a.mp4", ("-i", str(tone), "-i", str(film)), *WITHOUT_EDIT_LIST, *options)
    assert_shown_by_ffmpeg(path, thumbnails(path))


@pytest.mark.parametrize(
    ("codec", "options"),
    [
        ("mpeg4", ("-bf", "2", "-mpv_flags", "+strict_gop")),
        ("h264", ("-bf", "2")),
        ("h264", ("-bf", "2", *VARIABLE_RATE)),
        ("h264", ("-bf", "3", "-b_strategy", "0", "-x264-params", "open-gop=1:b-pyramid=normal:scenecut=0")),
    ],
    ids=["mpeg4", "h264", "h264 with dropped frames", "h264 in open groups"],
)
def test_reordering_delay_counts_in_avi(
    videos: Videos, tone: Path, tmp_path: Path, codec: str, options: tuple[str, ...], *, is_indexed: bool
) -> None:
    film = videos.video("film.avi", codec=codec, **SMALL, duration_s=DURATION_S, gop=24, options=options)
    path = muxed(tmp_path / "a.avi", ("-i", str(tone), "-i", str(film)))
    outcome = thumbnails(path)
    assert (outcome.index_failure is None) == is_indexed
    assert_shown_by_ffmpeg(path, outcome)


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.flv", "a.ts", "a.avi"])
def test_sound_after_last_picture_counts(film: Path, videos: Videos, tmp_path: Path, name: str) -> None:
    long = videos.audio("long.m4a", duration_s=20)
    path = muxed(tmp_path / name, ("-i", str(long), "-i", str(film)), "-bsf:v", "h264_mp4toannexb")
    outcome = thumbnails(path)
    assert (outcome.state, outcome.reason) == (VideoState.DONE, None)
    assert outcome.info is not None
    assert outcome.info.duration_s == pytest.approx(20, abs=0.2)
    last = outcome.pictures[-1]
    assert last.time_s == pytest.approx(DURATION_S, abs=0.1)
    assert last.note is not None
    assert f"{last.time_s:.1f} s" in last.note
    assert f"{0.95 * (outcome.info.duration_s or 0.0):.1f} s" in last.note


def test_last_picture_that_is_shown_for_long_is_whole(film: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    longer = f"setts=duration=if(eq(N\\,{25 * DURATION_S - 1})\\,4/TB\\,DURATION)"
    run_ffmpeg(["-i", str(film), "-c", "copy", "-bsf:v", longer], path)
    outcome = thumbnails(path)
    assert (outcome.state, outcome.reason) == (VideoState.DONE, None)
    assert outcome.info is not None
    assert outcome.info.duration_s == pytest.approx(DURATION_S + 4, abs=0.2)
    assert outcome.pictures[-1].time_s == pytest.approx(DURATION_S, abs=0.2)


@pytest.fixture(scope="module")
def other(videos: Videos) -> Path:
    return videos.video("other.mp4", **SMALL, duration_s=DURATION_S / 2, gop=50, options=("-bf", "2"))


@pytest.mark.parametrize("offset_s", [0, 3600])
@pytest.mark.parametrize("is_first", [True, False])
def test_joined_transport_streams_go_on(
    film: Path, other: Path, tmp_path: Path, offset_s: int, *, is_first: bool
) -> None:
    run_ffmpeg(["-i", str(film), "-c", "copy"], tmp_path / "1.ts")
    run_ffmpeg(["-i", str(other), "-c", "copy", "-output_ts_offset", str(offset_s)], tmp_path / "2.ts")
    parts = [(tmp_path / "1.ts").read_bytes(), (tmp_path / "2.ts").read_bytes()]
    path = tmp_path / "joined.ts"
    path.write_bytes(b"".join(parts if is_first else parts[::-1]))
    assert_goes_on(thumbnails(path), DURATION_S if is_first else DURATION_S / 2)


def test_joined_flash_videos_go_on(film: Path, other: Path, tmp_path: Path) -> None:
    for source, name in ((film, "1.flv"), (other, "2.flv")):
        run_ffmpeg(["-i", str(source), "-c", "copy"], tmp_path / name)
    path = tmp_path / "joined.flv"
    # Nine bytes of header, and the length of no tag.
    path.write_bytes((tmp_path / "1.flv").read_bytes() + (tmp_path / "2.flv").read_bytes()[13:])
    assert_goes_on(thumbnails(path), DURATION_S)


def test_segment_after_the_first_is_missing(film: Path, other: Path, tmp_path: Path) -> None:
    for source, name in ((film, "1.mkv"), (other, "2.mkv")):
        run_ffmpeg(["-i", str(source), "-c", "copy"], tmp_path / name)
    path = tmp_path / "joined.mkv"
    path.write_bytes((tmp_path / "1.mkv").read_bytes() + (tmp_path / "2.mkv").read_bytes())
    outcome = thumbnails(path)
    assert (outcome.state, outcome.reason_code) == (VideoState.DEGRADED, ReasonCode.INCOMPLETE)
    assert "after 6.0 s is not shown" in (outcome.reason or "")
    assert outcome.index_failure is None


def assert_goes_on(outcome: Outcome, first_part_s: float) -> None:
    """Assert that the second part, which begins with frame 0 again, follows the first one."""
    assert (outcome.state, outcome.reason) == (VideoState.DONE, None)
    assert outcome.index_failure is not None
    assert outcome.index_failure.is_expected
    assert outcome.info is not None
    assert outcome.info.duration_s == pytest.approx(1.5 * DURATION_S, abs=0.1)
    for picture, image in zip(outcome.pictures, extracted.images(outcome), strict=True):
        part_s = picture.time_s - (first_part_s if picture.time_s > first_part_s - 0.02 else 0)
        assert frame_number(image) == pytest.approx(25 * part_s, abs=1.1)


def test_wrong_durations_in_headers_have_no_effect(film: Path, videos: Videos, tmp_path: Path) -> None:
    for stated_s in (1, 60):
        path = muxed(tmp_path / f"{stated_s}.mkv", ("-i", str(videos.audio("tone.m4a", duration_s=4)), "-i", str(film)))
        content = bytearray(path.read_bytes())
        struct.pack_into(">d", content, content.index(b"\x44\x89\x88") + 3, 1000.0 * stated_s)
        path.write_bytes(content)
        assert_has_duration(thumbnails(path), DURATION_S)
    source = videos.video("a.wmv", codec="wmv2", **SMALL)
    for stated_s in (0, 60):
        content = bytearray(source.read_bytes())
        struct.pack_into("<Q", content, content.index(FILE_PROPERTIES) + 24 + 40, 10**7 * stated_s)
        path = tmp_path / f"{stated_s}.wmv"
        path.write_bytes(content)
        assert_has_duration(thumbnails(path), 4)


def assert_has_duration(outcome: Outcome, duration_s: float) -> None:
    assert (outcome.state, outcome.reason) == (VideoState.DONE, None)
    assert outcome.info is not None
    assert outcome.info.duration_s == pytest.approx(duration_s, abs=0.1)


@pytest.mark.parametrize(
    ("name", "options"), [("a.flv", ("-flvflags", "no_duration_filesize")), ("a.mkv", ("-live", "1"))]
)
def test_recording_without_duration_that_is_cut_is_incomplete(
    film: Path, tmp_path: Path, name: str, options: tuple[str, ...]
) -> None:
    run_ffmpeg(["-i", str(film), "-c", "copy", *options], tmp_path / name)
    content = (tmp_path / name).read_bytes()
    path = tmp_path / f"cut-{name}"
    # Inside a frame: between two, a cut leaves no trace.
    path.write_bytes(content[: round(0.6 * len(content)) - 5])
    outcome = thumbnails(path)
    assert (outcome.state, outcome.reason_code) == (VideoState.DEGRADED, ReasonCode.INCOMPLETE)
    assert outcome.info is not None
    duration_s = outcome.info.duration_s or 0.0
    assert duration_s == pytest.approx(0.6 * DURATION_S, abs=0.5)
    assert f"after {duration_s:.1f} s" in (outcome.reason or "")


@pytest.mark.parametrize("keep", [1, 0.7])
def test_all_parts_of_opendml_count(videos: Videos, tmp_path: Path, keep: float) -> None:
    content = make_opendml(videos.video("a.avi", codec="mpeg4", **SMALL, duration_s=8).read_bytes(), 50)
    path = tmp_path / "parts.avi"
    path.write_bytes(content[: round(keep * len(content))])
    outcome = thumbnails(path)
    assert outcome.info is not None
    assert outcome.info.duration_s == pytest.approx(8)
    assert outcome.index_failure is None
    assert extracted.numbers(outcome) == [round(25 * time_s) for time_s in extracted.times_s(outcome)]
    if keep == 1:
        assert (outcome.state, outcome.reason) == (VideoState.DONE, None)
        assert extracted.times_s(outcome) == pytest.approx([0.8, 4, 7.6], abs=1)
    else:
        assert (outcome.state, outcome.reason_code) == (VideoState.DEGRADED, ReasonCode.INCOMPLETE)


def test_parts_without_index_are_missing(videos: Videos, tmp_path: Path) -> None:
    whole = videos.video("a.avi", codec="mpeg4", **SMALL, duration_s=4).read_bytes()
    content = bytearray(whole + struct.pack("<4sI4s", b"RIFF", 4, b"AVIX"))
    # Number of frames in the header of the stream.
    struct.pack_into("<I", content, content.index(b"strh") + 8 + 32, 200)
    path = tmp_path / "parts.avi"
    path.write_bytes(content)
    outcome = thumbnails(path)
    assert outcome.info is not None
    assert outcome.info.duration_s == pytest.approx(8)
    assert (outcome.state, outcome.reason_code) == (VideoState.DEGRADED, ReasonCode.INCOMPLETE)
    assert "4.0 s of 8.0 s" in (outcome.reason or "")
