"""Tests of the reader of a header's bits."""

import pytest

from services.worker.extraction.codecs.bits import Bits, OutOfBitsError


def test_a_field_beyond_the_end_names_its_bit_and_both_lengths() -> None:
    bits = Bits(b"\xff\x00")
    bits.skip(13)
    with pytest.raises(OutOfBitsError, match="header at bit 13: expected a field of 8 bits, found 3"):
        bits.u(8)


def test_a_number_that_no_encoder_writes_names_its_first_bit() -> None:
    bits = Bits(bytes(8))
    bits.skip(4)
    with pytest.raises(OutOfBitsError, match="header at bit 4: expected an Exp-Golomb number, found 33 zeros"):
        bits.ue()


def test_exp_golomb_numbers_are_read_as_the_standard_lists_them() -> None:
    # 1, 010, 011 and 00100 are 0, 1, 2 and 3 (ITU-T H.264, table 9-2); as signed numbers 0, 1, -1 and 2 (9-3).
    data = int("1" + "010" + "011" + "00100" + "0000", 2).to_bytes(2)
    unsigned, signed = Bits(data), Bits(data)
    assert [unsigned.ue() for _ in range(4)] == [0, 1, 2, 3]
    assert [signed.se() for _ in range(4)] == [0, 1, -1, 2]
