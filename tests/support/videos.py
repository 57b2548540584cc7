"""Videos for the tests: encoded when a test asks for one, once a session, and each frame knows its number.

Frame N, counted from 0, is shown N / fps seconds after the start, and has N burned in as a row of 16 black and white
blocks. So a test can ask a thumbnail which frame it shows (`frame_number`), whatever its size and its quality.

Everything odd is made from a few parts: options for the encoder (`FRAGMENTED`, `ENCRYPTED`, ...), what `Videos` does to
a file that is there already (`cut`, `with_cover`, `sparse`), and files of any content (`file`).
"""

from __future__ import annotations

import fcntl
import hashlib
import struct
from itertools import pairwise
from typing import TYPE_CHECKING

import cv2
import numpy as np

from services.local.samples import Image, encode_video, run_ffmpeg

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

ONE_THREAD_OF_X265 = "pools=none:frame-threads=1"
"""Parameters without which x265 starts a pool of threads, whose waiting takes a quarter of the CPU of a short video."""

ENCODERS = {
    "av1": ("libsvtav1", "-preset", "12", "-svtav1-params", "lp=1"),
    "h263": ("h263", "-q:v", "4"),
    "h264": ("libx264", "-preset", "ultrafast"),
    "hevc": ("libx265", "-preset", "ultrafast", "-x265-params", f"{ONE_THREAD_OF_X265}:log-level=error:open-gop=0"),
    "mpeg4": ("mpeg4", "-q:v", "4"),
    "prores": ("prores_ks", "-profile:v", "proxy"),
    # Threads of VP8's encoder wait for each other in a loop: on a busy machine, two take thirty times the CPU of one.
    "vp8": ("libvpx", "-deadline", "realtime", "-cpu-used", "4", "-b:v", "1M", "-threads", "1"),
    "vp9": ("libvpx-vp9", "-deadline", "realtime", "-cpu-used", "5", "-b:v", "1M"),
    "wmv2": ("wmv2", "-q:v", "4"),
}
"""ffmpeg's encoder and its quickest options for a codec. Any other codec is taken as the name of an encoder."""

INDEX_FIRST = ("-movflags", "+faststart")
"""An MP4 whose moov box stands before mdat. Without it, ffmpeg puts it at the end."""

FRAGMENTED = ("-movflags", "+frag_keyframe+empty_moov+default_base_moof+skip_trailer")
"""An MP4 of fragments, one for each GOP, with no index over them (sidx, mfra)."""

ENCRYPTED = (
    *("-encryption_scheme", "cenc-aes-ctr"),
    *("-encryption_key", "76a6c65c5ea762046bd749a2e632ccbb", "-encryption_kid", "a7e61c373e219033c21091fa607bf3b8"),
)
"""An MP4 whose samples nobody can decode: Common Encryption, ISO/IEC 23001-7."""

UNINDEXED = ("-live", "1")
"""A Matroska file as a live stream leaves it: no Cues, and no duration."""

VARIABLE_RATE = ("-vf", "select='lt(n,30)+not(mod(n,10))'", "-fps_mode", "vfr")
"""All of the first 30 frames, then every tenth. Each keeps its number and its time."""

COVER_NUMBER = 0xC0C0
"""The number that `Videos.with_cover` draws: far above that of any frame."""

CORNERS = {
    "top left": (0, 0, 200),
    "top right": (0, 160, 0),
    "bottom left": (200, 0, 0),
    "bottom right": (0, 190, 190),
}
"""The colours of a frame's quarters above and below the counter, blue first: red, green, blue, yellow."""

_COLUMNS = 18  # 16 bits between two marks
_TOP, _MIDDLE, _BOTTOM = 0.35, 0.50, 0.65  # of the height
_DRAWN_PX = (2 * _COLUMNS, 40)  # the fewest with which each block begins at an even pixel, as the chroma of 4:2:0 needs


def draw_frame(number: int, *, size_px: tuple[int, int] = (640, 360)) -> Image:
    """Frame `number`, as a row of its 16 bits, the highest first: white over black for 1, black over white for 0.

    One more block at each end is always white over black, so that a picture that stands on its head is not read.
    """
    if not 0 <= number < 1 << 16:
        raise ValueError(f"frame number {number} does not fit into 16 bits")
    width_px, height_px = size_px
    left = np.arange(width_px)[:, None] < width_px // 2
    upper = np.where(left, CORNERS["top left"], CORNERS["top right"])
    lower = np.where(left, CORNERS["bottom left"], CORNERS["bottom right"])
    bits = np.array([1, *(int(bit) for bit in f"{number:016b}"), 1]) * 255
    row = np.broadcast_to(bits[np.arange(width_px) * _COLUMNS // width_px, None], (width_px, 3))
    # Four rows of pixels, each repeated: fifteen times as fast as filling the areas of the image.
    rows = np.stack([upper, row, 255 - row, lower]).astype(np.uint8)
    borders = [0, *(round(share * height_px) for share in (_TOP, _MIDDLE, _BOTTOM)), height_px]
    return np.repeat(rows, np.diff(borders), axis=0)


def frame_number(image: Image) -> int:
    """Return the number of the frame that the picture shows, from a width of about 100 pixels.

    ValueError: it shows none, or not upright, or two of them blended.
    """
    height_px, width_px = image.shape[:2]
    grey = image.mean(axis=2)

    def levels(top: float, bottom: float) -> NDArray[np.float64]:
        # The inner half of each block: scaling and compression blur its edges.
        inset = (bottom - top) / 4
        row = grey[round((top + inset) * height_px) : round((bottom - inset) * height_px)].mean(axis=0)
        edges = [(column + 0.25, column + 0.75) for column in range(_COLUMNS)]
        unit = width_px / _COLUMNS
        return np.array([row[round(start * unit) : round(end * unit)].mean() for start, end in edges])

    contrast = levels(_TOP, _MIDDLE) - levels(_MIDDLE, _BOTTOM)
    if np.abs(contrast).min() < 100 or contrast[0] < 0 or contrast[-1] < 0:
        raise ValueError("the picture shows no frame number, or not upright")
    return int("".join("1" if bit > 0 else "0" for bit in contrast[1:-1]), 2)


def png(number: int) -> bytes:
    """Return the PNG file of one frame."""
    return cv2.imencode(".png", draw_frame(number))[1].tobytes()


def hls_playlist(url: str) -> bytes:
    """Return an HLS playlist: a demuxer that opens it then opens `url`."""
    return f"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{url}\n#EXT-X-ENDLIST\n".encode()


class Videos:
    """Makes videos under `directory`, which the processes of a run share.

    The same call gives the same file again, in every process, so a test must not change it.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def video(
        self,
        name: str,
        *,
        codec: str = "h264",
        duration_s: float = 4,
        fps: int = 25,
        width_px: int = 640,
        height_px: int = 360,
        gop: int = 25,
        audio: str | None = None,
        sar: str = "1:1",
        rotation_deg: int = 0,
        options: Sequence[str] = (),
    ) -> Path:
        """Make a video in the container of `name`; `options` are further ones of ffmpeg for its output.

        Every `gop`-th frame is a keyframe. The size is the stored one: what is shown is stretched by the sample aspect
        ratio `sar`, then turned clockwise by `rotation_deg` (a multiple of 90). Shown so, each frame is upright and
        fills the picture. `audio` is the encoder of a second track, with a tone.
        """
        quarters = rotation_deg // 90
        shown_px = (width_px, height_px) if quarters % 2 == 0 else (height_px, width_px)
        rotation = (
            ("-noautorotate", "-display_rotation", str(-rotation_deg)) if quarters else ()
        )  # counter-clockwise, says the manual
        across, down = (int(part) for part in sar.split(":"))
        # One thread for each part: threads that wait for each other take a third of the CPU of a short video.
        inputs = (*(_tone(duration_s) if audio else ()), *rotation, "-filter_threads", "1", "-threads", "1")
        pixels = "yuv422p10le" if codec == "prores" else "yuv420p"
        # ffmpeg stretches small frames, which takes a tenth of the CPU of drawing, passing and converting large ones.
        stretch = f"scale={width_px}:{height_px}:flags=neighbor"
        # Options for colours apply to those that are drawn.
        has_colours = not {"-vf", "-pix_fmt"}.isdisjoint(options)
        filters = [stretch, "format=bgr24"] if has_colours else [f"format={pixels}", stretch]
        further = list(options)
        if "-vf" in further:
            place = further.index("-vf")
            filters.append(further[place + 1])
            del further[place : place + 2]
        output = (
            *("-vf", ",".join(filters)),
            *(("-threads", "1") if codec != "av1" else ()),
            *("-c:v", *ENCODERS.get(codec, (codec,)), "-g", str(gop), "-keyint_min", str(gop)),
            *("-pix_fmt", pixels),
            *(("-aspect", f"{width_px * across}:{height_px * down}") if across != down else ()),
            *(("-c:a", audio, "-b:a", "64k") if audio else ()),
            *further,
        )

        # SVT-AV1 blends stretched pictures with those before and after them.
        drawn_px = shown_px if codec == "av1" else _DRAWN_PX

        def make(path: Path) -> None:
            frames = (draw_frame(number, size_px=drawn_px) for number in range(round(duration_s * fps)))
            encode_video((np.rot90(frame, quarters) for frame in frames), path, fps=fps, inputs=inputs, options=output)

        return self.once(name, make, duration_s, fps, width_px, height_px, inputs, output)

    def audio(self, name: str, *, codec: str = "aac", duration_s: float = 4) -> Path:
        """Make a file with a tone and no picture in the container of `name`."""
        return self.once(name, lambda path: run_ffmpeg([*_tone(duration_s), "-c:a", codec], path), codec, duration_s)

    def file(self, name: str, content: bytes) -> Path:
        """Make a file with this content, whatever its name suggests."""

        def make(path: Path) -> None:
            path.write_bytes(content)

        return self.once(name, make, content)

    def with_cover(self, source: Path) -> Path:
        """`source`, a film or a song, with frame `COVER_NUMBER` as its cover: an attached picture, no film."""
        cover = self.file("cover.png", png(COVER_NUMBER))
        streams = ("-map", "1", "-map", "0", "-c", "copy", "-disposition:0", "attached_pic")
        return self.once(
            source.name, lambda path: run_ffmpeg(["-i", str(source), "-i", str(cover), *streams], path), source
        )

    def copied(self, source: Path, name: str, *, options: Sequence[str] = ()) -> Path:
        """Copy the streams of `source` into the container of `name`, which takes a tenth of the CPU of encoding."""
        return self.once(
            name, lambda path: run_ffmpeg(["-i", str(source), "-c", "copy", *options], path), source, options
        )

    def trimmed(self, source: Path, *, start_s: float) -> Path:
        """`source` without its first seconds, by an edit list: the samples from the keyframe before are all there."""
        return self.once(
            source.name,
            lambda path: run_ffmpeg(["-ss", str(start_s), "-i", str(source), "-c", "copy"], path),
            source,
            start_s,
        )

    def cut(self, source: Path, *, keep: float) -> Path:
        """Make the first part of `source`, as an interrupted upload leaves it: `keep` of its bytes, 0 to 1."""
        content = source.read_bytes()
        return self.file(source.name, content[: round(keep * len(content))])

    def sparse(self, source: Path, *, size_bytes: int = 1 << 30) -> Path:
        """`source` grown to exactly `size_bytes`, in no time and with hardly a byte more on the disk.

        The chunks of samples of an MP4 are moved apart, evenly over the whole file, with co64 in place of stco
        boxes. Between them are holes, which a sparse file has for free and which no index mentions. So a reader has
        the distances, the 64-bit offsets and the moov box at the far end of a real file of that size, and reads just as
        little. What differs: the film is short, and a reader that downloads the file gets mostly zeros.

        `source` needs a track of sound: without one, ffmpeg writes all pictures as a single chunk.
        """
        return self.once(source.name, lambda path: _spread(source.read_bytes(), path, size_bytes), source, size_bytes)

    def once(self, name: str, make: Callable[[Path], None], *recipe: object) -> Path:
        """Return the file `name` of a recipe; `make` writes it if no test of the run has."""
        digest = hashlib.sha256()
        for part in recipe:
            digest.update(part if isinstance(part, bytes) else f"{part!r} ".encode())
        path = self._directory / digest.hexdigest()[:16] / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with (path.parent / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not path.exists():
                make(path)
        return path


def _tone(duration_s: float) -> tuple[str, ...]:
    return ("-f", "lavfi", "-i", f"sine=frequency=220:duration={duration_s}")


# ISO/IEC 14496-12: a box is its size, its kind and a body; the body of these is further boxes.
_CONTAINERS = {b"moov", b"trak", b"mdia", b"minf", b"stbl"}


def _boxes(data: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Return the offset, the kind and the body of each box."""
    start = 0
    while start < len(data):
        size_bytes, kind = struct.unpack_from(">I4s", data, start)
        yield start, kind, data[start + 8 : start + size_bytes]
        start += size_bytes


def _chunk_offsets(boxes: bytes) -> Iterator[int]:
    for _, kind, body in _boxes(boxes):
        if kind == b"stco":
            yield from struct.unpack(f">{len(body) // 4}I", body)[2:]
        elif kind in _CONTAINERS:
            yield from _chunk_offsets(body)


def _with_chunks_at(offsets: Mapping[int, int], boxes: bytes) -> bytes:
    """Return the same boxes, with `offsets` (old to new) in co64 boxes instead of stco."""
    rebuilt = b""
    for _, old_kind, old_body in _boxes(boxes):
        kind, body = old_kind, old_body
        if kind == b"stco":
            moved = [offsets[offset] for offset in struct.unpack(f">{len(body) // 4}I", body)[2:]]
            kind, body = b"co64", struct.pack(f">II{len(moved)}Q", 0, len(moved), *moved)
        elif kind in _CONTAINERS:
            body = _with_chunks_at(offsets, body)
        rebuilt += struct.pack(">I4s", 8 + len(body), kind) + body
    return rebuilt


def _spread(mp4: bytes, path: Path, size_bytes: int) -> None:
    places = {kind: (start, start + 8 + len(body)) for start, kind, body in _boxes(mp4)}
    mdat_start, mdat_end = places[b"mdat"]
    moov = mp4[slice(*places[b"moov"])]
    starts = sorted(_chunk_offsets(moov))
    chunks = [mp4[start:end] for start, end in pairwise([*starts, mdat_end])]
    new_end = size_bytes - len(moov) - 4 * len(chunks)  # an offset of co64 is 4 bytes longer than one of stco
    first, last = mdat_start + 16, new_end - len(chunks[-1])
    new_starts = [first + (last - first) * index // (len(chunks) - 1) for index in range(len(chunks))]
    with path.open("wb") as file:
        file.write(mp4[:mdat_start] + struct.pack(">I4sQ", 1, b"mdat", new_end - mdat_start))
        for new_start, chunk in zip(new_starts, chunks, strict=True):
            file.seek(new_start)
            file.write(chunk)
        file.write(_with_chunks_at(dict(zip(starts, new_starts, strict=True)), moov))
