"""Object keys: where uploads lie, and where their thumbnails go.

`uploads/<dir/><stem>.<ext>` gives `thumbnails/<dir/><stem>_<n>.jpg`. The part before `_<n>.jpg` is the *base*. Several
uploads can ask for one base (`a.mp4` and `a.mov`), so an upload has several candidates, in order; the first that no
other upload has claimed in the videos table is its own. As every base belongs to one upload and ends before the last
`_`, no two uploads ever share a thumbnail. A storyboard and a preview, where there are any, end in `_storyboard` and
`_preview` in place of the number.
"""

import hashlib
import re

from services.contract.formats import split_extension

UPLOAD_PREFIX = "uploads/"
THUMBNAIL_PREFIX = "thumbnails/"

MAX_KEY_BYTES = 1024
"""Longest object key, in bytes of UTF-8: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html"""

MAX_POSITIONS = 20
"""Most thumbnails that one video may have."""

_LONGEST_ENDING = "_storyboard.webp"
_MAX_BASE_BYTES = MAX_KEY_BYTES - len(_LONGEST_ENDING)
_ENDING = re.compile(r"_([1-9][0-9]?|storyboard|preview)\.(jpg|webp|avif|vtt)")
_MARKED = re.compile(r"~[0-9a-f]{16}\Z")


def is_upload(key: str) -> bool:
    return key.startswith(UPLOAD_PREFIX)


def thumbnail_bases(upload_key: str, thumbnail_prefix: str = THUMBNAIL_PREFIX) -> tuple[str, str, str]:
    """The bases that an upload may claim, the preferred one first; the last is unique to the upload's key.

    A base that would make a thumbnail's key longer than `MAX_KEY_BYTES` is cut and marked with a hash of the upload's
    key. So is one that looks marked already: no other upload can ask for the last base of this one.
    """
    path = upload_key.removeprefix(UPLOAD_PREFIX)
    directory, slash, name = path.rpartition("/")
    stem, _ = split_extension(name)
    prefix = thumbnail_prefix + directory + slash
    digest = hashlib.sha256(upload_key.encode()).hexdigest()[:16]
    return (
        _fitted(prefix + stem, digest),
        _fitted(prefix + name, digest),
        _cut(prefix + name, f"~{digest}"),
    )


def thumbnail_key(base: str, number: int, extension: str = "jpg") -> str:
    """Key of the thumbnail with a `number` from 1, in the order of the positions."""
    return f"{base}_{number}.{extension}"


def storyboard_key(base: str, extension: str = "jpg") -> str:
    """Key of the sheet of a storyboard."""
    return f"{base}_storyboard.{extension}"


def storyboard_track_key(base: str) -> str:
    """Key of the WebVTT file that says which tile of the sheet stands for which time."""
    return f"{base}_storyboard.vtt"


def preview_key(base: str) -> str:
    """Key of the animated preview."""
    return f"{base}_preview.webp"


def picture_base(key: str) -> str | None:
    """Return the base of a picture's key, or None if no worker gives an object such a key."""
    base, underscore, _ = key.rpartition("_")
    return base if underscore and _ENDING.fullmatch(key, len(base)) else None


def _fitted(base: str, digest: str) -> str:
    is_free = len(base.encode()) <= _MAX_BASE_BYTES and not _MARKED.search(base)
    return base if is_free else _cut(base, f"~{digest}")


def _cut(base: str, mark: str) -> str:
    room = _MAX_BASE_BYTES - len(mark)
    return base.encode()[:room].decode(errors="ignore") + mark
