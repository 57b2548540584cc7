"""Extensions and media types of videos. An upload is a video if its key has one of the extensions, in any case."""

import re
from collections.abc import Collection

CONTENT_TYPES = {
    ".mp4": "video/mp4",
    ".mov": "video/quicktime",
    ".mkv": "video/matroska",
    ".avi": "video/vnd.avi",
    ".webm": "video/webm",
    ".wmv": "video/x-ms-wmv",
    ".flv": "video/x-flv",
    ".m4v": "video/x-m4v",
    ".ts": "video/mp2t",
    ".3gp": "video/3gpp",
}
"""Media types by extension, from IANA's registry where it has one."""

VIDEO_EXTENSIONS = tuple(CONTENT_TYPES)
"""The extensions that are processed by default."""

_OTHER_CONTENT_TYPES = {
    ".dv": "video/x-dv",
    ".mpg": "video/mpeg",
    ".mpeg": "video/mpeg",
    ".mts": "video/mp2t",
    ".m2ts": "video/mp2t",
    ".mxf": "application/mxf",
    ".ogv": "video/ogg",
    ".vob": "video/mpeg",
    ".gif": "image/gif",
}
_ANY_CONTENT_TYPE = "application/octet-stream"
_EXTENSION = re.compile(r"\.[a-z0-9]{1,16}")
MAX_EXTENSIONS = 100


def split_extension(name: str) -> tuple[str, str]:
    """Return stem and extension of a file name. The extension includes its dot and keeps its case; it may be empty."""
    stem, dot, extension = name.rpartition(".")
    return (stem, dot + extension) if dot else (name, "")


def is_video_name(name: str, extensions: Collection[str] = VIDEO_EXTENSIONS) -> bool:
    """Return True if a file name or an object key ends in one of the extensions, in any case."""
    return split_extension(name)[1].lower() in extensions


def get_content_type(name: str) -> str:
    """Return the media type for a file name's extension."""
    extension = split_extension(name)[1].lower()
    return (CONTENT_TYPES | _OTHER_CONTENT_TYPES).get(extension, _ANY_CONTENT_TYPE)


def check_extensions(extensions: tuple[str, ...]) -> tuple[str, ...]:
    """Return the extensions in lower case, each once.

    Raises:
        ValueError: the extensions break the rule in the message.
    """
    lower = tuple(dict.fromkeys(extension.lower() for extension in extensions))
    if not 1 <= len(lower) <= MAX_EXTENSIONS or not all(map(_EXTENSION.fullmatch, lower)):
        raise ValueError(f"1 to {MAX_EXTENSIONS} extensions, each a dot and up to 16 letters or digits")
    return lower


def parse_extensions(text: str | None) -> tuple[str, ...]:
    """Return the extensions of a setting, the default ones if it is not set. Raises: ValueError, see above."""
    return check_extensions(tuple(part.strip() for part in text.split(","))) if text else VIDEO_EXTENSIONS


def check_format_names(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return FFmpeg's names of decoders or demuxers; an empty tuple for the one name `none`.

    Raises:
        ValueError: the names break the rule in the message.
    """
    if names == ("none",):
        return ()
    if not all(re.fullmatch(r"[a-z0-9_-]{1,32}", name) for name in names):
        raise ValueError("FFmpeg's names of decoders or demuxers, or the one name none")
    return names


DENIED_DECODERS = {
    "exr": "OpenEXR is a format of still pictures. CVE-2025-59731, -59732 and -59733: writes beyond a buffer.",
    "flic": "Animations of DOS. CVE-2026-125241: a write beyond a buffer, without a fix in FFmpeg 9.0.2.",
    "sanm": "Films of games of LucasArts. CVE-2025-59730, CVE-2025-59734 and CVE-2026-125266, the last without a fix.",
    "vvc": "No camera writes H.266 yet. CVE-2026-125244: a write beyond a buffer; FFmpeg 8.1.3 has the fix.",
}
"""FFmpeg's decoders that are denied by default, and why: recent errors of memory, and no use in practice."""
