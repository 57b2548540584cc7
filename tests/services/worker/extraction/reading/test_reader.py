"""The file object that OpenCV reads: the same bytes as the source's, in few requests, and no exception."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.worker.extraction.reading.reader import MAX_SIZE_BYTES, RangedReader
from services.worker.extraction.reading.source import SourceError

BLOCK = 64 * 1024
MIB = 1024 * 1024


@dataclass
class Requests:
    """A source of `size_bytes` that records the ranges it is asked for. Every 8 bytes are their own offset."""

    size_bytes: int
    ranges: list[tuple[int, int]] = field(default_factory=list)

    def __call__(self, offset: int, length: int) -> bytes:
        self.ranges.append((offset, length))
        first, last = offset // 8, (offset + length + 7) // 8
        content = b"".join(number.to_bytes(8) for number in range(first, last))
        return content[offset % 8 : offset % 8 + length]

    @property
    def fetched_bytes(self) -> int:
        return sum(length for _, length in self.ranges)


def refusing(offset: int, length: int) -> bytes:
    raise SourceError(f"no {length} bytes at {offset} today")


def all_of(reader: RangedReader, size: int) -> bytes:
    """Read until `size` bytes are there, or the end: one read may return fewer."""
    parts = []
    while size and (part := reader.read(size)):
        assert len(part) <= size
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


OFFSETS = st.integers(-300_000, 300_000)
SEEKS = st.tuples(st.just("seek"), st.integers(0, 300_000), st.just(io.SEEK_SET)) | st.tuples(
    st.just("seek"), OFFSETS, st.sampled_from([io.SEEK_CUR, io.SEEK_END])
)
READS = st.tuples(
    st.just("read"), st.sampled_from([-1, 0, 1, 7, 4096, BLOCK - 1, BLOCK, BLOCK + 1, 200_000]), st.just(0)
)


@given(
    size=st.sampled_from([0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 5]), steps=st.lists(SEEKS | READS, max_size=20)
)
def test_reader_acts_like_a_file(size: int, steps: list[tuple[str, int, int]]) -> None:
    content = Requests(size)(0, size)
    file, reader = io.BytesIO(content), RangedReader(lambda offset, length: content[offset : offset + length], size)
    for action, amount, whence in steps:
        if action == "seek":
            # A file raises an error for an offset before the start; OpenCV could not handle one.
            base = {io.SEEK_SET: 0, io.SEEK_CUR: file.tell(), io.SEEK_END: size}[whence]
            assert reader.seek(amount, whence) == file.seek(max(base + amount, 0))
        else:
            expected = file.read(amount)
            assert all_of(reader, size if amount < 0 else amount) == expected
        assert reader.tell() == file.tell()
    assert reader.error is None


@given(st.integers(0, 3 * BLOCK), st.integers(0, 3 * BLOCK))
def test_read_at_returns_range_up_to_end(offset: int, length: int) -> None:
    content = Requests(2 * BLOCK + 5)(0, 2 * BLOCK + 5)
    reader = RangedReader(lambda offset, length: content[offset : offset + length], len(content))
    assert reader.read_at(offset, length) == content[offset : offset + length]


def test_reader_is_readable_and_seekable() -> None:
    reader = RangedReader(Requests(10), 10)
    assert reader.readable()
    assert reader.seekable()
    assert not reader.writable()


def test_block_is_fetched_once() -> None:
    requests = Requests(MIB)
    reader = RangedReader(requests, MIB)
    for offset in (0, 100, BLOCK - 1, 5, 0):
        reader.seek(offset)
        reader.read(1)
    assert requests.ranges == [(0, BLOCK)]


def test_read_ahead_doubles_up_to_1_mib() -> None:
    requests = Requests(8 * MIB)
    reader = RangedReader(requests, 8 * MIB)
    assert len(all_of(reader, 4 * MIB)) == 4 * MIB
    lengths = [length // BLOCK for _, length in requests.ranges]
    assert lengths == [1, 2, 4, 8, 16, 16, 16, 16]


def test_seek_is_not_read_ahead() -> None:
    requests = Requests(100 * MIB)
    reader = RangedReader(requests, 100 * MIB)
    all_of(reader, 2 * MIB)
    ranges = len(requests.ranges)
    for offset in (90 * MIB, 50 * MIB, 10 * MIB):
        reader.seek(offset)
        reader.read(1000)
    assert requests.ranges[ranges:] == [(offset, BLOCK) for offset in (90 * MIB, 50 * MIB, 10 * MIB)]


def test_read_ahead_stops_at_cached_block() -> None:
    requests = Requests(100 * BLOCK)
    reader = RangedReader(requests, 100 * BLOCK)
    reader.read_at(2 * BLOCK, 1)
    reader.read_at(0, 4 * BLOCK)
    assert requests.ranges == [(2 * BLOCK, BLOCK), (0, 2 * BLOCK), (3 * BLOCK, BLOCK)]


def test_nothing_beyond_end_is_fetched() -> None:
    requests = Requests(10 * BLOCK + 3)
    reader = RangedReader(requests, requests.size_bytes)
    assert len(all_of(reader, 100 * BLOCK)) == requests.size_bytes
    reader.seek(1000, io.SEEK_END)
    assert reader.read(10) == b""
    assert requests.fetched_bytes == requests.size_bytes


def test_cache_is_bounded_and_evicts_oldest() -> None:
    requests = Requests(100 * MIB)
    reader = RangedReader(requests, 100 * MIB)
    all_of(reader, 40 * MIB)
    before = len(requests.ranges)
    assert reader.read_at(39 * MIB, 8) == (39 * MIB // 8).to_bytes(8)
    assert len(requests.ranges) == before
    assert reader.read_at(0, 8) == bytes(8)
    assert requests.ranges[before:] == [(0, BLOCK)]


def test_negative_seek_is_offset_over_2_gib() -> None:
    reader = RangedReader(Requests(MAX_SIZE_BYTES), MAX_SIZE_BYTES)
    for offset in (3 << 30, (4 << 30) - 16):
        assert reader.seek(offset - (1 << 32)) == offset
        assert reader.read(8) == (offset // 8).to_bytes(8)


def test_source_error_ends_file_and_is_kept() -> None:
    reader = RangedReader(refusing, MIB)
    assert reader.read(100) == b""
    assert reader.read(100) == b""
    with pytest.raises(SourceError, match="today"):
        reader.check()


def test_short_answer_of_source_is_error() -> None:
    reader = RangedReader(lambda _, length: bytes(length - 1), MIB)
    assert reader.read(100) == b""
    with pytest.raises(SourceError, match=f"asked for {BLOCK} bytes at 0, got {BLOCK - 1}"):
        reader.check()


@pytest.mark.parametrize("error", [ValueError("wrong"), MemoryError(), KeyboardInterrupt(), SystemExit(1)])
def test_read_never_raises(error: BaseException) -> None:
    def fetch(_offset: int, _length: int) -> bytes:
        raise error

    reader = RangedReader(fetch, MIB)
    assert reader.read(1) == b""
    with pytest.raises(type(error)):
        reader.check()


def test_seek_never_raises() -> None:
    reader = RangedReader(Requests(MIB), MIB)
    assert reader.seek("5") == 0  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        reader.check()


def test_read_at_raises_source_error() -> None:
    reader = RangedReader(refusing, MIB)
    with pytest.raises(SourceError, match="no 65536 bytes at 0 today"):
        reader.read_at(0, 1)


def test_soft_byte_limit_ends_file_for_decoders_only() -> None:
    requests = Requests(100 * MIB)
    reader = RangedReader(requests, 100 * MIB)
    reader.rewind(soft_bytes=3 * MIB)
    assert 0 < len(all_of(reader, 100 * MIB)) <= requests.fetched_bytes
    assert 3 * MIB < requests.fetched_bytes <= 4 * MIB
    assert reader.exhausted
    reader.check()
    assert reader.read_at(50 * MIB, 8) == (50 * MIB // 8).to_bytes(8)


def test_soft_cpu_limit_ends_file() -> None:
    reader = RangedReader(Requests(MIB), MIB)
    reader.rewind(soft_cpu_s=0)
    assert reader.read(1) == b""
    assert reader.exhausted
    reader.check()


def test_rewind_resets_limits_and_keeps_cache() -> None:
    requests = Requests(100 * MIB)
    reader = RangedReader(requests, 100 * MIB)
    reader.rewind(soft_bytes=MIB)
    first = all_of(reader, 100 * MIB)
    fetched = requests.fetched_bytes
    reader.rewind(soft_bytes=MIB)
    assert not reader.exhausted
    assert all_of(reader, len(first)) == first
    assert requests.fetched_bytes == fetched
    assert len(all_of(reader, 100 * MIB)) > MIB
    assert reader.exhausted
    reader.rewind()
    assert len(all_of(reader, 10 * MIB)) == 10 * MIB


def test_rewind_keeps_error() -> None:
    reader = RangedReader(refusing, MIB)
    reader.read(1)
    reader.rewind()
    assert reader.read(1) == b""
    with pytest.raises(SourceError):
        reader.check()


def test_read_all_joins_near_ranges() -> None:
    requests, together = Requests(10 * MIB), []

    def fetch_all(ranges: Sequence[tuple[int, int]]) -> list[bytes]:
        together.append(list(ranges))
        return [requests(*wanted) for wanted in ranges]

    reader = RangedReader(requests, requests.size_bytes, fetch_all=fetch_all)
    near, neighbour, far = (MIB, 8), (MIB + 800, 16), (5 * MIB, 4)
    assert reader.read_all([far, near, neighbour]) == [requests(*wanted) for wanted in (far, near, neighbour)]
    assert together == [[(MIB, 816), far]]
    assert (reader.fetches, reader.fetched_bytes) == (2, 820)


def test_read_all_skips_cached_and_absent_ranges() -> None:
    requests = Requests(MIB)
    reader = RangedReader(requests, requests.size_bytes)
    reader.read_at(0, 8)
    del requests.ranges[:]
    assert reader.read_all([(16, 8), (2 * MIB, 8)]) == [(2).to_bytes(8), b""]
    assert reader.read_all([]) == []
    assert requests.ranges == []


def test_read_all_returns_fewer_bytes_at_end() -> None:
    requests = Requests(MIB)
    reader = RangedReader(requests, requests.size_bytes)
    assert reader.read_all([(MIB - 8, 64)]) == [(MIB // 8 - 1).to_bytes(8)]
    with pytest.raises(SourceError, match="got 4"):
        RangedReader(lambda _offset, _length: b"four", MIB).read_all([(0, 64)])
