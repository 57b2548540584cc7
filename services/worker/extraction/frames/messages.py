"""Messages of FFmpeg. OpenCV prints them to the standard output of the process; in a child, a pipe returns them.

They are the only source for the demuxer that FFmpeg recognises, for the decoder of a stream, and for the cause of a
refusal. Without `redirect_output`, there are no messages, and only codecs with a record can be decoded.
"""

import contextlib
import ctypes
import os
import re
from collections.abc import Iterator, Sequence

QUIET, WARNING, DEBUG = -8, 24, 48
"""Log levels of FFmpeg (libavutil/log.h)."""

_LIBC = ctypes.CDLL(None)
_STDOUT = 1
_PIPE_BYTES = 64 * 1024
"""Capacity of a pipe on Linux. Further messages are lost."""
_LINE = re.compile(r"\[OPENCV:FFMPEG:(\d+)\] (.*)")
_PROBED = re.compile(r"Format (\S+) probed with")
_DECODER = re.compile(r"Codec \((\w+)\) not on whitelist")
_OUR_DOING = re.compile(r"not on whitelist|Failed to open codec in|Could not find codec parameters")
"""Messages that our own options cause."""
_MAX_CHARS = 160

_pipe: tuple[int, int] | None = None


def redirect_output() -> None:
    """Send the standard output of this process to `collect_messages` from now on."""
    global _pipe  # noqa: PLW0603 - there is one standard output
    _pipe = os.pipe()
    for end in _pipe:
        # A full pipe must not stop FFmpeg.
        os.set_blocking(end, False)
    os.dup2(_pipe[1], _STDOUT)


@contextlib.contextmanager
def collect_messages(found: list[str]) -> Iterator[None]:
    """Append the warnings, the errors and the recognised format that FFmpeg reports in the context."""
    _take_lines()  # of calls outside, which leave less room in the pipe
    try:
        yield
    finally:
        found += _take_lines()


def find_demuxer(messages: Sequence[str]) -> str:
    """Return the names of the demuxer that FFmpeg recognised; empty for none, or for a guess.

    FFmpeg gives random bytes a low score ("detected only with low score").
    """
    return next((match[1] for line in messages if (match := _PROBED.match(line))), "")


def find_decoders(messages: Sequence[str]) -> list[str]:
    """Return the decoders that FFmpeg would open for the streams of a file, also those of sound."""
    return list(dict.fromkeys(match[1] for line in messages if (match := _DECODER.match(line))))


def is_interlaced(line: str) -> bool:
    """Return True if FFmpeg reports that it could not convert a frame because its decoder calls it interlaced."""
    return line.startswith("Cannot convert interlaced")


def is_unconverted(line: str) -> bool:
    """Return True if FFmpeg reports that its scaler could not convert a frame.

    For HDR and wide gamuts the scaler builds a 3D table in threads, which a child process cannot start.
    """
    return is_interlaced(line) or line.startswith("Failed initializing scaling graph")


def describe_messages(messages: Sequence[str]) -> str:
    """Return the first message that explains a failure as a sentence, after a space; empty if there is none."""
    for line in messages:
        text = "".join(char if char.isprintable() else "?" for char in line.strip())
        if text and not _OUR_DOING.search(text):
            return f" FFmpeg: {text[:_MAX_CHARS].rstrip('. ')}."
    return ""


def _take_lines() -> list[str]:
    if _pipe is None:
        return []
    _LIBC.fflush(None)
    try:
        lines = os.read(_pipe[0], _PIPE_BYTES).decode("utf-8", "replace").splitlines()
    except BlockingIOError:
        return []
    parsed = [(int(match[1]), match[2]) for line in lines if (match := _LINE.match(line))]
    return [text for level, text in parsed if level <= WARNING or _PROBED.match(text)]
