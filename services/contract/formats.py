"""Extensions and media types of videos. An upload is a video if its key has one of the extensions, in any case."""

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


def split_extension(name: str) -> tuple[str, str]:
    """Return stem and extension of a file name. The extension includes its dot and keeps its case; it may be empty."""
    stem, dot, extension = name.rpartition(".")
    return (stem, dot + extension) if dot else (name, "")


def is_video_name(name: str) -> bool:
    """Return True if a file name or an object key ends in one of `VIDEO_EXTENSIONS`, in any case."""
    return split_extension(name)[1].lower() in VIDEO_EXTENSIONS


DENIED_DECODERS = {
    "exr": "OpenEXR is a format of still pictures. CVE-2025-59731, -59732 and -59733: writes beyond a buffer.",
    "flic": "Animations of DOS. CVE-2026-125241: a write beyond a buffer, without a fix in FFmpeg 9.0.2.",
    "sanm": "Films of games of LucasArts. CVE-2025-59730, CVE-2025-59734 and CVE-2026-125266, the last without a fix.",
    "vvc": "No camera writes H.266 yet. CVE-2026-125244: a write beyond a buffer; FFmpeg 8.1.3 has the fix.",
}
"""FFmpeg's decoders that are denied by default, and why: recent errors of memory, and no use in practice."""
