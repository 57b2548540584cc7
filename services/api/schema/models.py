"""Models of requests and answers, with the messages of `/ws`: the schemas of the OpenAPI document."""

from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from services.api.schema.poster_models import Poster
from services.contract.pods import Pod
from services.contract.records import ReasonCode, VideoState
from services.contract.text import escape_deceptive
from services.contract.thumbnails import ThumbnailOverrides

Role = Literal["viewer", "operator"]
Key = Annotated[str, StringConstraints(min_length=1, max_length=1024)]
Shown = Annotated[str, AfterValidator(escape_deceptive)]
"""Text from a file or a message, escaped for display. Keys stay unchanged, as they name objects."""


class Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class Question(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Health(Answer):
    status: Literal["ok"] = "ok"
    version: str = Field(examples=["0.1.0"])


class Readiness(Answer):
    """True for each AWS resource that answers."""

    ready: bool
    queue: bool
    bucket: bool
    table: bool


class Config(Answer):
    """Configuration for clients, so that they need no constants of their own."""

    name: str = Field(description="Name of the pipeline; a purge asks people to type it.", examples=["thumbnails"])
    version: str = Field(examples=["0.1.0"])
    positions_pct: list[float] = Field(description="Positions of the thumbnails in percent.", examples=[[10, 50, 95]])
    extensions: list[str] = Field(description="Extensions of videos, lower case.", examples=[[".mp4", ".mov"]])
    upload_max_bytes: int = Field(examples=[10_737_418_240])
    multipart_from_bytes: int = Field(description="Size from which uploads are sent in parts.", examples=[104_857_600])
    page_max: int = Field(description="Maximum number of entries of one page.", examples=[200])
    push_interval_s: float = Field(description="Seconds between two messages over /ws.", examples=[5])
    history_s: int = Field(description="Length of the queue's history in seconds.", examples=[300])
    history_step_s: int = Field(description="Seconds between two samples of the history.", examples=[5])
    max_receive_count: int = Field(description="Attempts before a video counts as failed.", examples=[5])
    auth_mode: Literal["token", "oidc", "none"]
    role: Role = Field(description="Role of the caller.")
    can_test: bool = Field(description="True if there is a bucket for Test Pipeline.")
    has_frames: bool = Field(description="True if `POST /api/videos/{key}/frame-urls` has a frames service.")
    has_logs: bool = Field(description="True if `GET /api/logs` has a source.")


class Session(Answer):
    role: Role
    auth_mode: Literal["token", "oidc", "none"]
    name: str | None = Field(
        default=None, description="Name of the caller: from the identity provider, or of its API token."
    )
    expires_at: AwareDatetime | None = Field(
        default=None, description="End of the login; null for requests with a token."
    )
    is_admin: bool = Field(description="True if the caller may make and revoke API tokens.")


class Login(Question):
    token: str = Field(min_length=1, max_length=512, examples=["k3J9hT0qVx2LwZ8s"])


class QueueSample(Answer):
    at: AwareDatetime
    visible: int = Field(examples=[12])
    in_flight: int = Field(examples=[4])
    delayed: int
    dead_letters: int


class Queue(Answer):
    """Approximate numbers of messages in the queue, from SQS."""

    visible: int = Field(description="Messages that wait for a worker.")
    in_flight: int = Field(description="Messages that a worker is processing.")
    delayed: int = Field(description="Messages whose delay has not ended.")
    oldest_age_s: float | None = Field(
        description="Upper bound of the oldest waiting message's age: the time since the newest message that a worker "
        "has received was sent, or since the queue was last empty. SQS itself does not report the age."
    )
    dead_letters: int = Field(description="Messages in the dead-letter queue.")
    history: list[QueueSample] = Field(
        description="Samples of the last five minutes, oldest first; in pushes after the first, only the latest ones."
    )


class PodGroup(Answer):
    component: str = Field(examples=["worker"])
    total: int
    ready: int
    pods: list[Pod]


class Pods(Answer):
    total: int
    running: int
    groups: list[PodGroup]
    stale: bool
    age_s: float | None = Field(description="Seconds since the source answered.")
    error: Shown | None = Field(description="Reason why the source does not answer; null if it answers.")


class Throughput(Answer):
    """Finished videos per minute over the last 1, 5 and 60 minutes; null until half of the time is known."""

    last_1_min: float | None = Field(examples=[38.0])
    last_5_min: float | None = Field(examples=[36.4])
    last_60_min: float | None = Field(examples=[31.2])


class Latency(Answer):
    """Seconds from an upload's event to its last thumbnail, over the latest hundred videos."""

    p50_s: float | None = Field(description="Half of the videos took at most this long.", examples=[1.1])
    p95_s: float | None = Field(description="95 % of the videos took at most this long.", examples=[2.8])


class Metrics(Answer):
    videos: dict[VideoState, int] = Field(examples=[{"done": 120, "processing": 2, "degraded": 1, "failed": 3}])
    thumbnails: int = Field(examples=[363])
    upload_bytes: int = Field(examples=[9_663_676_416])
    thumbnail_bytes: int = Field(examples=[15_204_352])
    running_pods: int = Field(examples=[4])
    total_pods: int = Field(examples=[4])
    throughput: Throughput
    latency: Latency
    drain_s: float | None = Field(
        description="Seconds that the ready workers need for the videos in the queue; null if not known."
    )


class Thumbnail(Answer):
    key: str = Field(examples=["thumbnails/trip/harbour_1.jpg"])
    video_key: str = Field(examples=["uploads/trip/harbour.mp4"])
    position_pct: float = Field(examples=[10])
    time_s: float = Field(
        description="Time of its frame as players show it, from the first picture or sound of the video.",
        examples=[12.48],
    )
    url: str = Field(
        description="Presigned URL; the same for some minutes, so that browsers cache the picture.",
        examples=["https://thumbnails-videos-123456789012.s3.amazonaws.com/thumbnails/trip/harbour_1.jpg?X-Amz-..."],
    )
    stable_url: str = Field(
        description="URL that stays the same and needs no login, for pages of applications. It is relative to the api "
        "or the dashboard unless API_PUBLIC_URL is set.",
        examples=["https://thumbnail.example.com/t/uploads/trip/harbour.mp4/1.jpg?s=Nq3T"],
    )
    width_px: int = Field(examples=[640])
    height_px: int = Field(examples=[360])
    size_bytes: int = Field(examples=[41_873])
    note: Shown | None = None
    thumbhash: str | None = Field(
        default=None,
        description="Placeholder until the picture is loaded: a ThumbHash in base64. Null if an older version made it.",
        examples=["3vcNrIhwhHx3h4h3d3ePd/drZg=="],
    )
    created_at: AwareDatetime


class ThumbnailPage(Answer):
    items: list[Thumbnail]
    next_cursor: str | None = Field(description="Cursor of the next page; null on the last.")


class VideoSummary(Answer):
    key: str = Field(examples=["uploads/trip/harbour.mp4"])
    id: str = Field(
        description="The key as one path segment, for every path that takes a key.",
        examples=["~dXBsb2Fkcy90cmlwL2hhcmJvdXIubXA0"],
    )
    state: VideoState
    attempt: int = Field(examples=[1])
    retryable: bool = Field(
        description="True if the video has failed or its failure is dismissed, and another attempt can succeed, as the "
        "file is not the reason."
    )
    reason_code: ReasonCode | None = None
    reason: Shown | None = None
    uploaded_at: AwareDatetime = Field(description="Time of the upload's first message; no retry changes it.")
    queued_at: AwareDatetime = Field(description="Time of the message that the current attempt is about.")
    started_at: AwareDatetime
    updated_at: AwareDatetime
    finished_at: AwareDatetime | None = None
    worker: Shown = Field(examples=["worker-7d9f5c6b8-x2x7q"])


class Video(VideoSummary):
    size_bytes: int = Field(examples=[1_310_000])
    duration_s: float | None = Field(
        default=None,
        description="From the first picture or sound to the last; null if it could not be measured.",
        examples=[124.8],
    )
    width_px: int | None = Field(default=None, examples=[1920])
    height_px: int | None = Field(default=None, examples=[1080])
    codec: Shown | None = Field(default=None, examples=["h264"])
    container: Shown | None = Field(default=None, examples=["mp4"])
    bytes_read: int = Field(examples=[412_000])
    requests: int = Field(examples=[5])
    cpu_s: float = Field(examples=[0.21])
    thumbnails: list[Thumbnail]


class VideoPage(Answer):
    items: list[Video]
    next_cursor: str | None = Field(
        description="Cursor of the next page; null on the last. A search reads a thousand videos per page: a page can "
        "be empty and still not be the last."
    )


class TimelineEntry(Answer):
    event: Literal["uploaded", "received", "stored", "degraded", "failed"]
    at: AwareDatetime
    note: Shown | None = Field(default=None, examples=["first attempt, worker-7d9f5c6b8-x2x7q"])


class Storyboard(Answer):
    """Sheets of small pictures of the video, row by row. Tile n, from 0, covers the time from `n * interval_s`."""

    url: str = Field(description="Presigned URL of the first sheet.")
    sheet_urls: list[str] = Field(description="Presigned URLs of all sheets, in order.")
    track_url: str = Field(description="Presigned URL of the WebVTT file. It refers to the sheets by their file names.")
    hls_url: str | None = Field(
        description="Presigned URL of the HLS image playlist, which refers to the sheets by their file names; null if "
        "the setting does not name the format."
    )
    dash_url: str | None = Field(
        description="Presigned URL of the DASH manifest, which refers to the sheets by their file names; null if the "
        "setting does not name the format."
    )
    bif_url: str | None = Field(
        description="Presigned URL of the BIF file, which contains its pictures; null if the setting does not name the "
        "format."
    )
    interval_s: float = Field(examples=[5])
    tiles: int = Field(examples=[96])
    columns: int = Field(examples=[10])
    rows: int = Field(description="Rows of each sheet; the last of several may have room left.", examples=[10])
    tile_width_px: int = Field(examples=[160])
    tile_height_px: int = Field(examples=[90])
    size_bytes: int = Field(examples=[98_304])


class Preview(Answer):
    """A short animated WebP of the whole video."""

    url: str = Field(description="Presigned URL.")
    frames: int = Field(examples=[10])
    duration_s: float = Field(examples=[5])
    width_px: int = Field(examples=[320])
    height_px: int = Field(examples=[180])
    size_bytes: int = Field(examples=[120_400])


class Attempt(Answer):
    """One attempt at a video."""

    number: int = Field(examples=[2])
    state: VideoState = Field(
        description="State that the attempt has led to; `processing` if it runs or has left no result, because its "
        "worker died or AWS did not answer."
    )
    started_at: AwareDatetime
    ended_at: AwareDatetime | None = Field(description="Null if it runs or has left no result.")
    worker: Shown = Field(description="Name of the pod; empty if no worker wrote the record.")
    reason_code: ReasonCode | None
    reason: Shown | None
    options: ThumbnailOverrides | None = Field(description="Options that a request has chosen for it; null for none.")


class VideoDetails(Video):
    options: ThumbnailOverrides | None = Field(
        description="Options that a request has chosen for this video; null if the settings of the workers hold."
    )
    storyboard: Storyboard | None = Field(description="Null if it was not requested or could not be made.")
    preview: Preview | None = Field(description="Null if it was not requested or could not be made.")
    poster: Poster | None = Field(description="Null if it was not requested or could not be made.")
    manifest_url: str | None = Field(
        description="Presigned URL of the manifest, a JSON document: its schema is at `/docs/manifest-1.schema.json`. "
        "Null if `THUMBNAIL_MANIFEST` is false, or if an older version made the thumbnails."
    )
    timeline: list[TimelineEntry]
    attempts: list[Attempt] = Field(
        description="The latest attempts at this content, at most 20, the oldest first. The last is the current one."
    )
    trace_id: str = Field(description="Id of the upload in all log lines and traces.")
    download_url: str = Field(description="Presigned URL of the video itself.")


class PurgeProgress(Answer):
    id: str
    running: bool
    phase: Literal["uploads", "records", "in_work", "thumbnails", "dead_letters", "done", "failed"]
    deleted: int = Field(
        description="Versions of objects that are gone, some of them by workers that follow deletions."
    )
    total: int = Field(description="Versions counted at the start: an estimate.")
    deleted_bytes: int = Field(description="Bytes of the versions that the purge itself has deleted.")
    records: int = Field(description="Records removed so far.")
    in_work: int = Field(description="Videos that a worker is processing: the purge waits for them.")
    started_at: AwareDatetime
    finished_at: AwareDatetime | None = None
    error: Shown | None = None


JobKind = Literal["delete", "regenerate", "retry", "dismiss", "restore", "undismiss"]


class JobProgress(Answer):
    """Progress of a change of many videos. `GET /api/jobs/{id}` has its failures too."""

    id: str = Field(examples=["9f86d081884c7d65"])
    kind: JobKind
    state: Literal["selecting", "running", "done", "cancelled", "failed"]
    cancel_requested: bool
    total: int | None = Field(description="Number of videos; null while the job selects them.")
    done: int = Field(description="Videos that were changed.")
    failed: int = Field(description="Videos that were not changed: `failures` has the reasons.")
    remaining: int | None = Field(description="Videos that the job has not reached; null while it selects them.")
    error: Shown | None = Field(description="Reason for the end of the whole job, if it has failed.")
    undoable: bool = Field(description="True if `POST /api/jobs/{id}/undo` can undo some of its changes.")
    created_at: AwareDatetime
    finished_at: AwareDatetime | None


class Processing(Answer):
    """Switch of processing. In a pause, workers finish what they have, and receive nothing."""

    paused: bool
    changed_at: AwareDatetime | None = Field(description="Time of the latest change; null if there was none.")
    changed_by: Shown | None = Field(
        description="Name of the person or API token that made it; null for callers without a name."
    )
    waiting: int | None = Field(description="Messages in the queue; null if it does not answer.", examples=[12])
    retention_s: int | None = Field(
        description="Seconds after which the queue deletes a message, counted from its sending.", examples=[345_600]
    )
    oldest_expires_at: AwareDatetime | None = Field(
        description="Time before which the queue deletes no message that waits for the end of the pause. Null without "
        "a pause, if nothing waits, or if the time is not known."
    )
    at_risk: bool = Field(
        description="True in the last quarter of that time. The uploads stay in the bucket in any case: a "
        "reconciliation queues them again."
    )


class Source(Answer):
    """Freshness of one part of the state."""

    stale: bool
    age_s: float | None = Field(description="Seconds since the last answer; null if there was none.")
    error: Shown | None = Field(description="Reason why the source does not answer; null if it answers.")


class State(Answer):
    """Message of `/ws`: the whole state on connect, then at every interval and after changes.

    A section is null until its source has answered; while the source does not answer, the section stays unchanged and
    `sources` has its age. `queue.history` is complete in the first message only.
    """

    type: Literal["state"] = "state"
    server: str = Field(description="Id of the server process; `seq` counts its messages.")
    seq: int
    at: AwareDatetime = Field(description="The server's time.")
    sources: dict[Literal["queue", "pods", "metrics"], Source]
    queue: Queue | None
    pods: list[Pod] | None
    metrics: Metrics | None
    videos: list[VideoSummary] = Field(
        description="Videos in progress, at most 50, and the latest finished ones, at most 50."
    )
    purge: PurgeProgress | None = Field(description="The running purge, or one that ended in the last minute.")
    jobs: list[JobProgress] = Field(
        description="Jobs that are not finished, and those that ended in the last minute; the newest first."
    )
    processing: Processing | None


LiveMessage = State
"""Message that a client of `/ws` can receive."""
