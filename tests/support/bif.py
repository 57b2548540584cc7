"""Reader of BIF files, written from Roku's specification and without the code that writes them."""

import struct
from itertools import pairwise

_UNTIL_LAST = 0xFFFFFFFF


def read_bif(content: bytes) -> list[tuple[int, bytes]]:
    """Return time in milliseconds and JPEG file of each picture. Raises: AssertionError for a wrong file."""
    assert content[:8] == bytes.fromhex("894249460d0a1a0a")
    version, count, multiplier = struct.unpack_from("<III", content, 8)
    assert version == 0
    assert not any(content[20:64])
    entries = [struct.unpack_from("<II", content, 64 + 8 * number) for number in range(count + 1)]
    times, offsets = zip(*entries, strict=True)
    assert times[-1] == _UNTIL_LAST
    assert offsets[0] == 64 + 8 * (count + 1)
    assert offsets[-1] == len(content)
    assert list(times) == sorted(set(times))
    slices = [content[start:end] for start, end in pairwise(offsets)]
    # A multiplier of zero means seconds.
    return [(time * (multiplier or 1000), data) for time, data in zip(times, slices, strict=False)]
