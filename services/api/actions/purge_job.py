"""The purge as the table keeps it: any process can show it, and continue it when its owner falls silent."""

from datetime import UTC, datetime
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict

from services.api.actions.confirmations import Counted
from services.api.schema.models import PurgeProgress
from services.aws.shared import Document


class Job(BaseModel):
    """One purge, and what the next one must know of those before."""

    model_config = ConfigDict(frozen=True)

    progress: PurgeProgress
    cutoff: AwareDatetime
    """The purge deletes what was stored before this time of S3's clock."""
    owner: str
    """The run that works on it: another one may take over when the document no longer changes."""
    attempts: int = 1
    """Runs of the current phase, failed ones included."""
    used: dict[str, float] = {}
    """Confirmations that were used and might still be valid: id, and when each expires."""


def job_of(document: Document) -> Job | None:
    """Return the job in a document, None if there is none, or one that another version wrote."""
    content = document.content
    return Job.model_validate(content) if content and "cutoff" in content else None


def progress_of(document: Document) -> PurgeProgress | None:
    """Return the progress of the purge that runs or ran last."""
    job = job_of(document)
    return job.progress if job else None


def content_of(job: Job) -> Any:
    return job.model_dump(mode="json")


def started(counted: Counted, known: Job | None, *, owner: str) -> Job:
    """Return the job of a purge of what was counted, after the one that is `known`."""
    now = datetime.now(UTC)
    progress = PurgeProgress(
        id=counted.id,
        running=True,
        phase="uploads",
        deleted=0,
        total=counted.objects,
        deleted_bytes=0,
        records=0,
        in_work=0,
        started_at=now,
    )
    used = {counted.id: counted.until_s}
    if known is not None:
        # A minute longer than needed: the clocks of two processes may differ.
        used |= {identity: until_s for identity, until_s in known.used.items() if until_s > now.timestamp() - 60}
    return Job(progress=progress, cutoff=counted.cutoff, owner=owner, used=used)
