"""NAL units: emulation prevention bytes."""

from __future__ import annotations

import pytest

from services.worker.extraction.codecs import nal


@pytest.mark.parametrize(
    ("payload", "unit"),
    [
        (b"\0\0\0", b"\0\0\3\0"),
        (b"\0\0\0\0\0\1", b"\0\0\3\0\0\3\0\1"),
        (b"\0\0\3\0\0\4\0", b"\0\0\3\3\0\0\4\0"),
        (b"a\0\0\2b", b"a\0\0\3\2b"),
    ],
)
def test_escapes_round_trip(payload: bytes, unit: bytes) -> None:
    assert nal.escape_unit(payload) == unit
    assert nal.unescape_unit(unit) == payload
