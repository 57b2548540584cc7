"""Start, cancel and take over reconciliations. One runs at a time in all processes."""

import secrets
import threading
import time
from datetime import UTC, datetime

import structlog

from services.api.reconciliation.job import ReconciliationJob, dump_job, read_job
from services.api.reconciliation.run import MAX_ATTEMPTS, ReconciliationContext, ReconciliationRun
from services.api.schema.problems import ConflictError, NotFoundError, UnconfirmedError
from services.api.schema.reconciliation_models import Reconciliation, ReconciliationRequest
from services.aws.errors import AwsError, WriteConflictError
from services.aws.shared import Document
from services.contract.resources import RECONCILIATION_KEY

DEFAULT_WINDOW = 2
SILENT_AFTER_S = 15.0
"""A run writes its document every three seconds. After this time without a write, another process takes over."""

_POLL_INTERVAL_S = 3.0
_WRITES = 10
_HOW = "Nothing was changed. Make a dry run, and send its confirmation within an hour."


class Reconciliations:
    def __init__(
        self, context: ReconciliationContext, patient: ReconciliationContext, *, removes_by_default: bool = True
    ) -> None:
        """Set the services: `context` is for requests; `patient` has longer time-outs, for runs in the background."""
        self._context = context
        self._patient = patient
        self._removes_by_default = removes_by_default
        self._log = structlog.get_logger()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def find(self, identity: str | None = None) -> Reconciliation | None:
        """Return the latest reconciliation, None without any. Raises: NotFoundError if it has another id; AwsError."""
        job = read_job(self._read())
        if identity is not None and (job is None or job.progress.id != identity):
            raise NotFoundError("There is no such reconciliation. The pipeline keeps the latest one only.")
        return job.progress if job else None

    def start(self, request: ReconciliationRequest) -> Reconciliation:
        """Start a dry run, or the run that a confirmation is for.

        Raises:
            UnconfirmedError: the confirmation of a run is missing, expired, or not of the latest dry run.
            ConflictError: another reconciliation is running.
            AwsError: AWS does not answer.
        """
        for _ in range(2):
            document = self._read()
            known = read_job(document)
            if known is not None and known.is_running:
                raise ConflictError(
                    f"The reconciliation {known.progress.id} is running. Wait for its end, or cancel it."
                )
            progress = self._begin_dry_run(request) if request.dry_run else _begin_run(request, known)
            job = ReconciliationJob(progress=progress, owner=secrets.token_hex(8))
            try:
                written = self._context.shared.write(RECONCILIATION_KEY, document, dump_job(job))
            except WriteConflictError:
                continue
            self._start_run(written, job)
            return progress
        raise ConflictError("Another reconciliation has just started. GET /api/reconciliations shows it.")

    def cancel(self, identity: str) -> Reconciliation:
        """Ask a running reconciliation to stop. Raises: NotFoundError, ConflictError, AwsError."""
        for _ in range(_WRITES):
            progress = self.find(identity)
            document = self._read()
            job = read_job(document)
            if progress is None or job is None or job.progress.id != identity:
                continue
            if not job.is_running:
                raise ConflictError(f"The reconciliation has ended: it is {job.progress.state}.")
            try:
                asked = job.model_copy(update={"is_cancelled": True})
                self._context.shared.write(RECONCILIATION_KEY, document, dump_job(asked))
            except WriteConflictError:
                # The run writes once a second.
                continue
            return job.progress
        raise ConflictError("The reconciliation kept changing. Cancel it again.")

    def watch(self) -> None:
        """Start a thread that continues a reconciliation whose process has ended."""
        threading.Thread(target=self._watch_job, name="reconciliation-watch", daemon=True).start()

    def close(self) -> None:
        """Stop the run of this process; another process continues it."""
        self._closed.set()

    def join(self) -> None:
        """Wait for the end of this process' run."""
        if self._thread is not None:
            self._thread.join()

    def take_over(self, document: Document, job: ReconciliationJob) -> None:
        """Continue a reconciliation whose process has ended, unless another process does. Raises: AwsError."""
        own = job.model_copy(update={"owner": secrets.token_hex(8), "attempts": job.attempts + 1})
        if job.attempts >= MAX_ATTEMPTS:
            end = {"state": "failed", "finished_at": datetime.now(UTC)}
            end["error"] = "It was interrupted too often. The log of the api shows the reasons. Its changes stay."
            own = own.model_copy(update={"progress": job.progress.model_copy(update=end)})
        try:
            written = self._context.shared.write(RECONCILIATION_KEY, document, dump_job(own))
        except WriteConflictError:
            return
        self._log.warning("reconciliation_continued", reconciliation=job.progress.id, attempts=job.attempts)
        if own.is_running:
            self._start_run(written, own)

    def _watch_job(self) -> None:
        revision, since = -1, time.monotonic()
        while not self._closed.wait(_POLL_INTERVAL_S):
            try:
                document = self._read()
                job = read_job(document)
                is_own = self._thread is not None and self._thread.is_alive()
                if job is None or not job.is_running or is_own or document.revision != revision:
                    revision, since = document.revision, time.monotonic()
                elif time.monotonic() - since > SILENT_AFTER_S:
                    self.take_over(document, job)
            except AwsError as error:
                self._log.warning("reconciliation_not_watched", error=str(error))

    def _read(self) -> Document:
        return self._context.shared.document(RECONCILIATION_KEY)

    def _start_run(self, document: Document, job: ReconciliationJob) -> None:
        run = ReconciliationRun(self._patient, document, job, self._closed)
        self._thread = threading.Thread(target=run.run, name="reconciliation", daemon=True)
        self._thread.start()

    def _begin_dry_run(self, request: ReconciliationRequest) -> Reconciliation:
        return Reconciliation(
            id=secrets.token_hex(8),
            dry_run=True,
            create=request.create,
            remove=self._removes_by_default if request.remove is None else request.remove,
            window=request.window or DEFAULT_WINDOW,
            state="running",
            started_at=datetime.now(UTC),
        )


def _begin_run(request: ReconciliationRequest, known: ReconciliationJob | None) -> Reconciliation:
    """Return a run of the latest dry run. Raises: UnconfirmedError."""
    if not request.confirmation:
        raise UnconfirmedError(f"A reconciliation that changes something needs a confirmation. {_HOW}")
    plan = known.progress if known else None
    if plan is None or plan.confirmation is None or not _is_same(plan.confirmation, request.confirmation):
        raise UnconfirmedError(f"The confirmation is not of the latest dry run. {_HOW}")
    if plan.confirmation_until is None or plan.confirmation_until < datetime.now(UTC):
        raise UnconfirmedError(f"The confirmation has expired. {_HOW}")
    return Reconciliation(
        id=secrets.token_hex(8),
        dry_run=False,
        create=plan.create,
        remove=plan.remove,
        window=request.window or plan.window,
        state="running",
        planned=plan.counts,
        started_at=datetime.now(UTC),
    )


def _is_same(one: str, other: str) -> bool:
    return secrets.compare_digest(one.encode(), other.encode())
