"""Keyframes of HEVC that are decoded without the deblocking filter: the very pixels of FFmpeg without it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from services.worker.extraction.codecs import hevc_deblocking
from tests.support.keyframes import encoded as encoded_by
from tests.support.keyframes import keyframe_of, pixels_of

if TYPE_CHECKING:
    from pathlib import Path

encoded = partial(encoded_by, encoder="x265")


@pytest.mark.parametrize(
    ("name", "x265", "pixels"),
    [
        ("rows.mp4", ("wpp=1",), "yuv420p"),
        ("no-rows.mp4", ("wpp=0",), "yuv420p"),
        ("slices.mp4", ("slices=4",), "yuv420p"),
        ("offsets-of-the-filter.mp4", ("deblock=2,-1",), "yuv420p"),
        ("small-blocks.mp4", ("ctu=16",), "yuv420p"),
        ("closed.mp4", ("open-gop=0",), "yuv420p"),
        ("open.mp4", ("open-gop=1", "bframes=4"), "yuv420p"),
        ("no-order.mp4", ("bframes=0",), "yuv420p"),
        ("layers.mp4", ("temporal-layers=1",), "yuv420p"),
        ("quantisers.mp4", ("qp=30", "cbqpoffs=2", "crqpoffs=-2", "aq-mode=1"), "yuv420p"),
        ("ten-bits.mp4", ("wpp=1",), "yuv420p10le"),
        ("full-chroma.mp4", ("wpp=1",), "yuv444p"),
        ("start-codes.ts", ("slices=2",), "yuv420p"),
        ("matroska.mkv", ("wpp=1",), "yuv420p"),
    ],
)
def test_a_keyframe_is_decoded_as_by_ffmpeg_without_the_filter(
    tmp_path: Path, name: str, x265: tuple[str, ...], pixels: str
) -> None:
    """FFmpeg leaves sample adaptive offsets out as well: there are none in these."""
    stream, keyframe = keyframe_of(encoded(tmp_path, name, "sao=0", *x265, pixels=pixels))
    changed = hevc_deblocking.hevc_keyframe(stream.extradata, keyframe)
    assert changed is not None
    filtered = pixels_of(tmp_path, stream, stream.extradata, keyframe)
    unfiltered = pixels_of(tmp_path, stream, stream.extradata, keyframe, "-skip_loop_filter", "all")
    assert filtered != unfiltered
    assert pixels_of(tmp_path, stream, *changed) == unfiltered


@pytest.mark.parametrize("x265", [("sao=1",), ("sao=1", "slices=4")])
def test_sample_adaptive_offsets_stay(tmp_path: Path, x265: tuple[str, ...]) -> None:
    stream, keyframe = keyframe_of(encoded(tmp_path, "offsets.mp4", *x265))
    changed = hevc_deblocking.hevc_keyframe(stream.extradata, keyframe)
    assert changed is not None
    filtered = pixels_of(tmp_path, stream, stream.extradata, keyframe)
    neither = pixels_of(tmp_path, stream, stream.extradata, keyframe, "-skip_loop_filter", "all")
    ours = pixels_of(tmp_path, stream, *changed)
    assert _unlike(ours, filtered) < _unlike(neither, filtered)


def _unlike(some: bytes, others: bytes) -> int:
    return sum(abs(one - other) for one, other in zip(some, others, strict=True))


def test_a_keyframe_that_was_not_filtered_stays_the_same(tmp_path: Path) -> None:
    stream, keyframe = keyframe_of(encoded(tmp_path, "never.mp4", "deblock=0", "no-deblock=1", "sao=0"))
    changed = hevc_deblocking.hevc_keyframe(stream.extradata, keyframe)
    assert changed is not None
    as_it_was = pixels_of(tmp_path, stream, stream.extradata, keyframe)
    assert pixels_of(tmp_path, stream, *changed) == as_it_was
