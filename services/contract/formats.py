"""Which uploads are videos: decided by the extension of the object key, whatever its case."""

VIDEO_EXTENSIONS = (".mp4", ".mov", ".mkv", ".avi", ".webm", ".wmv", ".flv", ".m4v", ".ts", ".3gp")


def split_extension(name: str) -> tuple[str, str]:
    """Stem and extension of a file name; the extension keeps its dot and its case, and is empty where there is none."""
    stem, dot, extension = name.rpartition(".")
    return (stem, dot + extension) if dot else (name, "")


def is_video_name(name: str) -> bool:
    """Whether a file name, or an object key, ends in one of `VIDEO_EXTENSIONS`."""
    return split_extension(name)[1].lower() in VIDEO_EXTENSIONS
