"""Contents of an FLV file (Adobe, "Flash Video File Format Specification" 10.1, annex E)."""

from services.worker.extraction.containers.contents import Contents, ReadAt, VideoTrack
from services.worker.extraction.containers.flv.tags import AUDIO, BACK_BYTES, IS_ENCRYPTED, TAG_BYTES, TAG_TYPE, VIDEO

_MAX_SEARCHED_BYTES = 1 << 20


def matches_head(head: bytes) -> bool:
    """Return True if the file begins with the signature of FLV."""
    return head[:3] == b"FLV"


def inspect_contents(read_at: ReadAt, size_bytes: int) -> Contents | None:
    """Return the track of the first video tag near the start.

    The header's flags for audio and video are not used: they are often wrong.
    """
    # The header states its own size; a length of zero follows, as after each tag.
    at = int.from_bytes(read_at(5, 4)) + BACK_BYTES
    audio = 0
    while at + TAG_BYTES <= min(size_bytes, _MAX_SEARCHED_BYTES):
        tag = read_at(at, 4)
        if tag[0] & TAG_TYPE == VIDEO:
            return Contents(video=(VideoTrack(encrypted=bool(tag[0] & IS_ENCRYPTED)),), others=audio)
        # There is at most one audio stream; tags of scripts are not tracks.
        audio |= int(tag[0] & TAG_TYPE == AUDIO)
        at += TAG_BYTES + int.from_bytes(tag[1:4]) + BACK_BYTES
    return Contents(others=audio, may_hide_video=at < size_bytes)
