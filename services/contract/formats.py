"""Which uploads are videos: decided by the extension of the object key, whatever its case."""

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
"""Media types, those of IANA's registry where there is one."""

VIDEO_EXTENSIONS = tuple(CONTENT_TYPES)


def split_extension(name: str) -> tuple[str, str]:
    """Stem and extension of a file name; the extension keeps its dot and its case, and is empty where there is none."""
    stem, dot, extension = name.rpartition(".")
    return (stem, dot + extension) if dot else (name, "")


def is_video_name(name: str) -> bool:
    """Whether a file name, or an object key, ends in one of `VIDEO_EXTENSIONS`."""
    return split_extension(name)[1].lower() in VIDEO_EXTENSIONS
