"""Keyframes that are decoded without the deblocking filter: when, and in H.264 the very pixels of FFmpeg without it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from services.worker.extraction import containers
from services.worker.extraction.codecs import h264, headers, hevc, nal
from services.worker.extraction.codecs import h264_deblocking as deblocking
from services.worker.extraction.codecs.bits import replace_bits
from services.worker.extraction.containers.stream import read_samples
from tests.support.keyframes import encoded, keyframe_of, pixels_of
from tests.support.ranged import Counted, frames_at
from tests.support.reference import shown_by_ffmpeg, similarity

if TYPE_CHECKING:
    from pathlib import Path

    from services.worker.extraction.containers.stream import Stream


@pytest.mark.parametrize(
    ("name", "x264", "pixels"),
    [
        ("arithmetic.mp4", ("cabac=1",), "yuv420p"),
        ("variable-length.mp4", ("cabac=0",), "yuv420p"),
        ("slices.mp4", ("slices=4", "deblock=2,-1"), "yuv420p"),
        ("slices-of-variable-length.mp4", ("slices=4", "deblock=-2,3", "cabac=0"), "yuv420p"),
        ("no-order.mp4", ("bframes=0",), "yuv420p"),
        ("open.mp4", ("open-gop=1", "bframes=3"), "yuv420p"),
        ("ten-bits.mp4", ("qp=36",), "yuv420p10le"),
        ("full-chroma.mp4", ("cabac=1",), "yuv444p"),
        ("start-codes.ts", ("cabac=1",), "yuv420p"),
        ("matroska.mkv", ("cabac=0",), "yuv420p"),
    ],
)
def test_a_keyframe_is_decoded_as_by_ffmpeg_without_the_filter(
    tmp_path: Path, name: str, x264: tuple[str, ...], pixels: str
) -> None:
    stream, keyframe = keyframe_of(encoded(tmp_path, name, *x264, pixels=pixels))
    changed = deblocking.h264_keyframe(stream.extradata, keyframe)
    assert changed is not None
    filtered = pixels_of(tmp_path, stream, stream.extradata, keyframe)
    unfiltered = pixels_of(tmp_path, stream, stream.extradata, keyframe, "-skip_loop_filter", "all")
    assert filtered != unfiltered
    assert pixels_of(tmp_path, stream, *changed) == unfiltered


@pytest.mark.parametrize("coder", ["cabac=1", "cabac=0"])
def test_slices_that_do_not_say_how_they_are_filtered_are_told_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, coder: str
) -> None:
    """x264 always says it: its slices are rewritten to say nothing first."""
    stream, keyframe = keyframe_of(encoded(tmp_path, "told.mp4", coder))
    filtered = pixels_of(tmp_path, stream, stream.extradata, keyframe)

    def without_control(unit: bytes) -> bytes:
        payload = nal.unescaped(unit)
        return nal.escaped(replace_bits(payload, deblocking.picture_parameters(unit)[1].control_at, 1, 0))

    with monkeypatch.context() as silent:
        silent.setattr(deblocking, "_OFF", "")
        silent.setattr(deblocking, "_with_control", without_control)
        untold = deblocking.h264_keyframe(stream.extradata, keyframe)
    assert untold is not None
    assert pixels_of(tmp_path, stream, *untold) == filtered
    changed = deblocking.h264_keyframe(*untold)
    assert changed is not None
    unfiltered = pixels_of(tmp_path, stream, stream.extradata, keyframe, "-skip_loop_filter", "all")
    assert pixels_of(tmp_path, stream, *changed) == unfiltered


def is_changed(stream: Stream, keyframe: bytes) -> bool:
    return headers.without_deblocking(stream.decoder, stream.extradata, keyframe) != (stream.extradata, keyframe)


@pytest.mark.parametrize(("encoder", "quantiser"), [("x264", 40), ("x265", 44)])
def test_where_blocks_could_be_seen_the_filter_stays(tmp_path: Path, encoder: str, quantiser: int) -> None:
    assert is_changed(*keyframe_of(encoded(tmp_path, "fine.mp4", "qp=24", encoder=encoder)))
    assert not is_changed(*keyframe_of(encoded(tmp_path, "coarse.mp4", f"qp={quantiser}", encoder=encoder)))


@pytest.mark.parametrize("encoder", ["x264", "x265"])
def test_a_picture_that_is_predicted_from_others_is_left_alone(tmp_path: Path, encoder: str) -> None:
    path = encoded(tmp_path, "predicted.mp4", "bframes=0", encoder=encoder)
    reader = Counted(path).reader()
    index = containers.open_index(reader, "mp4")
    key, *_, predicted = read_samples(reader, index.find_decode_chain(0.4, 100))
    assert is_changed(index.stream, key)
    assert not is_changed(index.stream, predicted)


@pytest.mark.parametrize(("encoder", "kept_bytes"), [("x264", 2), ("x265", 4)])
def test_a_header_that_is_cut_short_is_left_alone(tmp_path: Path, encoder: str, kept_bytes: int) -> None:
    stream, keyframe = keyframe_of(encoded(tmp_path, "short.mp4", encoder=encoder))
    module = {"x264": h264, "x265": hevc}[encoder]
    (start, _), *_ = module.units(stream.extradata, keyframe)[1]
    assert is_changed(stream, keyframe)
    assert not is_changed(stream, kept_bytes.to_bytes(4) + keyframe[start : start + kept_bytes])
    assert not is_changed(replace(stream, extradata=b""), keyframe)


@pytest.mark.parametrize("encoder", ["x264", "x265"])
@pytest.mark.parametrize(("size", "is_filtered"), [("1920x1080", False), ("960x540", True)])
def test_only_small_thumbnails_are_taken_without_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoder: str, size: str, *, is_filtered: bool
) -> None:
    path = encoded(tmp_path, "large.mp4", encoder=encoder, size=size)
    changed: list[bool] = []
    real = headers.without_deblocking

    def noted(decoder: str, extradata: bytes, keyframe: bytes) -> tuple[bytes, bytes]:
        result = real(decoder, extradata, keyframe)
        changed.append(result != (extradata, keyframe))
        return result

    monkeypatch.setattr(headers, "without_deblocking", noted)
    (frame,) = frames_at(path, [1.0])
    assert changed == ([] if is_filtered else [True])
    assert similarity(frame.image, shown_by_ffmpeg(path, 1.0, (640, 360))) > 0.99


@pytest.mark.parametrize(
    ("payload", "unit"),
    [
        (b"\0\0\0", b"\0\0\3\0"),
        (b"\0\0\0\0\0\1", b"\0\0\3\0\0\3\0\1"),
        (b"\0\0\3\0\0\4\0", b"\0\0\3\3\0\0\4\0"),
        (b"a\0\0\2b", b"a\0\0\3\2b"),
    ],
)
def test_escapes_are_put_in_and_taken_out(payload: bytes, unit: bytes) -> None:
    assert nal.escaped(payload) == unit
    assert nal.unescaped(unit) == payload
