"""Models of requests and answers about uploads; the other models are in `models`."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from services.api.schema.models import Answer, Key, Question


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
