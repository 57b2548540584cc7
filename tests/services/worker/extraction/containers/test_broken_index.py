"""Errors of the index readers on damaged files: always BrokenIndexError, with element, offset, expected and found."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from services.worker import extraction
from services.worker.extraction import containers
from services.worker.extraction.containers.asf.objects import FILE_PROPERTIES
from services.worker.extraction.containers.stream import BrokenIndexError, CodedSample, read_samples
from services.worker.extraction.reading.reader import RangedReader
from tests.support.ranged import frames_at

if TYPE_CHECKING:
    from tests.support.videos import Videos


def open_index(content: bytes, name: str) -> None:
    reader = RangedReader(lambda offset, length: content[offset : offset + length], len(content))
    containers.open_index(reader, name)


def test_parsers_raise_errors_with_place_and_values() -> None:
    for path in Path(extraction.__path__[0]).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                assert ast.unparse(node.exc.func) != "BrokenIndexError", (
                    f"{path}:{node.lineno}: use BrokenIndexError.at"
                )


def test_message_names_element_offset_expected_and_found() -> None:
    error = BrokenIndexError.at("mp4 stsz", 1234, expected="1 to 9 samples", found=0)
    assert str(error) == "mp4 stsz at 1234: expected 1 to 9 samples, found 0"


def test_keyframe_without_a_picture(videos: Videos) -> None:
    path = videos.video("a.mp4", duration_s=1)
    content = path.read_bytes()
    size = content.find(b"mdat") - 4
    body = size + 8
    end = size + int.from_bytes(content[size : size + 4])
    path = videos.file("no-pictures.mp4", content[:body] + bytes(end - body) + content[end:])
    message = rf"^sample at {body}: expected a keyframe at 0\.000 s that can be decoded, found a damaged picture$"
    with pytest.raises(BrokenIndexError, match=message):
        frames_at(path, [0.0])


def test_asf_file_properties_cut_short(videos: Videos) -> None:
    content = videos.video("a.wmv", codec="wmv2", duration_s=1).read_bytes()
    at = content.index(FILE_PROPERTIES)
    with pytest.raises(BrokenIndexError, match=rf"asf file properties at {at + 24}: expected 80 bytes, found 40"):
        open_index(content[: at + 64], "asf")


def test_mp4_sample_entry_cut_short(videos: Videos) -> None:
    content = bytearray(videos.video("a.mp4", duration_s=1).read_bytes())
    at = content.index(b"stsd") + 4
    content[at + 8 : at + 12] = (20).to_bytes(4)
    with pytest.raises(BrokenIndexError, match=rf"mp4 stsd at {at}: expected a sample entry of 86 bytes, found 20"):
        open_index(bytes(content), "mp4")


def test_matroska_cue_longer_than_cues(videos: Videos) -> None:
    content = bytearray(videos.video("a.mkv", duration_s=1).read_bytes())
    # CueTrackPositions of the last cue, and its CueTrack.
    at = content.rindex(b"\xf7\x81\x01\xf1")
    assert content[at - 2] == 0xB7
    content[at - 1], content[at] = 0xFE, 0xF6
    with pytest.raises(BrokenIndexError, match=rf"matroska CueTrackPositions at {at}: expected 126 bytes, found \d+"):
        open_index(bytes(content), "matroska")


def test_matroska_block_cut_short_is_left_out() -> None:
    def element(identity: bytes, body: bytes) -> bytes:
        return identity + (1 << 28 | len(body)).to_bytes(4) + body

    video = element(b"\xe0", element(b"\xb0", b"\x02\x80") + element(b"\xba", b"\x01\x68"))
    codec = element(b"\x86", b"V_VP8")
    track = element(b"\xd7", b"\x01") + element(b"\x83", b"\x01") + codec + video
    tracks = element(b"\x16\x54\xae\x6b", element(b"\xae", track))
    # The number of the track takes eight bytes, and the file ends in what follows it.
    block = b"\xa3\x8b" + b"\x01\0\0\0\0\0\0\x01" + b"\0"
    cluster = b"\x1f\x43\xb6\x75\x01\xff\xff\xff\xff\xff\xff\xff" + element(b"\xe7", b"\0") + block
    segment = b"\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff" + tracks + cluster
    with pytest.raises(BrokenIndexError, match="expected a block of track 1, found none"):
        open_index(element(b"\x1a\x45\xdf\xa3", b"") + segment, "matroska")


@pytest.mark.parametrize("sample", [CodedSample(0.0, -1, 10), CodedSample(0.0, 0, 0), CodedSample(0.0, 95, 10)])
def test_samples_outside_the_file_are_refused(sample: CodedSample) -> None:
    reader = RangedReader(lambda _, length: bytes(length), 100)
    with pytest.raises(BrokenIndexError, match=rf"sample at {sample.offset}: expected "):
        read_samples(reader, [sample])
