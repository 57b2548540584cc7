"""State of a job in the table: any process can show and cancel it, and continue it after its process has ended."""

from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from services.api.schema.action_models import Job, JobFailure, JobFilter
from services.api.schema.models import JobKind, JobProgress
from services.aws.shared import Document
from services.contract.resources import JOB_PREFIX
from services.contract.thumbnails import ThumbnailOverrides

BATCH = 50
"""Videos of one document and of one step. With keys of the maximum length, a document stays below 400 KB."""

_MAX_FAILURES_CHARS = 100_000


class StoredJob(BaseModel):
    model_config = ConfigDict(frozen=True)

    id: str
    kind: JobKind
    upload: bool
    filter: JobFilter | None
    max_videos: int | None
    options: ThumbnailOverrides | None = None
    """Options of the videos to regenerate."""
    phase: Literal["selecting", "running", "done", "cancelled", "failed"]
    is_cancelled: bool = False
    owner: str
    """Id of the current run. Another run takes over if the document no longer changes."""
    attempts: int = 1
    """Runs since the last step that has ended."""
    total: int | None = None
    step: int = 0
    """Number of the next document with keys; its videos may have been changed already."""
    done: int = 0
    failed: int = 0
    failures: tuple[JobFailure, ...] = ()
    error: str | None = None
    created_at: AwareDatetime
    finished_at: AwareDatetime | None = None

    @property
    def has_ended(self) -> bool:
        return self.finished_at is not None


def job_key(identity: str) -> str:
    return JOB_PREFIX + identity


def step_key(identity: str, number: int) -> str:
    """Return the key of a document with the keys of one step."""
    return f"{JOB_PREFIX}{identity}:{number}"


def read_job(document: Document) -> StoredJob | None:
    return StoredJob.model_validate(document.content) if document.content else None


def dump_job(job: StoredJob) -> Any:
    return job.model_dump(mode="json")


def add_step(job: StoredJob, keys: list[str], failures: list[JobFailure]) -> StoredJob:
    """Return the job after a step with these videos."""
    kept = list(job.failures)
    size = sum(len(one.key) + len(one.reason) for one in kept)
    for one in failures:
        size += len(one.key) + len(one.reason)
        if size > _MAX_FAILURES_CHARS:
            break
        kept.append(one)
    changes = {
        "step": job.step + 1,
        "attempts": 1,
        "done": job.done + len(keys) - len(failures),
        "failed": job.failed + len(failures),
        "failures": tuple(kept),
    }
    return job.model_copy(update=changes)


def show_job(job: StoredJob) -> Job:
    fields = job.model_dump(include=set(Job.model_fields)) | _show_state(job)
    return Job(**fields, failures_complete=len(job.failures) == job.failed)


def show_progress(job: StoredJob) -> JobProgress:
    """Return a job as `/ws` pushes it: without its failures, which can be long."""
    return JobProgress(**job.model_dump(include=set(JobProgress.model_fields)) | _show_state(job))


def _show_state(job: StoredJob) -> dict[str, Any]:
    remaining = None if job.total is None else job.total - job.done - job.failed
    return {"state": job.phase, "cancel_requested": job.is_cancelled, "remaining": remaining}
