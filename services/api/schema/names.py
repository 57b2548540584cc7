"""Names of uploads: unchanged except for characters that are unsafe in S3, a browser or a URL. Pure."""

import re
import unicodedata
from collections.abc import Collection, Iterator

from services.contract.formats import split_extension
from services.contract.keys import MAX_KEY_BYTES, UPLOAD_PREFIX
from services.contract.text import DECEPTIVE

_ROOM_BYTES = MAX_KEY_BYTES - len(UPLOAD_PREFIX) - len(" (99)")
_UNSAFE = re.compile(rf'[\\{{}}^%`\[\]"<>~#|{DECEPTIVE}]')
"""Control characters, invisible characters, marks of direction, and characters that S3 advises against:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html"""


class UploadNameError(ValueError):
    """A video cannot have this name. The message is the rule."""


def clean_name(given: str, extensions: Collection[str]) -> str:
    """Return the name with its folders, with `_` for unsafe characters.

    Raises: UploadNameError if nothing is left before the extension, or the extension is not that of a video.
    """
    text = unicodedata.normalize("NFC", given.replace("\\", "/").encode("utf-8", "replace").decode())
    if text.endswith("/"):
        raise UploadNameError("must be the name of a file, not of a folder")
    parts = (_UNSAFE.sub("_", part).strip() for part in text.split("/"))
    name = "/".join(part for part in parts if part not in ("", ".", ".."))
    stem, extension = split_extension(name)
    if extension.lower() not in extensions:
        raise UploadNameError(f"must end in one of {' '.join(extensions)}")
    stem = stem.encode()[: _ROOM_BYTES - len(extension)].decode(errors="ignore")
    if not stem or stem.endswith("/"):
        raise UploadNameError("must have characters before the extension")
    return stem + extension


def propose_names(name: str, token: str) -> Iterator[str]:
    """Yield the name, then similar ones. The last contains `token`, which makes it unique."""
    stem, extension = split_extension(name)
    yield name
    for number in range(2, 10):
        yield f"{stem} ({number}){extension}"
    yield f"{stem} {token}{extension}"
