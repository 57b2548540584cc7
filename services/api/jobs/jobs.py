"""Jobs of one pipeline: create, find, cancel, and continue those whose process has ended."""

import contextlib
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import structlog

from services.api.actions.purge_run import split_batches
from services.api.jobs.job import BATCH, UNDO, StoredJob, dump_job, job_key, read_job, show_job
from services.api.jobs.run import MAX_ATTEMPTS, JobContext, JobRun, store_step
from services.api.schema.action_models import Job, JobRequest
from services.api.schema.problems import ConflictError, NotFoundError
from services.aws.errors import AwsError, ServiceError, WriteConflictError
from services.aws.shared import Document
from services.contract.resources import JOBS_KEY

MAX_OPEN = 5
"""Maximum number of jobs at once; each has a thread."""

SILENT_AFTER_S = 15.0
"""A run writes its document every three seconds. After this time without a write, another process takes over."""

_KEPT = 20
_POLL_INTERVAL_S = 3.0
_TRIES = 10


class Jobs:
    def __init__(self, context: JobContext, patient: JobContext) -> None:
        """Set the services: `context` is for requests; `patient` has longer time-outs, for runs in the background."""
        self._context = context
        self._patient = patient
        self._log = structlog.get_logger()
        self._closed = threading.Event()
        self._runs: dict[str, threading.Thread] = {}
        self._seen: dict[str, tuple[int, float]] = {}

    def create(self, request: JobRequest, keys: Sequence[str] | None) -> Job:
        """Store a job and start it; without keys it selects the videos of its filter.

        Raises: ConflictError if too many jobs are open, AwsError.
        """
        is_selected = keys is not None
        job = StoredJob(
            id=secrets.token_hex(8),
            kind=request.kind,
            upload=request.upload,
            filter=request.filter,
            max_videos=request.max_videos,
            options=request.options.overrides if request.options else None,
            phase="running" if is_selected else "selecting",
            owner=secrets.token_hex(8),
            total=len(keys) if keys is not None else None,
            created_at=datetime.now(UTC),
        )
        self._check_open()
        for number, batch in enumerate(split_batches(keys or (), BATCH)):
            store_step(self._context.shared, job, number, batch)
        return self._add(job)

    def undo(self, identity: str) -> Job:
        """Start a job that undoes what can be undone of a job that has ended, once.

        Raises: NotFoundError, ConflictError, AwsError.
        """
        document, job = self._read(identity)
        if not job.has_ended:
            raise ConflictError("The job runs. Cancel it, or wait until it has ended.")
        if job.is_undone:
            raise ConflictError("The job has been undone already.")
        if job.undoable == 0:
            raise ConflictError("Nothing of the job can be undone.")
        self._check_open()
        undo = StoredJob(
            id=secrets.token_hex(8),
            kind=UNDO[job.kind],
            upload=False,
            filter=None,
            max_videos=None,
            undoes=job.id,
            phase="running",
            owner=secrets.token_hex(8),
            total=job.undoable,
            created_at=datetime.now(UTC),
        )
        try:
            self._context.shared.write(
                job_key(identity), document, dump_job(job.model_copy(update={"is_undone": True}))
            )
        except WriteConflictError:
            raise ConflictError("The job has been undone already.") from None
        return self._add(undo)

    def _check_open(self) -> None:
        if len(self._read_index()["open"]) >= MAX_OPEN:
            raise ConflictError(f"{MAX_OPEN} jobs are open. Wait until one has ended, or cancel one.")

    def _add(self, job: StoredJob) -> Job:
        """Store a job, start it, and forget the oldest one. Raises: AwsError."""
        document = self._context.shared.write(job_key(job.id), Document(0, None), dump_job(job))
        dropped: list[str] = []

        def add(index: dict[str, list[str]]) -> None:
            dropped[:] = index["ids"][_KEPT - 1 :]
            index["ids"] = [job.id, *index["ids"][: _KEPT - 1]]
            index["open"] = [*index["open"], job.id]

        self._change_index(add)
        for one in dropped:
            self._forget(one)
        self._start_run(document, job)
        return show_job(job)

    def _forget(self, identity: str) -> None:
        job = read_job(self._context.shared.document(job_key(identity)))
        keys = [job_key(identity)]
        if job is not None and job.keeps_steps and not job.is_undone:
            # The job that undoes another one deletes its keys.
            keys += [job.step_key(number) for number in range(job.step)]
        self._context.stores.videos.delete(keys)

    def list_jobs(self) -> list[Job]:
        """Return the latest jobs, the newest first. Raises: AwsError."""
        found = (read_job(self._context.shared.document(job_key(one))) for one in self._read_index()["ids"])
        return [show_job(job) for job in found if job is not None]

    def find(self, identity: str) -> Job:
        """Return a job. Raises: NotFoundError, AwsError."""
        return show_job(self._read(identity)[1])

    def cancel(self, identity: str) -> Job:
        """Ask a job to end after its current step, whichever process runs it.

        Raises: NotFoundError, ConflictError if it has ended, AwsError.
        """
        for _ in range(_TRIES):
            document, job = self._read(identity)
            if job.has_ended:
                raise ConflictError("The job has ended.")
            cancelled = job.model_copy(update={"is_cancelled": True})
            # A conflict is a write of the run, which has just stored its progress.
            with contextlib.suppress(WriteConflictError):
                self._context.shared.write(job_key(identity), document, dump_job(cancelled))
                self._context.changed()
                return show_job(cancelled)
        raise ConflictError("The job keeps storing its progress. Cancel it again.")

    def watch(self) -> None:
        """Start a thread that continues jobs whose process has ended."""
        threading.Thread(target=self._watch_jobs, name="job-watch", daemon=True).start()

    def close(self) -> None:
        self._closed.set()

    def _watch_jobs(self) -> None:
        while not self._closed.wait(_POLL_INTERVAL_S):
            try:
                self.look()
            except AwsError as error:
                self._log.warning("jobs_not_watched", error=str(error))

    def look(self) -> None:
        """Take over the open jobs that nobody runs, and take those that have ended from the open ones.

        Raises: AwsError.
        """
        ended: set[str] = set()
        for identity in self._read_index()["open"]:
            document = self._patient.shared.document(job_key(identity))
            job = read_job(document)
            if job is None or job.has_ended:
                ended.add(identity)
            elif self._is_silent(identity, document.revision):
                self._take_over(document, job)
        if ended:
            self._change_index(lambda index: index.update(open=[one for one in index["open"] if one not in ended]))

    def _is_silent(self, identity: str, revision: int) -> bool:
        """Return True if no process has written a job for a while, and this one does not run it."""
        now = time.monotonic()
        known, since = self._seen.get(identity, (-1, now))
        if revision != known:
            since = now
        self._seen[identity] = (revision, since)
        run = self._runs.get(identity)
        return now - since > SILENT_AFTER_S and (run is None or not run.is_alive())

    def _take_over(self, document: Document, job: StoredJob) -> None:
        """Continue a job whose process has ended, unless another process does. Raises: AwsError."""
        own = job.model_copy(update={"owner": secrets.token_hex(8), "attempts": job.attempts + 1})
        if job.attempts >= MAX_ATTEMPTS:
            error = "It was interrupted too often. The log of the api shows the reasons."
            own = own.model_copy(update={"phase": "failed", "error": error, "finished_at": datetime.now(UTC)})
        with contextlib.suppress(WriteConflictError):
            written = self._patient.shared.write(job_key(job.id), document, dump_job(own))
            self._log.warning("job_continued", job=job.id, step=job.step, attempts=job.attempts)
            if not own.has_ended:
                self._start_run(written, own)

    def _start_run(self, document: Document, job: StoredJob) -> None:
        run = threading.Thread(target=JobRun(self._patient, document, job).run, name="job", daemon=True)
        self._runs = {identity: one for identity, one in self._runs.items() if one.is_alive()} | {job.id: run}
        run.start()
        self._context.changed()

    def _read(self, identity: str) -> tuple[Document, StoredJob]:
        document = self._context.shared.document(job_key(identity))
        job = read_job(document)
        if job is None:
            raise NotFoundError(f"There is no job {identity[:64]}, or it is not among the latest {_KEPT}.")
        return document, job

    def _read_index(self) -> dict[str, Any]:
        return self._context.shared.document(JOBS_KEY).content or {"ids": [], "open": []}

    def _change_index(self, change: Callable[[dict[str, Any]], object]) -> None:
        """Change the list of jobs. Raises: AwsError."""
        for _ in range(_TRIES):
            document = self._context.shared.document(JOBS_KEY)
            index = {name: list(ids) for name, ids in (document.content or {"ids": [], "open": []}).items()}
            change(index)
            with contextlib.suppress(WriteConflictError):
                self._context.shared.write(JOBS_KEY, document, index)
                return
        raise ServiceError("write the list of jobs: other processes keep changing it")
