"""Reference pictures by FFmpeg."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import imageio_ffmpeg
import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from services.local.samples import Image

TONE_MAPPING = (
    "zscale=t=linear:npl=100,format=gbrpf32le,zscale=p=bt709,tonemap=hable:desat=0:peak=10,"
    "zscale=t=bt709:m=bt709:r=tv,format=yuv420p"
)


def shown_by_ffmpeg(path: Path, time_s: float, size_px: tuple[int, int], *, filters: str = "") -> Image:
    """Return the frame that an accurate seek to a time finds, at the same size."""
    return _picture(["-ss", f"{max(time_s - 0.004, 0):.6f}", "-i", str(path)], filters, size_px)


def presented_by_ffmpeg(path: Path, time_s: float, size_px: tuple[int, int]) -> Image:
    """Return the frame at a time from the first picture or sound of a file with both, by decoding from the start."""
    # In a transport stream, ffmpeg counts from the first of the streams that it uses.
    sound = ["-map", "0:a", "-frames:a", "1", "-f", "null", "-"]
    wanted = f"select='gte(t,{time_s - 0.004:.6f})'"
    return _picture(["-i", str(path), *sound, "-map", "0:v", "-fps_mode", "passthrough"], wanted, size_px)


def decoded_by_ffmpeg(path: Path, time_s: float, size_px: tuple[int, int]) -> Image:
    """Return the same frame by decoding from the first picture: right even if a container misleads ffmpeg's seek."""
    wanted = f"setpts=PTS-STARTPTS,select='gte(t,{time_s - 0.004:.6f})'"
    return _picture(["-i", str(path), "-fps_mode", "passthrough"], wanted, size_px)


def _picture(arguments: list[str], filters: str, size_px: tuple[int, int]) -> Image:
    # Without accurate_rnd, green is 2 levels too low on x86.
    scale = f"scale={size_px[0]}:{size_px[1]}:flags=bicubic+accurate_rnd,setsar=1"
    chain = ",".join(part for part in (filters, scale) if part)
    output = ["-frames:v", "1", "-vf", chain, "-pix_fmt", "bgr24", "-f", "rawvideo", "-"]
    # Threads that decode frames side by side take more CPU to wait than to decode a few.
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-threads", "1", *arguments, *output]
    data = subprocess.run(command, check=True, capture_output=True, stdin=subprocess.DEVNULL).stdout
    return np.frombuffer(data, np.uint8).reshape(size_px[1], size_px[0], 3)
