"""Pictures that nothing is predicted from are not decoded, and none is made up that need not be."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from services.worker.extraction import containers
from services.worker.extraction.codecs import h264, headers, hevc, nal
from services.worker.extraction.codecs.bits import bits_of, bytes_of
from services.worker.extraction.containers.stream import read_samples
from services.worker.extraction.examine import examine_container
from services.worker.extraction.frames import avi_wrapper as tiny
from services.worker.extraction.frames import decode
from tests.support.ranged import Counted, frames_at, numbers
from tests.support.videos import frame_number

if TYPE_CHECKING:
    from pathlib import Path

    import cv2

    from services.worker.extraction.containers.stream import Stream
    from services.worker.extraction.pixels.orientation import Image
    from tests.support.videos import Videos

H264 = ("-preset", "medium", "-bf", "3")
HEVC = ("-preset", "medium", "-x265-params", "log-level=error:bframes=3:open-gop=1")


def run_up(path: Path, time_s: float) -> tuple[Stream, list[float], list[bytes]]:
    """The stream, and all pictures that lead up to a time, with theirs."""
    reader = Counted(path).reader()
    index = containers.open_index(reader, examine_container(reader).container.name)
    samples = index.find_decode_chain(time_s, 1000)
    return index.stream, [sample.time_s for sample in samples], read_samples(reader, samples)


def alone_in_a_file(stream: Stream, pictures: list[bytes]) -> list[Image]:
    """What the decoder makes of pictures, at their full size."""
    memory = decode.Memory(
        tiny.avi(stream.decoder, stream.extradata, (stream.width_px, stream.height_px), pictures, stream.tag)
    )
    capture = decode.open_tiny(memory)
    images = []
    while (read := capture.read())[0]:
        images.append(np.asarray(read[1], np.uint8))
    return images


@pytest.mark.parametrize("name", ["run.mp4", "run.mkv", "run.ts"])
@pytest.mark.parametrize(("codec", "options"), [("h264", H264), ("hevc", HEVC)])
def test_what_nothing_is_predicted_from_is_found(
    videos: Videos, name: str, codec: str, options: tuple[str, ...]
) -> None:
    path = videos.video(name, codec=codec, width_px=320, height_px=180, duration_s=4, gop=1000, options=options)
    stream, _, pictures = run_up(path, 3.6)
    references = headers.references(stream.decoder, stream.extradata, pictures)
    assert references[0]
    assert 0.25 * len(pictures) < references.count(False) < 0.8 * len(pictures)


@pytest.mark.parametrize("name", ["run.mp4", "run.webm"])
def test_frames_of_av1_that_are_not_kept_are_not_decoded(videos: Videos, name: str) -> None:
    """Three quarters of all pictures are such frames, or show again what was decoded for others."""
    path = videos.video(name, codec="av1", width_px=320, height_px=180, duration_s=4, gop=1000)
    stream, _, pictures = run_up(path, 3.6)
    wanted = [False] * (len(pictures) - 1) + [True]
    needed = headers.needed(stream.decoder, stream.extradata, pictures, wanted)
    assert needed[0] == (0, pictures[0])
    assert needed[-1][0] == len(pictures) - 1
    assert len(needed) < 0.5 * len(pictures)
    assert sum(len(data) for _, data in needed) < sum(map(len, pictures))
    every = alone_in_a_file(stream, pictures)
    few = alone_in_a_file(stream, [data for _, data in needed])
    assert (every[-1] == few[-1]).all()
    everything = list(enumerate(pictures))
    assert headers.needed(stream.decoder, stream.extradata, pictures, [True] * len(pictures)) == everything


def test_of_av1_that_cannot_be_read_all_is_decoded(videos: Videos) -> None:
    path = videos.video("run.mp4", codec="av1", width_px=320, height_px=180, duration_s=4, gop=1000)
    stream, _, pictures = run_up(path, 3.6)
    wanted = [False] * len(pictures)
    for odd in (pictures[5][:1], b"\x34" + pictures[5][1:], b"\x30" + pictures[5][1:]):
        damaged = [*pictures[:5], odd, *pictures[6:]]
        needed = headers.needed(stream.decoder, stream.extradata, damaged, wanted)
        assert needed == list(enumerate(damaged))


@pytest.mark.parametrize("codec", ["vp9", "mpeg4"])
def test_of_other_codecs_every_picture_may_be_needed(videos: Videos, codec: str) -> None:
    path = videos.video("all.mp4", codec=codec, width_px=320, height_px=180, duration_s=2, gop=1000)
    stream, _, pictures = run_up(path, 1.6)
    assert headers.references(stream.decoder, stream.extradata, pictures) == [True] * len(pictures)


@pytest.mark.parametrize(
    ("name", "codec", "options"),
    [(f"exact.{suffix}", *made) for suffix in ("mp4", "mkv", "ts", "flv") for made in (("h264", H264), ("hevc", HEVC))]
    + [("exact.mp4", "av1", ()), ("exact.webm", "av1", ())],
)
def test_the_exact_frame_is_shown_without_them(videos: Videos, name: str, codec: str, options: tuple[str, ...]) -> None:
    """Pictures of every kind: four in a row are one of each."""
    path = videos.video(name, codec=codec, width_px=320, height_px=180, duration_s=8, gop=1000, options=options)
    times_s = [number / 25 for number in (101, 102, 103, 104, 199)]
    assert numbers(frames_at(path, times_s)) == [101, 102, 103, 104, 199]


def test_pictures_that_a_decoder_loses_are_allowed_for(videos: Videos, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream that does not say how far its pictures are reordered: FFmpeg learns it from those that it loses."""
    path = videos.video("run.mp4", width_px=320, height_px=180, duration_s=4, gop=1000, options=H264)
    stream, times_s, pictures = run_up(path, 3.6)

    def without_usability(unit: bytes) -> bytes:
        at = h264.parameters(unit).usability_at
        return bytes_of(bits_of(nal.unescaped(unit))[:at] + "0") if unit[0] & 31 == 7 else unit

    untold = nal.rewritten(stream.extradata, nal.in_avcc(stream.extradata), without_usability, 2)
    target_s = sorted(times_s)[-3]
    after = sum(1 for time_s in times_s if time_s > target_s)
    coded = headers.describe("h264", stream.extradata, pictures[0])
    runs: list[int] = []
    real = decode.open_tiny

    def counted(memory: decode.Memory) -> cv2.VideoCapture:
        runs.append(1)
        return real(memory)

    monkeypatch.setattr(decode, "open_tiny", counted)
    for extradata, count in ((stream.extradata, 1), (untold, 2)):
        runs.clear()
        told = replace(stream, extradata=extradata)
        (image,) = decode.decode(told, coded, pictures, shown_after=[after], max_width_px=320)
        assert image is not None
        assert frame_number(image) == round(target_s * 25)
        assert len(runs) == count


def test_pictures_behind_one_keyframe_are_decoded_in_one_run(videos: Videos, monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[int] = []
    real = decode.decode

    def counted(stream: Stream, *arguments: object, **options: object) -> list[Image | None]:
        runs.append(1)
        return real(stream, *arguments, **options)  # type: ignore[arg-type]

    path = videos.video("shared.mp4", duration_s=10, gop=1000, options=("-bf", "3"))
    monkeypatch.setattr(decode, "decode", counted)
    assert numbers(frames_at(path, [3.0, 5.0, 9.4])) == [75, 125, 235]
    assert len(runs) == 1


def test_a_keyframe_names_few_pictures_before_it_and_shows_the_same(videos: Videos) -> None:
    options = ("-preset", "medium", "-x265-params", "log-level=error:bframes=4:ref=4:open-gop=1")
    path = videos.video("open.mp4", codec="hevc", width_px=640, height_px=360, duration_s=6, gop=50, options=options)
    reader = Counted(path).reader()
    index = containers.open_index(reader, "mp4")
    stream = index.stream
    (keyframe,) = read_samples(reader, index.find_nearest([4.0]))
    changed = hevc.alone(stream.extradata, keyframe)
    assert changed != keyframe
    assert len(changed) == len(keyframe)
    assert hevc.alone(stream.extradata, changed) == changed
    (before,), (after,) = alone_in_a_file(stream, [keyframe]), alone_in_a_file(stream, [changed])
    assert (before == after).all()


def test_a_keyframe_that_names_none_stays_as_it_is(videos: Videos) -> None:
    path = videos.video("closed.mp4", codec="hevc", duration_s=4, gop=50)
    reader = Counted(path).reader()
    index = containers.open_index(reader, "mp4")
    (keyframe,) = read_samples(reader, index.find_nearest([2.0]))
    assert hevc.alone(index.stream.extradata, keyframe) == keyframe
