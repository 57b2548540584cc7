"""Probe data of real videos: sound, chapters, creation, place, rotation, frame rate and dynamic range."""

from pathlib import Path

import pytest

from services.local.samples import run_ffmpeg
from services.worker.extraction import containers
from services.worker.extraction.containers.tags import clean_text, parse_location, parse_time
from services.worker.extraction.outcome import Outcome, decode_outcome, encode_outcome
from services.worker.extraction.probe import UNTAGGED, PictureProperties, ProbedChapter, ProbedLocation, Sound
from services.worker.extraction.reading.reader import RangedReader
from tests.support.extracted import SMALL, SharedSandbox, extract
from tests.support.videos import INDEX_FIRST, Videos

ABOUT = """;FFMETADATA1
location=+37.3318-122.0312/
creation_time=2026-01-02T03:04:05Z
[CHAPTER]
TIMEBASE=1/1000
START=0
END=2000
title=Opening
[CHAPTER]
TIMEBASE=1/1000
START=2000
END=4000
title=Più tardi
"""
CREATED, PLACE = "2026-01-02T03:04:05Z", ProbedLocation(37.3318, -122.0312)
STEREO = ("-ac", "2", "-ar", "48000")


def make_described(videos: Videos, tmp_path: Path, extension: str) -> Path:
    """Return a video with chapters, a time of creation and a place."""
    about = tmp_path / "about.txt"
    about.write_text(ABOUT, encoding="utf-8")
    source = videos.video("probed.mp4", audio="aac", options=STEREO, **SMALL)
    path = tmp_path / f"described.{extension}"
    run_ffmpeg(["-i", str(source), "-i", str(about), "-map_metadata", "1", "-c", "copy"], path)
    return path


@pytest.mark.parametrize(
    ("name", "audio", "codec"),
    [
        ("sound.mp4", "aac", "aac"),
        ("mp3.mp4", "libmp3lame", "mp3"),
        ("sound.mov", "pcm_s16le", "pcm"),
        ("sound.mkv", "libopus", "opus"),
        ("sound.webm", "libvorbis", "vorbis"),
    ],
)
def test_sound_has_codec_channels_and_rate(videos: Videos, name: str, audio: str, codec: str) -> None:
    video = "vp8" if name.endswith("webm") else "h264"
    path = videos.video(f"probed-{name}", codec=video, audio=audio, options=STEREO, **SMALL)

    outcome = extract(SharedSandbox(), path)

    assert outcome.probe.tags.audio == (Sound(codec, 2, 48_000),)


@pytest.mark.parametrize(("extension", "end_s", "place"), [("mov", None, PLACE), ("mkv", 4.0, None)])
def test_chapters_creation_and_place_are_read_without_a_further_request(
    videos: Videos, tmp_path: Path, extension: str, end_s: float | None, place: ProbedLocation | None
) -> None:
    plain = videos.video(f"probed.{extension}", audio="aac", options=STEREO, **SMALL)
    outcome = extract(SharedSandbox(), make_described(videos, tmp_path, extension))

    tags = outcome.probe.tags
    assert tags.chapters == (ProbedChapter(0.0, 2.0, "Opening"), ProbedChapter(2.0, end_s, "Più tardi"))
    assert (tags.created_at, tags.location) == (CREATED, place)
    assert outcome.usage.requests <= extract(SharedSandbox(), plain).usage.requests


def test_a_file_without_tags_has_no_chapters_and_no_place(videos: Videos) -> None:
    tags = extract(SharedSandbox(), videos.video("plain.mp4", **SMALL)).probe.tags

    assert (tags.audio, tags.chapters, tags.created_at, tags.location) == ((), (), None, None)


def test_tags_that_were_not_read_are_unknown(videos: Videos) -> None:
    data = videos.video("plain.mp4", options=INDEX_FIRST, **SMALL).read_bytes()
    reader = RangedReader(lambda offset, length: data[offset : offset + length], len(data))
    container = containers.recognise_container(data[:4096])

    assert container is not None
    assert containers.read_tags(reader, container) == UNTAGGED
    assert reader.fetches == 0


@pytest.mark.parametrize("keep", [0.3, 0.6, 0.9])
def test_damaged_tags_cost_no_thumbnails(videos: Videos, tmp_path: Path, keep: float) -> None:
    path = make_described(videos, tmp_path, "mov")
    data = bytearray(path.read_bytes())
    at = data.rindex(b"udta")
    data[at + 8 : at + 8 + int((len(data) - at - 8) * keep)] = b"\xff" * int((len(data) - at - 8) * keep)
    path.write_bytes(data)

    outcome = extract(SharedSandbox(), path)

    assert (len(outcome.pictures), outcome.probe.tags.chapters, outcome.probe.tags.location) == (3, None, None)


def test_rotation_and_frame_rate_are_those_of_the_stream(videos: Videos) -> None:
    outcome = extract(SharedSandbox(), videos.video("turned.mp4", rotation_deg=90, fps=30, **SMALL))

    assert outcome.probe.picture == PictureProperties(frame_rate_hz=30.0, rotation_deg=90, dynamic_range="sdr")


@pytest.mark.parametrize(("transfer", "dynamic_range"), [("smpte2084", "pq"), ("arib-std-b67", "hlg")])
def test_high_dynamic_range_is_named_by_its_curve(videos: Videos, transfer: str, dynamic_range: str) -> None:
    colours = f"colorprim=bt2020:transfer={transfer}:colormatrix=bt2020nc"
    options = ("-vf", "format=yuv420p10le", "-pix_fmt", "yuv420p10le", "-x265-params", f"log-level=error:{colours}")
    path = videos.video(f"probed-{dynamic_range}.mp4", codec="hevc", duration_s=1, options=options, **SMALL)

    assert extract(SharedSandbox(), path).probe.picture.dynamic_range == dynamic_range


def test_a_video_that_is_searched_sequentially_has_rate_and_range(videos: Videos) -> None:
    path = videos.video("probed.nut", duration_s=2, **SMALL)

    probe = extract(SharedSandbox(), path).probe

    assert probe.picture == PictureProperties(frame_rate_hz=25.0, rotation_deg=None, dynamic_range="sdr")
    assert probe.tags == UNTAGGED


def test_probe_data_survive_the_message_of_a_child(videos: Videos, tmp_path: Path) -> None:
    outcome: Outcome = extract(SharedSandbox(), make_described(videos, tmp_path, "mov"))

    assert decode_outcome(encode_outcome(outcome)) == outcome


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("+27.5916+086.5640+8850/", ProbedLocation(27.5916, 86.564)),
        ("+95.0+010.0/", None),
        ("+2735.5+08633.8/", None),
        ("", None),
    ],
)
def test_a_place_in_degrees_is_read(text: str, expected: ProbedLocation | None) -> None:
    assert parse_location(text) == expected


def test_times_are_in_utc_and_need_a_zone() -> None:
    assert parse_time("2026-07-01T10:00:00+0200") == "2026-07-01T08:00:00Z"
    assert parse_time("2026-07-01T10:00:00") is None


def test_texts_of_a_file_are_short_and_printable() -> None:
    assert clean_text(b"a\0\x1b[31mb\xff " + b"x" * 1000) == ("a [31mb\ufffd " + "x" * 1000)[:200]
