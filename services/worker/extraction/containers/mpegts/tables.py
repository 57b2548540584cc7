"""Packets of a transport stream, and the tables that list its programs and streams (ISO/IEC 13818-1, 2.4.3, 2.4.4)."""

from collections.abc import Iterator

from services.worker.extraction.containers.contents import ReadAt

SYNC = 0x47
PACKET_BYTES = 188
_STRIDES = (188, 192, 204)
"""Distance of packets: plain; M2TS of Blu-ray and AVCHD with a 4-byte time before each; with error correction."""
MAX_STRIDE_BYTES = max(_STRIDES)
_CHECKED_PACKETS = 5
PRIVATE = 0x06
"""Stream type of private data: sound, subtitles, or AV1: https://aomediacodec.github.io/av1-mpeg2-ts/"""
_SOUND_TYPES = {0x03, 0x04, 0x0F, 0x11, 0x1C, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x87, 0xA1, 0xA2}
"""MPEG audio, AAC, and those of ATSC and Blu-ray: LPCM, AC-3, DTS, TrueHD, E-AC-3."""
_SOUND_DESCRIPTORS = {0x6A, 0x7A, 0x7B, 0x7C}
"""Descriptors of DVB for AC-3, E-AC-3, DTS and AAC in private data (ETSI EN 300 468)."""
_REGISTRATION, _SOUND_FORMATS = 0x05, {b"AC-3", b"EAC3", b"Opus", b"DTS1", b"DTS2", b"DTS3"}


def find_framing(head: bytes) -> tuple[int, int] | None:
    """Return the offset of the first packet and the distance of packets; None without five sync bytes in a row."""
    for stride in _STRIDES:
        for start in range(stride):
            if len(head) > start + (_CHECKED_PACKETS - 1) * stride and all(
                head[start + number * stride] == SYNC for number in range(_CHECKED_PACKETS)
            ):
                return start, stride
    return None


def read_packets(read_at: ReadAt, start: int, stride: int, end: int) -> Iterator[tuple[int, bool, bytes]]:
    """Yield of each packet its PID, if it is scrambled, and the section that begins in it; no bytes without one."""
    for at in range(start, end - PACKET_BYTES + 1, stride):
        packet = read_at(at, PACKET_BYTES)
        if len(packet) < PACKET_BYTES or packet[0] != SYNC:
            return
        pid = int.from_bytes(packet[1:3]) & 0x1FFF
        begins, scrambled = bool(packet[1] & 0x40), bool(packet[3] & 0xC0)
        # An adaptation field, with stuffing or a clock, comes before the payload.
        payload = 4 + (1 + packet[4] if packet[3] & 0x20 else 0)
        # A pointer field leads to the section: the end of another one may come first.
        section = packet[payload + 1 + packet[payload] :] if begins and payload < PACKET_BYTES else b""
        yield pid, scrambled, section


def parse_program_pids(section: bytes) -> set[int]:
    """Return the PIDs of the program maps that a program association table lists."""
    entries = section[8 : find_section_end(section)] if section[:1] == b"\x00" else b""
    programs = [entries[at : at + 4] for at in range(0, len(entries) - 3, 4)]
    # Program 0 is the network information table, not a program.
    return {int.from_bytes(entry[2:]) & 0x1FFF for entry in programs if int.from_bytes(entry[:2])}


def find_section_end(section: bytes) -> int:
    """Return the offset in a section at which its entries end: its last 4 bytes are a checksum."""
    return 3 + (int.from_bytes(section[1:3]) & 0xFFF) - 4


def parse_sound_pids(section: bytes) -> set[int]:
    """Return the PIDs of the streams of sound in a program map."""
    return {
        pid
        for kind, pid, descriptors in _parse_entries(section)
        if kind in _SOUND_TYPES or (kind == PRIVATE and _describes_sound(descriptors))
    }


def _describes_sound(descriptors: bytes) -> bool:
    at = 0
    while at + 2 <= len(descriptors):
        tag, body = descriptors[at], descriptors[at + 2 : at + 2 + descriptors[at + 1]]
        if tag in _SOUND_DESCRIPTORS or (tag == _REGISTRATION and body[:4] in _SOUND_FORMATS):
            return True
        at += 2 + len(body)
    return False


def parse_streams(section: bytes) -> Iterator[tuple[int, int]]:
    """Yield stream type and PID of each stream in a program map."""
    for kind, pid, _ in _parse_entries(section):
        yield kind, pid


def _parse_entries(section: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yield stream type, PID and descriptors of each stream in a program map."""
    if section[:1] != b"\x02" or len(section) < 12:
        return
    end = min(find_section_end(section), len(section))
    # Descriptors of the program come before the streams, and those of each stream after it.
    at = 12 + (int.from_bytes(section[10:12]) & 0xFFF)
    while at + 5 <= end:
        following = at + 5 + (int.from_bytes(section[at + 3 : at + 5]) & 0xFFF)
        yield section[at], int.from_bytes(section[at + 1 : at + 3]) & 0x1FFF, section[at + 5 : following]
        at = following
