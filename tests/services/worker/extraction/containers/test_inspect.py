"""Recognition and inspection of files by their bytes, without a decoder, also of damaged and hostile ones."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.worker.extraction.containers import (
    CONTAINERS,
    HEAD_BYTES,
    Container,
    Contents,
    VideoTrack,
    recognise_container,
)
from services.worker.extraction.reading.source import SourceError
from services.worker.metrics import CONTAINER_NAMES
from tests.support.videos import ENCRYPTED, FRAGMENTED, INDEX_FIRST, UNINDEXED, Videos, hls_playlist, png

KINDS = {
    "mp4": ("mp4", "h264", "aac"),
    "mov": ("mp4", "prores", "aac"),
    "m4v": ("mp4", "h264", "aac"),
    "3gp": ("mp4", "mpeg4", "aac"),
    "mkv": ("matroska", "h264", "aac"),
    "webm": ("matroska", "vp9", "libopus"),
    "avi": ("avi", "mpeg4", "libmp3lame"),
    "flv": ("flv", "h264", "aac"),
    "wmv": ("asf", "wmv2", "wmav2"),
    "ts": ("mpegts", "h264", "aac"),
    "m2ts": ("mpegts", "h264", "aac"),
}
"""Container, video and audio codec by extension."""

MAX_READS = 200_000
"""Upper limit on reads of one inspection of a few hundred kilobytes."""


class File:
    """A file in memory. Counts the reads, so that an endless inspection fails."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.reads = 0

    def read_at(self, offset: int, length: int) -> bytes:
        self.reads += 1
        assert self.reads < MAX_READS
        return self.content[offset : offset + length] if length > 0 else b""


def film(videos: Videos, extension: str) -> Path:
    _, codec, audio = KINDS[extension]
    return videos.video(f"film.{extension}", codec=codec, audio=audio, duration_s=2)


def inspect(content: bytes) -> Contents | None:
    container = recognise_container(content[:HEAD_BYTES])
    assert container is not None
    return container.inspect_contents(File(content).read_at, len(content))


def test_metrics_know_every_container() -> None:
    assert {container.name for container in CONTAINERS} == CONTAINER_NAMES


@pytest.mark.parametrize("extension", KINDS)
def test_recognise_finds_container_by_content(videos: Videos, extension: str) -> None:
    container = recognise_container(film(videos, extension).read_bytes()[:HEAD_BYTES])
    assert container is not None
    assert container.name == KINDS[extension][0]


def test_recognise_finds_fragments_and_live_streams(videos: Videos) -> None:
    for path in (
        videos.video("fragments.mp4", options=FRAGMENTED, duration_s=1),
        videos.video("live.mkv", options=UNINDEXED, duration_s=1),
    ):
        assert recognise_container(path.read_bytes()[:HEAD_BYTES]) is not None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * HEAD_BYTES,
        b"My diary, today",
        hls_playlist("http://169.254.169.254/latest/meta-data/"),
        b"ffconcat version 1.0\nfile /etc/passwd\n",
        b"v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n",
        b"<?xml version='1.0'?><MPD xmlns='urn:mpeg:dash:schema:mpd:2011'></MPD>",
        b"1\n00:00:01,000 --> 00:00:02,000\nSubtitle\n",
        b"import { readFile } from 'node:fs';\n" * 100,
        png(7),
        b"\xff\xd8\xff\xe0\0\x10JFIF" + bytes(1000),
        b"GIF89a" + bytes(1000),
        b"RIFF\x24\0\0\0WAVEfmt " + bytes(1000),
        b"RIFF\x24\0\0\0WEBPVP8 " + bytes(1000),
        b"OggS" + bytes(1000),
        b"ID3\x04" + bytes(1000),
        b"%PDF-1.7\n" + bytes(1000),
        b"PK\x03\x04" + bytes(1000),
        b"\x1f\x8b\x08" + bytes(1000),
        b"#!/bin/sh\nreboot\n",
    ],
)
def test_recognise_refuses_other_formats(content: bytes) -> None:
    assert recognise_container(content) is None


@pytest.mark.parametrize("extension", KINDS)
def test_inspect_lists_tracks(videos: Videos, extension: str) -> None:
    contents = inspect(film(videos, extension).read_bytes())
    assert contents is not None
    assert (len(contents.video), contents.others) == (1, 0 if extension == "flv" else 1)
    assert contents.missing is None
    (track,) = contents.video
    assert not track.encrypted
    # FLV and TS state the size only in the codec's own headers.
    assert (track.width_px, track.height_px) == ((0, 0) if extension in ("flv", "ts", "m2ts") else (640, 360))
    if extension not in ("flv", "ts", "m2ts"):
        assert contents.duration_s == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("sound.mp4", "aac"),
        ("sound.mkv", "aac"),
        ("sound.webm", "libopus"),
        ("sound.avi", "libmp3lame"),
        ("sound.flv", "aac"),
        ("sound.wmv", "wmav2"),
        ("sound.ts", "aac"),
    ],
)
def test_inspect_finds_no_video_in_sound(videos: Videos, name: str, codec: str) -> None:
    contents = inspect(videos.audio(name, codec=codec, duration_s=1).read_bytes())
    assert contents is not None
    assert contents.video == ()
    assert contents.others == 1


def test_inspect_flv_with_late_video() -> None:
    head = b"FLV\x01\x04\x00\x00\x00\x09" + bytes(4)
    sound = b"\x08\x00\xff\xff" + bytes(7) + bytes(65_535) + bytes(4)
    contents = inspect(head + 20 * sound)
    assert contents is not None
    assert contents.may_hide_video


def test_inspect_mp4_encryption(videos: Videos) -> None:
    contents = inspect(videos.video("protected.mp4", options=ENCRYPTED, duration_s=1).read_bytes())
    assert contents is not None
    assert [track.encrypted for track in contents.video] == [True]


def test_inspect_avi_without_frame_duration(videos: Videos) -> None:
    content = bytearray(film(videos, "avi").read_bytes())
    scale = content.index(b"strh") + 8 + 20
    content[scale : scale + 4] = bytes(4)
    contents = inspect(bytes(content))
    assert contents is not None
    assert contents.duration_s is None


def element(identity: int, body: bytes) -> bytes:
    """Return an EBML element."""
    id_bytes = identity.to_bytes((identity.bit_length() + 7) // 8)
    return id_bytes + (1 << 28 | len(body)).to_bytes(4) + body


def matroska(*track: bytes, info: bytes = b"") -> bytes:
    """Return a Matroska file with one track and no clusters."""
    return element(0x1A45DFA3, b"") + element(
        0x18538067, element(0x1549A966, info) + element(0x1654AE6B, element(0xAE, b"".join(track)))
    )


VIDEO_TYPE = element(0x83, b"\x01")
SIZE = element(0xE0, element(0xB0, b"\x02\x80") + element(0xBA, b"\x01\x68"))
ENCRYPTION = element(0x6D80, element(0x6240, element(0x5035, b"\x00")))


def test_inspect_matroska_encryption() -> None:
    contents = inspect(matroska(VIDEO_TYPE, SIZE, ENCRYPTION))
    assert contents is not None
    assert contents.video == (VideoTrack(width_px=640, height_px=360, encrypted=True),)


@pytest.mark.parametrize(
    ("ticks", "duration_s"),
    [
        ("409f400000000000", 2.0),
        ("44fa0000", 2.0),
        ("7ff8000000000000", None),
        ("7ff0000000000000", None),
        ("fff0000000000000", None),
        ("c09f400000000000", None),
        ("0000000000000000", None),
        ("00", None),
        ("", None),
    ],
    ids=[
        "2000",
        "2000, short",
        "not a number",
        "infinity",
        "minus infinity",
        "negative",
        "zero",
        "one byte",
        "nothing",
    ],
)
def test_inspect_matroska_duration(ticks: str, duration_s: float | None) -> None:
    contents = inspect(matroska(VIDEO_TYPE, SIZE, info=element(0x4489, bytes.fromhex(ticks))))
    assert contents is not None
    assert contents.duration_s == duration_s


def test_inspect_mp4_without_index(videos: Videos) -> None:
    contents = inspect(videos.cut(videos.video("a.mp4", duration_s=2), keep=0.6).read_bytes())
    assert contents is not None
    assert "moov" in (contents.missing or "")


@pytest.mark.parametrize("rest", [b"", b"\0\0\0\x08free", b"\0\0\0\x10styp" + b"msdh" + bytes(4)])
def test_inspect_initialisation_segment_without_pictures(videos: Videos, rest: bytes) -> None:
    whole = videos.video("a.mp4", duration_s=2, options=FRAGMENTED).read_bytes()
    segment = whole[: whole.index(b"moof") - 4]
    contents = inspect(segment + rest)
    assert contents is not None
    assert "initialisation segment" in (contents.missing or "")
    begun = inspect(whole[: whole.index(b"moof") + 400])
    assert begun is not None
    assert begun.missing is None


def test_inspect_ts_without_pictures(videos: Videos) -> None:
    whole = videos.video("a.ts", audio="aac", duration_s=2).read_bytes()
    packets = [whole[at : at + 188] for at in range(0, len(whole), 188)]
    film = 0x100  # ffmpeg's number for the first stream
    others = b"".join(packet for packet in packets if int.from_bytes(packet[1:3]) & 0x1FFF != film)
    contents = inspect(others)
    assert contents is not None
    assert "before the first picture" in (contents.missing or "")
    cut = inspect(others[:-100])
    assert cut is not None
    assert cut.missing == contents.missing


def test_inspect_mp4_with_short_free_box(videos: Videos) -> None:
    whole = videos.video("a.mp4", duration_s=2, options=INDEX_FIRST).read_bytes()
    at = whole.index(b"free") - 4
    contents = inspect(whole[:at] + b"\0\0\0\x03" + whole[at + 4 :])
    assert contents is not None
    assert len(contents.video) == 1


def test_inspect_mp4_needed_bytes(videos: Videos) -> None:
    whole = videos.video("a.mp4", audio="aac", duration_s=2, options=INDEX_FIRST).read_bytes()
    cut = whole[: round(len(whole) * 0.6)]
    for content, is_whole in ((whole, True), (cut, False)):
        contents = inspect(content)
        assert contents is not None
        assert contents.needed_bytes is not None
        assert (contents.needed_bytes <= len(content)) is is_whole


def test_inspect_ts_with_long_program_map() -> None:
    """Packets: the association table, then the first part of a long map with sound alone."""
    association = b"\x00" + b"\x00\xb0\x0d\x00\x01\xc1\x00\x00\x00\x01\xf0\x00" + bytes(4)
    entries = b"".join(
        b"\x0f" + (0xE100 + number).to_bytes(2) + b"\xf0\x06" + b"\x0a\x04eng\x00" for number in range(20)
    )
    program = (
        b"\x00\x02" + (0xB000 + 9 + len(entries) + 4).to_bytes(2) + b"\x00\x01\xc1\x00\x00\xe1\x00\xf0\x00" + entries
    )
    packets = [b"\x47\x40\x00\x10" + association, b"\x47\x50\x00\x10" + program[:184]]
    stuffing = b"\x47\x1f\xff\x10" + bytes(184)
    contents = inspect(b"".join(packet.ljust(188, b"\xff") for packet in packets) + 5 * stuffing)
    assert contents is not None
    assert contents.others > 10
    assert contents.video == ()
    assert contents.may_hide_video


@pytest.mark.parametrize("extension", KINDS)
def test_inspect_passes_on_source_errors(videos: Videos, extension: str) -> None:
    def refuse(offset: int, length: int) -> bytes:
        raise SourceError(f"no {length} bytes at {offset}")

    container = recognise_container(film(videos, extension).read_bytes()[:HEAD_BYTES])
    assert container is not None
    with pytest.raises(SourceError):
        container.inspect_contents(refuse, 1000)


CHANGES = st.lists(
    st.tuples(st.integers(0, 1 << 20), st.sampled_from([0, 1, 0x47, 0x7F, 0x80, 0xFF]) | st.integers(0, 255)),
    min_size=1,
    max_size=30,
)


@pytest.mark.parametrize("extension", KINDS)
@given(changes=CHANGES, keep=st.floats(0, 1), near_start=st.booleans())
def test_inspect_damaged_file_in_few_reads(
    videos: Videos, extension: str, changes: list[tuple[int, int]], *, keep: float, near_start: bool
) -> None:
    data = bytearray(film(videos, extension).read_bytes())
    for place, value in changes:
        data[place % (2048 if near_start else len(data))] = value
    container = next(container for container in CONTAINERS if container.name == KINDS[extension][0])
    content = bytes(data[: round(keep * len(data))])
    is_plausible(container.inspect_contents(File(content).read_at, len(content)))


@pytest.mark.parametrize("container", CONTAINERS, ids=lambda container: container.name)
@given(content=st.binary(max_size=2000))
def test_inspect_random_bytes_without_error(container: Container, content: bytes) -> None:
    recognise_container(content)
    is_plausible(container.inspect_contents(File(content).read_at, len(content)))


def is_plausible(contents: Contents | None) -> None:
    if contents is not None:
        assert contents.others >= 0
        assert contents.duration_s is None or 0 < contents.duration_s < float("inf")
        assert all(track.width_px >= 0 and track.height_px >= 0 for track in contents.video)


def box(kind: bytes, body: bytes) -> bytes:
    return (8 + len(body)).to_bytes(4) + kind + body


@pytest.mark.parametrize(
    "content",
    [
        box(b"ftyp", b"isom") + b"\0\0\0\0moov" + b"\0\0\0\0trak" * 10_000,
        box(b"ftyp", b"isom") + box(b"moov", box(b"trak", box(b"mdia", b"")) * 10_000),
        box(b"ftyp", b"isom") + box(b"free", b"") * 50_000,
        box(b"ftyp", b"isom") + b"\0\0\0\1moov" + b"\xff" * 8 + bytes(1000),
        element(0x1A45DFA3, b"") + element(0x18538067, element(0x1654AE6B, element(0xAE, VIDEO_TYPE) * 20_000)),
        element(0x1A45DFA3, b"")
        + element(0x18538067, element(0x114D9B74, element(0x4DBB, b"\x53\xac\x81\0") * 20_000)),
        b"RIFF\xff\xff\xff\xffAVI " + b"LIST\4\0\0\0hdrl" * 20_000,
        b"FLV\x01\x05\x00\x00\x00\x09" + b"\0" * 200_000,
        b"\x47" * 200_000,
    ],
    ids=["endless", "many tracks", "many boxes", "huge", "entries", "seeks", "lists", "empty tags", "sync bytes"],
)
def test_inspect_hostile_file_in_few_reads(content: bytes) -> None:
    is_plausible(inspect(content))
