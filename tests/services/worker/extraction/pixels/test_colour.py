"""Colours of thumbnails against zimg's: the mean distance that people see is under 1 in SDR and under 3 in HDR."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from services.contract.records import ReasonCode
from services.worker.extraction.codecs import nal
from services.worker.extraction.pixels.scaler import Correction, apply_correction
from tests.support.colours import Coding, average_patches, convert_chart, encode_chart, measure_distances
from tests.support.extracted import extract, images
from tests.support.ranged import frames_at
from tests.support.videos import ONE_THREAD_OF_X265

if TYPE_CHECKING:
    from pathlib import Path

    from services.worker.extraction.sandbox.sandbox import Sandbox

BT2020: dict[str, Any] = {"primaries": "bt2020", "transfer": "bt2020-10", "matrix": "bt2020nc", "depth": 10}
PQ, HLG = BT2020 | {"transfer": "smpte2084"}, BT2020 | {"transfer": "arib-std-b67"}
NTSC: dict[str, Any] = {"primaries": "smpte170m", "transfer": "smpte170m", "matrix": "smpte170m"}
P3: dict[str, Any] = {"primaries": "smpte432"}
MASTERED = ":hdr10=1:master-display=G(8500,39850)B(6550,2300)R(35400,14600)WP(15635,16450)L(10000000,1)"
"""HDR10's messages, which do not change the picture."""
BIG: dict[str, Any] = {"patch_px": 56}
"""Wider than a thumbnail, so that it is scaled."""

H264 = ("-c:v", "libx264", "-qp", "0", "-preset", "ultrafast")
VP9 = ("-c:v", "libvpx-vp9", "-lossless", "1", "-deadline", "realtime", "-cpu-used", "8")
AV1 = ("-c:v", "libsvtav1", "-crf", "5", "-preset", "12", "-svtav1-params", "lp=1")
PRORES = ("-c:v", "prores_ks", "-profile:v", "hq", "-q:v", "1")


def hevc(parameters: str = "") -> tuple[str, ...]:
    return (
        *("-c:v", "libx265", "-preset", "ultrafast"),
        "-x265-params",
        f"{ONE_THREAD_OF_X265}:log-level=none:lossless=1{parameters}",
    )


def distances(path: Path, coding: Coding) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    shown = average_patches(frames_at(path, [0.0])[0].image)
    return measure_distances(shown, convert_chart(coding))


@pytest.mark.parametrize(
    ("name", "encoder", "options"),
    [
        ("a.mp4", H264, {}),
        ("a.mp4", H264, BIG),
        ("a.mp4", H264, {"is_full": True, **BIG}),
        ("a.mp4", H264, NTSC),
        ("a.mp4", H264, NTSC | {"primaries": "bt470bg", "matrix": "bt470bg"}),
        ("a.mp4", H264, NTSC | {"is_full": True}),
        ("a.mp4", H264, {"depth": 10, "chroma": "422"}),
        ("a.mp4", H264, {"chroma": "444"}),
        ("a.mp4", hevc(), {"depth": 10}),
        ("a.mp4", hevc(), {"depth": 12, "chroma": "422"}),
        ("a.mp4", hevc(), BT2020),
        ("a.mp4", hevc(), BT2020 | {"is_full": True}),
        ("a.mp4", hevc(), P3),
        ("a.webm", VP9, BT2020),
        ("a.webm", VP9, {"chroma": "444"}),
        ("a.mov", PRORES, BT2020 | {"chroma": "422"}),
    ],
)
def test_sdr_colours_equal_the_reference(
    tmp_path: Path, name: str, encoder: tuple[str, ...], options: dict[str, Any]
) -> None:
    coding = Coding(**options)
    assert distances(encode_chart(coding, tmp_path / name, encoder), coding).mean() < 1


@pytest.mark.parametrize(
    ("name", "encoder", "options"),
    [
        ("a.mp4", hevc(MASTERED), PQ),
        ("a.mp4", hevc(), PQ | BIG),
        ("a.mp4", hevc(), PQ | {"is_full": True}),
        ("a.mp4", hevc(), PQ | {"depth": 12, "chroma": "444"}),
        ("a.mov", PRORES, PQ | {"chroma": "422"}),
        ("a.mp4", AV1, PQ),
        ("a.webm", VP9, PQ),
        # x265 writes the message "alternative transfer characteristics" too, as broadcasts of HLG do.
        ("a.mp4", hevc(), HLG),
        ("a.ts", hevc(), HLG),
        ("a.mov", PRORES, HLG | {"chroma": "422"}),
        ("a.mp4", H264, HLG),
    ],
)
def test_hdr_colours_equal_the_reference_with_the_same_curve(
    tmp_path: Path, name: str, encoder: tuple[str, ...], options: dict[str, Any]
) -> None:
    coding = Coding(**options)
    assert distances(encode_chart(coding, tmp_path / name, encoder), coding).mean() < 3


def test_hlg_that_only_a_message_states_is_tone_mapped(tmp_path: Path) -> None:
    """Broadcasts (ETSI TS 101 154) name an SDR curve in the parameter set, for old receivers."""
    coding = Coding(**HLG)
    encoder = hevc(":colorprim=bt2020:transfer=bt2020-10:colormatrix=bt2020nc:range=limited:atc-sei=18")
    path = encode_chart(coding, tmp_path / "a.ts", encoder, is_tagged=False)
    assert distances(path, coding).mean() < 3


@pytest.mark.parametrize(("coding", "is_large"), [(Coding(patch_px=108), True), (Coding(**NTSC), False)])
def test_untagged_video_has_the_matrix_of_its_size(tmp_path: Path, coding: Coding, *, is_large: bool) -> None:
    path = encode_chart(coding, tmp_path / "a.mp4", H264, is_tagged=False)
    # Saturated colours were clipped by the scaler's guess, so they are not counted.
    assert distances(path, coding)[:5].mean() < 1
    assert (coding.matrix == "bt709") is is_large


def test_grey_stays_grey_in_a_scaled_thumbnail(tmp_path: Path) -> None:
    path = encode_chart(Coding(patch_px=108), tmp_path / "a.mp4", H264)
    greys = average_patches(frames_at(path, [0.0])[0].image)[:2]
    assert np.ptp(greys, axis=-1).max() < 1


def test_a_change_of_matrix_keeps_grey_and_follows_the_standards() -> None:
    # Red of level 100 in BT.601 is coded as luma 29.9; BT.709 decodes the same samples to these levels.
    image = np.array([[[90, 90, 90], [0, 0, 100]]], np.uint8)
    changed = apply_correction(image, Correction(assumed=6, matrix=1))
    assert changed[0, 0].tolist() == [90, 90, 90]
    assert changed[0, 1].tolist() == [0, 10, 109]
    assert apply_correction(image, Correction(tint=(0, 2, 0)))[0, 0].tolist() == [90, 92, 90]


@pytest.mark.parametrize(
    ("messages", "transfer"),
    [
        (b"\x93\x01\x12\x80", 18),
        (b"\x04\x02ab\x93\x01\x12\x80", 18),
        (b"\xff\x05\x02ab\x93\x01\x12\x80", 18),
        (b"\x04\x02ab\x80", None),
        (b"\x93\xff\xff\x12\x80", None),
        (b"\x93\x00\x80", None),
        (b"", None),
    ],
)
def test_the_preferred_transfer_is_found_and_replaced(messages: bytes, transfer: int | None) -> None:
    unit = b"\x4e\x01" + messages
    assert nal.find_preferred_transfer(unit, 2) == transfer
    rewritten = nal.rewrite_transfer_message(unit, 2, 1)
    assert nal.find_preferred_transfer(rewritten, 2) == (1 if transfer else None)
    assert len(rewritten) == len(unit)


@pytest.mark.parametrize("name", ["a.hevc", "a.nut"])
@pytest.mark.parametrize("options", [PQ, HLG, BT2020], ids=["pq", "hlg", "bt2020"])
def test_colours_without_an_index_equal_the_reference(
    tmp_path: Path, sandbox: Sandbox, name: str, options: dict[str, Any]
) -> None:
    coding = Coding(**options, **BIG)
    outcome = extract(sandbox, encode_chart(coding, tmp_path / name, hevc()))
    assert outcome.info is not None
    assert outcome.info.container == name.removeprefix("a.")
    assert measure_distances(average_patches(images(outcome)[0]), convert_chart(coding)).mean() < 3


def test_colours_that_only_a_container_states_are_refused(tmp_path: Path, sandbox: Sandbox) -> None:
    outcome = extract(sandbox, encode_chart(Coding(**PQ), tmp_path / "a.mkv", ("-c:v", "ffv1")))
    assert outcome.reason_code is ReasonCode.UNSUPPORTED_CODEC
    assert (
        outcome.reason == "HDR or a wide gamut in ffv1 video is not supported: only the container states the colours."
    )
