"""State of a job in the table: any process can show and cancel it, and continue it after its process has ended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from services.api.schema.action_models import Job, JobFailure, JobFilter
from services.api.schema.models import JobKind, JobProgress
from services.aws.shared import Document
from services.contract.resources import JOB_PREFIX
from services.contract.thumbnails import ThumbnailOverrides

BATCH = 50
"""Videos of one document and of one step. With keys of the maximum length, a document stays below 400 KB."""

UNDO: Mapping[JobKind, JobKind] = {"delete": "restore", "dismiss": "undismiss"}
"""Kinds of jobs that can be undone, and the kind of the job that does it."""

MAX_UNDOABLE = 50_000
"""Maximum number of videos of a job that can be undone: the table keeps their keys as long as the job."""

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
    undoes: str | None = None
    """Id of the job that this one undoes, whose documents with keys it takes."""
    undoable: int = 0
    """Number of changes that can be undone."""
    is_undone: bool = False
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

    @property
    def keeps_steps(self) -> bool:
        """Return True if the documents with keys stay after their steps, so that the job can be undone."""
        return self.kind in UNDO and (self.total or 0) <= MAX_UNDOABLE

    @property
    def step_count(self) -> int:
        """Return the number of documents with keys; zero while the job selects its videos."""
        return -(-(self.total or 0) // BATCH)

    def step_key(self, number: int) -> str:
        """Return the key of the document with the keys of one step."""
        return f"{JOB_PREFIX}{self.undoes or self.id}:{number}"


@dataclass(frozen=True)
class StepResult:
    """Result of a step: the videos that were refused, and the keys of those whose change can be undone."""

    failures: Sequence[JobFailure]
    undoable: Sequence[str] = ()


def job_key(identity: str) -> str:
    return JOB_PREFIX + identity


def read_job(document: Document) -> StoredJob | None:
    return StoredJob.model_validate(document.content) if document.content else None


def dump_job(job: StoredJob) -> Any:
    return job.model_dump(mode="json")


def add_step(job: StoredJob, keys: Sequence[str], result: StepResult) -> StoredJob:
    """Return the job after a step with these videos."""
    kept = list(job.failures)
    size = sum(len(one.key) + len(one.reason) for one in kept)
    for one in result.failures:
        size += len(one.key) + len(one.reason)
        if size > _MAX_FAILURES_CHARS:
            break
        kept.append(one)
    changes = {
        "step": job.step + 1,
        "attempts": 1,
        "done": job.done + len(keys) - len(result.failures),
        "failed": job.failed + len(result.failures),
        "undoable": job.undoable + (len(result.undoable) if job.keeps_steps else 0),
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
    undoable = job.has_ended and job.undoable > 0 and not job.is_undone
    return {"state": job.phase, "cancel_requested": job.is_cancelled, "remaining": remaining, "undoable": undoable}
