"""Protocol between worker and child over two pipes: messages of a kind, a length and a payload."""

import math
import os
import select
import struct
import time
from collections.abc import Sequence
from enum import IntEnum

_HEADER = struct.Struct("!BI")
_RANGE = struct.Struct("!QI")

MAX_MESSAGE_BYTES = 64 * 1024 * 1024
"""Limit of a message, as a hostile video may control a child."""
MAX_RANGES = 64
"""Upper limit of byte ranges in one message."""


class MessageKind(IntEnum):
    """Kinds of messages."""

    JOB = 1
    READ = 2
    DATA = 3
    REFUSED = 4
    OUTCOME = 5


class WireError(Exception):
    """The other side is gone or violates the protocol."""


class DeadlineError(WireError):
    """The other side did not read or write in time."""


def send_message(descriptor: int, kind: MessageKind, payload: bytes = b"", *, deadline: float | None = None) -> None:
    """Send a message. With a deadline, in `time.monotonic`, the descriptor must not block. Raises: WireError."""
    _write(descriptor, _HEADER.pack(kind, len(payload)), deadline)
    _write(descriptor, payload, deadline)


def receive_message(descriptor: int, *, deadline: float | None = None) -> tuple[MessageKind, bytes]:
    """Return the next message. Raises: WireError, also at the end of the stream."""
    kind, length = _HEADER.unpack(_read(descriptor, _HEADER.size, deadline))
    if length > MAX_MESSAGE_BYTES or kind not in MessageKind.__members__.values():
        raise WireError(f"a message of kind {kind} and {length} bytes")
    return MessageKind(kind), _read(descriptor, length, deadline)


def pack_range(offset: int, length: int) -> bytes:
    """Return the payload of a read of one byte range."""
    return _RANGE.pack(offset, length)


def pack_ranges(offsets_and_lengths: Sequence[tuple[int, int]]) -> bytes:
    """Return the payload of a read of several byte ranges, each answered by one message in the same order."""
    return b"".join(_RANGE.pack(*entry) for entry in offsets_and_lengths)


def parse_range(payload: bytes) -> tuple[int, int]:
    """Return offset and length of a read. Raises: WireError."""
    if len(payload) != _RANGE.size:
        raise WireError(f"a byte range of {len(payload)} bytes")
    return parse_ranges(payload)[0]


def parse_ranges(payload: bytes) -> list[tuple[int, int]]:
    """Return offset and length of each read. Raises: WireError."""
    if not payload or len(payload) % _RANGE.size or len(payload) > MAX_RANGES * _RANGE.size:
        raise WireError(f"byte ranges of {len(payload)} bytes")
    parsed = [(offset, length) for offset, length in _RANGE.iter_unpack(payload)]
    if any(length > MAX_MESSAGE_BYTES for _, length in parsed):
        raise WireError("a read of too many bytes")
    return parsed


def await_ready(descriptor: int, event: int, deadline: float) -> None:
    """Wait until a descriptor can be read (`select.POLLIN`) or written (`POLLOUT`). Raises: DeadlineError."""
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
