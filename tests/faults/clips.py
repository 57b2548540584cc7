"""Files for the fault run: small videos of all kinds that show their upload's number, and files that are no video."""

import random
import struct
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg

from tests.faults.numbers import SIZE_PX, draw_number

_FPS = 10
_FRAMES = 20
_H264 = ("-c:v", "libx264", "-preset", "ultrafast")
_MPEG4 = ("-c:v", "mpeg4", "-q:v", "3")
_TONE = ("-f", "lavfi", "-i", "sine=frequency=220:duration=2")
_KEY = ("76a6c65c5ea762046bd749a2e632ccbb", "a7e61c373e219033c21091fa607bf3b8")


@dataclass(frozen=True)
class Kind:
    """A kind of file. `reasons` are the right reason codes of its failure; empty for a video with thumbnails."""

    extension: str
    encoder: tuple[str, ...] = ()
    reasons: frozenset[str] = frozenset()
    is_ignored: bool = False
    """True for a name that no worker takes."""


def _bad(extension: str, *reasons: str) -> Kind:
    return Kind(extension, reasons=frozenset(reasons))


KINDS: Mapping[str, Kind] = {
    "mp4": Kind("mp4", _H264),
    "mp4 with its index first": Kind("mp4", (*_H264, "-movflags", "+faststart")),
    "mp4 in fragments": Kind("mp4", (*_H264, "-movflags", "+frag_keyframe+empty_moov+default_base_moof")),
    "mov": Kind("MOV", _MPEG4),
    "mkv": Kind("mkv", _H264),
    "webm": Kind("webm", ("-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "1M")),
    "avi": Kind("avi", _MPEG4),
    "ts": Kind("ts", _H264),
    "flv": Kind("flv", _H264),
    "wmv": Kind("wmv", ("-c:v", "wmv2", "-q:v", "3")),
    "text": _bad("mp4", "not_a_video"),
    "noise": _bad("mkv", "not_a_video"),
    "empty": _bad("mp4", "empty"),
    "sound": _bad("m4v", "no_video_stream"),
    "cut": _bad("mp4", "incomplete"),
    "encrypted": _bad("mp4", "encrypted"),
    "huge": _bad("avi", "memory", "too_many_pixels", "damaged"),
    "deep": _bad("mp4", "memory"),
    "notes": Kind("txt", is_ignored=True),
}

GOOD = tuple(name for name, kind in KINDS.items() if kind.encoder)
BAD = tuple(name for name, kind in KINDS.items() if kind.reasons and name != "deep")
"""Files that are no video, but for the one that takes seconds to make."""


class ClipFolder:
    """Maker of files, which are kept in a folder and made once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def clip(self, kind: str, number: int) -> bytes:
        """Return the content of upload `number`; each number has other bytes, but for the empty file."""
        # The same for all numbers, as its pixels are not seen.
        shown = 0 if kind == "deep" else number
        path = self._folder / f"{kind.replace(' ', '-')}-{shown}.{KINDS[kind].extension.lower()}"
        if not path.exists():
            path.write_bytes(self._make(kind, number))
        return path.read_bytes()

    def _make(self, kind: str, number: int) -> bytes:
        content = b""
        match kind:
            case "empty":
                pass
            case "text" | "notes":
                content = f"This is text number {number}, and no video.\n".encode() * 50
            case "noise":
                content = random.Random(number).randbytes(20_000)  # noqa: S311 - content, not a secret
            case "cut":
                # ffmpeg writes the index at the end.
                whole = self.clip("mp4", number)
                content = whole[: len(whole) // 2]
            case "huge":
                content = _claim_size(self.clip("avi", number), 30_000, 20_000)
            case "deep":
                # A picture of 400 MB, which a child with 512 MiB of memory cannot hold.
                size = ["-f", "lavfi", "-i", "color=gray:s=8160x8160:r=1:d=1", *_H264, "-pix_fmt", "yuv444p10le"]
                content = self._run_ffmpeg(size, b"", "mp4")
            case "sound":
                options = [*_TONE, "-c:a", "aac", "-metadata", f"comment={number}", "-f", "mp4"]
                content = self._run_ffmpeg(options, b"", "mp4")
            case "encrypted":
                options = [*_H264, "-encryption_scheme", "cenc-aes-ctr", "-encryption_key", _KEY[0]]
                content = self._encode([*options, "-encryption_kid", _KEY[1]], number, "mp4")
            case _:
                content = self._encode(list(KINDS[kind].encoder), number, KINDS[kind].extension.lower())
        return content

    def _encode(self, encoder: list[str], number: int, extension: str) -> bytes:
        size = f"{SIZE_PX[0]}x{SIZE_PX[1]}"
        raw = ["-f", "rawvideo", "-pix_fmt", "bgr24", "-video_size", size, "-framerate", str(_FPS), "-i", "-"]
        # The encoder's threads would wait for each other, longer than they encode.
        options = [*raw, *encoder, "-threads", "1", "-pix_fmt", "yuv420p", "-g", str(_FPS)]
        return self._run_ffmpeg(options, draw_number(number).tobytes() * _FRAMES, extension)

    def _run_ffmpeg(self, options: list[str], fed: bytes, extension: str) -> bytes:
        made = self._folder / f"made.{extension}"
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-v", "error", "-threads", "1", *options, str(made)]
        subprocess.run(command, input=fed, check=True)
        return made.read_bytes()


def _claim_size(avi: bytes, width_px: int, height_px: int) -> bytes:
    """Return the video with other dimensions in its headers: a decoder that believes them needs much memory."""
    at = avi.index(b"strf") + 8
    sized = bytearray(avi)
    struct.pack_into("<ii", sized, at + 4, width_px, height_px)
    return bytes(sized)
