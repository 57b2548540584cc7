"""Charts of known colours as videos, and the distance of colours that people see (CIEDE2000)."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import imageio_ffmpeg
import numpy as np

from services.local.samples import run_ffmpeg

if TYPE_CHECKING:
    from pathlib import Path

    from services.local.samples import Image

Floats = np.ndarray[Any, np.dtype[np.float64]]

COLUMNS, ROWS = 12, 8
_LUMA_SHARES = {"bt709": (0.2126, 0.0722), "smpte170m": (0.299, 0.114), "bt470bg": (0.299, 0.114)}
_BT2020_SHARES = (0.2627, 0.0593)
_SUBSAMPLING = {"420": (2, 2), "422": (2, 1), "444": (1, 1)}
_TO_SDR = "zscale=t=linear:npl=100,format=gbrpf32le,zscale=p=bt709,{tones}zscale=t=bt709:m=gbr:r=pc,format=gbrp16le"
_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
_WHITE = (0.95047, 1.0, 1.08883)


@dataclass(frozen=True, kw_only=True)
class Coding:
    """Coding of a chart: ffmpeg's names of the colour tags, and the format of its samples."""

    primaries: str = "bt709"
    transfer: str = "bt709"
    matrix: str = "bt709"
    is_full: bool = False
    depth: int = 8
    chroma: str = "420"
    patch_px: int = 16

    @property
    def is_hdr(self) -> bool:
        """True for PQ and HLG."""
        return self.transfer in ("smpte2084", "arib-std-b67")

    @property
    def raw(self) -> tuple[str, ...]:
        """Options of ffmpeg that describe the raw picture on its standard input."""
        pixels = f"yuv{self.chroma}p" + ("" if self.depth == 8 else f"{self.depth}le")
        size = f"{COLUMNS * self.patch_px}x{ROWS * self.patch_px}"
        return ("-f", "rawvideo", "-pix_fmt", pixels, "-video_size", size, "-framerate", "25", "-i", "-")

    @property
    def tagging(self) -> str:
        """Filter of ffmpeg that sets the tags."""
        tags = f"color_primaries={self.primaries}:color_trc={self.transfer}:colorspace={self.matrix}"
        return f"setparams={tags}:range={'pc' if self.is_full else 'tv'}"


def draw_colours(coding: Coding) -> Floats:
    """Return red, green and blue of each patch, from 0 to 1: rows of greys, of natural and of saturated colours.

    In HDR, they are at most 1,000 nits.
    """
    random, brightest = np.random.default_rng(1), 0.75 if coding.is_hdr else 1.0
    greys = np.linspace(0.02, brightest, 24)[:, None].repeat(3, 1)
    natural = np.clip(random.uniform(0.1, brightest, (40, 1)) + random.normal(0, 0.1, (40, 3)), 0.01, brightest)
    saturated = random.uniform(0, brightest, (COLUMNS * ROWS - 64, 3))
    return np.concatenate([greys, natural, saturated]).T.reshape(3, ROWS, COLUMNS)


def draw_chart(coding: Coding) -> bytes:
    """Return one raw picture of `draw_colours`."""
    red, green, blue = draw_colours(coding)
    red_share, blue_share = _LUMA_SHARES.get(coding.matrix, _BT2020_SHARES)
    luma = red_share * red + (1 - red_share - blue_share) * green + blue_share * blue
    differences = ((blue - luma) / (2 - 2 * blue_share), (red - luma) / (2 - 2 * red_share))
    unit, most = 1 << (coding.depth - 8), (1 << coding.depth) - 1
    scales = (most, most) if coding.is_full else (219 * unit, 224 * unit)
    planes = [scales[0] * luma + (0 if coding.is_full else 16 * unit)]
    planes += [scales[1] * difference + 128 * unit for difference in differences]
    across, down = _SUBSAMPLING[coding.chroma]
    out = b""
    for number, plane in enumerate(planes):
        levels = np.clip(np.round(plane), 0, most).astype(np.uint8 if coding.depth == 8 else "<u2")
        repeats = (coding.patch_px // (down if number else 1), coding.patch_px // (across if number else 1))
        out += levels.repeat(repeats[0], 0).repeat(repeats[1], 1).tobytes()
    return out


def encode_chart(coding: Coding, path: Path, encoder: tuple[str, ...], *, is_tagged: bool = True) -> Path:
    """Encode a video of two pictures."""
    tags = (
        *("-color_primaries", coding.primaries, "-color_trc", coding.transfer, "-colorspace", coding.matrix),
        *("-color_range", "pc" if coding.is_full else "tv"),
    )
    tagging = ("-vf", coding.tagging, *tags) if is_tagged else ()
    run_ffmpeg([*coding.raw, *tagging, *encoder], path, fed=[draw_chart(coding)] * 2)
    return path


@cache
def convert_chart(coding: Coding) -> Floats:
    """Return the patches as zimg shows them on an SDR screen: blue, green and red from 0 to 255."""
    tones = "tonemap=hable:desat=0:peak=10," if coding.is_hdr else ""
    filters = f"{coding.tagging},{_TO_SDR.format(tones=tones)}"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *coding.raw, "-vf", filters]
    command += ["-frames:v", "1", "-f", "rawvideo", "-"]
    data = subprocess.run(command, check=True, capture_output=True, input=draw_chart(coding)).stdout
    height, width = ROWS * coding.patch_px, COLUMNS * coding.patch_px
    green, blue, red = np.frombuffer(data, "<u2").reshape(3, height, width) / 65535 * 255
    return average_patches(np.stack([blue, green, red], axis=-1))


def average_patches(image: Image | Floats) -> Floats:
    """Return the mean colour in the middle of each patch."""
    height, width = image.shape[:2]

    def middle(number: int, count: int, side: int) -> slice:
        return slice(int((number + 0.3) * side / count), int((number + 0.7) * side / count) + 1)

    return np.array(
        [
            [
                image[middle(row, ROWS, height), middle(column, COLUMNS, width)].mean(axis=(0, 1))
                for column in range(COLUMNS)
            ]
            for row in range(ROWS)
        ]
    )


def measure_distances(one: Floats, other: Floats) -> Floats:
    """Return the CIEDE2000 distance of each colour of an sRGB screen: blue, green and red from 0 to 255."""
    return compute_ciede2000(_convert_to_lab(one), _convert_to_lab(other))


def _convert_to_lab(image: Floats) -> Floats:
    """Return L*, a* and b* (CIE 15) of sRGB (IEC 61966-2-1)."""
    level = image[..., ::-1] / 255
    light = np.where(level <= 0.04045, level / 12.92, ((level + 0.055) / 1.055) ** 2.4)
    share = light @ _TO_XYZ.T / _WHITE
    root = np.where(share > 216 / 24389, np.cbrt(share), (24389 / 27 * share + 16) / 116)
    x, y, z = np.moveaxis(root, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def compute_ciede2000(one: Floats, other: Floats) -> Floats:
    """Return the distance of colours in L*, a*, b*.

    The symbols are those of Sharma, Wu and Dalal: "The CIEDE2000 Color-Difference Formula", 2005.
    """
    (l1, a1, b1), (l2, a2, b2) = np.moveaxis(one, -1, 0), np.moveaxis(other, -1, 0)
    mean = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    g = 0.5 * (1 - np.sqrt(mean**7 / (mean**7 + 25.0**7)))
    c1, c2 = np.hypot((1 + g) * a1, b1), np.hypot((1 + g) * a2, b2)
    h1, h2 = np.degrees(np.arctan2(b1, (1 + g) * a1)) % 360, np.degrees(np.arctan2(b2, (1 + g) * a2)) % 360
    has_hue = c1 * c2 != 0
    turn = (h2 - h1 + 180) % 360 - 180
    # A difference of exactly 180 degrees keeps its sign.
    turn = np.where(h2 - h1 == 180, 180.0, turn) * has_hue
    delta_h = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2))
    l_mean, c_mean = (l1 + l2) / 2, (c1 + c2) / 2
    is_near = np.abs(h1 - h2) <= 180
    h_mean = np.where(is_near, (h1 + h2) / 2, np.where(h1 + h2 < 360, (h1 + h2 + 360) / 2, (h1 + h2 - 360) / 2))
    h_mean = np.where(has_hue, h_mean, h1 + h2)

    def cosine(degrees: Floats) -> Floats:
        return np.asarray(np.cos(np.radians(degrees)), np.float64)

    t = 1 - 0.17 * cosine(h_mean - 30) + 0.24 * cosine(2 * h_mean)
    t += 0.32 * cosine(3 * h_mean + 6) - 0.20 * cosine(4 * h_mean - 63)
    rotation = np.sin(np.radians(60 * np.exp(-(((h_mean - 275) / 25) ** 2))))
    rotation *= -2 * np.sqrt(c_mean**7 / (c_mean**7 + 25.0**7))
    lightness = (l2 - l1) / (1 + 0.015 * (l_mean - 50) ** 2 / np.sqrt(20 + (l_mean - 50) ** 2))
    chroma, hue = (c2 - c1) / (1 + 0.045 * c_mean), delta_h / (1 + 0.015 * c_mean * t)
    return np.asarray(np.sqrt(lightness**2 + chroma**2 + hue**2 + rotation * chroma * hue), np.float64)
