"""What worker and child process say to each other over two pipes: frames of a kind, a length and a payload."""

import math
import os
import select
import struct
import time
from collections.abc import Sequence
from enum import IntEnum

_HEADER = struct.Struct("!BI")
_PLACE = struct.Struct("!QI")

MAX_FRAME_BYTES = 64 * 1024 * 1024
"""A child may be taken over by a hostile video: what it sends is bounded."""
MAX_PLACES = 64
"""Most places in one frame."""


class Kind(IntEnum):
    JOB = 1
    READ = 2
    DATA = 3
    REFUSED = 4
    OUTCOME = 5


class WireError(Exception):
    """The other side is gone, or does not keep to the protocol."""


class DeadlineError(WireError):
    """The other side did not read or write in time."""


def send(descriptor: int, kind: Kind, payload: bytes = b"", *, deadline: float | None = None) -> None:
    """Raises: WireError. With a deadline, a time of `time.monotonic`, the descriptor must not block."""
    _write(descriptor, _HEADER.pack(kind, len(payload)), deadline)
    _write(descriptor, payload, deadline)


def receive(descriptor: int, *, deadline: float | None = None) -> tuple[Kind, bytes]:
    """The next frame. Raises: WireError, also at the end of the stream."""
    kind, length = _HEADER.unpack(_read(descriptor, _HEADER.size, deadline))
    if length > MAX_FRAME_BYTES or kind not in Kind.__members__.values():
        raise WireError(f"a frame of kind {kind} and {length} bytes")
    return Kind(kind), _read(descriptor, length, deadline)


def place(offset: int, length: int) -> bytes:
    return _PLACE.pack(offset, length)


def places(offsets_and_lengths: Sequence[tuple[int, int]]) -> bytes:
    """Several places in one frame: the answers come in the same order, a frame each."""
    return b"".join(_PLACE.pack(*entry) for entry in offsets_and_lengths)


def parse_place(payload: bytes) -> tuple[int, int]:
    """Offset and length of a read. Raises: WireError."""
    if len(payload) != _PLACE.size:
        raise WireError(f"a place of {len(payload)} bytes")
    return parse_places(payload)[0]


def parse_places(payload: bytes) -> list[tuple[int, int]]:
    """Offset and length of each read. Raises: WireError."""
    if not payload or len(payload) % _PLACE.size or len(payload) > MAX_PLACES * _PLACE.size:
        raise WireError(f"places of {len(payload)} bytes")
    parsed = [(offset, length) for offset, length in _PLACE.iter_unpack(payload)]
    if any(length > MAX_FRAME_BYTES for _, length in parsed):
        raise WireError("a read of too many bytes")
    return parsed


def await_ready(descriptor: int, event: int, deadline: float) -> None:
    """Waits until a descriptor can be read (`select.POLLIN`) or written (`POLLOUT`). Raises: DeadlineError."""
    poll = select.poll()
    poll.register(descriptor, event)
    left_ms = max(0, math.ceil((deadline - time.monotonic()) * 1000))
    if not poll.poll(left_ms):
        raise DeadlineError("the other side is too slow")


def _read(descriptor: int, length: int, deadline: float | None) -> bytes:
    parts = []
    while length:
        if deadline is not None:
            await_ready(descriptor, select.POLLIN, deadline)
        try:
            part = os.read(descriptor, min(length, 1 << 20))
        except OSError as error:
            raise WireError(str(error)) from error
        if not part:
            raise WireError("the other side is gone")
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


def _write(descriptor: int, payload: bytes, deadline: float | None) -> None:
    view = memoryview(payload)
    while view:
        if deadline is not None:
            await_ready(descriptor, select.POLLOUT, deadline)
        try:
            view = view[os.write(descriptor, view) :]
        except BlockingIOError:
            continue
        except OSError as error:
            raise WireError(str(error)) from error
