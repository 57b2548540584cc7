"""Uploads that a browser sends directly to S3: one POST, or several parts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from services.aws.errors import translate_errors
from services.aws.presign import Presigner

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client


@dataclass(frozen=True)
class PostForm:
    """Address of a form upload, and the form fields that precede the file."""

    url: str
    fields: Mapping[str, str]
    expires_at: datetime
    """End of the form, which is before its lifetime if the credentials that signed it end before."""


class Uploads:
    """Uploads to one bucket.

    S3 can take minutes to make one object of many parts; `patient` has time-outs for that.
    """

    def __init__(self, s3: "S3Client", bucket: str, presigner: Presigner, *, patient: "S3Client") -> None:
        self._s3 = s3
        self._patient = patient
        self._bucket = bucket
        self._presigner = presigner

    def post(self, key: str, *, content_type: str, size_bytes: int, lifetime_s: int) -> PostForm:
        """Return a form for exactly this number of bytes, key and type. Needs no request to S3."""
        with translate_errors(f"sign an upload of {key}"):
            form = self._s3.generate_presigned_post(
                self._bucket,
                key,
                Fields={"Content-Type": content_type},
                Conditions=[{"Content-Type": content_type}, ["content-length-range", size_bytes, size_bytes]],
                ExpiresIn=lifetime_s,
            )
        return PostForm(form["url"], form["fields"], self._presigner.ends_at(lifetime_s=lifetime_s))

    def begin(self, key: str, *, content_type: str) -> str:
        """Begin a multipart upload; return its id. Raises: ServiceError."""
        with translate_errors(f"begin an upload of {key}"):
            answer = self._s3.create_multipart_upload(Bucket=self._bucket, Key=key, ContentType=content_type)
        return answer["UploadId"]

    def part_url(self, key: str, upload_id: str, number: int, *, lifetime_s: int) -> str:
        """Return a URL to PUT one part to. Needs no request to S3."""
        query = {"partNumber": str(number), "uploadId": upload_id}
        return self._presigner.url(key, lifetime_s=lifetime_s, method="PUT", query=query)

    def size_bytes(self, key: str, upload_id: str) -> int:
        """Return the size of all parts so far. Raises: ObjectMissingError if there is no such upload, ServiceError."""
        pages = self._s3.get_paginator("list_parts").paginate(Bucket=self._bucket, Key=key, UploadId=upload_id)
        with translate_errors(f"list the parts of {key}"):
            return sum(part["Size"] for page in pages for part in page.get("Parts", []))

    def complete(self, key: str, upload_id: str, parts: Sequence[tuple[int, str]]) -> None:
        """Make one object of the parts, given by number and ETag.

        Raises:
            ObjectMissingError: there is no such upload.
            RequestRefusedError: the parts are not those that S3 has.
            ServiceError: S3 did not answer.
        """
        named: Any = [{"PartNumber": number, "ETag": etag} for number, etag in parts]
        with translate_errors(f"complete the upload of {key}"):
            self._patient.complete_multipart_upload(
                Bucket=self._bucket, Key=key, UploadId=upload_id, MultipartUpload={"Parts": named}
            )

    def abort(self, key: str, upload_id: str) -> None:
        """Delete an upload and its parts. Raises: ObjectMissingError if there is no such upload, ServiceError."""
        with translate_errors(f"abort the upload of {key}"):
            self._s3.abort_multipart_upload(Bucket=self._bucket, Key=key, UploadId=upload_id)
