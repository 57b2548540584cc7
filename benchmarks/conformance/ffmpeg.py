"""Reference: the program ffmpeg, which tells what a file holds and shows its frames.

One program is the reference for all: ffprobe is not needed. It is missing in imageio-ffmpeg, and the packets that
`ffmpeg -c copy -f framecrc` lists also show a wrong header. Times count from the first picture or sound, after edit
lists. ffmpeg also counts subtitles that begin up to a second earlier; browsers do not, so that second is taken off.
"""

import math
import os
import re
import shutil
import statistics
import subprocess
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

import imageio_ffmpeg
import numpy as np

from services.local.samples import Image

_TIMEOUT_S = 900
_LONG_S = 60.0
"""Upper limit of a time that is reached by decoding from the start instead of by a seek."""
_SEEK_BEFORE_S = 5.0
_UNSET = -(1 << 62)
"""Upper limit of a timestamp that is not set."""

_TONE_MAPPING = (
    "zscale=t=linear:npl=100,format=gbrpf32le,zscale=p=bt709,tonemap=hable:desat=0:peak=10,"
    "zscale=t=bt709:m=bt709:r=tv,format=yuv420p"
)

_INPUT = re.compile(r"^Input #0, (\S+), from", re.MULTILINE)
_DURATION = re.compile(r"^  Duration: (\d+):(\d+):([\d.]+)", re.MULTILINE)
_VIDEO = re.compile(r"^  Stream #0:\d+.*: Video: (?!.*\(attached pic\))", re.MULTILINE)
_FRAME = re.compile(r" pts_time:(\S+) .*? fmt:(\S+) .*?sar:(\d+)/(\d+) s:(\d+)x(\d+) i:(\w)")
_TRANSFER = re.compile(r" color_trc:(\S+)")


class FfmpegError(Exception):
    """FFmpeg cannot be used; the text is a sentence for users."""


@dataclass(frozen=True)
class Content:
    """Content of a file as FFmpeg's demuxer lists it. `starts_s` are the sorted times of the video's packets."""

    container: str = ""
    has_video: bool = False
    has_subtitles: bool = False
    header_s: float | None = None
    end_s: float | None = None
    starts_s: Sequence[float] = field(default=(), repr=False)

    @property
    def frame_s(self) -> float:
        """Return the usual duration of a frame, in seconds."""
        steps = [after - before for before, after in pairwise(self.starts_s) if after > before]
        return statistics.median(steps) if steps else 0.04

    def find_neighbours(self, time_s: float, count: int) -> tuple[float, float]:
        """Return the span of time that holds the starts of the frame shown at a time and of `count` on each side."""
        if not self.starts_s:
            return time_s - count * self.frame_s, time_s + count * self.frame_s
        shown = bisect_right(self.starts_s, time_s + self.tolerance_s) - 1
        first, last = max(shown - count, 0), min(max(shown, 0) + count, len(self.starts_s) - 1)
        return self.starts_s[first] - self.frame_s / 2, self.starts_s[last] + self.frame_s / 2

    @property
    def tolerance_s(self) -> float:
        """Return the difference between two times of the same frame that rounding explains, in seconds."""
        return min(0.3 * self.frame_s, 0.01)


@dataclass(frozen=True)
class Frame:
    """Decoded frame, upright, scaled to the size that was asked for. `width_px` and `height_px` are its own size."""

    time_s: float
    width_px: int
    height_px: int
    sample_aspect: float
    is_interlaced: bool
    has_alpha: bool
    is_hdr: bool
    image: Image = field(repr=False)


@dataclass(frozen=True)
class Wanted:
    """Frames that start within spans of time, scaled; with filters of ffmpeg, and `most` at most."""

    spans_s: Sequence[tuple[float, float]]
    size_px: tuple[int, int]
    filters: str = ""
    most: int | None = None
    is_hdr: bool = False


def find_ffmpeg() -> tuple[str, str]:
    """Return ffmpeg's path and version: that of PATH, else the one of imageio-ffmpeg. Raises: FfmpegError."""
    program = os.environ.get("IMAGEIO_FFMPEG_EXE") or shutil.which("ffmpeg")
    try:
        program = program or imageio_ffmpeg.get_ffmpeg_exe()
        done = subprocess.run([program, "-version"], capture_output=True, text=True, check=True)  # noqa: S603
    except (RuntimeError, OSError, subprocess.CalledProcessError) as error:
        raise FfmpegError(
            "ffmpeg is missing, which shows the frames to compare with: install it (on Debian and Ubuntu: apt install "
            "ffmpeg), or give its path as IMAGEIO_FFMPEG_EXE."
        ) from error
    return program, " ".join(done.stdout.split()[2:3])


class Reference:
    """Reads files with ffmpeg. Raises: FfmpegError if a call takes more than a quarter of an hour."""

    def __init__(self, program: str) -> None:
        self._program = program
        self._zeros_s: dict[Path, float] = {}
        """Time that ffmpeg counts before the first picture or sound of a file."""

    def read_content(self, path: Path, *, is_decoding: bool = False) -> Content:
        """List the packets of a file, or its decoded frames: exact if packets have no times, but slow."""
        decode = ("-vf", "scale=16:16", "-c:v", "rawvideo", "-c:a", "pcm_s16le", "-fps_mode", "passthrough")
        ways = decode if is_decoding else ("-c", "copy", "-copyinkf")
        output, log = self._run(*_input(path), "-map", "0:V:0", "-map", "0:a?", *ways, "-f", "framecrc", "-")
        named, duration = _INPUT.search(log), _DURATION.search(log)
        hours, minutes, seconds = duration.groups() if duration else (0, 0, 0)
        starts_s, first_s, end_s = _parse_packets(output.decode(errors="replace"))
        has_subtitles = bool(re.search(r"^  Stream #0:\d+.*: (Subtitle|Data): ", log, re.MULTILINE))
        zero_s = self._zeros_s[path] = max(first_s, 0.0) if has_subtitles else 0.0
        return Content(
            container=named[1] if named else "",
            has_subtitles=has_subtitles,
            has_video=bool(_VIDEO.search(log.partition("\nOutput #0")[0])),
            header_s=int(hours) * 3600 + int(minutes) * 60 + float(seconds) if duration else None,
            end_s=None if end_s is None else end_s - zero_s,
            starts_s=[start_s - zero_s for start_s in starts_s],
        )

    def decode(self, path: Path, wanted: Wanted, *, may_seek: bool = False) -> list[Frame]:
        """Return the wanted frames of the video.

        A seek is quicker for times after the first minute, but the index of a file can mislead it. HDR is tone-mapped;
        without the filter zscale, ffmpeg returns no frame of it.
        """
        zero_s = self._zeros_s.get(path, 0.0)
        wanted = replace(wanted, spans_s=[(start + zero_s, end + zero_s) for start, end in wanted.spans_s])
        frames = self._decode_spans(path, wanted, may_seek=may_seek)
        if any(frame.is_hdr for frame in frames):
            frames = self._decode_spans(path, replace(wanted, is_hdr=True), may_seek=may_seek)
        return [replace(frame, time_s=frame.time_s - zero_s) for frame in frames]

    def _decode_spans(self, path: Path, wanted: Wanted, *, may_seek: bool) -> list[Frame]:
        if may_seek and max(end for _, end in wanted.spans_s) > _LONG_S:
            spans = [replace(wanted, spans_s=[span]) for span in wanted.spans_s]
            return [
                frame
                for span in spans
                for frame in self._decode(path, span, seek_s=max(span.spans_s[0][0] - _SEEK_BEFORE_S, 0.0))
            ]
        return self._decode(path, wanted)

    def _decode(self, path: Path, wanted: Wanted, *, seek_s: float = 0.0) -> list[Frame]:
        spans_s = [(start - seek_s, end - seek_s) for start, end in wanted.spans_s]
        seek = ("-ss", f"{seek_s:.6f}") if seek_s else ()
        most = ("-frames:v", str(wanted.most)) if wanted.most else ()
        selected = "+".join(f"between(t,{start:.6f},{end:.6f})" for start, end in spans_s)
        scale = f"scale={wanted.size_px[0]}:{wanted.size_px[1]}:flags=bicubic+accurate_rnd+full_chroma_int,setsar=1"
        tones = _TONE_MAPPING if wanted.is_hdr else ""
        chain = ",".join(filter(None, (f"select='{selected}'", "showinfo=checksum=0", wanted.filters, scale, tones)))
        end_s = max(end for _, end in spans_s) + 1
        output, log = self._run(
            *(*seek, *_input(path), "-map", "0:V:0", "-t", f"{end_s:.6f}", "-vf", chain, *most),
            *("-fps_mode", "passthrough", "-pix_fmt", "bgr24", "-f", "rawvideo", "-"),
            # In a transport stream, ffmpeg counts from the first of the streams that it uses.
            *("-map", "0:V:0", "-map", "0:a?", "-c", "copy", "-t", f"{end_s:.6f}", "-f", "null", "-"),
        )
        return _parse_frames(output, log, wanted.size_px, seek_s)

    def _run(self, *arguments: str) -> tuple[bytes, str]:
        command = [self._program, "-hide_banner", "-nostdin", "-nostats", "-threads", "1", *arguments]
        try:
            done = subprocess.run(  # noqa: S603 - our own arguments
                command, capture_output=True, check=False, stdin=subprocess.DEVNULL, timeout=_TIMEOUT_S
            )
        except subprocess.TimeoutExpired as error:
            raise FfmpegError(f"ffmpeg took more than {_TIMEOUT_S // 60} minutes") from error
        return done.stdout, done.stderr.decode(errors="replace")


def _input(path: Path) -> tuple[str, ...]:
    # A playlist may name other files, but no network address.
    return ("-protocol_whitelist", "file", "-i", f"file:{path}")


def _parse_packets(text: str) -> tuple[list[float], float, float | None]:
    """Return the sorted times of the video's packets, and start and end of the packets of all streams, in seconds."""
    ticks_s: dict[str, float] = {}
    starts: list[float] = []
    is_timed = False
    first_s = math.inf
    ends: list[float] = []
    for line in text.splitlines():
        if line.startswith("#tb "):
            number, _, base = line.removeprefix("#tb ").partition(": ")
            numerator, _, denominator = base.partition("/")
            ticks_s[number] = int(numerator) / int(denominator)
        elif not line.startswith("#"):
            number, dts, pts, duration, *_ = (cell.strip() for cell in line.split(","))
            shown = int(pts) if int(pts) > _UNSET else int(dts)
            if shown <= _UNSET:
                continue
            first_s = min(first_s, shown * ticks_s[number])
            ends.append((shown + max(int(duration), 0)) * ticks_s[number])
            if number == "0":
                starts.append(shown * ticks_s[number])
                is_timed |= int(pts) > _UNSET
    # A stream without a container has no times, and ffmpeg counts its decoding from before zero.
    zero_s = 0.0 if is_timed else min(starts, default=0.0)
    return sorted(start - zero_s for start in starts), first_s if ends else 0.0, max(ends, default=None)


def _parse_frames(output: bytes, log: str, size_px: tuple[int, int], seek_s: float) -> list[Frame]:
    length = size_px[0] * size_px[1] * 3
    lines = [line for line in log.splitlines() if "[Parsed_showinfo" in line]
    found: list[tuple[re.Match[str], str]] = []
    for line in lines:
        if match := _FRAME.search(line):
            found.append((match, ""))
        elif found and (transfer := _TRANSFER.search(line)):
            found[-1] = (found[-1][0], transfer[1])
    frames = []
    for number, (match, transfer_name) in enumerate(found[: len(output) // length]):
        time, fmt, sar_x, sar_y, width, height, field_order = match.groups()
        if time == "NOPTS":
            continue
        pixels = np.frombuffer(output, np.uint8, length, number * length)
        frames.append(
            Frame(
                time_s=float(time) + seek_s,
                width_px=int(width),
                height_px=int(height),
                sample_aspect=int(sar_x) / int(sar_y) if int(sar_x) and int(sar_y) else 1.0,
                is_interlaced=field_order != "P",
                has_alpha=bool(re.match(r"yuva|rgba|bgra|argb|abgr|gbrap|ya\d|pal8", fmt)),
                is_hdr=transfer_name in ("smpte2084", "arib-std-b67"),
                image=pixels.reshape(size_px[1], size_px[0], 3),
            )
        )
    return frames
