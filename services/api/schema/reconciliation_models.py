"""Models of requests and answers about reconciliations."""

from typing import Literal

from pydantic import AwareDatetime, Field

from services.api.schema.models import Answer, Question, Shown


class ReconciliationRequest(Question):
    """A dry run, which only counts, or with its confirmation a run that changes what the dry run has counted."""

    dry_run: bool = Field(default=True, description="False to change something; this needs a confirmation.")
    create: bool = Field(
        default=True, description="Queue videos without thumbnails, or with those of other settings. Only of a dry run."
    )
    remove: bool | None = Field(
        default=None,
        description="Remove records and thumbnails without a video. Only of a dry run. The default is true, unless "
        "uploads expire (`UPLOADS_EXPIRE`).",
    )
    window: int | None = Field(
        default=None,
        ge=1,
        le=1000,
        description="Maximum number of queued videos that wait or are processed at a time. A small number keeps "
        "workers free for uploads. The default is that of the dry run, 2 at first.",
    )
    confirmation: str | None = Field(
        default=None, max_length=64, description="The `confirmation` of the latest dry run; it is valid for an hour."
    )


class ReconciliationCounts(Answer):
    """Counts so far: of a dry run, those that a run would change; of a run, those that it has changed."""

    uploads: int = Field(default=0, description="Uploads that were listed and have the extension of a video.")
    records: int = Field(default=0, description="Records that were read.")
    pictures: int = Field(default=0, description="Objects under the prefix of the thumbnails.")
    missing: int = Field(default=0, description="Queued: videos without a record.")
    changed: int = Field(default=0, description="Queued: videos whose record is of another content.")
    outdated: int = Field(default=0, description="Queued: videos with thumbnails of other settings.")
    lost: int = Field(default=0, description="Queued: videos whose thumbnails are no longer in the bucket.")
    queued_bytes: int = Field(default=0, description="Size of the queued videos.")
    kept: int = Field(default=0, description="Videos with the thumbnails that they need.")
    failed: int = Field(default=0, description="Videos that have failed for good. A redrive tries them again.")
    in_progress: int = Field(default=0, description="Videos that a worker is processing.")
    deleted: int = Field(default=0, description="Uploads whose thumbnails a person has deleted.")
    dismissed: int = Field(default=0, description="Videos whose failure a person has dismissed.")
    gone: int = Field(default=0, description="Removed: records without a video.")
    surplus: int = Field(default=0, description="Removed: pictures without a video.")
    surplus_bytes: int = Field(default=0, description="Size of the removed pictures.")

    @property
    def queued(self) -> int:
        return self.missing + self.changed + self.outdated + self.lost


class ReconciliationEstimate(Answer):
    """Estimate of a run that does what a dry run has counted."""

    seconds: float = Field(description="Duration, with the time that a video took lately, or 2 s, and the window.")
    usd: float = Field(description="Cost in US dollars, with the prices of us-east-1 and a typical video.")


class ReconciliationExample(Answer):
    key: str
    finding: Literal["missing", "changed", "outdated", "lost", "gone", "surplus"]


class Reconciliation(Answer):
    """A dry run or a run. The pipeline keeps the latest one."""

    id: str
    dry_run: bool
    create: bool
    remove: bool
    window: int
    state: Literal["running", "done", "cancelled", "failed"]
    phase: Literal["uploads", "records", "thumbnails", "create"] = "uploads"
    counts: ReconciliationCounts = ReconciliationCounts()
    planned: ReconciliationCounts | None = Field(default=None, description="Of a run: the counts of its dry run.")
    estimate: ReconciliationEstimate | None = Field(default=None, description="Of a dry run that is done.")
    examples: tuple[ReconciliationExample, ...] = Field(default=(), description="The first keys, at most 20.")
    position: str = Field(default="", description="Key of the last upload whose video was queued, or needed nothing.")
    confirmation: str | None = Field(default=None, description="Confirmation for one run of this dry run.")
    confirmation_until: AwareDatetime | None = None
    started_at: AwareDatetime
    finished_at: AwareDatetime | None = None
    error: Shown | None = None


class Reconciliations(Answer):
    items: list[Reconciliation] = Field(description="The latest reconciliation, or none.")
