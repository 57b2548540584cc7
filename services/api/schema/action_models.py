"""Models of requests and answers about actions: changes of videos, dead letters, purges."""

from typing import Literal

from pydantic import AwareDatetime, Field

from services.api.schema.models import Answer, Key, PurgeProgress, Question, Shown
from services.contract.records import ReasonCode


class Deleted(Answer):
    """A deleted video."""

    key: str = Field(examples=["uploads/trip/harbour.mp4"])
    upload_deleted: bool = Field(description="True if the upload was deleted too.")
    restorable: bool = Field(
        description="True if `POST /api/videos/{key}/restoration` can undo it: the upload stays, or the bucket keeps "
        "its versions."
    )


class Queued(Answer):
    """A video that is queued for new thumbnails."""

    key: str = Field(examples=["uploads/trip/harbour.mp4"])


class Retried(Answer):
    key: str = Field(examples=["uploads/trip/harbour.mp4"])
    from_dead_letter: bool = Field(description="True if its dead letter was sent again, false if a new event was.")


class Tested(Answer):
    prefix: str = Field(examples=["uploads/test-20261124T093015/"])
    keys: list[str] = Field(description="Keys of the copies.")


class PurgePreview(Answer):
    """Number of objects that a purge would delete, counted up to 100,000 versions."""

    videos: int = Field(description="Uploads.")
    thumbnails: int = Field(description="Thumbnails, storyboards and previews.")
    objects: int = Field(description="Versions of all objects, delete markers included.")
    bytes: int
    records: int
    is_complete: bool = Field(description="False if there are more objects than were counted.")
    confirmation: str = Field(
        description="Confirmation for one `DELETE /api/purge`. The purge deletes the counted objects, and nothing "
        "that was uploaded later."
    )
    confirmation_until: AwareDatetime = Field(description="Expiry of the confirmation: a minute after the count.")
    last: PurgeProgress | None = Field(description="The running or last purge.")


class PurgeRequest(Question):
    confirmation: str = Field(
        min_length=1,
        max_length=512,
        description="The `confirmation` of GET /api/purge; it is valid for a minute.",
        examples=["WyJhMWIyYzNkNCIsMTc2Nl0.c2lnbmF0dXJl"],
    )


class Purge(PurgeProgress):
    """A purge: its progress, and its result."""

    state: Literal["running", "cancelling", "done", "cancelled", "failed"] = Field(
        description="`cancelling`: it deletes no more uploads, and finishes what belongs to the deleted ones. "
        "`cancelled`: that is done."
    )


class Purges(Answer):
    items: list[Purge] = Field(description="The running or last purge, then those before it, at most ten together.")


class PurgeStarted(Answer):
    """A purge that has begun. /ws and GET /api/purge show its progress."""

    objects: int
    progress: PurgeProgress


class DeadLetter(Answer):
    id: str = Field(examples=["0f0e2a1c-5d0c-4f1e-9a57-3f4f7f1f7c11"])
    key: str = Field(description="Key of the upload; empty if the message is not a notification.")
    reason: Shown = Field(examples=["The file ends before its index."])
    reason_code: ReasonCode
    retryable: bool = Field(description="False if the file is the reason: another attempt ends in the same way.")
    attempts: int | None = Field(description="Attempts of the video; null if SQS moved the message itself.")
    at: AwareDatetime


class DeadLetterGroup(Answer):
    reason_code: ReasonCode
    count: int = Field(examples=[3])
    retryable: bool = Field(description="False if the files are the reason: a redrive ends in the same way.")
    example: Shown = Field(description="Reason of the latest of them.")


class DeadLetters(Answer):
    total: int = Field(description="Approximate number of messages in the dead-letter queue, from SQS.")
    items: list[DeadLetter] = Field(description="Newest first, at most 500.")
    groups: list[DeadLetterGroup] = Field(description="Listed letters by reason, largest group first.")
    is_complete: bool = Field(description="False if there are more than are listed.")


class RedriveRequest(Question):
    """Choice of dead letters to send again; all of them without a reason and keys."""

    reason_code: ReasonCode | None = Field(default=None, strict=False)
    keys: list[Key] | None = Field(default=None, min_length=1, max_length=1000)
    limit: int = Field(
        default=1000, ge=1, le=1000, description="Maximum number, for example five as a test.", examples=[5]
    )


class Redriven(Answer):
    redriven: int = Field(examples=[5])
    keys: list[str] = Field(description="Keys of the videos.")
    remaining: int = Field(description="Approximate number of remaining dead letters, from SQS.")
