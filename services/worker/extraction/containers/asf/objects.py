"""Objects of an ASF header and their GUIDs (Microsoft, "ASF Specification", revision 01.20.05)."""

from collections.abc import Iterator
from dataclasses import dataclass

from services.worker.extraction.containers.contents import ReadAt

HEADER = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
DATA = bytes.fromhex("3626b2758e66cf11a6d900aa0062ce6c")
FILE_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
STREAM_PROPERTIES = bytes.fromhex("9107dcb7b7a9cf118ee600c00c205365")
VIDEO_MEDIA = bytes.fromhex("c0ef19bc4d5bcf11a8fd00805f5c442b")
AUDIO_MEDIA = bytes.fromhex("409e69f84d5bcf11a8fd00805f5c442b")
ENCRYPTION = {
    bytes.fromhex("fbb31122 23bdd211b4b700a0c955fc6e"),  # content encryption
    bytes.fromhex("14e68a29 2226174cb935dae07ee9289c"),  # extended content encryption
}

_MAX_OBJECTS = 256
_FIRST_OBJECT_AT = 30
_OBJECT_HEADER_BYTES = 24


@dataclass(frozen=True)
class AsfObject:
    """An object of the header: its GUID and the range of its body, in bytes from the start of the file."""

    guid: bytes
    start: int
    size_bytes: int


def read_header_end(read_at: ReadAt, size_bytes: int) -> int:
    """Return the offset of the end of the header object, which is that of the data object."""
    return min(int.from_bytes(read_at(16, 8), "little"), size_bytes)


def read_objects(read_at: ReadAt, end: int) -> Iterator[AsfObject]:
    """Yield the objects of the header, which ends at `end`; stop at one of an impossible size."""
    at = _FIRST_OBJECT_AT
    for _ in range(_MAX_OBJECTS):
        header = read_at(at, _OBJECT_HEADER_BYTES) if at + _OBJECT_HEADER_BYTES <= end else b""
        size_bytes = int.from_bytes(header[16:24], "little")
        if size_bytes < _OBJECT_HEADER_BYTES:
            return
        yield AsfObject(header[:16], at + _OBJECT_HEADER_BYTES, size_bytes - _OBJECT_HEADER_BYTES)
        at += size_bytes
