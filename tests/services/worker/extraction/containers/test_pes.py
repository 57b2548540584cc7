"""Pictures of a transport stream whose PES packets do not end where their pictures end."""

import pytest

from services.worker.extraction.containers.mpegts.pes import PesReader
from services.worker.extraction.reading.reader import RangedReader

PID, PACKET_BYTES, HEADER_BYTES = 0x100, 188, 4
STARTS = {"h264": b"\0\0\1\x09", "hevc": b"\0\0\1\x46\1", "mpeg2video": b"\0\0\1\xb3"}


def transport_packet(payload: bytes) -> bytes:
    """Return one packet that begins a PES packet with a time stamp of zero, stuffed by its adaptation field."""
    pes = b"\0\0\1\xe0\0\0\x80\x80\x05\x21\0\1\0\1" + payload
    stuffing = PACKET_BYTES - HEADER_BYTES - 2 - len(pes)
    return bytes([0x47, 0x40 | PID >> 8, PID & 0xFF, 0x30, stuffing + 1, 0]) + b"\xff" * stuffing + pes


@pytest.mark.parametrize("decoder", STARTS)
@pytest.mark.parametrize("moved_bytes", [0, 5])
def test_picture_goes_on_in_next_packet(decoder: str, moved_bytes: int) -> None:
    pictures = [STARTS[decoder] + b"\0\0\1\x05" + bytes([number]) * 40 for number in (7, 8, 9)]
    stream = b"".join(pictures)
    ends = [len(pictures[0]) * number - moved_bytes for number in (1, 2)] + [len(stream)]
    content = b"".join(transport_packet(stream[begin:end]) for begin, end in zip([0, *ends[:-1]], ends, strict=True))
    reader = RangedReader(lambda offset, length: content[offset : offset + length], len(content))
    found = PesReader(reader, 0, PACKET_BYTES, PID).read_pictures(0, decoder)
    assert [picture.join_payload(decoder) for picture in found] == pictures
