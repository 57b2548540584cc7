"""A set of keys in constant memory. Pure."""

import hashlib

_HASHES = 6
_BYTES_OF_HASH = 4


class KeyFilter:
    """A Bloom filter: `in` is never false for a key that was added, and is rarely true for another one.

    With 512 Mbit (64 MiB) and 4 million keys, another key is taken for an added one with a probability of 10^-8; with
    40 million it is 0.3 %. Each filter has its own salt, so that the next one has other mistakes.
    https://en.wikipedia.org/wiki/Bloom_filter#Probability_of_false_positives
    """

    def __init__(self, salt: bytes, *, bits: int = 2**29) -> None:
        """Set the salt, at most 16 bytes, and the number of bits, a power of two of at least 8."""
        self._salt = salt[:16]
        self._mask = bits - 1
        self._bits = bytearray(bits // 8)

    @property
    def size_bytes(self) -> int:
        return len(self._bits)

    def add(self, key: str) -> None:
        for at in self._positions(key):
            self._bits[at >> 3] |= 1 << (at & 7)

    def __contains__(self, key: str) -> bool:
        return all(self._bits[at >> 3] & (1 << (at & 7)) for at in self._positions(key))

    def _positions(self, key: str) -> list[int]:
        digest = hashlib.blake2b(key.encode(), digest_size=_HASHES * _BYTES_OF_HASH, salt=self._salt).digest()
        starts = range(0, len(digest), _BYTES_OF_HASH)
        return [int.from_bytes(digest[start : start + _BYTES_OF_HASH]) & self._mask for start in starts]
