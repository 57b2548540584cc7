"""State of a purge in the table: any process can show it, and continue it after its process has ended."""

from datetime import UTC, datetime
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict

from services.api.actions.confirmations import Counted
from services.api.schema.action_models import Purge
from services.api.schema.models import PurgeProgress
from services.aws.shared import Document, SharedItems
from services.contract.resources import PURGE_KEY

_KEPT = 10


class PurgeJob(BaseModel):
    """One purge, and the used confirmations of the purges before."""

    model_config = ConfigDict(frozen=True)

    progress: PurgeProgress
    cutoff: AwareDatetime
    """The purge deletes objects stored before this time of S3's clock."""
    owner: str
    """Id of the current run. Another run takes over if the document no longer changes."""
    attempts: int = 1
    """Runs of the current phase, failed ones included."""
    used: dict[str, float] = {}
    """Used confirmations that may still be valid: id and expiry."""
    is_cancelled: bool = False
    """True if a person has asked to delete no more uploads."""
    earlier: tuple[Purge, ...] = ()
    """Purges before this one, the latest first."""


def read_job(document: Document) -> PurgeJob | None:
    """Return the job in a document, None if there is none or another version wrote it."""
    content = document.content
    return PurgeJob.model_validate(content) if content and "cutoff" in content else None


def read_progress(document: Document) -> PurgeProgress | None:
    """Return the progress of the running or last purge."""
    job = read_job(document)
    return job.progress if job else None


def show_purge(job: PurgeJob) -> Purge:
    """Return a purge as its resource."""
    progress = job.progress
    state = "cancelling" if progress.running and job.is_cancelled else "running"
    if not progress.running:
        state = "cancelled" if job.is_cancelled and progress.phase == "done" else progress.phase
    return Purge.model_validate({**progress.model_dump(), "state": state})


def list_purges(job: PurgeJob | None) -> list[Purge]:
    """Return the running or last purge and those before it, the latest first."""
    return [show_purge(job), *job.earlier] if job else []


def is_purge_running(shared: SharedItems) -> bool:
    """Return True if a purge is running in any process. Raises: ServiceError."""
    progress = read_progress(shared.document(PURGE_KEY))
    return progress is not None and progress.running


def dump_job(job: PurgeJob) -> Any:
    return job.model_dump(mode="json")


def start_job(counted: Counted, known: PurgeJob | None, *, owner: str) -> PurgeJob:
    """Return the job of a new purge of the counted objects; `known` is the job before."""
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
    earlier = tuple(list_purges(known)[: _KEPT - 1])
    return PurgeJob(progress=progress, cutoff=counted.cutoff, owner=owner, used=used, earlier=earlier)
