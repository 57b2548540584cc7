"""Single keyframes of a file, to be rewritten and decoded by the ffmpeg tool."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import imageio_ffmpeg

from services.local.samples import run_ffmpeg
from services.worker.extraction import containers
from services.worker.extraction.containers.stream import read_samples
from services.worker.extraction.examine import examine_container
from services.worker.extraction.frames import avi_wrapper as tiny
from tests.support.ranged import Counted

if TYPE_CHECKING:
    from pathlib import Path

    from services.worker.extraction.containers.stream import Stream


def encoded(
    directory: Path, name: str, *parameters: str, encoder: str = "x264", pixels: str = "yuv420p", size: str = "640x360"
) -> Path:
    """Return two seconds of video rich in edges, with keyframes at 0 and 1 s. Parameters are those of x264 or x265."""
    path = directory / name
    together = ":".join(["keyint=25", "min-keyint=25", "qp=24", *parameters])
    source = ["-f", "lavfi", "-i", f"mandelbrot=size={size}:rate=25", "-frames:v", "50"]
    codec = ["-c:v", f"lib{encoder}", "-preset", "veryfast", "-pix_fmt", pixels]
    run_ffmpeg([*source, *codec, f"-{encoder}-params", together], path)
    return path


def keyframe_of(path: Path) -> tuple[Stream, bytes]:
    """Return the stream of a file and its keyframe at 1 s."""
    reader = Counted(path).reader()
    index = containers.open_index(reader, examine_container(reader).container.name)
    (sample,) = index.find_nearest([1.0])
    return index.stream, read_samples(reader, [sample])[0]


def pixels_of(directory: Path, stream: Stream, extradata: bytes, keyframe: bytes, *options: str) -> bytes:
    """Return the pixels that the ffmpeg tool decodes of a keyframe in a file of its own."""
    path = directory / "alone.avi"
    path.write_bytes(tiny.avi(stream.decoder, extradata, (stream.width_px, stream.height_px), [keyframe]))
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *options, "-i", str(path), "-f", "rawvideo", "-"]
    return subprocess.run(command, check=True, capture_output=True, stdin=subprocess.DEVNULL).stdout
