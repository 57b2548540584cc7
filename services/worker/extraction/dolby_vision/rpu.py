"""Reference processing unit (RPU): the metadata of a Dolby Vision picture (ETSI GS CCM 001, annex C)."""

import struct
from collections.abc import Callable
from dataclasses import dataclass

from services.worker.extraction.codecs import hevc, nal
from services.worker.extraction.codecs.bits import Bits, OutOfBitsError

UNIT_TYPE, ENHANCEMENT_TYPE = 62, 63
"""Types of the NAL units of the RPU and of the enhancement layer."""
_PREFIX, _TYPE = 25, 2
_MAX_PIVOTS, _MAX_ORDER = 9, 3
_MMR_TERMS = 7


class UnsupportedRpuError(ValueError):
    """The metadata is damaged, refers to another picture, or is of another form than profile 5."""


@dataclass(frozen=True)
class Polynomial:
    """Polynomial of a sample of the same component; the constant comes first."""

    coefficients: tuple[float, ...]


@dataclass(frozen=True)
class Regression:
    """Multivariate multiple regression: a constant, then for each order the factors of seven products."""

    constant: float
    orders: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Curve:
    """Curve of one component: piece n is for samples between pivots n and n + 1, which are shares of the full range."""

    pivots: tuple[float, ...]
    pieces: tuple[Polynomial | Regression, ...]


@dataclass(frozen=True)
class Rpu:
    """Metadata of one picture. `to_lms` is applied to samples less `offset`, `to_rgb` to linear light."""

    curves: tuple[Curve, ...]
    to_lms: tuple[float, ...]
    offset: tuple[float, ...]
    to_rgb: tuple[float, ...]


def find_rpu(extradata: bytes, picture: bytes) -> bytes | None:
    """Return the payload of the RPU in an HEVC picture; None if it has none."""
    for start, end in hevc.find_units(extradata, picture)[1]:
        if picture[start] >> 1 & 63 == UNIT_TYPE:
            return nal.unescape_unit(picture[start + 2 : end])
    return None


def is_profile_5(payload: bytes) -> bool:
    """Return True if the metadata is of profile 5: no other has a base layer that is neither SDR, HLG nor PQ."""
    try:
        header = _read_header(_open(payload))
    except (UnsupportedRpuError, OutOfBitsError):
        return False
    return header.profile == 0 and header.is_full_range


def parse_rpu(payload: bytes) -> Rpu:
    """Return the metadata. Raises: UnsupportedRpuError."""
    try:
        return _read_rpu(_open(payload))
    except OutOfBitsError as error:
        raise UnsupportedRpuError(f"the metadata is damaged: {error}") from error


@dataclass(frozen=True)
class _Header:
    profile: int
    is_full_range: bool
    base_bits: int
    has_residual: bool
    has_colours: bool
    read_coefficient: Callable[[Bits], float]


def _open(payload: bytes) -> Bits:
    if payload[:1] != bytes([_PREFIX]):
        raise UnsupportedRpuError("the unit does not begin as an RPU does")
    return Bits(payload[1:])


def _read_header(bits: Bits) -> _Header:
    if bits.u(6) != _TYPE:
        raise UnsupportedRpuError("the metadata is of an unknown type")
    layout, profile = bits.u(11), bits.u(4)
    bits.skip(4)
    if not bits.flag():
        raise UnsupportedRpuError("the metadata has no sequence information")
    bits.skip(1)
    is_fixed = bits.u(2) == 0
    fraction_bits = bits.ue() if is_fixed else 32
    bits.skip(2)
    is_full_range = bits.flag()
    if layout & 0x700 or fraction_bits > 32:
        raise UnsupportedRpuError("the metadata has an unknown layout")
    base_bits = bits.ue() + 8
    bits.ue()
    bits.ue()
    bits.skip(5)
    is_residual_off = bits.flag()

    def read_coefficient(bits: Bits) -> float:
        if is_fixed:
            return bits.se() + bits.u(fraction_bits) / (1 << fraction_bits)
        return float(struct.unpack(">f", bits.u(32).to_bytes(4))[0])

    return _Header(profile, is_full_range, base_bits, not is_residual_off, bits.flag(), read_coefficient)


def _read_rpu(bits: Bits) -> Rpu:
    header = _read_header(bits)
    if bits.flag():
        raise UnsupportedRpuError("the curves are those of an earlier picture")
    if header.has_residual or not header.has_colours or not 8 <= header.base_bits <= 16:
        raise UnsupportedRpuError("the metadata has a residual layer or no colours")
    bits.ue()
    bits.ue()
    bits.ue()
    pivots = [_read_pivots(bits, header.base_bits) for _ in range(3)]
    if bits.ue() or bits.ue():
        raise UnsupportedRpuError("the picture has several partitions")
    curves = tuple(
        Curve(places, tuple(_read_piece(bits, header.read_coefficient) for _ in places[1:])) for places in pivots
    )
    bits.ue()
    bits.ue()
    bits.ue()
    to_lms = tuple(_read_signed(bits) / (1 << 13) for _ in range(9))
    offset = tuple(bits.u(32) / (1 << 28) for _ in range(3))
    return Rpu(curves, to_lms, offset, tuple(_read_signed(bits) / (1 << 14) for _ in range(9)))


def _read_pivots(bits: Bits, width: int) -> tuple[float, ...]:
    count = bits.ue() + 2
    if count > _MAX_PIVOTS:
        raise UnsupportedRpuError("a curve has more than 9 pivots")
    at, pivots = 0, []
    for _ in range(count):
        at += bits.u(width)
        pivots.append(at / ((1 << width) - 1))
    return tuple(pivots)


def _read_piece(bits: Bits, read_coefficient: Callable[[Bits], float]) -> Polynomial | Regression:
    # mapping_idc: a polynomial or a regression.
    if bits.ue() == 0:
        order = bits.ue() + 1
        if order >= _MAX_ORDER or (order == 1 and bits.flag()):
            raise UnsupportedRpuError("a polynomial is of a high order, or interpolated")
        return Polynomial(tuple(read_coefficient(bits) for _ in range(order + 1)))
    count = bits.u(2) + 1
    if count > _MAX_ORDER:
        raise UnsupportedRpuError("a regression is of a high order")
    constant = read_coefficient(bits)
    return Regression(constant, tuple(tuple(read_coefficient(bits) for _ in range(_MMR_TERMS)) for _ in range(count)))


def _read_signed(bits: Bits) -> int:
    value = bits.u(16)
    return value - (1 << 16) if value >> 15 else value
