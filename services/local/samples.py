"""The sample videos of the demo, created on first use: at least one for every supported container.

Each frame shows its number, its time code and the played share of the video, so that a thumbnail can be checked by
eye. OpenCV draws the frames, and the ffmpeg binary of imageio-ffmpeg encodes them. OpenCV's fonts draw the text,
because ffmpeg's `drawtext` needs an installed font.

Errors: `SampleError`.
"""

from __future__ import annotations

import colorsys
import contextlib
import subprocess
import tempfile
import unicodedata
import warnings
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

import cv2
import imageio_ffmpeg
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

Image = NDArray[np.uint8]
"""Picture in OpenCV's format: height x width x 3 bytes, in the order blue, green, red."""

Colour = tuple[int, int, int]


class SampleError(Exception):
    """ffmpeg is missing or failed: one sentence, then the last lines of ffmpeg's output, if any."""


@dataclass(frozen=True, slots=True)
class Encoder:
    """Name of a codec, and ffmpeg's fastest options that still look good on a test card."""

    title: str
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleVideo:
    """One sample video with a keyframe every second. `size_px` is the displayed size.

    Few frames a second: thumbnails need no more, and drawing and encoding them is most of a demo's first start.

    `turned` stores the pictures rotated, with a display matrix of 90 degrees clockwise, as phones do.
    """

    path: str
    codec: str
    size_px: tuple[int, int]
    hue_deg: int
    duration_s: int = 8
    fps: int = 10
    audio: str = "aac"
    turned: bool = False


ENCODERS = {
    "av1": Encoder("AV1", ("-c:v", "libsvtav1", "-preset", "12", "-crf", "38", "-svtav1-params", "lp=1")),
    "h264": Encoder("H.264", ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "24")),
    "hevc": Encoder("HEVC", ("-c:v", "libx265", "-preset", "ultrafast", "-crf", "28", "-tag:v", "hvc1")),
    "mpeg4": Encoder("MPEG-4", ("-c:v", "mpeg4", "-q:v", "4")),
    "vp9": Encoder("VP9", ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-crf", "36", "-b:v", "0")),
    "wmv2": Encoder("WMV 8", ("-c:v", "wmv2", "-q:v", "4")),
}

# The names test object keys: folders, spaces, a plus, a percent sign, accents, capitals.
SAMPLES = (
    SampleVideo(path="Harbour at dawn.mp4", codec="h264", size_px=(1920, 1080), hue_deg=205),
    SampleVideo(path="Crème brûlée + 100% sugar.mp4", codec="av1", size_px=(1280, 720), hue_deg=25),
    SampleVideo(path="Screen recording.webm", codec="vp9", size_px=(1280, 720), hue_deg=180, audio="libopus"),
    SampleVideo(path="broadcast.ts", codec="h264", size_px=(1280, 720), hue_deg=110, duration_s=10),
    SampleVideo(path="lectures/Lecture 01.mkv", codec="h264", size_px=(1280, 720), hue_deg=150, duration_s=16),
    SampleVideo(
        path="phone/IMG_0042.MOV", codec="hevc", size_px=(540, 960), hue_deg=265, duration_s=5, fps=15, turned=True
    ),
    SampleVideo(path="phone/Edited.m4v", codec="h264", size_px=(1280, 720), hue_deg=320, fps=15),
    SampleVideo(path="phone/2007.3gp", codec="mpeg4", size_px=(640, 360), hue_deg=75, fps=15),
    SampleVideo(path="archive/Holiday.avi", codec="mpeg4", size_px=(640, 480), hue_deg=45, audio="libmp3lame"),
    SampleVideo(path="archive/Quarterly report.wmv", codec="wmv2", size_px=(854, 480), hue_deg=230, audio="wmav2"),
    SampleVideo(path="archive/Webcast.flv", codec="h264", size_px=(640, 360), hue_deg=355, duration_s=15),
)


def make_samples(
    directory: Path, *, samples: Sequence[SampleVideo] = SAMPLES, progress: Callable[[str], None] | None = None
) -> list[Path]:
    """Create the sample videos that are missing in `directory`, and return the paths of all.

    A video gets its name when it is complete, so the next run continues an interrupted one. `progress` is called with
    a line for each video that is created. Raises: SampleError.
    """
    for sample in samples:
        if not (directory / sample.path).is_file():
            if progress is not None:
                progress(f"Drawing {sample.path} ({ENCODERS[sample.codec].title}, {sample.duration_s} s)")
            _make_sample(sample, directory / sample.path)
    return [directory / sample.path for sample in samples]


def _make_sample(sample: SampleVideo, path: Path) -> None:
    frames = draw_frames(sample)
    picture: tuple[str, ...] = ()
    if sample.turned:
        frames = (np.rot90(frame) for frame in frames)
        picture = ("-noautorotate", "-display_rotation", "-90")  # counter-clockwise, in ffmpeg's terms
    encode_video(
        frames,
        path,
        fps=sample.fps,
        inputs=("-f", "lavfi", "-i", f"sine=frequency=220:beep_factor=4:duration={sample.duration_s}", *picture),
        options=(
            *("-c:a", sample.audio, "-b:a", "64k", "-ac", "1"),
            *(*ENCODERS[sample.codec].options, "-pix_fmt", "yuv420p", "-g", str(sample.fps)),
        ),
    )


def encode_video(
    frames: Iterable[Image], path: Path, *, fps: float, inputs: Sequence[str] = (), options: Sequence[str] = ()
) -> None:
    """Encode `frames`, all of one size, as the video `path`, whose extension selects the container.

    `inputs` are ffmpeg's arguments before the frames, such as further inputs; `options` are those of the output.
    Raises: SampleError.
    """
    frames = iter(frames)
    first = next(frames)
    size = f"{first.shape[1]}x{first.shape[0]}"
    raw = ("-f", "rawvideo", "-pix_fmt", "bgr24", "-video_size", size, "-framerate", str(fps), "-i", "-")
    run_ffmpeg([*inputs, *raw, *options], path, fed=(frame.tobytes() for frame in chain([first], frames)))


def run_ffmpeg(arguments: Sequence[str], path: Path, *, fed: Iterable[bytes] = ()) -> None:
    """Run ffmpeg to create `path` completely or not at all; `fed` is written to its standard input.

    ffmpeg writes to a temporary folder next to `path`, and the complete file is moved. Raises: SampleError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix=".unfinished-", dir=path.parent) as folder,
        # Not a pipe: nothing reads ffmpeg's messages while frames are written, and a full pipe would block ffmpeg.
        tempfile.TemporaryFile() as said,
    ):
        unfinished = Path(folder).absolute() / path.name  # a colon in a relative path is a protocol to ffmpeg
        command = [_find_ffmpeg(), "-nostdin", "-hide_banner", "-loglevel", "error", *arguments, str(unfinished)]
        try:
            # S603: the command is ours, and no shell reads it.
            process = subprocess.Popen(  # noqa: S603
                command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=said
            )
        except OSError as error:
            raise SampleError(f"The ffmpeg binary {command[0]} cannot be started: {error.strerror}.") from error
        with process:
            _feed_ffmpeg(cast("IO[bytes]", process.stdin), fed)
        if process.returncode != 0:
            said.seek(0)
            last_lines = said.read().decode(errors="replace").strip().splitlines()[-5:]
            failure = f"ffmpeg could not create {path.name} (exit status {process.returncode})."
            raise SampleError("\n".join([failure, *last_lines]))
        unfinished.replace(path)


def _feed_ffmpeg(pipe: IO[bytes], chunks: Iterable[bytes]) -> None:
    # An ffmpeg that fails closes its end early; its exit status is more useful than the broken pipe.
    try:
        with contextlib.suppress(BrokenPipeError):
            pipe.writelines(chunks)
    finally:
        with contextlib.suppress(BrokenPipeError):
            pipe.close()


def _find_ffmpeg() -> str:
    try:
        # imageio-ffmpeg tests its binary with a `preexec_fn`: Python 3.12 warns of that in a process with threads.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            return str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError as error:
        raise SampleError("ffmpeg is missing: install the extra `local`, whose imageio-ffmpeg contains it.") from error


# The test card. Lengths are in units of 1/360 of the picture's shorter side.
_WHITE: Colour = (255, 255, 255)
# The 75 % bars of SMPTE EG 1-1990: swapped channels or a wrong colour range show at once.
_BARS = ((191, 191, 191), (0, 191, 191), (191, 191, 0), (0, 191, 0), (191, 0, 191), (0, 0, 191), (191, 0, 0))


def draw_frames(sample: SampleVideo) -> Iterator[Image]:
    """Return the frames of `sample` in order, in the displayed size."""
    width, height = sample.size_px
    unit = min(width, height) / 360
    # A wide picture has its dial next to the counter, a tall one below it.
    counter, dial = ((0.36, 0.50), (0.80, 0.50)) if width > height else ((0.50, 0.34), (0.50, 0.62))
    x, y = round(counter[0] * width), round(counter[1] * height)
    dial_px = round(dial[0] * width), round(dial[1] * height)
    card = _draw_card(sample, unit)
    last = sample.duration_s * sample.fps - 1
    for number in range(last + 1):
        frame = card.copy()
        seconds, rest = divmod(number, sample.fps)
        _blend_lighter(frame, _draw_line(str(number), round(84 * unit), bold=True), (x, y))
        _blend_lighter(
            frame, _draw_line(f"00:00:{seconds:02}:{rest:02}", round(22 * unit), level=200), (x, y + round(78 * unit))
        )
        _draw_dial(frame, dial_px, unit=unit, hue_deg=sample.hue_deg, played=number / last)
        frame[round(height - 8 * unit) :, : round(width * number / last)] = _WHITE
        yield frame


def _draw_card(sample: SampleVideo, unit: float) -> Image:
    """Draw the parts that are equal in every frame: background, colour bars and texts."""
    width, height = sample.size_px
    across, down = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    slant = (across + down)[..., None] / 2
    ground = np.array(_make_colour(sample.hue_deg, 0.55, 0.50)) * (1 - slant)
    ground += np.array(_make_colour(sample.hue_deg + 40, 0.75, 0.14)) * slant
    # Without a little noise the encoders turn a gradient into steps.
    ground += np.random.default_rng(0).normal(0, 1, ground.shape)
    card = np.clip(ground, 0, 255).astype(np.uint8)
    edges = np.linspace(0, width, len(_BARS) + 1).round().astype(int)
    for left, right, colour in zip(edges, edges[1:], _BARS, strict=False):
        card[round(height - 44 * unit) : round(height - 8 * unit), left:right] = colour
    card[round(height - 8 * unit) :] = 30  # the part that is not played yet
    # OpenCV's fonts are ASCII, so the drawn name has no accents.
    name = unicodedata.normalize("NFKD", sample.path).encode("ascii", "ignore").decode()
    facts = f"{ENCODERS[sample.codec].title}  {width} x {height}  {sample.fps} fps"
    for text, height_px, level, y in ((name, 17, 255, 34), (facts, 13, 200, 62)):
        line = _draw_line(text, round(height_px * unit), level=level)
        _blend_lighter(card, line, (round(16 * unit) + line.shape[1] // 2, round(y * unit)))
    return card


def _draw_dial(frame: Image, centre_px: tuple[int, int], *, unit: float, hue_deg: int, played: float) -> None:
    radius_px, accent = round(64 * unit), _make_colour(hue_deg, 0.45, 0.85)
    cv2.circle(frame, centre_px, radius_px, _make_colour(hue_deg, 0.7, 0.22), cv2.FILLED, cv2.LINE_AA)
    cv2.ellipse(frame, centre_px, (radius_px, radius_px), -90, 0, 360 * played, accent, cv2.FILLED, cv2.LINE_AA)
    cv2.circle(frame, centre_px, round(46 * unit), _make_colour(hue_deg, 0.7, 0.30), cv2.FILLED, cv2.LINE_AA)
    cv2.circle(frame, centre_px, radius_px, _WHITE, max(1, round(2 * unit)), cv2.LINE_AA)
    _blend_lighter(frame, _draw_line(f"{played:.0%}", round(24 * unit)), centre_px)


def _blend_lighter(frame: Image, line: Image, centre_px: tuple[int, int]) -> None:
    """Draw `line` on a darker frame by the brighter of each two pixels: a tenth of the CPU of alpha blending."""
    height, width = line.shape[:2]
    left, top = centre_px[0] - width // 2, centre_px[1] - height // 2
    below = frame[top : top + height, left : left + width]
    cv2.max(below, line, dst=below)


def _draw_line(text: str, height_px: int, *, level: int = 255, bold: bool = False) -> Image:
    """Return a line of text on black in the grey `level` (0 to 255); `height_px` is the height of capitals."""
    glyphs = [_draw_glyph(letter, height_px, level=level, bold=bold) for letter in text]
    margin_px = max(glyph.shape[1] - advance_px for glyph, advance_px in glyphs)
    line = np.zeros((2 * height_px, sum(advance_px for _, advance_px in glyphs) + margin_px, 3), np.uint8)
    left = 0
    for glyph, advance_px in glyphs:
        below = line[:, left : left + glyph.shape[1]]
        cv2.max(below, glyph, dst=below)
        left += advance_px
    return line


@cache
def _draw_glyph(letter: str, height_px: int, *, level: int, bold: bool) -> tuple[Image, int]:
    """Return a letter on black, twice as high as capitals, and the distance to the next letter in pixels.

    OpenCV's letters are polygons: drawn large, blurred and sharpened again, they lose their corners.
    """
    font, cap_px, stroke_px = cv2.FONT_HERSHEY_DUPLEX, 160, 28 if bold else 18
    scale = cv2.getFontScaleFromHeight(font, cap_px, stroke_px)
    once, twice = (cv2.getTextSize(text, font, scale, stroke_px)[0][0] for text in (letter, 2 * letter))
    large = np.zeros((2 * cap_px, twice - once + 4 * stroke_px, 3), np.uint8)
    origin_px = 2 * stroke_px, cap_px * 3 // 2
    cv2.putText(large, letter, origin_px, font, scale, (level, level, level), stroke_px, cv2.LINE_AA)
    soft = cv2.GaussianBlur(large, (0, 0), stroke_px / 4).astype(np.float32)
    sharp = np.clip((soft - level / 2) * 10 + level / 2, 0, level)
    size_px = round(large.shape[1] * height_px / cap_px), 2 * height_px
    glyph = cv2.resize(sharp, size_px, interpolation=cv2.INTER_AREA).astype(np.uint8)
    return glyph, round((twice - once) * height_px / cap_px)


def _make_colour(hue_deg: float, saturation: float, value: float) -> Colour:
    red, green, blue = colorsys.hsv_to_rgb(hue_deg / 360 % 1, saturation, value)
    return round(blue * 255), round(green * 255), round(red * 255)
