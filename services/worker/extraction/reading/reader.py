"""A file object over ranged reads, made for OpenCV: few requests, and no exception ever reaches C++."""

import contextlib
import io
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from typing import NoReturn

from services.worker.extraction.reading.source import SourceError

_BLOCK_BYTES = 64 * 1024
_MAX_RUN_BLOCKS = 16
"""Upper limit on blocks that one read fetches ahead: 1 MiB."""
_MAX_CACHED_BLOCKS = 512
"""32 MiB: enough for the index and the runs around three positions."""
_MAX_READ_BLOCKS = 64
"""Upper limit on blocks in one read of a range that is known to be needed: 4 MiB."""

ByteRange = tuple[int, int]
"""Offset and length, in bytes."""

_WRAP = 1 << 32

MAX_SIZE_BYTES = _WRAP
"""OpenCV passes seek offsets as 32-bit integers, so offsets beyond 4 GiB are ambiguous."""


class RangedReader(io.BufferedIOBase):
    """A file of `size_bytes` bytes, read through `fetch(offset, length)` in blocks, which are cached and read ahead.

    OpenCV calls `read` and `seek`; an exception there, or a result that is not bytes, crashes the process. So an error
    ends the file (`b""`) and is stored in `error`; `check` raises it. Our own parsers call `read_at`, which raises.

    The soft limits of `rewind` end the file early too, and set `exhausted`. They stop a decoder that would read for
    minutes, and leave room for a cheaper way.
    """

    def __init__(
        self,
        fetch: Callable[[int, int], bytes],
        size_bytes: int,
        *,
        fetch_all: Callable[[Sequence[ByteRange]], Sequence[bytes]] | None = None,
        max_table_bytes: int = 0,
    ) -> None:
        """Store the source. `fetch_all` reads several ranges at once; without it, they are read one after the other.

        Parsers read a table of up to `max_table_bytes` whole, also if they need only parts of it: more bytes, but fewer
        round trips.
        """
        super().__init__()
        self._fetch = fetch
        self._fetch_all = fetch_all or (lambda ranges: [fetch(*wanted) for wanted in ranges])
        self.max_table_bytes = max_table_bytes
        self.size_bytes = size_bytes
        self.error: BaseException | None = None
        self.exhausted = False
        self._soft_bytes: int | None = None
        self._soft_cpu_s: float | None = None
        self._fetched_bytes = 0
        self.fetches = 0
        self._position = 0
        self._blocks: OrderedDict[int, bytes] = OrderedDict()
        self._next_block = -1
        self._run = 1

    @property
    def fetched_bytes(self) -> int:
        """Return the number of bytes read from the source so far, in `fetches` reads."""
        return self._fetched_bytes

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        try:
            if whence == io.SEEK_SET:
                # OpenCV: an offset from 2 GiB to 4 GiB arrives negative.
                self._position = offset + _WRAP if offset < 0 else offset
            elif whence == io.SEEK_CUR:
                self._position += offset
            else:
                self._position = self.size_bytes + offset
            self._position = max(self._position, 0)
        except BaseException as error:  # noqa: BLE001 - see the class
            self.error = error
        return self._position

    def read(self, size: int | None = -1) -> bytes:
        try:
            if self.error or self._is_exhausted():
                return b""
            data = self._read_some(self._position, self.size_bytes if size is None or size < 0 else size)
        except BaseException as error:  # noqa: BLE001 - see the class
            self.error = error
            return b""
        self._position += len(data)
        return data

    def read_at(self, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset`, fewer at the end of the file. Raises: SourceError."""
        number, start = divmod(offset, _BLOCK_BYTES)
        if start + length <= len(block := self._blocks.get(number, b"")):
            return block[start : start + length]
        self.prefetch([(offset, length)])
        parts = []
        while length > 0 and (part := self._read_some(offset, length)):
            parts.append(part)
            offset += len(part)
            length -= len(part)
        return b"".join(parts)

    def read_cached(self, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset`, fewer at the end of the file, without a read of the source.

        Raises: LookupError if some of them are not in the cache.
        """
        end = min(offset + length, self.size_bytes)
        if offset < 0 or end <= offset:
            return b""
        first, last = offset // _BLOCK_BYTES, (end - 1) // _BLOCK_BYTES
        if last - first >= _MAX_CACHED_BLOCKS:
            raise LookupError(offset)
        blocks = b"".join(self._blocks[number] for number in range(first, last + 1))
        return blocks[offset - first * _BLOCK_BYTES : end - first * _BLOCK_BYTES]

    def prefetch(self, ranges: Sequence[ByteRange]) -> None:
        """Read the blocks of several ranges that are not cached yet, all at once. Raises: SourceError."""
        missing = sorted({number for wanted in ranges for number in self._list_missing(*wanted)})
        if len(missing) < 2 or len(missing) > _MAX_CACHED_BLOCKS // 2:
            return  # a single block may begin a run, and more than half the cache would evict each other
        runs: list[tuple[int, int]] = []
        for number in missing:
            if runs and sum(runs[-1]) == number and runs[-1][1] < _MAX_READ_BLOCKS:
                runs[-1] = (runs[-1][0], runs[-1][1] + 1)
            else:
                runs.append((number, 1))
        spans = [self._make_span(*run) for run in runs]
        for (number, _), span, data in zip(runs, spans, self._fetch_all(spans), strict=True):
            self._cache_blocks(number, span, data)

    def read_all(self, ranges: Sequence[ByteRange]) -> list[bytes]:
        """Return the bytes of several small ranges, read at once and not cached. Raises: SourceError.

        Ranges that are near each other are read together; otherwise no byte around them is read.
        """
        spans: list[ByteRange] = []
        for offset, length in sorted(wanted for wanted in ranges if self._list_missing(*wanted)):
            end = min(offset + length, self.size_bytes)
            if spans and offset - sum(spans[-1]) < _BLOCK_BYTES:
                spans[-1] = spans[-1][0], max(end, sum(spans[-1])) - spans[-1][0]
            else:
                spans.append((offset, end - offset))
        read = list(zip(spans, self._fetch_all(spans) if spans else [], strict=True))
        for span, data in read:
            self._count_read(span, data)
        return [self._slice_read(read, wanted) or self.read_at(*wanted) for wanted in ranges]

    @staticmethod
    def _slice_read(read: Sequence[tuple[ByteRange, bytes]], wanted: ByteRange) -> bytes:
        """Return the bytes of a range if `read` contains its start; no bytes if not."""
        offset, length = wanted
        for (start, size), data in read:
            if start <= offset < start + size:
                return data[offset - start : offset - start + length]
        return b""

    @contextlib.contextmanager
    def without_source(self) -> Iterator[None]:
        """Serve only cached bytes in the context: `read_at` and `prefetch` raise SourceError for all others."""
        sources = self._fetch, self._fetch_all

        def refuse(*wanted: object) -> NoReturn:
            raise SourceError(f"{wanted} is not cached")

        self._fetch = self._fetch_all = refuse
        try:
            yield
        finally:
            self._fetch, self._fetch_all = sources

    def _list_missing(self, offset: int, length: int) -> list[int]:
        end = min(offset + length, self.size_bytes)
        if offset < 0 or end <= offset:
            return []
        last = (end - 1) // _BLOCK_BYTES
        first = offset // _BLOCK_BYTES
        if last - first > _MAX_CACHED_BLOCKS:
            return []
        return [number for number in range(first, last + 1) if number not in self._blocks]

    def rewind(self, *, soft_bytes: int | None = None, soft_cpu_s: float | None = None) -> None:
        """Seek to the start and set new soft limits, counted from now. The cache is kept."""
        self._position = 0
        self.exhausted = False
        self._soft_bytes = None if soft_bytes is None else self._fetched_bytes + soft_bytes
        self._soft_cpu_s = soft_cpu_s

    def check(self) -> None:
        """Raise the error that ended the file, if there is one."""
        if self.error is not None:
            raise self.error

    def _is_exhausted(self) -> bool:
        if self._soft_bytes is not None and self._fetched_bytes > self._soft_bytes:
            self.exhausted = True
        if self._soft_cpu_s is not None and time.process_time() > self._soft_cpu_s:
            self.exhausted = True
        return self.exhausted

    def _read_some(self, offset: int, length: int) -> bytes:
        """Return at least one of the bytes asked for, at most up to the end of a block; none at the end of the file."""
        if offset >= self.size_bytes or length <= 0:
            return b""
        number, start = divmod(offset, _BLOCK_BYTES)
        return self._read_block(number)[start : start + length]

    def _read_block(self, number: int) -> bytes:
        if number in self._blocks:
            self._blocks.move_to_end(number)
            return self._blocks[number]
        self._run = min(self._run * 2, _MAX_RUN_BLOCKS) if number == self._next_block else 1
        count = 1
        while count < self._run and number + count not in self._blocks:
            count += 1
        span = self._make_span(number, count)
        self._cache_blocks(number, span, self._fetch(*span))
        self._next_block = number + count
        return self._blocks[number]

    def _make_span(self, number: int, count: int) -> ByteRange:
        offset = number * _BLOCK_BYTES
        return offset, min(count * _BLOCK_BYTES, self.size_bytes - offset)

    def _count_read(self, span: ByteRange, data: bytes) -> None:
        offset, length = span
        if len(data) != length:
            raise SourceError(f"asked for {length} bytes at {offset}, got {len(data)}")
        self._fetched_bytes += length
        self.fetches += 1

    def _cache_blocks(self, number: int, span: ByteRange, data: bytes) -> None:
        self._count_read(span, data)
        for index in range(0, len(data), _BLOCK_BYTES):
            self._blocks[number + index // _BLOCK_BYTES] = data[index : index + _BLOCK_BYTES]
            self._blocks.move_to_end(number + index // _BLOCK_BYTES)
        while len(self._blocks) > _MAX_CACHED_BLOCKS:
            self._blocks.popitem(last=False)
