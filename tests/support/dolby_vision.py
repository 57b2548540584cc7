"""Charts in Dolby Vision profile 5: HEVC in IPT-PQ-C2 with metadata (RPU) that this module writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from services.local.samples import run_ffmpeg
from services.worker.extraction.codecs import nal
from services.worker.extraction.dolby_vision.ipt import LMS_TO_BT2020
from tests.support.colours import COLUMNS, ROWS, Coding, draw_colours

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

Floats = np.ndarray[Any, np.dtype[np.float64]]

TO_LMS = (8192, 799, 1681, 8192, -933, 1091, 8192, 267, -5545)
TO_RGB = (17081, -349, -349, -349, 17081, -349, -349, -349, 17081)
"""The matrices of profile 5, in units of 2 ** -13 and 2 ** -14."""
_PRECISION = 23
_M1, _M2, _C1, _C2, _C3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128
_RPU_HEADER = b"\x7c\x01"


def encode_profile_5(path: Path, *, rpu: bytes | None = None) -> Path:
    """Encode the chart of colours in PQ as a video of two pictures, with `rpu` in place of the right metadata."""
    coding = Coding(depth=10, is_full=True, transfer="smpte2084", primaries="bt2020", matrix="bt2020nc")
    data = b"".join(
        plane.repeat(size, 0).repeat(size, 1).astype("<u2").tobytes()
        for plane, size in zip(_code_chart(coding), (16, 8, 8), strict=True)
    )
    encoder = (
        "-c:v",
        "libx265",
        "-preset",
        "ultrafast",
        "-x265-params",
        "log-level=none:lossless=1:range=full:bframes=0",
    )
    base = path.with_suffix(".base.hevc")
    run_ffmpeg([*coding.raw, *encoder], base, fed=[data] * 2)
    stream, with_metadata = base.read_bytes(), b""
    for start, end in nal.split_annex_b(stream):
        with_metadata += b"\0\0\0\1" + stream[start:end]
        if stream[start] >> 1 & 63 < 32:
            with_metadata += b"\0\0\0\1" + _RPU_HEADER + nal.escape_unit(write_rpu() if rpu is None else rpu)
    raw = path.with_suffix(".hevc")
    raw.write_bytes(with_metadata)
    run_ffmpeg(["-framerate", "25", "-i", str(raw), "-c", "copy", "-bsf:v", "setts=ts=N*512:time_base=1/12800"], path)
    return path


def _code_chart(coding: Coding) -> tuple[Floats, Floats, Floats]:
    """Return the codes of 10 bits of each patch, which the curves of `write_rpu` turn into the chart's colours."""
    rgb = decode_pq(draw_colours(coding))
    lms = encode_pq(np.linalg.inv(LMS_TO_BT2020 @ np.array(TO_RGB).reshape(3, 3) / (1 << 14)) @ rgb.reshape(3, -1))
    intensity, protan, tritan = np.linalg.inv(np.array(TO_LMS).reshape(3, 3) / (1 << 13)) @ lms
    protan, tritan = protan + 0.5, tritan + 0.5
    low = (-0.6 + np.sqrt(0.36 + 1.6 * np.maximum(intensity, 0))) / 0.8
    x = np.round(1023 * np.where(intensity < 0.4, low, (intensity + 0.2) / 1.2)) / 1023
    y, z = (protan - 0.1) / 0.8, (tritan - 0.08 - 0.04 * x**2) / (0.8 + 0.1 * x)
    codes = (np.clip(np.round(1023 * plane), 0, 1023).reshape(ROWS, COLUMNS) for plane in (x, y, z))
    first, second, third = codes
    return first, second, third


def write_rpu(*, profile: int = 0, uses_previous: bool = False) -> bytes:
    """Return the metadata of one picture.

    Intensity has a curve of two pieces, 0.6 x + 0.4 x^2 and 1.2 x - 0.2. The second component has a line, the third a
    regression of second order: 0.08 + 0.8 z + 0.1 x z + 0.04 x^2.
    """
    bits = _u(2, 6) + _u(18, 11) + _u(profile, 4) + _u(0, 4) + "1" + "0" + _u(0, 2) + _ue(_PRECISION) + _u(1, 2) + "1"
    bits += _ue(2) + _ue(2) + _ue(4) + "0" + "000" + "0" + "1" + "1" + str(int(uses_previous))
    bits += _ue(0) * 3
    for pivots in ((0, 512, 511), (0, 1023), (0, 1023)):
        bits += _ue(len(pivots) - 2) + "".join(_u(pivot, 10) for pivot in pivots)
    bits += _ue(0) * 2
    bits += _polynomial(0, 0.6, 0.4) + _polynomial(-0.2, 1.2) + _polynomial(0.1, 0.8)
    bits += _ue(1) + _u(1, 2) + _coefficients((0.08, 0, 0, 0.8, 0, 0.1, 0, 0, 0.04, 0, 0, 0, 0, 0, 0))
    bits += _ue(0) * 2 + _ue(1)
    bits += "".join(_u(value & 0xFFFF, 16) for value in TO_LMS)
    bits += "".join(_u(value, 32) for value in (0, 1 << 27, 1 << 27))
    bits += "".join(_u(value & 0xFFFF, 16) for value in TO_RGB)
    # A signal of 12 bits in IPT, mastered for 0.005 to 1,000 nits.
    bits += (
        _u(65535, 16) + _u(0, 64) + _u(12, 5) + _u(2, 2) + _u(0, 2) + _u(1, 2) + _u(62, 12) + _u(3079, 12) + _u(42, 10)
    )
    bits += _ue(0)
    bits += "0" * (-len(bits) % 8)
    body = int(bits, 2).to_bytes(len(bits) // 8)
    return b"\x19" + body + _compute_crc(body).to_bytes(4) + b"\x80"


def _polynomial(*coefficients: float) -> str:
    straight = "0" if len(coefficients) == 2 else ""
    return _ue(0) + _ue(len(coefficients) - 2) + straight + _coefficients(coefficients)


def _coefficients(values: Sequence[float]) -> str:
    units = [round(value * (1 << _PRECISION)) for value in values]
    return "".join(_se(unit >> _PRECISION) + _u(unit & ((1 << _PRECISION) - 1), _PRECISION) for unit in units)


def _u(value: int, width: int) -> str:
    return f"{value:0{width}b}"


def _ue(value: int) -> str:
    digits = f"{value + 1:b}"
    return "0" * (len(digits) - 1) + digits


def _se(value: int) -> str:
    return _ue(2 * value - 1 if value > 0 else -2 * value)


def _compute_crc(data: bytes) -> int:
    """Return the checksum of MPEG-2 (ISO/IEC 13818-1, annex A)."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ (0x04C11DB7 if crc >> 31 else 0)) & 0xFFFFFFFF
    return crc


def decode_pq(level: Floats) -> Floats:
    """Return the light of PQ levels (SMPTE ST 2084), 1 for 10,000 nits."""
    power = level ** (1 / _M2)
    return np.asarray((np.maximum(power - _C1, 0) / (_C2 - _C3 * power)) ** (1 / _M1), np.float64)


def encode_pq(light: Floats) -> Floats:
    """Return the PQ level of light."""
    power = np.maximum(light, 0) ** _M1
    return np.asarray(((_C1 + _C2 * power) / (1 + _C3 * power)) ** _M2, np.float64)
