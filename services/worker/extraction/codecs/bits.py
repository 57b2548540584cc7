"""Bits of a header, the highest first, as H.264, HEVC and AV1 write them."""


class OutOfBitsError(ValueError):
    """The header ends before what should stand in it."""


class Bits:
    """Reads numbers from `data`, one after the other. Raises: OutOfBitsError at the end, and for absurd numbers."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data)
        self._length = 8 * len(data)
        self.position = 0

    def u(self, width: int) -> int:
        """An unsigned number of so many bits."""
        end = self.position + width
        if end > self._length:
            raise OutOfBitsError("the header is cut short")
        self.position = end
        return (self._value >> (self._length - end)) & ((1 << width) - 1)

    def flag(self) -> bool:
        return self.u(1) == 1

    def skip(self, width: int) -> None:
        self.u(width)

    def ue(self) -> int:
        """An unsigned Exp-Golomb number (ITU-T H.264, 9.1)."""
        zeros = 0
        while not self.u(1):
            zeros += 1
            if zeros > 32:
                raise OutOfBitsError("no Exp-Golomb number")
        return (1 << zeros) - 1 + (self.u(zeros) if zeros else 0)

    def se(self) -> int:
        """A signed Exp-Golomb number."""
        number = self.ue()
        return (number + 1) // 2 if number % 2 else -(number // 2)


def bits_of(data: bytes) -> str:
    """The bits as a string of 0 and 1."""
    return "".join(f"{byte:08b}" for byte in data)


def bytes_of(bits: str) -> bytes:
    """Bits and a stop bit, filled up to whole bytes: `rbsp_trailing_bits` of H.264."""
    bits += "1"
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8)


def replace_bits(data: bytes, position: int, width: int, value: int) -> bytes:
    """`data` with `width` bits from `position` set to `value`."""
    shift = 8 * len(data) - position - width
    mask = ((1 << width) - 1) << shift
    number = (int.from_bytes(data) & ~mask) | (value << shift)
    return number.to_bytes(len(data))
