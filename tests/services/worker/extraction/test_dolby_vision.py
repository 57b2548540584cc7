"""Dolby Vision profile 5: right colours from its metadata, and a note where they cannot be had."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np
import pytest

from services.contract.thumbnails import ThumbnailOptions
from services.worker.extraction import containers
from services.worker.extraction.containers.mp4.sample_entry import parse_sample_entry
from services.worker.extraction.containers.stream import read_samples
from services.worker.extraction.dolby_vision import ipt, planes
from services.worker.extraction.dolby_vision.profile_5 import FALSE_COLOURS
from services.worker.extraction.dolby_vision.rpu import UnsupportedRpuError, is_profile_5, parse_rpu
from tests.support.colours import Coding, average_patches, convert_chart, measure_distances
from tests.support.dolby_vision import encode_pq, encode_profile_5, write_rpu
from tests.support.extracted import SharedSandbox, extract, images
from tests.support.ranged import Counted, frames_at
from tests.support.videos import frame_number

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.videos import Videos

CHART = Coding(primaries="bt2020", transfer="smpte2084", matrix="bt2020nc", depth=10)


@pytest.mark.parametrize("name", ["a.mp4", "a.ts"])
def test_profile_5_has_the_colours_of_the_chart(tmp_path: Path, name: str) -> None:
    frame = frames_at(encode_profile_5(tmp_path / name), [0.0])[0]
    assert frame.note is None
    assert measure_distances(average_patches(frame.image), convert_chart(CHART)).mean() < 3


def test_a_confined_child_converts_profile_5(tmp_path: Path) -> None:
    path = encode_profile_5(tmp_path / "a.mp4")
    with SharedSandbox(ThumbnailOptions(quality=95)) as sandbox:
        outcome = extract(sandbox, path)
    assert {picture.note for picture in outcome.pictures} == {None}
    assert measure_distances(average_patches(images(outcome)[0]), convert_chart(CHART)).mean() < 3


def test_metadata_of_an_earlier_picture_gives_a_note(tmp_path: Path) -> None:
    path = encode_profile_5(tmp_path / "a.mp4", rpu=write_rpu(uses_previous=True))
    assert frames_at(path, [0.0])[0].note == FALSE_COLOURS


def test_other_libraries_than_those_of_ffmpeg_8_give_a_note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = encode_profile_5(tmp_path / "a.mp4")
    monkeypatch.setattr(planes, "load_libraries", lambda: None)
    assert frames_at(path, [0.0])[0].note == FALSE_COLOURS


def test_only_profile_5_is_taken_for_it() -> None:
    assert is_profile_5(write_rpu())
    assert not is_profile_5(write_rpu(profile=1))
    assert not is_profile_5(write_rpu()[:8])
    assert not is_profile_5(b"")


def test_metadata_that_is_cut_short_is_refused() -> None:
    whole = write_rpu()
    # Behind the matrices, nothing is read.
    for length in range(0, len(whole) - 40, 3):
        with pytest.raises(UnsupportedRpuError):
            parse_rpu(whole[:length])


@pytest.mark.parametrize(
    ("samples", "blue_green_red"),
    # Patches of `encode_profile_5` in PQ, by libplacebo in FFmpeg 9.0.2: -vf libplacebo=colorspace=gbr:range=pc:
    # color_primaries=bt2020:color_trc=smpte2084:tonemapping=clip:gamut_mode=clip:peak_detect=false:dithering=none
    [
        ((176, 511, 524), (0.1152, 0.1152, 0.1146)),
        ((446, 511, 500), (0.3377, 0.3377, 0.3371)),
        ((593, 511, 485), (0.4954, 0.4956, 0.4952)),
        ((810, 511, 460), (0.7495, 0.7501, 0.7494)),
        ((743, 650, 415), (0.7082, 0.6235, 0.7103)),
        ((663, 710, 439), (0.6067, 0.5140, 0.6360)),
        ((314, 784, 601), (0.1776, 0.1353, 0.3159)),
        ((546, 510, 655), (0.3307, 0.4623, 0.4827)),
        ((771, 338, 542), (0.6476, 0.7498, 0.6052)),
        ((622, 693, 547), (0.4945, 0.4923, 0.6047)),
    ],
)
def test_the_conversion_equals_that_of_libplacebo(
    samples: tuple[int, int, int], blue_green_red: tuple[float, float, float]
) -> None:
    first, second, third = (np.full((1, 1), sample / 1023, np.float32) for sample in samples)
    light = ipt.convert_picture((first, second, third), parse_rpu(write_rpu()))
    assert encode_pq(light[0, 0].astype(np.float64)) == pytest.approx(blue_green_red, abs=0.004)


def test_planes_belong_to_the_picture_with_their_number(videos: Videos) -> None:
    """Pictures with B-frames are decoded in another order than they are shown."""
    parameters = ("-x265-params", "log-level=error:bframes=3:b-adapt=0:keyint=8", "-pix_fmt", "yuv420p10le")
    path = videos.video("a.mp4", codec="hevc", duration_s=0.32, options=(*parameters, "-bf", "3"))
    reader = Counted(path).reader()
    index = containers.open_index(reader, "mp4")
    samples = index.find_decode_chain(0.28, 8)
    shown = [round(sample.time_s * 25) for sample in samples]
    assert shown != sorted(shown)
    found = planes.decode_planes(index.stream.extradata, read_samples(reader, samples), range(1, len(samples)))
    for number, (luma, *_) in found.items():
        grey = np.clip((luma.astype(float) - 64) * 255 / 876, 0, 255).astype(np.uint8)
        assert frame_number(np.dstack([grey, grey, grey])) == shown[number]
    assert len(found) == len(samples) - 1


@pytest.mark.parametrize(
    ("record", "is_ipt"),
    # Version 1.0, profile and level, then what else the pictures are compatible with (ETSI GS CCM 001, 8.1).
    [
        (b"\x01\x00\x0a\x2d\x00", True),
        (b"\x01\x00\x14\x2d\x00", True),
        (b"\x01\x00\x10\x2d\x10", False),
        (b"\x01\x00\x10\x2d\x40", False),
        (b"\x01\x00\x0a", False),
    ],
)
def test_the_configuration_record_says_who_shows_the_colours(record: bytes, *, is_ipt: bool) -> None:
    visual = bytes(24) + struct.pack(">HH", 1920, 1080) + bytes(50)
    boxes = struct.pack(">I4s", 8 + len(record), b"dvcC") + record
    entry = struct.pack(">I4s", 8 + len(visual) + len(boxes), b"dvh1") + visual + boxes
    assert parse_sample_entry(struct.pack(">II", 0, 1) + entry, 0).is_ipt is is_ipt
