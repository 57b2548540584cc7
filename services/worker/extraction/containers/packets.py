"""Transport stream packets of one PID, put together to the packets of an elementary stream (PES), a picture each."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from services.worker.extraction.reading.reader import RangedReader

_SYNC = 0x47
_PACKET_BYTES = 188
_FIRST_WINDOW_BYTES, _LONGEST_WINDOW_BYTES = 64 * 1024, 512 * 1024
_MOST_PICTURE_BYTES = 24 * 1024 * 1024
_HAS_STAMP = 0x80

_Rows = np.ndarray[Any, np.dtype[np.uint8]]

_MARKS = {
    "h264": (0x1F, {5, 7}),
    "hevc": (0x7E, {kind << 1 for kind in (16, 17, 18, 19, 20, 21, 32, 33)}),
    "mpeg1video": (0xFF, {0xB3}),
    "mpeg2video": (0xFF, {0xB3}),
    "mpeg4": (0xFF, {0xB0, *range(0x20, 0x30), 0xB3}),
}
"""By decoder: of the byte behind a start code, which bits tell its kind, and which kinds go with a keyframe."""


@dataclass(frozen=True)
class Pes:
    """One picture: where its first packet is, its presentation time stamp, and its packets."""

    offset: int
    stamp: int
    is_random_access: bool
    head: bytes
    rows: tuple[_Rows, ...]
    """Its packets, 188 bytes each, in the pieces in which they were read."""

    def may_be_key(self, decoder: str) -> bool:
        """Judged by the first packet: what stands before a keyframe stands there."""
        if self.is_random_access:
            return True
        mask, kinds = _MARKS[decoder]
        at = self.head.find(b"\0\0\1")
        while 0 <= at < len(self.head) - 3:
            if self.head[at + 3] & mask in kinds:
                return True
            at = self.head.find(b"\0\0\1", at + 3)
        return False

    def payload(self) -> bytes:
        """The picture, without any headers of packets."""
        data = b"".join(_payload(rows) for rows in self.rows)
        return data[9 + data[8] :] if len(data) > 9 else b""


def _payload(rows: _Rows) -> bytes:
    """Of packets in a row: what is behind headers and adaptation fields."""
    starts = _payload_starts(rows)
    if (starts == 4).all():
        return rows[:, 4:].tobytes()
    parts = []
    plain_from = 0
    for number in np.flatnonzero(starts != 4).tolist():
        parts += [rows[plain_from:number, 4:].tobytes(), rows[number, min(int(starts[number]), 188) :].tobytes()]
        plain_from = number + 1
    return b"".join([*parts, rows[plain_from:, 4:].tobytes()])


def _payload_starts(rows: _Rows) -> np.ndarray[Any, np.dtype[np.int64]]:
    control = rows[:, 3] >> 4 & 3
    return np.where(control == 1, 4, np.where(control == 3, 5 + rows[:, 4].astype(np.int64), _PACKET_BYTES))


class PesReader:
    """Reads the pictures of one PID. Packets begin at `start` and every `step` bytes from there."""

    def __init__(self, reader: RangedReader, start: int, step: int, pid: int) -> None:
        self._reader = reader
        self._start = start
        self._step = step
        self._pid = pid

    def pictures(self, offset: int) -> Iterator[Pes]:
        """The pictures that begin at or after an offset; the last one of the file may be cut short."""
        pending: list[_Rows] = []
        pending_bytes = 0
        begun_at = -1
        for places, rows in self._windows(offset):
            begins = np.flatnonzero(rows[:, 1] & 0x40)
            done = 0
            for begin in begins:
                if begun_at >= 0:
                    picture = _picture(begun_at, [*pending, rows[done:begin]])
                    if picture:
                        yield picture
                pending, pending_bytes, begun_at, done = [], 0, int(places[begin]), int(begin)
            if begun_at >= 0:
                pending.append(rows[done:])
                pending_bytes += rows[done:].size
                if pending_bytes > _MOST_PICTURE_BYTES:
                    return
        picture = _picture(begun_at, pending) if begun_at >= 0 else None
        if picture:
            yield picture

    def _windows(self, offset: int) -> Iterator[tuple[np.ndarray[Any, np.dtype[np.int64]], _Rows]]:
        """The packets of the PID, a window at a time: where each begins, and its bytes."""
        at = self._start + -(-max(offset - self._start, 0) // self._step) * self._step
        window = _FIRST_WINDOW_BYTES
        while at + _PACKET_BYTES <= self._reader.size_bytes:
            count = max(window // self._step, 1)
            data = self._reader.read_at(at, count * self._step)
            count = (len(data) + self._step - _PACKET_BYTES) // self._step
            padded = data.ljust(count * self._step, b"\0")
            rows = np.frombuffer(padded, np.uint8, count * self._step).reshape(count, self._step)[:, :_PACKET_BYTES]
            pids = (rows[:, 1].astype(np.int64) & 0x1F) << 8 | rows[:, 2]
            of_film = np.flatnonzero((rows[:, 0] == _SYNC) & (pids == self._pid))
            if len(of_film):
                yield at + of_film * self._step, rows[of_film]
            at += count * self._step
            window = min(2 * window, _LONGEST_WINDOW_BYTES)


def _picture(offset: int, pieces: list[_Rows]) -> Pes | None:
    """None where the first packet does not begin one with a time."""
    rows = tuple(piece for piece in pieces if len(piece))
    if not rows:
        return None
    first = rows[0][:1]
    head = _payload(first)
    if head[:3] != b"\0\0\1" or len(head) < 14 or not head[7] & _HAS_STAMP:
        return None
    stamp = (head[9] >> 1 & 7) << 30 | head[10] << 22 | (head[11] >> 1) << 15 | head[12] << 7 | head[13] >> 1
    has_field = bool(first[0, 3] & 0x20) and first[0, 4] > 0
    return Pes(offset, stamp, has_field and bool(first[0, 5] & 0x40), head[9 + head[8] :], rows)
