"""Dolby Vision profile 5: right colours from its metadata, and a note where they cannot be had."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from services.contract.thumbnails import ThumbnailOptions
from services.worker.extraction.dolby_vision import ipt, planes
from services.worker.extraction.dolby_vision.profile_5 import FALSE_COLOURS
from services.worker.extraction.dolby_vision.rpu import UnsupportedRpuError, is_profile_5, parse_rpu
from services.worker.extraction.sandbox.job import Bounds
from services.worker.extraction.sandbox.sandbox import Sandbox
from tests.support.colours import Coding, average_patches, convert_chart, measure_distances
from tests.support.dolby_vision import encode_pq, encode_profile_5, write_rpu
from tests.support.extracted import extract, images
from tests.support.ranged import frames_at

if TYPE_CHECKING:
    from pathlib import Path

CHART = Coding(primaries="bt2020", transfer="smpte2084", matrix="bt2020nc", depth=10)


@pytest.mark.parametrize("name", ["a.mp4", "a.ts"])
def test_profile_5_has_the_colours_of_the_chart(tmp_path: Path, name: str) -> None:
    frame = frames_at(encode_profile_5(tmp_path / name), [0.0])[0]
    assert frame.note is None
    assert measure_distances(average_patches(frame.image), convert_chart(CHART)).mean() < 3


def test_a_confined_child_converts_profile_5(tmp_path: Path) -> None:
    path = encode_profile_5(tmp_path / "a.mp4")
    with Sandbox(ThumbnailOptions(quality=95), Bounds()) as sandbox:
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
