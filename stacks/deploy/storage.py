"""Emptying buckets, every version of every object: what a destroy needs, and only does when it is told to."""

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from stacks.deploy.account import error_code
from stacks.deploy.errors import OperateError

if TYPE_CHECKING:
    from boto3 import Session
    from types_boto3_s3.type_defs import ObjectIdentifierTypeDef


def is_empty(session: "Session", bucket: str) -> bool:
    """Whether a bucket holds no version of anything; true for one that does not exist."""
    try:
        page = session.client("s3").list_object_versions(Bucket=bucket, MaxKeys=1)
    except ClientError as error:
        if error_code(error) == "NoSuchBucket":
            return True
        raise
    return not page.get("Versions") and not page.get("DeleteMarkers")


def empty(session: "Session", bucket: str) -> int:
    """Deletes all versions and delete markers for good; how many there were.

    Raises:
        OperateError: some could not be deleted; it names the first.
    """
    s3 = session.client("s3")
    deleted = 0
    while not is_empty(session, bucket):
        # Always the first page: what was on it is gone by then.
        page = s3.list_object_versions(Bucket=bucket)
        entries: list[ObjectIdentifierTypeDef] = [
            {"Key": entry["Key"], "VersionId": entry["VersionId"]}
            for entry in (*page.get("Versions", []), *page.get("DeleteMarkers", []))
        ]
        answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": entries, "Quiet": True})
        for problem in answer.get("Errors", []):
            raise OperateError(
                f"{len(answer['Errors'])} objects of {bucket} could not be deleted, the first is "
                f"{problem.get('Key')!r}: {problem.get('Message')}."
            )
        deleted += len(entries)
    return deleted
