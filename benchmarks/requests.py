"""Requests and bytes that three thumbnails need: `./noxw bench requests [--only NAME]`.

The peer is PyAV, whose demuxers read the same file in ranges and with a cache, in two ways: through our `RangedReader`
(blocks of 64 KiB, read-ahead up to 1 MiB), and in plain blocks of 256 KiB without read-ahead. PyAV's requests follow
each other; several of ours are sent at once. Fails if PyAV reads fewer bytes of a video.
"""

import argparse
import io
import sys
import tempfile
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import imageio_ffmpeg

from benchmarks.extraction import videos
from services.contract.thumbnails import ThumbnailOptions
from services.worker.extraction.reading.reader import RangedReader
from services.worker.extraction.reading.source import LocalFile
from services.worker.extraction.sandbox.job import Bounds
from services.worker.extraction.sandbox.sandbox import Sandbox

HEADINGS = ("video", "PyAV, read-ahead: requests", "MB", "PyAV, blocks: requests", "MB", "ours: requests", "MB")
_BLOCK_BYTES = 256 * 1024
_CACHED_BLOCKS = 128
"""32 MiB, as much as `RangedReader` keeps."""
_MIB = 1024 * 1024
_POSITIONS = (0.10, 0.50, 0.95)
_WIDTH_PX = 640


@dataclass(frozen=True)
class Reads:
    """Requests and bytes that one way has read of a file."""

    requests: int
    size_bytes: int


def main() -> int:
    parser = argparse.ArgumentParser(prog="./noxw bench requests", description=__doc__)
    parser.add_argument("--only", default="", help="only videos with this in their name")
    parser.add_argument("--directory", type=Path, help="where the videos are made (default: a temporary one)")
    arguments = parser.parse_args()
    _print_line(f"ffmpeg {imageio_ffmpeg.get_ffmpeg_version()}, PyAV {av.__version__}, films of {videos.MEDIUM_S} s\n")
    _print_line(" | ".join(HEADINGS))
    _print_line(" | ".join("---" for _ in HEADINGS))
    lost: list[str] = []
    with tempfile.TemporaryDirectory(dir=arguments.directory) as folder:
        for video in _list_videos(arguments.only):
            path = videos.make_video(video, Path(folder))
            ways = (measure_pyav_with_read_ahead(path), measure_pyav_in_blocks(path), measure_ours(path))
            path.unlink()
            numbers = [cell for way in ways for cell in (str(way.requests), f"{way.size_bytes / _MIB:.1f}")]
            _print_line(" | ".join([video.name, *numbers]))
            *theirs, ours = ways
            if ours.size_bytes > min(way.size_bytes for way in theirs):
                lost.append(video.name)
    _print_line(f"\nPyAV read fewer bytes of: {', '.join(lost)}" if lost else "\nOurs never read more bytes.")
    return 1 if lost else 0


class BlockReader(io.RawIOBase):
    """A file object over a source, in blocks of 256 KiB: one request a block that is not in the cache."""

    def __init__(self, source: LocalFile) -> None:
        super().__init__()
        self._source = source
        self._at = 0
        self._blocks: OrderedDict[int, bytes] = OrderedDict()
        self.reads = Reads(0, 0)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._source.size_bytes}[whence]
        self._at = start + offset
        return self._at

    def read(self, size: int = -1) -> bytes:
        """Return at most `size` bytes, which end with a block."""
        number, start = divmod(self._at, _BLOCK_BYTES)
        data = self._read_block(number)[start:][: size if size >= 0 else None]
        self._at += len(data)
        return data

    def _read_block(self, number: int) -> bytes:
        if number not in self._blocks:
            self._blocks[number] = self._source.read(number * _BLOCK_BYTES, _BLOCK_BYTES)
            self.reads = Reads(self.reads.requests + 1, self.reads.size_bytes + len(self._blocks[number]))
            if len(self._blocks) > _CACHED_BLOCKS:
                self._blocks.popitem(last=False)
        self._blocks.move_to_end(number)
        return self._blocks[number]


def measure_pyav_with_read_ahead(path: Path) -> Reads:
    """Make three thumbnails with PyAV through our reader, and return what that read."""
    with LocalFile(path) as source:
        reader = RangedReader(source.read, source.size_bytes)
        make_thumbnails_with_pyav(reader)
        reader.check()
        return Reads(reader.fetches, reader.fetched_bytes)


def measure_pyav_in_blocks(path: Path) -> Reads:
    """Make three thumbnails with PyAV in plain blocks, and return what that read."""
    with LocalFile(path) as source:
        reader = BlockReader(source)
        make_thumbnails_with_pyav(reader)
        return reader.reads


def make_thumbnails_with_pyav(file: io.IOBase) -> None:
    """Make three thumbnails from the keyframe before each position.

    The decoder gets that keyframe and the end of the stream: otherwise it holds the picture back until it has read the
    next keyframes, and reads nine megabytes of an MP4 in place of two.
    """
    with av.open(file) as container:
        stream = container.streams.video[0]
        start, duration = container.start_time or 0, container.duration or 0
        for position in _POSITIONS:
            container.seek(start + int(duration * position))
            keyframe = next(packet for packet in container.demux(stream) if packet.is_keyframe)
            frame = next(iter([*stream.codec_context.decode(keyframe), *stream.codec_context.decode(None)]))
            stream.codec_context.flush_buffers()
            height_px = frame.height * _WIDTH_PX // frame.width
            frame.reformat(width=_WIDTH_PX, height=height_px).to_image().save(io.BytesIO(), "JPEG", quality=82)


def measure_ours(path: Path) -> Reads:
    """Make three thumbnails as the worker does, and return what that read."""
    with Sandbox(ThumbnailOptions(), Bounds()) as sandbox, LocalFile(path) as source:
        usage = sandbox.extract(source).usage
    return Reads(usage.requests, usage.bytes_read)


def _list_videos(only: str) -> Iterator[videos.BenchmarkVideo]:
    """Yield the films of ten minutes in H.264 at 1080p with a keyframe every two seconds: one for each container."""
    for video in videos.list_videos(with_long=False):
        is_wanted = video.codec == "h264" and video.duration_s == videos.MEDIUM_S and video.gop_s == 2
        if is_wanted and video.suffix not in ("mov", "m4v") and only in video.name:
            yield video


def _print_line(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - the command's output


if __name__ == "__main__":
    sys.exit(main())
