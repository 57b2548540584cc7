"""The one frame at a time: the number burned into it is that of the frame that players show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from services.contract.frames import FrameOptions
from services.contract.records import ReasonCode, VideoState
from services.contract.thumbnails import ImageFormat, ThumbnailOptions
from services.local.samples import run_ffmpeg
from services.worker.extraction.containers.avi import index as avi_index
from services.worker.extraction.containers.scan import MAX_WHOLE_BYTES
from services.worker.extraction.containers.stream import CodedSample
from services.worker.extraction.extract import extract_frame
from services.worker.extraction.frames.exact import find_shown_chain
from services.worker.extraction.frames.request import SearchLimits
from services.worker.extraction.reading.source import LocalFile
from tests.support.extracted import SMALL
from tests.support.ranged import Counted
from tests.support.videos import FRAGMENTED, UNINDEXED, VARIABLE_RATE, Videos, frame_number

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from services.worker.extraction.outcome import Outcome
    from services.worker.extraction.sandbox.sandbox import Sandbox

FPS = 25
OPEN_GOP = ("-bf", "2", "-x264-params", "open-gop=1:scenecut=0")
LONG: dict[str, Any] = {**SMALL, "duration_s": 8, "gop": 100}
TIMES_S = (0.0, 0.039, 0.04, 1.6, 3.979, 5.333, 7.999)


def ask(sandbox: Sandbox, path: Path, time_s: float, **options: Any) -> Outcome:
    with LocalFile(path) as source:
        return sandbox.extract_frame(source, FrameOptions(time_s=time_s, **options))


def number_and_time(outcome: Outcome) -> tuple[int, int]:
    """Return the number of the frame, and the number that its time belongs to: a millisecond counts as none."""
    [picture] = outcome.pictures
    image = cv2.imdecode(np.frombuffer(picture.data, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    assert abs(picture.time_s * FPS - round(picture.time_s * FPS)) < 0.03
    return frame_number(image.astype(np.uint8)), round(picture.time_s * FPS)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("plain.mp4", {}),
        ("reordered.mp4", {"options": ("-bf", "2")}),
        ("open.mp4", {"options": OPEN_GOP, "gop": 40}),
        ("open-fragments.mp4", {"options": (*OPEN_GOP, *FRAGMENTED), "gop": 40}),
        ("reordered.mkv", {"options": ("-bf", "2")}),
        ("unindexed.mkv", {"options": UNINDEXED}),
        ("open.ts", {"options": OPEN_GOP, "gop": 40}),
        ("plain.avi", {"codec": "mpeg4"}),
        ("plain.flv", {}),
        ("plain.wmv", {"codec": "wmv2"}),
        # Without an index of ours: FFmpeg seeks.
        ("plain.ogv", {"codec": "libtheora"}),
    ],
)
def test_each_container_gives_the_frame_shown_at_a_time(
    videos: Videos, sandbox: Sandbox, name: str, options: dict[str, Any]
) -> None:
    film = videos.video(name, **{**LONG, **options})
    for time_s in TIMES_S:
        outcome = ask(sandbox, film, time_s)
        number = int((time_s + 0.0005) * FPS)
        assert number_and_time(outcome) == (number, number), time_s


def test_a_frame_that_is_shown_for_long_is_found(videos: Videos, sandbox: Sandbox) -> None:
    # After the first 30, only every tenth frame, which is shown until the next one.
    film = videos.video("variable.mp4", **LONG, options=VARIABLE_RATE)
    for time_s, number in ((1.16, 29), (1.59, 30), (1.6, 40), (1.999, 40), (6.35, 150)):
        assert number_and_time(ask(sandbox, film, time_s)) == (number, number)


def test_a_time_beyond_the_end_names_the_duration(videos: Videos, sandbox: Sandbox) -> None:
    film = videos.video("plain.mp4", **LONG)
    outcome = ask(sandbox, film, 8.001)
    assert (outcome.state, outcome.reason_code) == (VideoState.FAILED, ReasonCode.NEARBY_FRAME)
    assert outcome.info is not None
    assert outcome.info.duration_s == pytest.approx(8.0)


@pytest.mark.parametrize("image_format", ImageFormat)
def test_a_frame_has_the_size_and_format_asked_for(videos: Videos, sandbox: Sandbox, image_format: ImageFormat) -> None:
    film = videos.video("plain.mp4", **LONG)
    outcome = ask(sandbox, film, 2, width_px=160, height_px=45, format=image_format)
    [picture] = outcome.pictures
    assert (picture.width_px, picture.height_px, picture.placeholder) == (80, 45, None)
    kinds = {ImageFormat.JPEG: b"\xff\xd8\xff", ImageFormat.WEBP: b"RIFF", ImageFormat.AVIF: b"\x00\x00\x00"}
    assert picture.data.startswith(kinds[image_format])


def test_a_long_stream_is_not_read_from_its_start(videos: Videos, sandbox: Sandbox) -> None:
    # Mostly stuffing, as in a broadcast of a constant rate.
    film = videos.video("long.ts", **{**LONG, "duration_s": 24, "gop": 50}, options=("-muxrate", "4M"))
    assert film.stat().st_size > MAX_WHOLE_BYTES
    outcome = ask(sandbox, film, 17.333)
    assert number_and_time(outcome) == (433, 433)
    assert outcome.usage.bytes_read < film.stat().st_size / 3


def test_the_tables_of_a_long_film_are_read_at_once(videos: Videos, sandbox: Sandbox) -> None:
    clip = videos.video("clip.mp4", **LONG, audio="aac", options=("-bf", "2", "-crf", "40"))
    repeated = ["-stream_loop", "149", "-i", str(clip), "-c", "copy"]
    film = videos.once("film.mp4", lambda path: run_ffmpeg(repeated, path), clip, repeated)
    outcome = ask(sandbox, film, 803.2)
    assert outcome.pictures[0].time_s == pytest.approx(803.18, abs=0.021)
    # The start, the movie box's head, the movie box, and the frames from the keyframe on.
    assert outcome.usage.requests <= 4


def test_no_frame_number_of_a_long_avi_is_estimated(videos: Videos, monkeypatch: pytest.MonkeyPatch) -> None:
    film = videos.video("sound.avi", **LONG, codec="mpeg4", audio="pcm_s16le")
    monkeypatch.setattr(avi_index, "_MAX_WHOLE_BYTES", 0)
    monkeypatch.setattr(avi_index, "_WINDOW_ENTRIES", 16)
    options = ThumbnailOptions(smart=False)
    for time_s in TIMES_S:
        reader = Counted(film).reader()
        outcome = extract_frame(
            reader, options, FrameOptions(time_s=time_s), SearchLimits(read_bytes=1 << 26, cpu_s=1e9)
        )
        assert outcome.index_failure is None
        assert number_and_time(outcome)[0] == int((time_s + 0.0005) * FPS)


def find_by_times(times_s: Sequence[float], time_s: float) -> list[float]:
    def find_nearest(wanted_s: float) -> list[CodedSample]:
        return [CodedSample(min(times_s, key=lambda one_s: abs(one_s - wanted_s)))]

    return [sample.time_s for sample in find_shown_chain(find_nearest, time_s, frame_s=0.04)]


def test_no_frame_between_is_overlooked_at_any_rate() -> None:
    times_s = [0.0, 0.04, 0.08, 5.0, 5.001, 5.002, 9.0]
    asked = {0.0: 0.0, 0.0396: 0.04, 0.07: 0.04, 4.9: 0.08, 4.9996: 5.0, 5.0012: 5.001, 8.9: 5.002, 20.0: 9.0}
    assert {time_s: find_by_times(times_s, time_s) for time_s in asked} == {
        time_s: [shown_s] for time_s, shown_s in asked.items()
    }
    # A video that begins later shows its first frame.
    assert find_by_times([0.08, 0.12], 0.0) == [0.08]
