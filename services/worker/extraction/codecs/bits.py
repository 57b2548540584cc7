"""Bits of a header, most significant bit first, as H.264, HEVC and AV1 write them."""


class OutOfBitsError(ValueError):
    """The header ends before its last field, or a field is out of range."""


class Bits:
    """Reader of the fields of a header, one after the other. `position` is in bits.

    The methods have the names of the descriptors in ITU-T H.264, 7.2. They raise OutOfBitsError at the end of the data,
    and for numbers that no encoder writes.
    """

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data)
        self._length = 8 * len(data)
        self.position = 0

    def u(self, width: int) -> int:
        """Read an unsigned number of `width` bits."""
        end = self.position + width
        if end > self._length:
            left = self._length - self.position
            raise OutOfBitsError(f"header at bit {self.position}: expected a field of {width} bits, found {left}")
        self.position = end
        return (self._value >> (self._length - end)) & ((1 << width) - 1)

    def flag(self) -> bool:
        """Read one bit."""
        return self.u(1) == 1

    def skip(self, width: int) -> None:
        """Skip `width` bits."""
        self.u(width)

    def ue(self) -> int:
        """Read an unsigned Exp-Golomb number (ITU-T H.264, 9.1)."""
        zeros, start = 0, self.position
        while not self.u(1):
            zeros += 1
            if zeros > 32:
                raise OutOfBitsError(f"header at bit {start}: expected an Exp-Golomb number, found {zeros} zeros")
        return (1 << zeros) - 1 + (self.u(zeros) if zeros else 0)

    def se(self) -> int:
        """Read a signed Exp-Golomb number."""
        number = self.ue()
        return (number + 1) // 2 if number % 2 else -(number // 2)


def format_bits(data: bytes) -> str:
    """Return the bits as a string of 0 and 1."""
    return "".join(f"{byte:08b}" for byte in data)


def pack_bits(bits: str) -> bytes:
    """Return a string of bits as bytes, with a stop bit and zeros behind it: `rbsp_trailing_bits` of H.264."""
    bits += "1"
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8)


def replace_bits(data: bytes, position: int, width: int, value: int) -> bytes:
    """Return `data` with `width` bits from `position` set to `value`."""
    shift = 8 * len(data) - position - width
    mask = ((1 << width) - 1) << shift
    number = (int.from_bytes(data) & ~mask) | (value << shift)
    return number.to_bytes(len(data))
