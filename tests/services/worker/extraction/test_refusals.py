"""Refusals: files that are no video, or cannot be shown, get a true reason."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.contract.records import ReasonCode, VideoState
from services.worker.extraction.outcome import Outcome
from services.worker.extraction.sandbox.job import Bounds
from services.worker.extraction.sandbox.sandbox import Sandbox
from tests.support.extracted import SMALL, SharedSandbox, extract, images
from tests.support.sandboxes import Source
from tests.support.videos import (
    ENCRYPTED,
    FRAGMENTED,
    Videos,
    png,
)


def refusal(outcome: Outcome) -> ReasonCode | None:
    """Return the reason for no thumbnails: a sentence, for a failure that another try does not change."""
    assert outcome.state is VideoState.FAILED
    assert outcome.pictures == ()
    assert outcome.reason
    assert outcome.reason.endswith(".")
    assert not outcome.retryable
    return outcome.reason_code


def test_an_initialisation_segment_is_told_from_a_damaged_file(videos: Videos, sandbox: Sandbox) -> None:
    whole = videos.video("a.mp4", options=FRAGMENTED, **SMALL).read_bytes()
    outcome = extract(sandbox, videos.file("init.mp4", whole[: whole.index(b"moof") - 4]))
    assert refusal(outcome) is ReasonCode.INCOMPLETE
    assert "initialisation segment" in (outcome.reason or "")


def test_an_encrypted_video_is_encrypted(videos: Videos, sandbox: Sandbox) -> None:
    assert refusal(extract(sandbox, videos.video("protected.mp4", options=ENCRYPTED))) is ReasonCode.ENCRYPTED


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("sound.mp4", "aac"),
        ("sound.mov", "pcm_s16le"),
        ("sound.mkv", "flac"),
        ("sound.webm", "libopus"),
        ("sound.avi", "libmp3lame"),
        ("sound.flv", "aac"),
        ("sound.wmv", "wmav2"),
        ("sound.ts", "aac"),
    ],
)
def test_sound_alone_is_no_video(videos: Videos, sandbox: Sandbox, name: str, codec: str) -> None:
    assert refusal(extract(sandbox, videos.audio(name, codec=codec))) is ReasonCode.NO_VIDEO_STREAM


def test_a_song_with_a_cover_is_no_video(videos: Videos, sandbox: Sandbox) -> None:
    for song in (videos.audio("song.m4a"), videos.audio("song.mp4")):
        assert refusal(extract(sandbox, videos.with_cover(song))) is ReasonCode.NO_VIDEO_STREAM


def test_a_codec_without_a_decoder_is_named(videos: Videos, sandbox: Sandbox) -> None:
    content = videos.video("a.mkv", codec="ffv1", **SMALL).read_bytes()
    outcome = sandbox.extract(Source(content.replace(b"V_FFV1", b"V_ABCD")))
    assert refusal(outcome) is ReasonCode.UNSUPPORTED_CODEC
    assert outcome.reason == "FFmpeg has no decoder for the video codec in the matroska file."


def test_decoders_and_demuxers_can_be_denied(videos: Videos) -> None:
    bounds = Bounds(denied_decoders=("ffv1", "mpeg4"), denied_demuxers=("avi",))
    with SharedSandbox(bounds=bounds) as sandbox:
        for name, codec in (("a.mkv", "ffv1"), ("a.mp4", "mpeg4")):
            outcome = extract(sandbox, videos.video(name, codec=codec, **SMALL))
            assert refusal(outcome) is ReasonCode.UNSUPPORTED_CODEC
            assert outcome.reason == f"The video codec {codec} is denied by the setting EXTRACTION_DENIED_DECODERS."
        outcome = extract(sandbox, videos.video("a.avi", codec="ffv1", **SMALL))
        assert refusal(outcome) is ReasonCode.NOT_A_VIDEO
        assert outcome.reason == "The container avi is denied by the setting EXTRACTION_DENIED_DEMUXERS."


def test_a_refusal_says_what_ffmpeg_said(videos: Videos, sandbox: Sandbox) -> None:
    content = videos.video("a.mkv", codec="png", **SMALL).read_bytes()
    outcome = sandbox.extract(Source(content.replace(b"IHDR", b"iXXX")))
    assert refusal(outcome) is ReasonCode.DAMAGED
    assert "of the png video could be decoded: the file is damaged. FFmpeg: " in (outcome.reason or "")


def test_a_recognised_file_that_is_no_video_is_named(sandbox: Sandbox) -> None:
    outcome = sandbox.extract(Source(png(7)))
    assert refusal(outcome) is ReasonCode.NOT_A_VIDEO
    assert outcome.reason == "The file is not a video: it is a still picture (png_pipe)."


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", ReasonCode.EMPTY),
        (b"Dear diary, today", ReasonCode.NOT_A_VIDEO),
        (b"import { readFile } from 'node:fs';\n" * 500, ReasonCode.NOT_A_VIDEO),
        (png(7), ReasonCode.NOT_A_VIDEO),
        (b"ffconcat version 1.0\nfile '/etc/passwd'\n", ReasonCode.NOT_A_VIDEO),
        (bytes(100_000), ReasonCode.NOT_A_VIDEO),
        (b"\0\0\0\x18ftypisom\0\0\2\0isomiso2" + bytes(5000), ReasonCode.INCOMPLETE),
        (b"\x1a\x45\xdf\xa3" + bytes(5000), ReasonCode.DAMAGED),
        (b"G" * 100_000, ReasonCode.DAMAGED),
    ],
    ids=["empty", "text", "source", "picture", "list of files", "zeros", "head", "other head", "sync bytes"],
)
def test_what_is_no_video_is_refused_by_its_content(
    videos: Videos, sandbox: Sandbox, content: bytes, code: ReasonCode
) -> None:
    assert refusal(extract(sandbox, videos.file("video.mp4", content))) is code


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("a.mp4", "h264"),
        ("a.mkv", "h264"),
        ("a.ts", "h264"),
        ("a.avi", "mpeg4"),
        ("a.wmv", "wmv2"),
        ("a.webm", "vp9"),
        ("a.flv", "flv"),
    ],
)
@settings(max_examples=15)
@given(
    changes=st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 255)), min_size=1, max_size=20),
    near_start=st.booleans(),
)
def test_a_damaged_video_gives_thumbnails_or_a_reason(
    videos: Videos, sandbox: Sandbox, name: str, codec: str, changes: list[tuple[int, int]], *, near_start: bool
) -> None:
    data = bytearray(videos.video(name, codec=codec, duration_s=1, width_px=320, height_px=180).read_bytes())
    for place, value in changes:
        data[place % (1024 if near_start else len(data))] = value
    outcome = sandbox.extract(Source(bytes(data)))
    assert outcome.reason_code not in (ReasonCode.CRASHED, ReasonCode.TIMEOUT, ReasonCode.INTERNAL, ReasonCode.STORAGE)
    assert len(images(outcome)) == (0 if outcome.state is VideoState.FAILED else 3)
