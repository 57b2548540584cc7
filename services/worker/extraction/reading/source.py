"""Sources of a video's bytes, read in ranges: an object in S3 or a local file."""

import os
from pathlib import Path
from typing import Protocol, Self


class SourceError(Exception):
    """A source that could not be read. A subclass of the source decides if another try makes sense."""

    retryable = True


class VideoSource(Protocol):
    """Random access to the bytes of one video, also from several threads at once."""

    @property
    def size_bytes(self) -> int: ...

    def read(self, offset: int, length: int) -> bytes:
        """Return exactly the bytes asked for, fewer only at the end of the file. Raises: SourceError."""
        ...


class LocalFile:
    """A video on this machine."""

    def __init__(self, path: Path) -> None:
        # Without O_NONBLOCK, opening a named pipe blocks until another process writes to it.
        self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        self.size_bytes = os.fstat(self._descriptor).st_size

    def read(self, offset: int, length: int) -> bytes:
        try:
            return os.pread(self._descriptor, length, offset)
        except OSError as error:
            raise SourceError(str(error)) from error

    def close(self) -> None:
        os.close(self._descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
