"""Files that are made to do harm: to reach other files and addresses, or to eat the machine.

What they point at is there to be reached: a web server that counts its visitors, and a folder that the kernel watches.
Each file is tried in the sandbox, and by the extraction alone, without the filter that would refuse anything anyway.
"""

import ctypes
import hashlib
import os
import struct
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2
import numpy as np
import pytest

from services.contract.records import ReasonCode, VideoState
from services.contract.thumbnails import ThumbnailOptions
from services.worker.extraction.admission import check_duration
from services.worker.extraction.containers import CONTAINERS
from services.worker.extraction.containers.others import DEMUXERS
from services.worker.extraction.extract import extract
from services.worker.extraction.frames.capture import Capture
from services.worker.extraction.frames.request import SearchLimits
from services.worker.extraction.outcome import ExtractionError, Outcome
from services.worker.extraction.reading.reader import RangedReader
from services.worker.extraction.sandbox.sandbox import Sandbox
from tests.support.extracted import SharedSandbox
from tests.support.sandboxes import Source
from tests.support.videos import Videos, hls_playlist, png

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who opens a file")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with SharedSandbox() as sandbox:
        assert sandbox.start() == ""
        yield sandbox


def reader_of(content: bytes) -> RangedReader:
    return RangedReader(Source(content).read, len(content))


def alone(content: bytes) -> Outcome:
    """Extract in this process, which may open any file."""
    return extract(reader_of(content), ThumbnailOptions(), SearchLimits(read_bytes=64 << 20, cpu_s=1e6))


# What there is to be reached.

IN_OPEN, IN_ACCESS = 0x20, 0x01


@dataclass
class Bait:
    """A video that lies in a folder, and the same one on a web server."""

    path: Path
    url: str
    visits: list[str] = field(default_factory=list)
    watch: int = -1

    def was_touched(self) -> bool:
        """Return True if anybody has opened the file or asked the server since the last call."""
        try:
            opened = bool(os.read(self.watch, 4096))
        except BlockingIOError:
            opened = False
        asked = bool(self.visits)
        self.visits.clear()
        return opened or asked


@pytest.fixture(scope="module")
def bait(videos: Videos, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bait]:
    content = videos.video("bait.ts", duration_s=1).read_bytes()
    folder = tmp_path_factory.mktemp("bait")
    path = folder / "bait.ts"
    path.write_bytes(content)
    visits: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            visits.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Silence."""

    libc = ctypes.CDLL(None, use_errno=True)
    watch = libc.inotify_init1(os.O_NONBLOCK)
    assert libc.inotify_add_watch(watch, os.fsencode(folder), IN_OPEN | IN_ACCESS) >= 0
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Bait(path, f"http://127.0.0.1:{server.server_port}/bait.ts", visits, watch)
        server.shutdown()
    os.close(watch)


def test_the_bait_can_be_reached(bait: Bait) -> None:
    """By FFmpeg itself, when it is given the path or the address: otherwise these tests would show nothing."""
    assert not bait.was_touched()
    assert cv2.VideoCapture(str(bait.path), cv2.CAP_FFMPEG).isOpened()
    assert bait.was_touched()
    assert cv2.VideoCapture(bait.url, cv2.CAP_FFMPEG).isOpened()
    assert bait.was_touched()
    playlist = bait.path.parent.parent / "list.m3u8"
    playlist.write_bytes(hls_playlist(str(bait.path)))
    cv2.VideoCapture(str(playlist), cv2.CAP_FFMPEG)
    assert bait.was_touched()


# Files that are no videos.


def dash(target: str) -> bytes:
    return f"""<?xml version="1.0"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT1S">
<Period><AdaptationSet mimeType="video/mp2t"><Representation id="1" bandwidth="1">
<BaseURL>{target}</BaseURL>
</Representation></AdaptationSet></Period>
</MPD>""".encode()


def sdp(target: str) -> bytes:
    host, port = target.split("/")[2].split(":") if "://" in target else ("127.0.0.1", "5004")
    address = f"IN IP4 {host}"
    lines = ["v=0", f"o=- 0 0 {address}", "s=x", f"c={address}", "t=0 0", f"m=video {port} RTP/AVP 96"]
    return "\n".join([*lines, "a=rtpmap:96 H264/90000", ""]).encode()


POINTERS: dict[str, Callable[[str], bytes]] = {
    "HLS": hls_playlist,
    "HLS with a key": lambda target: hls_playlist(target).replace(
        b"#EXTINF", f'#EXT-X-KEY:METHOD=AES-128,URI="{target}"\n#EXTINF'.encode()
    ),
    "HLS with a map": lambda target: hls_playlist(target).replace(
        b"#EXTINF", f'#EXT-X-MAP:URI="{target}"\n#EXTINF'.encode()
    ),
    "DASH": dash,
    "ffconcat": lambda target: f"ffconcat version 1.0\nfile '{target}'\n".encode(),
    "m3u": lambda target: f"{target}\n".encode(),
    "ASX": lambda target: f'<asx version="3.0"><entry><ref href="{target}"/></entry></asx>'.encode(),
    "SDP": sdp,
    "SMIL": lambda target: f'<smil><body><video src="{target}"/></body></smil>'.encode(),
    "SVG": lambda target: f'<svg xmlns="http://www.w3.org/2000/svg"><image href="{target}"/></svg>'.encode(),
    "RTSP reference": lambda target: f"RTSPtext\n{target}\n".encode(),
}


def font() -> bytes:
    """Return the head of a TrueType file: a table directory with one entry."""
    return struct.pack(">IHHHH4sIII", 0x00010000, 1, 16, 0, 0, b"glyf", 0, 28, 4) + bytes(4096)


OTHERS = {
    "TypeScript": b"import { readFile } from 'node:fs';\nexport const answer: number = 42;\n" * 200,
    "PNG": png(7),
    "JPEG": cv2.imencode(".jpg", np.zeros((64, 64, 3), np.uint8))[1].tobytes(),
    "WebP": cv2.imencode(".webp", np.zeros((64, 64, 3), np.uint8))[1].tobytes(),
    "AVIF": cv2.imencode(".avif", np.zeros((64, 64, 3), np.uint8))[1].tobytes(),
    "GIF": b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;",
    "font": font(),
    "subtitles": b"1\n00:00:00,000 --> 00:00:01,000\nHello\n\n" * 100,
    "PDF": b"%PDF-1.7\n" + bytes(4096),
    "ZIP": b"PK\x03\x04" + bytes(4096),
    "program": b"\x7fELF\x02\x01\x01" + bytes(4096),
}


def assert_is_no_video(outcome: Outcome) -> None:
    assert (outcome.state, outcome.reason_code, outcome.pictures) == (VideoState.FAILED, ReasonCode.NOT_A_VIDEO, ())
    assert outcome.reason


@pytest.mark.parametrize("where", ["a file", "an address"])
@pytest.mark.parametrize("kind", POINTERS)
def test_what_points_elsewhere_is_refused_and_nothing_is_opened(
    sandbox: Sandbox, bait: Bait, kind: str, where: str
) -> None:
    content = POINTERS[kind](str(bait.path) if where == "a file" else bait.url)
    assert_is_no_video(alone(content))
    assert_is_no_video(sandbox.extract(Source(content)))
    assert not bait.was_touched()


@pytest.mark.parametrize("kind", POINTERS)
def test_ffmpeg_follows_no_pointer_whatever_the_demuxer(bait: Bait, kind: str) -> None:
    for target in (str(bait.path), bait.url):
        for container in CONTAINERS:
            reader = reader_of(POINTERS[kind](target))
            capture = Capture(reader, container.demuxer, decoder="h264")
            assert not capture.is_open
            del capture
    assert not bait.was_touched()


def test_no_demuxer_of_videos_follows_a_pointer(bait: Bait) -> None:
    assert not DEMUXERS & {"concat", "hls", "dash", "image2", "sdp", "rtsp", "rtp", "mlv", "vobsub", "tty", "data"}
    for demuxer in sorted(DEMUXERS):
        # Some demuxers take anything for a raw stream.
        reader = reader_of(hls_playlist(bait.url))
        capture = Capture(reader, demuxer, decoder="h264")
        capture.advance()
        del capture
    assert not bait.was_touched()


def test_a_guess_of_ffmpeg_is_no_video(sandbox: Sandbox) -> None:
    for size_bytes in (100, 5000, 300_000):
        assert_is_no_video(sandbox.extract(Source(hashlib.shake_128(b"noise").digest(size_bytes))))


@pytest.mark.parametrize("kind", OTHERS)
def test_what_is_another_kind_of_file_is_refused(sandbox: Sandbox, kind: str) -> None:
    assert_is_no_video(alone(OTHERS[kind]))
    assert_is_no_video(sandbox.extract(Source(OTHERS[kind])))


@pytest.mark.parametrize("where", ["a file", "an address"])
def test_external_data_references_are_not_followed(videos: Videos, sandbox: Sandbox, bait: Bait, where: str) -> None:
    """A data reference that is not the file itself: ISO/IEC 14496-12, 8.7.2."""
    movie = videos.video("a.mov", duration_s=1).read_bytes()
    target = str(bait.path) if where == "a file" else bait.url
    at = movie.rindex(b"dref") - 4
    for kind, body in {
        b"url ": bytes(4) + target.encode() + b"\0",
        b"alis": alias(target),
    }.items():
        entry = struct.pack(">I4s", 8 + len(body), kind) + body
        dref = struct.pack(">I4sII", 16 + len(entry), b"dref", 0, 1) + entry
        content = with_box(movie, at, dref)
        for outcome in (alone(content), sandbox.extract(Source(content))):
            assert outcome.reason_code not in (ReasonCode.CRASHED, ReasonCode.TIMEOUT)
        assert not bait.was_touched()


def alias(path: str) -> bytes:
    """Return a Macintosh alias as FFmpeg's mov_read_dref reads it: a volume, a name, and an absolute path."""
    name = path.rsplit("/", 1)[1].encode()[:63]
    head = bytes(4 + 10) + bytes([27]) + bytes(27) + bytes(12) + bytes([len(name)]) + name.ljust(63, b"\0") + bytes(16)
    tail = struct.pack(">hh", -1, -1) + bytes(16) + struct.pack(">hH", 18, len(path)) + path.encode()
    return bytes(4) + head + tail + struct.pack(">hH", -1, 0)


# Files that ask for too much.


def with_box(movie: bytes, at: int, box: bytes) -> bytes:
    """Return an MP4 with the box at `at` replaced and every box around it resized. `moov` is last, so nothing moves."""
    length = int.from_bytes(movie[at : at + 4])
    changed = bytearray(movie[:at] + box + movie[at + length :])
    start, end = movie.rindex(b"moov") - 4, len(movie)
    while start < at:
        size = int.from_bytes(movie[start : start + 4])
        struct.pack_into(">I", changed, start, size + len(box) - length)
        end, start = start + size, start + 8
        while start + int.from_bytes(movie[start : start + 4]) <= at and start < end:
            start += int.from_bytes(movie[start : start + 4])
    return bytes(changed)


def assert_asks_for_too_much(outcome: Outcome, code: ReasonCode, words: str) -> None:
    assert (outcome.state, outcome.reason_code, outcome.retryable) == (VideoState.FAILED, code, False)
    assert words in (outcome.reason or "")
    # Nothing was allocated for it: a child takes half of this for a video of no size.
    assert outcome.usage.peak_memory_mb < 128


def with_vp9_size(video: bytes, width_px: int, height_px: int) -> bytes:
    """Return a VP9 file with another size in its keyframes' headers: VP9 specification, 6.2 and 7.2."""
    changed, at = bytearray(video), 0
    while (at := changed.find(b"\x49\x83\x42", at)) >= 0:
        # The sync code, four bits of colour, then both sizes less one.
        colour = changed[at + 3] & 0xF0
        size = (width_px - 1) << 16 | height_px - 1
        low = changed[at + 7] & 0x0F
        changed[at + 3 : at + 8] = (colour << 32 | size << 4 | low).to_bytes(5)
        at += 3
    return bytes(changed)


@pytest.mark.parametrize("name", ["a.webm", "a.mp4", "a.mkv"])
def test_oversized_vp9_behind_a_small_header_is_refused(videos: Videos, sandbox: Sandbox, name: str) -> None:
    small = videos.video(name, codec="vp9", duration_s=0.2).read_bytes()
    assert sandbox.extract(Source(with_vp9_size(small, 640, 360))).state is VideoState.DONE
    bomb = with_vp9_size(small, 16384, 8192)
    assert len(bomb) < 43_000
    assert_asks_for_too_much(sandbox.extract(Source(bomb)), ReasonCode.TOO_MANY_PIXELS, "16384 x 8192")


def test_a_container_that_claims_too_many_pixels_is_believed(videos: Videos, sandbox: Sandbox) -> None:
    content = bytearray(videos.video("a.mp4", duration_s=1).read_bytes())
    entry = content.rindex(b"avc1")
    content[entry + 28 : entry + 32] = b"\xff\xff\xff\xff"
    outcome = sandbox.extract(Source(bytes(content)))
    assert_asks_for_too_much(outcome, ReasonCode.TOO_MANY_PIXELS, "65535 x 65535")


def test_a_file_of_too_many_tracks_is_refused(videos: Videos, sandbox: Sandbox) -> None:
    movie = videos.video("a.mp4", duration_s=1).read_bytes()
    at = movie.rindex(b"trak") - 4
    track = movie[at : at + int.from_bytes(movie[at : at + 4])]
    assert sandbox.extract(Source(with_box(movie, at, track * 3))).state is VideoState.DONE
    outcome = sandbox.extract(Source(with_box(movie, at, track * 3000)))
    assert_asks_for_too_much(outcome, ReasonCode.TOO_LARGE, "3000 tracks")


def test_an_index_of_too_many_samples_is_refused(videos: Videos, sandbox: Sandbox) -> None:
    """Eight bytes are enough to claim four thousand million pictures of one byte each."""
    movie = videos.video("a.mp4", duration_s=1).read_bytes()
    at = movie.rindex(b"stsz") - 4
    sizes = struct.pack(">I4sIII", 20, b"stsz", 0, 1, 0xFFFFFFF0)
    outcome = sandbox.extract(Source(with_box(movie, at, sizes)))
    assert_asks_for_too_much(outcome, ReasonCode.TOO_LARGE, "4294967280 pictures")


def test_times_for_too_many_samples_cost_nothing(videos: Videos, sandbox: Sandbox) -> None:
    """Runs of times may promise more pictures than there are: stts and ctts, ISO/IEC 14496-12, 8.6.1."""
    movie = videos.video("a.mp4", duration_s=1, options=("-preset", "medium")).read_bytes()
    for kind in (b"stts", b"ctts"):
        at = movie.rindex(kind) - 4
        runs = struct.pack(">I4sIIII", 24, kind, 0, 1, 0xFFFFFFFF, 512)
        outcome = sandbox.extract(Source(with_box(movie, at, runs)))
        assert outcome.reason_code in (None, ReasonCode.INCOMPLETE, ReasonCode.DAMAGED, ReasonCode.TOO_LARGE)
        assert outcome.usage.peak_memory_mb < 128


def test_a_header_with_a_duration_of_years_is_not_believed(videos: Videos, sandbox: Sandbox) -> None:
    film = bytearray(videos.video("a.mkv", duration_s=1).read_bytes())
    at = film.index(b"\x44\x89\x88") + 3
    film[at : at + 8] = struct.pack(">d", 1e14)
    outcome = sandbox.extract(Source(bytes(film)))
    assert outcome.state is VideoState.DONE
    assert outcome.info is not None
    assert outcome.info.duration_s == pytest.approx(1, abs=0.05)


def test_a_duration_of_years_is_refused() -> None:
    with pytest.raises(ExtractionError, match="1157407 days") as raised:
        check_duration(1e11)
    assert raised.value.code is ReasonCode.TOO_LARGE
