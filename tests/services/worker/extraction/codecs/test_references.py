"""Pictures that no other refers to are not decoded, and FFmpeg generates as few missing ones as possible."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from services.worker.extraction import containers
from services.worker.extraction.codecs import get_codec, h264, hevc, nal
from services.worker.extraction.codecs.bits import format_bits, pack_bits
from services.worker.extraction.containers.stream import read_samples
from services.worker.extraction.examine import examine_container
from services.worker.extraction.frames import avi_wrapper, decode
from tests.support.ranged import Counted, frames_at, numbers
from tests.support.videos import ONE_THREAD_OF_X265, frame_number

if TYPE_CHECKING:
    from pathlib import Path

    import cv2

    from services.worker.extraction.containers.stream import Stream
    from services.worker.extraction.pixels.orientation import Image
    from tests.support.videos import Videos

H264 = ("-preset", "medium", "-bf", "3", "-x264-params", "b-adapt=0")
HEVC = ("-x265-params", f"{ONE_THREAD_OF_X265}:log-level=error:bframes=3:ref=3:open-gop=1")


def read_chain(path: Path, time_s: float) -> tuple[Stream, list[float], list[bytes]]:
    """Return the stream, and times and data of all pictures to decode for a time."""
    reader = Counted(path).reader()
    index = containers.open_index(reader, examine_container(reader).container.name)
    samples = index.find_decode_chain(time_s, 1000)
    return index.stream, [sample.time_s for sample in samples], read_samples(reader, samples)


def decode_in_file(stream: Stream, pictures: list[bytes]) -> list[Image]:
    """Return the decoded pictures in their full size."""
    memory = decode.Memory(
        avi_wrapper.wrap_pictures(
            get_codec(stream.decoder), stream.extradata, (stream.width_px, stream.height_px), pictures, stream.tag
        )
    )
    capture = decode.open_wrapped(memory)
    images = []
    while (read := capture.read())[0]:
        images.append(np.asarray(read[1], np.uint8))
    return images


@pytest.mark.parametrize("name", ["run.mp4", "run.mkv", "run.ts"])
@pytest.mark.parametrize(("codec", "options"), [("h264", H264), ("hevc", HEVC)])
def test_find_references_finds_unreferenced_pictures(
    videos: Videos, name: str, codec: str, options: tuple[str, ...]
) -> None:
    path = videos.video(name, codec=codec, width_px=320, height_px=180, duration_s=4, gop=1000, options=options)
    stream, _, pictures = read_chain(path, 3.6)
    needed = get_codec(codec).select_needed(stream.extradata, pictures, [False] * len(pictures))
    assert needed[0] == (0, pictures[0])
    assert 0.25 * len(pictures) < len(pictures) - len(needed) < 0.8 * len(pictures)


@pytest.mark.parametrize("name", ["run.mp4", "run.webm"])
def test_unreferenced_av1_frames_are_not_decoded(videos: Videos, name: str) -> None:
    """Three quarters of all pictures are such frames, or show an earlier frame again."""
    path = videos.video(name, codec="av1", width_px=320, height_px=180, duration_s=4, gop=1000)
    stream, _, pictures = read_chain(path, 3.6)
    wanted = [False] * (len(pictures) - 1) + [True]
    needed = get_codec("av1").select_needed(stream.extradata, pictures, wanted)
    assert needed[0] == (0, pictures[0])
    assert needed[-1][0] == len(pictures) - 1
    assert len(needed) < 0.5 * len(pictures)
    assert sum(len(data) for _, data in needed) < sum(map(len, pictures))
    every = decode_in_file(stream, pictures)
    few = decode_in_file(stream, [data for _, data in needed])
    assert (every[-1] == few[-1]).all()
    everything = list(enumerate(pictures))
    assert get_codec("av1").select_needed(stream.extradata, pictures, [True] * len(pictures)) == everything


def test_unreadable_av1_is_decoded_completely(videos: Videos) -> None:
    path = videos.video("run.mp4", codec="av1", width_px=320, height_px=180, duration_s=4, gop=1000)
    stream, _, pictures = read_chain(path, 3.6)
    wanted = [False] * len(pictures)
    for odd in (pictures[5][:1], b"\x34" + pictures[5][1:], b"\x30" + pictures[5][1:]):
        damaged = [*pictures[:5], odd, *pictures[6:]]
        needed = get_codec("av1").select_needed(stream.extradata, damaged, wanted)
        assert needed == list(enumerate(damaged))


@pytest.mark.parametrize("codec", ["vp9", "mpeg4"])
def test_other_codecs_keep_all_pictures(videos: Videos, codec: str) -> None:
    path = videos.video("all.mp4", codec=codec, width_px=320, height_px=180, duration_s=2, gop=1000)
    stream, _, pictures = read_chain(path, 1.6)
    needed = get_codec(codec).select_needed(stream.extradata, pictures, [False] * len(pictures))
    assert needed == list(enumerate(pictures))


@pytest.mark.parametrize(
    ("name", "codec", "options"),
    [(f"exact.{suffix}", *made) for suffix in ("mp4", "mkv", "ts", "flv") for made in (("h264", H264), ("hevc", HEVC))]
    + [("exact.mp4", "av1", ()), ("exact.webm", "av1", ())],
)
def test_exact_frame_is_shown_without_unreferenced_pictures(
    videos: Videos, name: str, codec: str, options: tuple[str, ...]
) -> None:
    """Four pictures in a row are of all four kinds."""
    path = videos.video(name, codec=codec, width_px=320, height_px=180, duration_s=8, gop=1000, options=options)
    times_s = [number / 25 for number in (101, 102, 103, 104, 199)]
    assert numbers(frames_at(path, times_s)) == [101, 102, 103, 104, 199]


def test_pictures_lost_by_the_decoder_are_counted(videos: Videos, monkeypatch: pytest.MonkeyPatch) -> None:
    """FFmpeg loses pictures of a stream without a VUI until it knows how far they are reordered."""
    path = videos.video("run.mp4", width_px=320, height_px=180, duration_s=4, gop=1000, options=H264)
    stream, times_s, pictures = read_chain(path, 3.6)

    def without_vui(unit: bytes) -> bytes:
        at = h264.read_parameters(unit).vui_at
        return pack_bits(format_bits(nal.unescape_unit(unit))[:at] + "0") if unit[0] & 31 == 7 else unit

    no_vui = nal.rewrite_units(stream.extradata, nal.split_avcc(stream.extradata), without_vui, 2)
    target_s = sorted(times_s)[-3]
    after = sum(1 for time_s in times_s if time_s > target_s)
    coded = h264.describe(stream.extradata, pictures[0])
    runs: list[int] = []
    real = decode.open_wrapped

    def counted(memory: decode.Memory) -> cv2.VideoCapture:
        runs.append(1)
        return real(memory)

    monkeypatch.setattr(decode, "open_wrapped", counted)
    for extradata, count in ((stream.extradata, 1), (no_vui, 2)):
        runs.clear()
        changed = replace(stream, extradata=extradata)
        (image,) = decode.decode_pictures(changed, coded, pictures, decode.Rendering(320), shown_after=[after])
        assert image is not None
        assert frame_number(image) == round(target_s * 25)
        assert len(runs) == count


def test_pictures_behind_one_keyframe_are_decoded_together(videos: Videos, monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[int] = []
    real = decode.decode_pictures

    def counted(stream: Stream, *arguments: object, **options: object) -> list[Image | None]:
        runs.append(1)
        return real(stream, *arguments, **options)  # type: ignore[arg-type]

    path = videos.video("shared.mp4", duration_s=10, gop=1000, options=("-bf", "3"))
    monkeypatch.setattr(decode, "decode_pictures", counted)
    assert numbers(frames_at(path, [3.0, 5.0, 9.4])) == [75, 125, 235]
    assert len(runs) == 1


def test_isolated_keyframe_shows_the_same_picture(videos: Videos) -> None:
    options = ("-preset", "medium", "-x265-params", f"{ONE_THREAD_OF_X265}:log-level=error:bframes=4:ref=4:open-gop=1")
    path = videos.video("open.mp4", codec="hevc", width_px=640, height_px=360, duration_s=6, gop=50, options=options)
    reader = Counted(path).reader()
    index = containers.open_index(reader, "mp4")
    stream = index.stream
    (keyframe,) = read_samples(reader, index.find_nearest([4.0]))
    changed = hevc.isolate_keyframe(stream.extradata, keyframe)
    assert changed != keyframe
    assert len(changed) == len(keyframe)
    assert hevc.isolate_keyframe(stream.extradata, changed) == changed
    (before,), (after,) = decode_in_file(stream, [keyframe]), decode_in_file(stream, [changed])
    assert (before == after).all()


def test_keyframe_without_references_is_not_rewritten(videos: Videos) -> None:
    path = videos.video("closed.mp4", codec="hevc", duration_s=4, gop=50)
    reader = Counted(path).reader()
    index = containers.open_index(reader, "mp4")
    (keyframe,) = read_samples(reader, index.find_nearest([2.0]))
    assert hevc.isolate_keyframe(index.stream.extradata, keyframe) == keyframe
