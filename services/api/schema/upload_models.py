"""Names of uploads, and models of requests and answers about them; the other models are in `models`.

A name is unchanged except for characters that are unsafe in S3, a browser or a URL.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from services.api.schema.models import Answer, Key, Question
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


class UploadRequest(Question):
    name: str = Field(
        min_length=1,
        max_length=900,
        description="Name of the file, optionally with folders. Unsafe characters are replaced.",
        examples=["trip/harbour.mp4"],
    )
    size_bytes: int = Field(ge=1, examples=[1_310_000])
    overwrite: bool = Field(
        default=False, description="True to replace a video of that name; otherwise the upload gets another name."
    )


class WholeTicket(Answer):
    """Form for one POST: these fields, then the file as `file`."""

    kind: Literal["whole"] = "whole"
    key: str = Field(examples=["uploads/trip/harbour.mp4"])
    content_type: str = Field(examples=["video/mp4"])
    url: str = Field(examples=["https://thumbnails-videos-123456789012.s3.amazonaws.com/"])
    fields: dict[str, str]
    expires_at: AwareDatetime


class PartsTicket(Answer):
    """Multipart upload: one PUT per part, then `complete` with the ETags of S3's answers."""

    kind: Literal["parts"] = "parts"
    key: str = Field(examples=["uploads/trip/harbour.mp4"])
    content_type: str = Field(examples=["video/mp4"])
    upload_id: str = Field(examples=["2~VmFsaWRVcGxvYWRJZA"])
    part_size_bytes: int = Field(examples=[8_388_608])
    part_count: int = Field(examples=[12])


Ticket = Annotated[WholeTicket | PartsTicket, Field(discriminator="kind")]


class UploadRef(Question):
    key: Key = Field(examples=["uploads/trip/harbour.mp4"])
    upload_id: str = Field(min_length=1, max_length=1024, examples=["2~VmFsaWRVcGxvYWRJZA"])


class PartUrlsRequest(UploadRef):
    numbers: list[Annotated[int, Field(ge=1, le=10_000)]] = Field(min_length=1, max_length=1000, examples=[[1, 2, 3]])


class PartUrl(Answer):
    number: int = Field(examples=[1])
    url: str


class PartUrls(Answer):
    parts: list[PartUrl]


class UploadedPart(Question):
    number: int = Field(ge=1, le=10_000)
    etag: str = Field(min_length=1, max_length=128, examples=['"9b2cf535f27731c974343645a3985328"'])


class CompleteRequest(UploadRef):
    parts: list[UploadedPart] = Field(min_length=1, max_length=10_000)


class Uploaded(Answer):
    key: str = Field(examples=["uploads/trip/harbour.mp4"])
    size_bytes: int = Field(examples=[104_857_600])
