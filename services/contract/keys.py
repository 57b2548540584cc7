"""Object keys of uploads and of their thumbnails.

The thumbnails of `uploads/<dir/><stem>.<ext>` are `thumbnails/<dir/><stem>_<n>.jpg`. The part before `_<n>.jpg` is the
*base*. Several uploads can want one base (`a.mp4` and `a.mov`), so an upload has several candidates, in order. It gets
the first that no other upload has claimed in the videos table. As every base belongs to one upload and ends before the
last `_`, two uploads never share a thumbnail. The keys of a storyboard, a preview, a poster, its candidates and a
manifest have `_storyboard`, `_preview`, `_poster`, `_candidates` and `_manifest` in place of the number, and those of
several sheets `_sheet-1`, `_sheet-2` and so on.
"""

import hashlib
import re

from services.contract.formats import split_extension

UPLOAD_PREFIX = "uploads/"
THUMBNAIL_PREFIX = "thumbnails/"

MAX_KEY_BYTES = 1024
"""Maximum length of an object key, in bytes of UTF-8: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html"""

MAX_POSITIONS = 20
"""Maximum number of thumbnails of one video."""

_MAX_BASE_BYTES = MAX_KEY_BYTES - len("_storyboard.webp")
"""The longest ending of a picture's key must fit after a base."""

_ENDING = re.compile(
    r"_([1-9][0-9]?|storyboard|preview|poster|candidates|manifest|sheet-[1-9][0-9]{0,3})"
    r"\.(jpg|webp|avif|vtt|m3u8|mpd|bif|json)"
)
_MARKED = re.compile(r"~[0-9a-f]{16}\Z")


def is_upload(key: str) -> bool:
    return key.startswith(UPLOAD_PREFIX)


def source_key(bucket: str, key: str) -> str:
    """Return the key under which the pipeline knows an object of a source bucket.

    It is unique among all buckets, and looks like an upload: `uploads/<bucket>/<key>`.
    """
    return f"{UPLOAD_PREFIX}{bucket}/{key}"


def thumbnail_bases(upload_key: str, thumbnail_prefix: str = THUMBNAIL_PREFIX) -> tuple[str, str, str]:
    """Return the bases that an upload may claim, the preferred one first; the last is unique to the upload's key.

    A base that would make a thumbnail's key longer than `MAX_KEY_BYTES` is cut, and ends in a hash of the upload's key.
    So does a base that already ends like such a hash: no other upload can claim the last base of this one.
    """
    path = upload_key.removeprefix(UPLOAD_PREFIX)
    directory, slash, name = path.rpartition("/")
    stem, _ = split_extension(name)
    prefix = thumbnail_prefix + directory + slash
    digest = hashlib.sha256(upload_key.encode()).hexdigest()[:16]
    return (
        _fit_base(prefix + stem, digest),
        _fit_base(prefix + name, digest),
        _cut_base(prefix + name, f"~{digest}"),
    )


def thumbnail_key(base: str, number: int, extension: str = "jpg") -> str:
    """Return the key of a thumbnail; `number` counts from 1, in the order of the positions."""
    return f"{base}_{number}.{extension}"


def storyboard_key(base: str, extension: str) -> str:
    """Return the key of a storyboard's only sheet."""
    return storyboard_file_key(base, extension)


def sheet_key(base: str, number: int, extension: str) -> str:
    """Return the key of one of several sheets of a storyboard; `number` counts from 1."""
    return f"{base}_sheet-{number}.{extension}"


def storyboard_file_key(base: str, extension: str) -> str:
    """Return the key of a file of a storyboard that exists once."""
    return f"{base}_storyboard.{extension}"


def storyboard_track_key(base: str) -> str:
    """Return the key of the WebVTT file with the times of the tiles."""
    return storyboard_file_key(base, "vtt")


def preview_key(base: str) -> str:
    """Return the key of the animated preview."""
    return f"{base}_preview.webp"


def poster_key(base: str, extension: str) -> str:
    """Return the key of the poster."""
    return f"{base}_poster.{extension}"


def candidates_key(base: str, extension: str) -> str:
    """Return the key of the strip that shows the candidates for the poster."""
    return f"{base}_candidates.{extension}"


def manifest_key(base: str) -> str:
    """Return the key of the manifest, which lists the other objects under the base."""
    return f"{base}_manifest.json"


def picture_kind(key: str) -> str | None:
    """Return the kind of object that has a key: `thumbnail`, `storyboard`, `poster`; None for keys of others."""
    ending = _match_ending(key)
    if ending is None or ending.start() == 0:
        return None
    kind = ending[1]
    return "thumbnail" if kind.isdecimal() else "storyboard" if kind.startswith("sheet-") else kind


def picture_base(key: str) -> str | None:
    """Return the base of a picture's key, None if workers never create such a key."""
    ending = _match_ending(key)
    return key[: ending.start()] if ending else None


def picture_number(key: str) -> int | None:
    """Return the number of a thumbnail's key, None for all other keys."""
    ending = _match_ending(key)
    return int(ending[1]) if ending and ending[1].isdecimal() else None


def _match_ending(key: str) -> re.Match[str] | None:
    """Return the match of a picture's ending, None if workers never create such a key."""
    # Without an underscore, the position is negative: the whole key is compared, and is no ending either.
    return _ENDING.fullmatch(key, key.rfind("_"))


def _fit_base(base: str, digest: str) -> str:
    is_free = len(base.encode()) <= _MAX_BASE_BYTES and not _MARKED.search(base)
    return base if is_free else _cut_base(base, f"~{digest}")


def _cut_base(base: str, mark: str) -> str:
    room = _MAX_BASE_BYTES - len(mark)
    return base.encode()[:room].decode(errors="ignore") + mark
