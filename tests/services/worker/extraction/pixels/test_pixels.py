"""The right pixels: HDR, interlacing, bit depths, ranges, odd sizes, as FFmpeg shows the same frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from benchmarks.conformance.similarity import measure_similarity
from services.local.samples import encode_video
from services.worker.extraction.pixels.interlace import is_combed
from tests.support.ranged import frames_at, numbers
from tests.support.reference import TONE_MAPPING, shown_by_ffmpeg

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from services.local.samples import Image
    from tests.support.videos import Videos


DURATION_S = 1.2
"""Of videos whose frame after a second is looked at: with a keyframe every second, few frames follow it."""


def hdr(transfer: str) -> tuple[str, ...]:
    """Return ffmpeg's options for a clip with a phone's tags; the counter's pictures are taken for PQ or HLG."""
    colours = f"colorprim=bt2020:transfer={transfer}:colormatrix=bt2020nc"
    return (
        *("-vf", "scale=out_color_matrix=bt2020:out_range=tv", "-pix_fmt", "yuv420p10le"),
        *("-x265-params", f"log-level=error:{colours}", "-tag:v", "hvc1"),
        *("-color_primaries", "bt2020", "-color_trc", transfer, "-colorspace", "bt2020nc"),
    )


@pytest.mark.parametrize("transfer", ["smpte2084", "arib-std-b67"])
def test_hdr_is_tone_mapped(videos: Videos, transfer: str) -> None:
    path = videos.video("phone.mov", codec="hevc", duration_s=DURATION_S, options=hdr(transfer))
    frame = frames_at(path, [1.0])[0]
    assert numbers([frame]) == [25]
    expected = shown_by_ffmpeg(path, frame.time_s, (640, 360), filters=TONE_MAPPING)
    assert measure_similarity(frame.image, expected) >= 0.95


@pytest.mark.parametrize(("name", "codec"), [("phone.mkv", "hevc"), ("film.webm", "vp9"), ("film.mp4", "av1")])
@pytest.mark.parametrize("transfer", ["smpte2084", "arib-std-b67"])
def test_every_hdr_codec_is_tone_mapped(videos: Videos, name: str, codec: str, transfer: str) -> None:
    tags = f"setparams=color_primaries=bt2020:color_trc={transfer}:colorspace=bt2020nc:range=tv"
    tagged = ("-vf", f"scale=out_color_matrix=bt2020:out_range=tv,format=yuv420p10le,{tags}", "-pix_fmt", "yuv420p10le")
    path = videos.video(name, codec=codec, duration_s=DURATION_S, options=hdr(transfer) if codec == "hevc" else tagged)
    frame = frames_at(path, [1.0])[0]
    assert numbers([frame]) == [25]
    expected = shown_by_ffmpeg(path, frame.time_s, (640, 360), filters=TONE_MAPPING)
    assert measure_similarity(frame.image, expected) >= 0.95


@pytest.mark.parametrize(
    ("name", "codec", "options"),
    [
        ("a.mp4", "h264", ("-pix_fmt", "yuv444p")),
        ("a.mp4", "h264", ("-pix_fmt", "yuv422p10le")),
        ("a.mp4", "hevc", ("-pix_fmt", "yuv420p12le")),
        ("a.mp4", "hevc", ("-pix_fmt", "yuv422p10le")),
        ("a.mp4", "hevc", ("-pix_fmt", "yuv444p12le")),
        ("a.mp4", "h264", ("-vf", "scale=out_range=pc", "-color_range", "pc", "-pix_fmt", "yuv420p")),
        ("a.mp4", "h264", ("-vf", "scale=out_color_matrix=bt709", "-colorspace", "bt709")),
        ("a.mp4", "h264", ("-vf", "scale=out_color_matrix=bt601", "-colorspace", "smpte170m")),
        ("a.mp4", "hevc", ("-vf", "scale=out_range=pc", "-color_range", "pc", "-pix_fmt", "yuv420p")),
        ("a.mp4", "av1", ("-pix_fmt", "yuv420p10le")),
        ("a.mp4", "av1", ("-vf", "scale=out_range=pc", "-color_range", "pc", "-pix_fmt", "yuv420p")),
        ("a.webm", "vp9", ("-pix_fmt", "yuv444p")),
        ("a.webm", "vp9", ("-pix_fmt", "yuv420p12le")),
        ("a.webm", "vp8", ("-pix_fmt", "yuva420p", "-auto-alt-ref", "0")),
        ("a.webm", "vp9", ("-pix_fmt", "yuva420p")),
        ("a.mov", "prores", ("-pix_fmt", "yuva444p10le", "-profile:v", "4444")),
        ("a.mov", "mjpeg", ("-pix_fmt", "yuvj422p")),
    ],
)
def test_every_kind_of_pixel_is_shown_as_ffmpeg_does(
    videos: Videos, name: str, codec: str, options: tuple[str, ...]
) -> None:
    path = videos.video(name, codec=codec, duration_s=DURATION_S, options=options)
    frame = frames_at(path, [1.0])[0]
    expected = shown_by_ffmpeg(path, frame.time_s, (640, 360))
    assert measure_similarity(frame.image, expected) >= 0.95
    assert np.abs(frame.image.astype(int) - expected).mean() < 4


@pytest.mark.parametrize("size_px", [(321, 241), (320, 241), (642, 362)])
def test_odd_sizes_lose_no_line(videos: Videos, size_px: tuple[int, int]) -> None:
    width, height = size_px
    path = videos.video(
        "odd.mp4", width_px=width, height_px=height, duration_s=DURATION_S, options=("-pix_fmt", "yuv444p")
    )
    frame = frames_at(path, [1.0])[0]
    shape = frame.image.shape[1::-1]
    assert shape == (min(width, 640), round(height * min(1, 640 / width)))
    assert measure_similarity(frame.image, shown_by_ffmpeg(path, frame.time_s, shape)) >= 0.95


@pytest.mark.parametrize(
    "codec", ["h264", "hevc", "av1", "vp9", "vp8", "mpeg4", "mpeg2video", "h263", "mjpeg", "prores"]
)
def test_shrinking_by_a_few_pixels_crops_nothing(videos: Videos, codec: str) -> None:
    """FFmpeg takes a width that is smaller by less than a macroblock for a crop that the container tells of."""
    name = "narrow.mov" if codec == "prores" else "narrow.mkv"
    path = videos.video(name, codec=codec, width_px=352, height_px=288, sar="43:44", duration_s=DURATION_S)
    frame = frames_at(path, [1.0])[0]
    assert frame.image.shape[1::-1] == (344, 288)
    assert numbers([frame])
    assert measure_similarity(frame.image, shown_by_ffmpeg(path, frame.time_s, (344, 288))) >= 0.98


def _passing(*, interlaced: bool) -> Iterator[Image]:
    """Draw a bar that moves over a still background, 50 times a second; every second moment for frames of one."""
    noise = np.random.default_rng(0).integers(60, 180, (576, 720, 3)).astype(np.uint8)
    background = cv2.GaussianBlur(noise, (0, 0), 4).astype(np.uint8)
    for number in range(0, 60, 2):
        frame = background.copy()
        later = background.copy()
        frame[100:500, 50 + 5 * number : 120 + 5 * number] = 255
        later[100:500, 55 + 5 * number : 125 + 5 * number] = 255
        if interlaced:
            frame[1::2] = later[1::2]
        yield frame


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.mp4", ("-c:v", "libx264", "-x264-params", "tff=1:keyint=25")),
        ("a.ts", ("-c:v", "libx264", "-x264-params", "tff=1:keyint=25")),
        (
            "a.ts",
            (
                "-c:v",
                "libx264",
                "-x264-params",
                "tff=1:keyint=25:nal-hrd=vbr",
                "-b:v",
                "2M",
                "-maxrate",
                "2M",
                "-bufsize",
                "2M",
            ),
        ),
        ("a.ts", ("-c:v", "mpeg2video", "-q:v", "3", "-g", "12")),
        ("a.mov", ("-c:v", "prores_ks")),
    ],
)
def test_interlaced_pictures_have_no_combs(tmp_path: Path, name: str, options: tuple[str, ...]) -> None:
    path = tmp_path / name
    flags = ("-flags", "+ilme+ildct", "-pix_fmt", "yuv422p10le" if "prores_ks" in options else "yuv420p")
    encode_video(_passing(interlaced=True), path, fps=25, inputs=(), options=(*options, *flags))
    frame = frames_at(path, [1.0])[0]
    assert not is_combed(frame.image)
    expected = shown_by_ffmpeg(path, frame.time_s, frame.image.shape[1::-1], filters="bwdif")
    assert measure_similarity(frame.image, expected) >= 0.95


def test_progressive_pictures_in_interlaced_streams_keep_every_line(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    options = ("-c:v", "libx264", "-x264-params", "tff=1:keyint=25", "-flags", "+ilme+ildct", "-pix_fmt", "yuv420p")
    encode_video(_passing(interlaced=False), path, fps=25, inputs=(), options=options)
    frame = frames_at(path, [1.0])[0]
    assert measure_similarity(frame.image, shown_by_ffmpeg(path, frame.time_s, frame.image.shape[1::-1])) >= 0.98


@pytest.mark.parametrize("interlaced", [True, False])
def test_combs_are_told_from_pictures(*, interlaced: bool) -> None:
    assert is_combed(list(_passing(interlaced=interlaced))[20]) is interlaced
