"""Packetised elementary stream (PES) of one PID, joined from transport packets; one PES packet is one picture.

Some muxers end a PES packet before its picture ends: then the next PES packet begins with the rest of that picture, and
the time in its header is that of the picture that begins behind it (ISO/IEC 13818-1, 2.4.3.7).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from services.worker.extraction.containers.mpegts.tables import PACKET_BYTES, SYNC
from services.worker.extraction.reading.reader import RangedReader

_MIN_WINDOW_BYTES, _MAX_WINDOW_BYTES = 64 * 1024, 512 * 1024
_MAX_PICTURE_BYTES = 24 * 1024 * 1024
_HAS_STAMP = 0x80
_BEGINS = 0x40
_HAS_ADAPTATION = 0x20
_IS_RANDOM_ACCESS = 0x40
_PES_HEADER_BYTES = 9
_ALIGNED = re.compile(rb"\0\0+\x01")
_BEGINNINGS = {
    "h264": re.compile(rb"\0\0\x01[\x09\x29\x49\x69]"),
    "hevc": re.compile(rb"\0\0\x01\x46\x01"),
    "mpeg1video": re.compile(rb"\0\0\x01[\0\xb3\xb8]"),
    "mpeg2video": re.compile(rb"\0\0\x01[\0\xb3\xb8]"),
}
"""Start of a picture by FFmpeg's name of the decoder: an access unit delimiter, or a header of MPEG-1 and MPEG-2."""

_Rows = np.ndarray[Any, np.dtype[np.uint8]]
_Numbers = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True)
class PesPacket:
    """One picture: the offset of its first packet, its presentation time stamp, and its packets."""

    offset: int
    stamp: int
    is_random_access: bool
    head: bytes
    rows: tuple[_Rows, ...]
    """Packets of 188 bytes each, in the pieces in which they were read."""
    rest: bytes = b""
    """End of the picture, from the next PES packet."""

    @property
    def is_aligned(self) -> bool:
        """True if the PES packet begins with a picture, and not with the rest of the one before."""
        return bool(_ALIGNED.match(self.head))

    def may_be_key(self, start_codes: frozenset[int]) -> bool:
        """Return True if the first packet is marked as a keyframe, or has one of its start codes."""
        if self.is_random_access or not self.is_aligned:
            return True
        at = self.head.find(b"\0\0\1")
        while 0 <= at < len(self.head) - 3:
            if self.head[at + 3] in start_codes:
                return True
            at = self.head.find(b"\0\0\1", at + 3)
        return False

    def join_payload(self, decoder: str) -> bytes:
        """Return the picture without packet and PES headers."""
        return self.split_payload(decoder)[1] + self.rest

    def split_payload(self, decoder: str) -> tuple[bytes, bytes]:
        """Return the rest of the picture before, which is usually empty, and the picture itself."""
        data = b"".join(_join_payload(rows) for rows in self.rows)
        # The header states the length of its optional fields, as times and stuffing.
        data = data[_PES_HEADER_BYTES + data[8] :] if len(data) > _PES_HEADER_BYTES else b""
        if self.is_aligned:
            return b"", data
        begin = (_BEGINNINGS.get(decoder) or _ALIGNED).search(data) or _ALIGNED.search(data)
        return (data[: begin.start()], data[begin.start() :]) if begin else (data, b"")


def _join_payload(rows: _Rows) -> bytes:
    """Return the bytes of packets after their headers and adaptation fields."""
    starts = _find_payload_starts(rows)
    if (starts == 4).all():
        return rows[:, 4:].tobytes()
    parts = []
    plain_from = 0
    for number in np.flatnonzero(starts != 4).tolist():
        parts += [
            rows[plain_from:number, 4:].tobytes(),
            rows[number, min(int(starts[number]), PACKET_BYTES) :].tobytes(),
        ]
        plain_from = number + 1
    return b"".join([*parts, rows[plain_from:, 4:].tobytes()])


def _find_payload_starts(rows: _Rows) -> _Numbers:
    """Return the offset of the payload in each packet."""
    # 1: payload only; 3: adaptation field, then payload; 0 and 2: no payload.
    control = rows[:, 3] >> 4 & 3
    return np.where(control == 1, 4, np.where(control == 3, 5 + rows[:, 4].astype(np.int64), PACKET_BYTES))


class PesReader:
    """Reads the pictures of one PID. Packets begin at `start` and every `stride` bytes from there."""

    def __init__(self, reader: RangedReader, start: int, stride: int, pid: int) -> None:
        self._reader = reader
        self._start = start
        self._stride = stride
        self._pid = pid

    def read_pictures(self, offset: int, decoder: str) -> Iterator[PesPacket]:
        """Yield the pictures that begin at or after an offset; the last one of the file may be cut short."""
        held: PesPacket | None = None
        for picture, following in self._read_packets(offset):
            if held:
                yield replace(held, rest=picture.split_payload(decoder)[0])
            # The next PES packet is read to its end only if it begins with the rest of this picture.
            held = picture if following and not following.is_aligned else None
            if not held:
                yield picture
        if held:
            yield held

    def _read_packets(self, offset: int) -> Iterator[tuple[PesPacket, PesPacket | None]]:
        """Yield each PES packet with the beginning of the next one; None at the end."""
        pending: list[_Rows] = []
        pending_bytes = 0
        begun_at = -1
        for offsets, rows in self._read_windows(offset, self._reader.size_bytes):
            # The payload unit start indicator marks the first packet of a PES packet.
            begins = np.flatnonzero(rows[:, 1] & _BEGINS)
            done = 0
            for begin in begins:
                if begun_at >= 0:
                    picture = _parse_picture(begun_at, [*pending, rows[done:begin]])
                    if picture:
                        yield picture, _parse_picture(int(offsets[begin]), [rows[begin : begin + 1]])
                pending, pending_bytes, begun_at, done = [], 0, int(offsets[begin]), int(begin)
            if begun_at >= 0:
                pending.append(rows[done:])
                pending_bytes += rows[done:].size
                # No start for so long: this is no stream of pictures.
                if pending_bytes > _MAX_PICTURE_BYTES:
                    return
        picture = _parse_picture(begun_at, pending) if begun_at >= 0 else None
        if picture:
            yield picture, None

    def prefetch(self, start: int, end: int) -> None:
        """Read the packets between two offsets with one request. Raises: SourceError."""
        self._reader.prefetch([(start, end - start)])

    def read_stamps(self, start: int, end: int) -> Iterator[int]:
        """Yield the time stamps of the PES packets that begin between two offsets."""
        for offsets, rows in self._read_windows(start, min(end, self._reader.size_bytes)):
            for begin in np.flatnonzero(rows[:, 1] & _BEGINS):
                if picture := _parse_picture(int(offsets[begin]), [rows[begin : begin + 1]]):
                    yield picture.stamp

    def _read_windows(self, offset: int, end: int) -> Iterator[tuple[_Numbers, _Rows]]:
        """Yield offsets and bytes of the packets of the PID that begin before `end`, window by window."""
        at = self._start + -(-max(offset - self._start, 0) // self._stride) * self._stride
        window = _MIN_WINDOW_BYTES
        while at < end and at + PACKET_BYTES <= self._reader.size_bytes:
            count = max(min(window, end - at) // self._stride, 1)
            data = self._reader.read_at(at, count * self._stride)
            # The last packet of the file may lack the error correction bytes after it.
            count = (len(data) + self._stride - PACKET_BYTES) // self._stride
            padded = data.ljust(count * self._stride, b"\0")
            rows = np.frombuffer(padded, np.uint8, count * self._stride).reshape(count, self._stride)[:, :PACKET_BYTES]
            pids = (rows[:, 1].astype(np.int64) & 0x1F) << 8 | rows[:, 2]
            of_video = np.flatnonzero((rows[:, 0] == SYNC) & (pids == self._pid))
            if len(of_video):
                yield at + of_video * self._stride, rows[of_video]
            at += count * self._stride
            window = min(2 * window, _MAX_WINDOW_BYTES)


def _parse_picture(offset: int, pieces: list[_Rows]) -> PesPacket | None:
    """Return the picture of some packets; None if the first one does not begin a PES packet with a time."""
    rows = tuple(piece for piece in pieces if len(piece))
    if not rows:
        return None
    first = rows[0][:1]
    head = _join_payload(first)
    if head[:3] != b"\0\0\1" or len(head) < 14 or not head[7] & _HAS_STAMP:
        return None
    # 33 bits, with a marker bit after each part.
    stamp = (head[9] >> 1 & 7) << 30 | head[10] << 22 | (head[11] >> 1) << 15 | head[12] << 7 | head[13] >> 1
    has_adaptation = bool(first[0, 3] & _HAS_ADAPTATION) and first[0, 4] > 0
    is_random_access = has_adaptation and bool(first[0, 5] & _IS_RANDOM_ACCESS)
    return PesPacket(offset, stamp, is_random_access, head[_PES_HEADER_BYTES + head[8] :], rows)
