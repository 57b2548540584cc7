"""Object bodies in files, which replace `bytes` where an object is too large for memory."""

import os
import shutil
import uuid
import weakref
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

BLOCK_BYTES = 1024 * 1024
_NEARLY_FULL_BYTES = 256 * BLOCK_BYTES
"""Free space below which each file is written to the disk before its request is answered."""


class FileBody:
    """`size` bytes of a file from `offset` on, with the operations of `bytes` that ministack uses: length and slices.

    Not a subclass of `bytes`: code that needs the bytes themselves (`join`, `hashlib`) raises a TypeError, where a
    subclass would silently be empty. Files are replaced, never changed.
    """

    def __init__(self, path: Path, *, size: int, offset: int = 0, keep: object = None) -> None:
        self.path = path
        self.size = size
        self.offset = offset
        self._keep = keep
        self._digests: dict[str, str | None] = {}

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, wanted: slice) -> "FileBody":
        start, stop, _ = wanted.indices(self.size)
        return FileBody(self.path, offset=self.offset + start, size=max(stop - start, 0), keep=self)

    def decode(self, *_: object, **__: object) -> str:
        """Return an empty string: curl labels bodies as forms, and ministack would search objects for form fields."""
        return ""

    def open(self) -> BinaryIO:
        """Open the file at `offset`. It stays readable if the object is replaced or deleted meanwhile."""
        file = self.path.open("rb")
        file.seek(self.offset)
        return file

    def iter_blocks(self) -> Iterator[bytes]:
        """Return the bytes in blocks of 1 MiB."""
        with self.open() as file:
            remaining = self.size
            while remaining and (block := file.read(min(BLOCK_BYTES, remaining))):
                remaining -= len(block)
                yield block

    def compute_once(self, name: str, compute: Callable[[Iterator[bytes]], str | None]) -> str | None:
        """Return the result of `compute` for the bytes, and cache it under `name`."""
        if name not in self._digests:
            self._digests[name] = compute(self.iter_blocks())
        return self._digests[name]

    def keep_digest(self, name: str, digest: str) -> None:
        """Let `compute_once` return this result for `name`."""
        self._digests[name] = digest

    def copy_to(self, path: Path) -> None:
        """Write these bytes to a new file, by a hard link if they are a whole file. Raises: OSError."""
        if self.offset == 0 and self.size == self.path.stat().st_size:
            _link_or_copy(self.path, path)
        else:
            with path.open("xb") as file:
                file.writelines(self.iter_blocks())
                finish_file(file)


class Crc32:
    """CRC-32 with the interface of `hashlib`."""

    def __init__(self) -> None:
        self._value = 0

    def update(self, data: bytes) -> None:
        self._value = zlib.crc32(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(4, "big")


class Spool:
    """Folder of bodies that are not objects yet. Each file is deleted with the last body that refers to it."""

    def __init__(self, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self._folder = folder

    def make_body(self, size: int) -> FileBody:
        """Return a body of `size` bytes; the caller writes them to its `path`."""
        body = FileBody(self._folder / uuid.uuid4().hex, size=size)
        weakref.finalize(body, body.path.unlink, missing_ok=True)
        return body

    def pin_body(self, body: FileBody) -> FileBody:
        """Return the same bytes in a file that outlives the object they belong to."""
        whole = self.make_body(body.path.stat().st_size)
        _link_or_copy(body.path, whole.path)
        return FileBody(whole.path, offset=body.offset, size=body.size, keep=whole)

    def join_parts(self, parts: Sequence[FileBody | bytes]) -> FileBody:
        """Concatenate parts into one body. It copies them at 1 s per GB: call it in a thread."""
        joined = self.make_body(sum(len(part) for part in parts))
        with joined.path.open("xb") as file:
            for part in parts:
                file.writelines(part.iter_blocks() if isinstance(part, FileBody) else [part])
            finish_file(file)
        return joined


def finish_file(file: BinaryIO) -> None:
    """Flush a new file, and write it to the disk if that is nearly full. Raises: OSError.

    Some file systems report a full disk only then. Otherwise the kernel writes the file later: a write takes 1 to 40 ms
    on a busy disk, during which the embedded AWS answers no request, and a video has six files.
    """
    file.flush()
    space = os.fstatvfs(file.fileno())
    if space.f_bavail * space.f_frsize < _NEARLY_FULL_BYTES:
        os.fsync(file.fileno())


def _link_or_copy(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # a file system without hard links, such as exFAT
        shutil.copyfile(source, target)
