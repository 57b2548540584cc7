"""The bytes of an object on disk: what stands in for `bytes` once they are too many for memory."""

import os
import shutil
import uuid
import weakref
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

BLOCK_BYTES = 1024 * 1024


class FileBody:
    """`size` bytes of a file from `offset` on, with what ministack asks of `bytes`: a length and slices.

    It is no subclass of `bytes` on purpose: code that needs the bytes themselves (`join`, `hashlib`) raises a
    TypeError, where a subclass would silently give it nothing. Files are only ever replaced, never changed.
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
        """Nothing: ministack looks for form fields in a body that curl calls a form, which an object is not."""
        return ""

    def open(self) -> BinaryIO:
        """The file, at `offset`; it stays readable when the object is replaced or deleted meanwhile."""
        file = self.path.open("rb")
        file.seek(self.offset)
        return file

    def blocks(self) -> Iterator[bytes]:
        """The bytes, 1 MiB at a time."""
        with self.open() as file:
            remaining = self.size
            while remaining and (block := file.read(min(BLOCK_BYTES, remaining))):
                remaining -= len(block)
                yield block

    def digest(self, name: str, compute: Callable[[Iterator[bytes]], str | None]) -> str | None:
        """What `compute` makes of the bytes, remembered under `name`."""
        if name not in self._digests:
            self._digests[name] = compute(self.blocks())
        return self._digests[name]

    def copy_to(self, path: Path) -> None:
        """Put these bytes into a new file; a whole file costs a hard link, not a copy. Raises: OSError."""
        if self.offset == 0 and self.size == self.path.stat().st_size:
            _link(self.path, path)
        else:
            with path.open("xb") as file:
                file.writelines(self.blocks())
                file.flush()
                os.fsync(file.fileno())


class Spool:
    """A folder for bytes that are no object yet: each file goes away with the last body that refers to it."""

    def __init__(self, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self._folder = folder

    def body(self, size: int) -> FileBody:
        """A body of `size` bytes that the caller is about to write to its `path`."""
        body = FileBody(self._folder / uuid.uuid4().hex, size=size)
        weakref.finalize(body, body.path.unlink, missing_ok=True)
        return body

    def pin(self, body: FileBody) -> FileBody:
        """The same bytes, which stay when the object that they are a part of is replaced or deleted."""
        whole = self.body(body.path.stat().st_size)
        _link(body.path, whole.path)
        return FileBody(whole.path, offset=body.offset, size=body.size, keep=whole)

    def join(self, parts: Sequence[FileBody | bytes]) -> FileBody:
        """All the parts, one after the other. It copies them (1 s a GB): work for a thread."""
        joined = self.body(sum(len(part) for part in parts))
        with joined.path.open("xb") as file:
            for part in parts:
                file.writelines(part.blocks() if isinstance(part, FileBody) else [part])
            file.flush()
            os.fsync(file.fileno())
        return joined


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # a file system without hard links, such as exFAT
        shutil.copyfile(source, target)
