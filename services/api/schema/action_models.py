"""Models of requests and answers about actions: changes of videos and their number, dead letters, purges."""

from collections.abc import Callable
from typing import Literal

from pydantic import AwareDatetime, ConfigDict, Field

from services.api.schema.models import Answer, JobKind, JobProgress, Key, PurgeProgress, Question, Shown
from services.api.schema.parameters import VideoChoice
from services.contract.frames import FrameOptions
from services.contract.records import ReasonCode, VideoRecord, VideoState
from services.contract.thumbnails import ThumbnailOverrides

Scope = Literal["read", "act", "admin"]


class VideoCounts(Answer):
    """Number of videos by state, in one page of a count. The counts of all pages together are those of the filter."""

    counts: dict[VideoState, int] = Field(examples=[{"done": 1200, "failed": 3}])
    next_cursor: str | None = Field(
        description="Cursor of the next page; null on the last. A filter by more than the state reads two thousand "
        "videos per page."
    )


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


class RegenerationRequest(ThumbnailOverrides):
    """Options for this video, in place of the settings of the workers. All are optional."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    @property
    def overrides(self) -> ThumbnailOverrides | None:
        """Return the options, None if there are none."""
        chosen = self.model_dump(exclude_none=True)
        return ThumbnailOverrides(**chosen) if chosen else None


class FrameUrlsRequest(Question):
    """Frames of one video, for which URLs are wanted."""

    frames: list[FrameOptions] = Field(min_length=1, max_length=500, description="Frames, each with its options.")
    lifetime_s: int | None = Field(
        default=None, ge=60, le=31_536_000, description="Lifetime of the URLs; without it, they do not expire."
    )


class FrameUrl(Answer):
    time_s: float = Field(description="Time that was asked for.", examples=[12.5])
    url: str = Field(
        description="URL of the frame, which needs no login. It is relative to the dashboard unless API_PUBLIC_URL is "
        "set.",
        examples=["https://thumbnail.example.com/f/uploads/trip/harbour.mp4?t=12.5&w=640&format=jpeg&quality=82&..."],
    )


class FrameUrlList(Answer):
    items: list[FrameUrl] = Field(description="One URL for each frame, in the same order.")


class Retried(Answer):
    key: str = Field(examples=["uploads/trip/harbour.mp4"])
    from_dead_letter: bool = Field(description="True if its dead letter was sent again, false if a new event was.")


class Tested(Answer):
    prefix: str = Field(examples=["uploads/test-20261124T093015/"])
    keys: list[str] = Field(description="Keys of the copies.")


class ProcessingRequest(Question):
    paused: bool = Field(description="True to pause, false to resume.", examples=[True])


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


class JobFilter(VideoChoice):
    """Filter of videos, as in the list of videos: a video must match every given field."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    state: VideoState | None = Field(
        default=None,
        description="Only videos in this state. Without it: failed ones to retry and dismiss, those with thumbnails to "
        "regenerate, deleted ones to restore, dismissed ones to undismiss, and all to delete.",
        examples=["failed"],
    )
    prefix: str | None = Field(
        default=None,
        min_length=1,
        max_length=1024,
        description="Only videos whose key begins with this.",
        examples=["uploads/trip/"],
    )

    def make_test(self) -> Callable[[VideoRecord], bool] | None:
        matches, prefix = super().make_test(), self.prefix
        if prefix is None:
            return matches
        return lambda record: record.key.startswith(prefix) and (matches is None or matches(record))


class JobRequest(Question):
    """A change of many videos: of those in `keys`, or of all that match the `filter` when the job begins."""

    kind: JobKind = Field(examples=["retry"])
    keys: list[Key] | None = Field(
        default=None, min_length=1, max_length=1000, description="Keys or ids of the videos."
    )
    filter: JobFilter | None = Field(default=None, examples=[{"state": "failed", "reason_code": "timeout"}])
    upload: bool = Field(default=False, description="Only to delete: delete the uploads too.")
    max_videos: int | None = Field(
        default=None,
        ge=1,
        description="Only with a filter: if more videos match, the job ends and changes nothing. Required to delete.",
        examples=[100],
    )
    options: RegenerationRequest | None = Field(
        default=None, description="Only to regenerate: options in place of the settings of the workers."
    )


class JobFailure(Answer):
    key: str = Field(examples=["uploads/trip/harbour.mp4"])
    reason: Shown = Field(examples=["The upload has been deleted. Upload the video again."])


class Job(JobProgress):
    """A change of many videos in the background."""

    upload: bool
    filter: JobFilter | None
    failures: list[JobFailure] = Field(description="The first videos that were not changed, with up to 100 KB of text.")
    failures_complete: bool = Field(description="False if more have failed; the log of the api names each of them.")


class JobList(Answer):
    items: list[Job] = Field(description="The latest jobs, at most 20, the newest first.")


class ApiTokenRequest(Question):
    name: str = Field(min_length=1, max_length=100, description="Name that lists of tokens show.", examples=["website"])
    scope: Scope = Field(
        description="read: as a viewer. act: as an operator. admin: also make and revoke API tokens.",
        examples=["read"],
    )
    expires_in_days: int | None = Field(
        default=90, ge=1, le=3650, description="Lifetime in days; null for a token that does not expire."
    )


class ApiToken(Answer):
    id: str = Field(examples=["5f2d0c9a1b3e4d67"])
    name: Shown = Field(examples=["website"])
    scope: Scope
    created_at: AwareDatetime
    expires_at: AwareDatetime | None = Field(description="Null if it does not expire.")
    last_used_at: AwareDatetime | None = Field(description="Accurate to a minute; null if it was never used.")
    has_expired: bool


class CreatedApiToken(ApiToken):
    token: str = Field(
        description="Value for `Authorization: Bearer`. It is shown this once: the pipeline stores only its hash.",
        examples=["tnp_9b2cf535f27731c974343645a3985328"],
    )


class ApiTokens(Answer):
    items: list[ApiToken] = Field(description="All API tokens, the newest first, with expired ones.")
