"""What the api answers and asks for: the models of its OpenAPI document, the messages of `/ws` included."""

from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from services.contract.pods import Pod
from services.contract.records import ReasonCode, VideoState
from services.contract.text import escape_deceptive

Role = Literal["viewer", "operator"]
Key = Annotated[str, StringConstraints(min_length=1, max_length=1024)]
Shown = Annotated[str, AfterValidator(escape_deceptive)]
"""Text that comes from a file or a message: safe to show. Keys stay as they are, as they name objects."""


class Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class Question(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Health(Answer):
    status: Literal["ok"] = "ok"
    version: str = Field(examples=["0.1.0"])


class Readiness(Answer):
    """Whether the parts of AWS that the api needs answer."""

    ready: bool
    queue: bool
    bucket: bool
    table: bool


class Config(Answer):
    """What a client must know and would otherwise hard-code."""

    name: str = Field(description="Name of the pipeline: what a purge asks to type.", examples=["thumbnails"])
    version: str = Field(examples=["0.1.0"])
    positions_pct: list[float] = Field(
        description="Positions of the thumbnails, in percent of the duration.", examples=[[10, 50, 95]]
    )
    extensions: list[str] = Field(description="Extensions of videos, lower case.", examples=[[".mp4", ".mov"]])
    upload_max_bytes: int = Field(examples=[10_737_418_240])
    multipart_from_bytes: int = Field(description="Uploads of this size go in parts.", examples=[104_857_600])
    page_max: int = Field(description="Most entries of one page.", examples=[200])
    push_interval_s: float = Field(description="Seconds between two messages over /ws.", examples=[5])
    history_s: int = Field(description="Seconds that the queue's history goes back.", examples=[300])
    history_step_s: int = Field(description="Seconds between two samples of it.", examples=[5])
    max_receive_count: int = Field(description="Tries of a video before it is given up.", examples=[5])
    auth_mode: Literal["token", "oidc", "none"]
    role: Role = Field(description="Who asks.")
    can_test: bool = Field(description="Whether there is a bucket that Test Pipeline copies from.")


class Session(Answer):
    role: Role
    auth_mode: Literal["token", "oidc", "none"]
    name: str | None = Field(default=None, description="Who it is, where the identity provider says so.")
    expires_at: AwareDatetime | None = Field(default=None, description="When the login ends; never with a token.")


class Login(Question):
    token: str = Field(min_length=1, max_length=512, examples=["k3J9hT0qVx2LwZ8s"])


class QueueSample(Answer):
    at: AwareDatetime
    escape_deceptive: int
    in_flight: int
    delayed: int
    dead_letters: int


class Queue(Answer):
    """Messages of the queue, as many as SQS thinks there are."""

    escape_deceptive: int = Field(description="Waiting for a worker.")
    in_flight: int = Field(description="With a worker.")
    delayed: int = Field(description="Not yet due.")
    oldest_age_s: float | None = Field(
        description="How long the oldest waiting message waits at most: since the youngest that a worker has taken, or "
        "since the queue was last empty. SQS itself does not tell it."
    )
    dead_letters: int = Field(description="Messages in the dead-letter queue.")
    history: list[QueueSample] = Field(
        description="The last five minutes, oldest first; in pushes after the first, only the latest samples."
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
    error: Shown | None = Field(description="Why the source does not answer, when it does not.")


class Throughput(Answer):
    """Videos that came to an end, per minute, over the last 1, 5 and 60 minutes; null before there is a minute."""

    last_1_min: float | None
    last_5_min: float | None
    last_60_min: float | None


class Latency(Answer):
    """Seconds from an upload's event to its last thumbnail, over the latest hundred videos."""

    p50_s: float | None
    p95_s: float | None


class Metrics(Answer):
    videos: dict[VideoState, int] = Field(examples=[{"done": 120, "processing": 2, "degraded": 1, "failed": 3}])
    thumbnails: int
    upload_bytes: int
    thumbnail_bytes: int
    running_pods: int
    total_pods: int
    throughput: Throughput
    latency: Latency
    drain_s: float | None = Field(description="Seconds until the queue is empty, at the rate of the last 5 minutes.")


class Thumbnail(Answer):
    key: str = Field(examples=["thumbnails/trip/harbour_1.jpg"])
    video_key: str = Field(examples=["uploads/trip/harbour.mp4"])
    position_pct: float = Field(examples=[10])
    time_s: float = Field(description="Time of the frame that it shows, from the start of the video.")
    url: str = Field(description="Presigned: the same one for some minutes, so that a browser can keep the picture.")
    width_px: int
    height_px: int
    size_bytes: int
    note: Shown | None = None
    created_at: AwareDatetime


class ThumbnailPage(Answer):
    items: list[Thumbnail]
    next_cursor: str | None = Field(description="Where the next page begins; null on the last.")


class VideoSummary(Answer):
    key: str = Field(examples=["uploads/trip/harbour.mp4"])
    id: str = Field(
        description="The key as one path segment: usable in its place in every path, whatever the key holds.",
        examples=["~dXBsb2Fkcy90cmlwL2hhcmJvdXIubXA0"],
    )
    state: VideoState
    attempt: int
    reason_code: ReasonCode | None = None
    reason: Shown | None = None
    queued_at: AwareDatetime
    started_at: AwareDatetime
    updated_at: AwareDatetime
    finished_at: AwareDatetime | None = None
    worker: Shown


class Video(VideoSummary):
    size_bytes: int
    duration_s: float | None = None
    width_px: int | None = None
    height_px: int | None = None
    codec: Shown | None = None
    container: Shown | None = None
    bytes_read: int
    requests: int
    cpu_s: float
    thumbnails: list[Thumbnail]


class VideoPage(Answer):
    items: list[Video]
    next_cursor: str | None = Field(
        description="Where the next page begins; null on the last. A search looks at a thousand videos at a time: a "
        "page may be empty and yet not be the last."
    )


class TimelineEntry(Answer):
    event: Literal["uploaded", "received", "stored", "degraded", "failed"]
    at: AwareDatetime
    note: Shown | None = None


class Storyboard(Answer):
    """Small pictures of the whole video on one sheet, row by row: tile n, from 0, stands for `n * interval_s` on."""

    url: str = Field(description="The sheet, presigned.")
    track_url: str = Field(description="The WebVTT file, presigned. It names the sheet as its neighbour.")
    interval_s: float = Field(examples=[5])
    tiles: int = Field(examples=[96])
    columns: int = Field(examples=[10])
    tile_width_px: int = Field(examples=[160])
    tile_height_px: int = Field(examples=[90])
    size_bytes: int


class Preview(Answer):
    """A short animated WebP of the whole video."""

    url: str = Field(description="Presigned.")
    frames: int = Field(examples=[10])
    duration_s: float = Field(examples=[5])
    width_px: int
    height_px: int
    size_bytes: int


class VideoDetails(Video):
    storyboard: Storyboard | None = Field(description="Null unless it was asked for, and the video gave one.")
    preview: Preview | None = Field(description="Null unless it was asked for, and the video gave one.")
    timeline: list[TimelineEntry]
    download_url: str = Field(description="The video itself, presigned.")


class Retried(Answer):
    key: str
    from_dead_letter: bool = Field(description="Whether its dead letter was taken, or a new event was made.")


class Tested(Answer):
    prefix: str = Field(examples=["uploads/test-20261124T093015/"])
    keys: list[str] = Field(description="The copies, to be followed.")


class PurgePreview(Answer):
    """What a purge would take; counted by listing, up to 100,000 versions of objects."""

    videos: int = Field(description="Uploads.")
    thumbnails: int = Field(description="Thumbnails, storyboards and previews.")
    objects: int = Field(description="Versions of all of them, delete markers included.")
    bytes: int
    records: int
    is_complete: bool = Field(description="False where there are more objects than were counted.")
    confirmation: str = Field(
        description="What `DELETE /api/purge` needs, once. It deletes what was there when this was counted, and "
        "nothing that was uploaded later."
    )
    confirmation_until: AwareDatetime = Field(description="When the confirmation expires: a minute after the count.")
    last: "PurgeProgress | None" = Field(description="The purge that runs, or the one that ran last.")


class PurgeProgress(Answer):
    id: str
    running: bool
    phase: Literal["uploads", "records", "in_work", "thumbnails", "dead_letters", "done", "failed"]
    deleted: int = Field(description="Versions of objects deleted so far.")
    total: int = Field(description="As many as were counted at the start: an estimate.")
    deleted_bytes: int
    records: int = Field(description="Records removed so far.")
    in_work: int = Field(description="Videos that a worker still has: the purge waits for them.")
    started_at: AwareDatetime
    finished_at: AwareDatetime | None = None
    error: Shown | None = None


class PurgeStarted(Answer):
    """The purge has begun; its progress comes over /ws and with GET /api/purge."""

    objects: int
    progress: PurgeProgress


class DeadLetter(Answer):
    id: str
    key: str = Field(description="The upload's key; empty where the message is no notification.")
    reason: Shown
    reason_code: ReasonCode
    attempts: int | None = Field(description="Tries of the video; null where SQS moved the message by itself.")
    at: AwareDatetime


class DeadLetterGroup(Answer):
    reason_code: ReasonCode
    count: int
    example: Shown = Field(description="The reason of the latest of them.")


class DeadLetters(Answer):
    total: int = Field(description="Messages in the dead-letter queue, as many as SQS thinks there are.")
    items: list[DeadLetter] = Field(description="The newest first, at most 500.")
    groups: list[DeadLetterGroup] = Field(description="The listed ones by reason, the largest group first.")
    is_complete: bool = Field(description="False where there are more than are listed.")


class RedriveRequest(Question):
    """Which dead letters to send again; all of them when neither a reason nor keys are given."""

    reason_code: ReasonCode | None = Field(default=None, strict=False)
    keys: list[Key] | None = Field(default=None, min_length=1, max_length=1000)
    limit: int = Field(default=1000, ge=1, le=1000, description="At most so many: five for a canary.")


class Redriven(Answer):
    redriven: int
    keys: list[str] = Field(description="The videos, to be followed.")
    remaining: int = Field(description="Dead letters left, as many as SQS thinks there are.")


class Source(Answer):
    """How fresh a part of the state is."""

    stale: bool
    age_s: float | None = Field(description="Seconds since it answered; null if it never did.")
    error: Shown | None = Field(description="Why it does not answer, when it does not.")


class State(Answer):
    """What `/ws` pushes: all there is to know, at once on connect, then at every interval and when something happened.

    A section is null as long as its source has never answered; afterwards it stays as it was, and `sources` says how
    old it is. `queue.history` is whole in the first message only.
    """

    type: Literal["state"] = "state"
    server: str = Field(description="The process that speaks: sequence numbers are its own.")
    seq: int
    at: AwareDatetime = Field(description="The server's time.")
    sources: dict[Literal["queue", "pods", "metrics"], Source]
    queue: Queue | None
    pods: list[Pod] | None
    metrics: Metrics | None
    videos: list[VideoSummary] = Field(description="In work, at most 50; and the latest that ended, at most 50.")
    purge: PurgeProgress | None = Field(description="The purge that runs, or ran in the last minute.")


LiveMessage = State
"""What a client of `/ws` may receive."""
