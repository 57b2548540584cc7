"""Frames over a pipe: whole or not at all, whoever is at the other end."""

import contextlib
import os
import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.worker.extraction.sandbox.wire import (
    MAX_MESSAGE_BYTES,
    MAX_RANGES,
    DeadlineError,
    MessageKind,
    WireError,
    pack_range,
    pack_ranges,
    parse_range,
    parse_ranges,
    receive_message,
    send_message,
)

PASSED = 0.0
"""A deadline on the monotonic clock that is over."""


class Pipe:
    """Both ends of a pipe."""

    def __init__(self) -> None:
        self.reader, self.writer = os.pipe()
        self._open = {self.reader, self.writer}

    def close(self, *ends: int) -> None:
        for end in ends or tuple(self._open):
            os.close(end)
            self._open.discard(end)


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    pipe = Pipe()
    yield pipe
    pipe.close()


def soon() -> float:
    return time.monotonic() + 60


@given(st.sampled_from(MessageKind), st.binary(max_size=5000))
def test_a_frame_arrives_as_it_was_sent(kind: MessageKind, payload: bytes) -> None:
    pipe = Pipe()
    send_message(pipe.writer, kind, payload)
    send_message(pipe.writer, MessageKind.REFUSED)
    assert receive_message(pipe.reader) == (kind, payload)
    assert receive_message(pipe.reader, deadline=soon()) == (MessageKind.REFUSED, b"")
    pipe.close()


def test_a_frame_larger_than_the_pipe_arrives_whole(pipe: Pipe) -> None:
    payload = os.urandom(3_000_000)
    os.set_blocking(pipe.writer, False)
    sender = threading.Thread(
        target=send_message, args=(pipe.writer, MessageKind.DATA, payload), kwargs={"deadline": soon()}
    )
    sender.start()
    assert receive_message(pipe.reader, deadline=soon()) == (MessageKind.DATA, payload)
    sender.join()


@given(st.integers(0, (1 << 64) - 1), st.integers(0, MAX_MESSAGE_BYTES))
def test_a_place_is_read_back(offset: int, length: int) -> None:
    assert parse_range(pack_range(offset, length)) == (offset, length)


@given(st.binary(max_size=30))
def test_any_other_bytes_are_no_place(payload: bytes) -> None:
    try:
        offset, length = parse_range(payload)
    except WireError:
        return
    assert offset >= 0
    assert 0 <= length <= MAX_MESSAGE_BYTES


def test_no_read_is_larger_than_a_frame() -> None:
    with pytest.raises(WireError, match="a read of"):
        parse_range((0).to_bytes(8) + (MAX_MESSAGE_BYTES + 1).to_bytes(4))


def frames(reader: int) -> Iterator[tuple[MessageKind, bytes]]:
    """All frames up to the end, or to the first thing that is none."""
    with contextlib.suppress(WireError):
        while True:
            yield receive_message(reader)


@given(st.binary(max_size=64))
def test_any_bytes_parse_up_to_the_first_invalid_frame(data: bytes) -> None:
    pipe = Pipe()
    os.write(pipe.writer, data)
    pipe.close(pipe.writer)
    received = b"".join(bytes([kind]) + len(payload).to_bytes(4) + payload for kind, payload in frames(pipe.reader))
    pipe.close()
    assert data.startswith(received)


@pytest.mark.parametrize("kind", [0, 6, 255])
def test_an_unknown_kind_is_refused(pipe: Pipe, kind: int) -> None:
    os.write(pipe.writer, bytes([kind, 0, 0, 0, 0]))
    with pytest.raises(WireError, match=f"kind {kind}"):
        receive_message(pipe.reader)


def test_a_huge_length_is_refused_before_anything_is_read(pipe: Pipe) -> None:
    os.write(pipe.writer, bytes([MessageKind.OUTCOME]) + (MAX_MESSAGE_BYTES + 1).to_bytes(4) + b"and more")
    with pytest.raises(WireError, match=f"{MAX_MESSAGE_BYTES + 1} bytes"):
        receive_message(pipe.reader, deadline=soon())
    assert os.read(pipe.reader, 100) == b"and more"


@pytest.mark.parametrize("part", [b"", b"\x05", b"\x05\0\0\0\x08", b"\x05\0\0\0\x08half"])
def test_half_a_frame_and_the_end_is_an_error(pipe: Pipe, part: bytes) -> None:
    os.write(pipe.writer, part)
    pipe.close(pipe.writer)
    with pytest.raises(WireError, match="gone"):
        receive_message(pipe.reader, deadline=soon())


@pytest.mark.parametrize("part", [b"", b"\x05", b"\x05\0\0\0\x08half"])
def test_half_a_frame_and_silence_ends_at_the_deadline(pipe: Pipe, part: bytes) -> None:
    os.write(pipe.writer, part)
    with pytest.raises(DeadlineError):
        receive_message(pipe.reader, deadline=time.monotonic() + 0.01)


def test_a_send_to_a_stalled_reader_times_out(pipe: Pipe) -> None:
    os.set_blocking(pipe.writer, False)
    with pytest.raises(DeadlineError):
        send_message(pipe.writer, MessageKind.DATA, bytes(10_000_000), deadline=time.monotonic() + 0.01)


def test_a_reader_who_is_gone_is_an_error(pipe: Pipe) -> None:
    pipe.close(pipe.reader)
    with pytest.raises(WireError):
        send_message(pipe.writer, MessageKind.DATA, b"hello", deadline=soon())
    with pytest.raises(WireError):
        send_message(pipe.writer, MessageKind.DATA, b"hello")


def test_available_data_is_read_after_the_deadline(pipe: Pipe) -> None:
    send_message(pipe.writer, MessageKind.REFUSED, b"late")
    assert receive_message(pipe.reader, deadline=PASSED) == (MessageKind.REFUSED, b"late")


@given(
    st.lists(st.tuples(st.integers(0, 2**64 - 1), st.integers(0, MAX_MESSAGE_BYTES)), min_size=1, max_size=MAX_RANGES)
)
def test_several_places_come_back_in_order(asked: list[tuple[int, int]]) -> None:
    assert parse_ranges(pack_ranges(asked)) == asked


@pytest.mark.parametrize("payload", [b"", bytes(13), bytes(12 * (MAX_RANGES + 1)), bytes(8) + b"\xff" * 4])
def test_places_that_make_no_sense_are_refused(payload: bytes) -> None:
    with pytest.raises(WireError):
        parse_ranges(payload)
