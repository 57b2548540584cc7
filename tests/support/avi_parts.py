"""AVI files of several parts, each with its own index: ffmpeg writes a second part only after a gigabyte."""

import struct


def make_opendml(avi: bytes, frames_per_part: int) -> bytes:
    """Return an AVI of one stream in RIFF lists of so many frames, each with its part of the index (OpenDML 1.02)."""
    index = avi.rindex(b"idx1")
    (length,) = struct.unpack_from("<I", avi, index + 4)
    movi = avi.index(b"movi")
    frames = [
        (flags & 0x10, avi[movi + at + 8 : movi + at + 8 + size])
        for _, flags, at, size in struct.iter_unpack("<4sIII", avi[index + 8 : index + 8 + length])
    ]
    parts = [frames[at : at + frames_per_part] for at in range(0, len(frames), frames_per_part)]
    headers = avi[12 : movi - 8]
    # An entry for each part takes the place of padding at the end of the stream's list.
    junk = headers.index(b"JUNK")
    (room,) = struct.unpack_from("<I", headers, junk + 4)
    content, entries = b"", []
    for number, part in enumerate(parts):
        before = 12 + (len(headers) if number == 0 else 0)
        base = len(content) + before + 12
        chunks, rows = b"", b""
        for is_key, data in part:
            rows += struct.pack("<II", len(chunks) + 8, len(data) | (0 if is_key else 1 << 31))
            chunks += struct.pack("<4sI", b"00dc", len(data)) + data + b"\0" * (len(data) % 2)
        table = struct.pack("<HBBI4sQI", 2, 0, 1, len(part), b"00dc", base, 0) + rows
        entries.append(struct.pack("<QII", base + len(chunks), len(table) + 8, len(part)))
        inner = chunks + struct.pack("<4sI", b"ix00", len(table)) + table
        body = (headers if number == 0 else b"") + struct.pack("<4sI4s", b"LIST", 4 + len(inner), b"movi") + inner
        content += struct.pack("<4sI4s", b"RIFF", 4 + len(body), b"AVI " if number == 0 else b"AVIX") + body
    indx = struct.pack("<HBBI4s12x", 4, 0, 0, len(entries), b"00dc") + b"".join(entries)
    at = 12 + junk
    return content[:at] + struct.pack("<4sI", b"indx", room) + indx.ljust(room, b"\0") + content[at + 8 + room :]
