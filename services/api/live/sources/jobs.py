"""Source of the jobs' progress: one request for each job that is not finished, and none if all are."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from services.api.jobs.job import job_key, read_job, show_progress
from services.api.schema.models import JobProgress
from services.aws.shared import Document, SharedItems

_LATEST = 5
_SHOWN_AFTER_END = timedelta(minutes=1)


class JobsReader:
    def __init__(self, shared: SharedItems) -> None:
        self._shared = shared
        self._finished: dict[str, JobProgress | None] = {}
        """Latest jobs that no longer change; None for one whose document is gone."""

    def read(self, index: Document) -> Sequence[JobProgress]:
        """Return the jobs of the list `index` that run or have just ended, the newest first. Raises: ServiceError."""
        content = index.content or {"ids": [], "open": []}
        # The list of open jobs can lack one that has just ended.
        wanted = [one for number, one in enumerate(content["ids"]) if number < _LATEST or one in content["open"]]
        found = {identity: self._read_progress(identity) for identity in wanted}
        self._finished = {identity: job for identity, job in found.items() if job is None or job.finished_at}
        shown_since = datetime.now(UTC) - _SHOWN_AFTER_END
        return [job for job in found.values() if job and (job.finished_at is None or job.finished_at > shown_since)]

    def _read_progress(self, identity: str) -> JobProgress | None:
        if identity in self._finished:
            return self._finished[identity]
        job = read_job(self._shared.document(job_key(identity)))
        return show_progress(job) if job else None
