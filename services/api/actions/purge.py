"""Purge: count the objects, start with a confirmation, continue a purge whose process has ended."""

import contextlib
import secrets
import threading
import time
from datetime import UTC, datetime, timedelta
from itertools import islice

import structlog

from services.api.actions.confirmations import Confirmations, Counted
from services.api.actions.purge_job import (
    PurgeJob,
    dump_job,
    list_purges,
    read_job,
    read_progress,
    show_purge,
    start_job,
)
from services.api.actions.purge_run import MAX_ATTEMPTS, PurgeContext, PurgeRun
from services.api.schema.action_models import Purge as PurgeResource
from services.api.schema.action_models import PurgePreview
from services.api.schema.models import PurgeProgress
from services.api.schema.problems import ConflictError, NotFoundError, UnconfirmedError
from services.aws.errors import AwsError, ServiceError, WriteConflictError
from services.aws.shared import Document
from services.contract.keys import UPLOAD_PREFIX
from services.contract.resources import PURGE_KEY

MAX_COUNTED = 100_000
"""Maximum number of object versions that a preview counts: a hundred requests."""

SILENT_AFTER_S = 15.0
"""A run writes its document every three seconds. After this time without a write, another process takes over."""

_POLL_INTERVAL_S = 3.0
_CLOCK_EVERY_S = 0.1
_CLOCK_WITHIN_S = 10.0
_CANCEL_TRIES = 5


class Purge:
    """Preview, start and take-over of purges. One purge runs at a time in all processes."""

    def __init__(self, context: PurgeContext, patient: PurgeContext, confirmations: Confirmations) -> None:
        """Set the services: `context` is for requests; `patient` has longer time-outs, for runs in the background."""
        self._context = context
        self._patient = patient
        self._confirmations = confirmations
        self._log = structlog.get_logger()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def preview(self) -> PurgePreview:
        """Count the objects to delete, and return a confirmation for exactly these. Raises: AwsError."""
        cutoff = self._wait_for_cutoff()
        prefixes = (UPLOAD_PREFIX, self._context.thumbnail_prefix)
        versions = (version for prefix in prefixes for version in self._context.bucket.versions(prefix))
        counted = list(islice((version for version in versions if version.modified_at < cutoff), MAX_COUNTED + 1))
        is_complete = len(counted) <= MAX_COUNTED
        del counted[MAX_COUNTED:]
        keys = {version.key for version in counted if version.etag}
        videos = sum(key.startswith(UPLOAD_PREFIX) for key in keys)
        totals = self._context.videos.totals()
        confirmation, said = self._confirmations.write(cutoff=cutoff, objects=len(counted))
        return PurgePreview(
            videos=videos,
            thumbnails=len(keys) - videos,
            objects=len(counted),
            bytes=sum(version.size_bytes for version in counted),
            records=sum(count for name, count in totals.items() if name.startswith("videos_")),
            is_complete=is_complete,
            confirmation=confirmation,
            confirmation_until=datetime.fromtimestamp(said.until_s, UTC),
            last=read_progress(self._context.shared.document(PURGE_KEY)),
        )

    def start(self, confirmation: str | None) -> tuple[Counted, PurgeProgress]:
        """Start the purge of a confirmation; return the same purge if the confirmation is sent again.

        Raises:
            UnconfirmedError: the confirmation is missing, forged, expired, or was used for a purge before the last.
            ConflictError: another purge runs.
            AwsError: AWS does not answer.
        """
        counted = self._confirmations.read(confirmation)
        for _ in range(2):
            document = self._context.shared.document(PURGE_KEY)
            known = read_job(document)
            if known is not None and known.progress.id == counted.id:
                return counted, known.progress
            if known is not None and counted.id in known.used:
                raise UnconfirmedError("The confirmation has been used already. Get a new one from GET /api/purge.")
            if known is not None and known.progress.running:
                raise ConflictError("A purge is running. GET /api/purge shows its progress.")
            job = start_job(counted, known, owner=secrets.token_hex(8))
            try:
                written = self._context.shared.write(PURGE_KEY, document, dump_job(job))
            except WriteConflictError:
                continue
            self._start_run(written, job)
            return counted, job.progress
        raise ConflictError("Another purge has just started. GET /api/purge shows its progress.")

    def list_purges(self) -> list[PurgeResource]:
        """Return the latest purges, the running one first. Raises: AwsError."""
        return list_purges(read_job(self._context.shared.document(PURGE_KEY)))

    def find(self, identity: str) -> PurgeResource:
        """Return a purge. Raises: NotFoundError, AwsError."""
        for found in self.list_purges():
            if found.id == identity:
                return found
        raise NotFoundError(f"There is no purge {identity[:64]}, or it is not among the latest ten.")

    def cancel(self, identity: str) -> PurgeResource:
        """Ask a purge to delete no more uploads, whichever process runs it.

        Raises: NotFoundError, ConflictError if it has ended, AwsError.
        """
        for _ in range(_CANCEL_TRIES):
            self.find(identity)
            document = self._context.shared.document(PURGE_KEY)
            job = read_job(document)
            if job is None or job.progress.id != identity or not job.progress.running:
                raise ConflictError("The purge has ended.")
            cancelled = job.model_copy(update={"is_cancelled": True})
            # A conflict is a write of the run, which has just stored its progress.
            with contextlib.suppress(WriteConflictError):
                self._context.shared.write(PURGE_KEY, document, dump_job(cancelled))
                self._context.changed()
                return show_purge(cancelled)
        raise ConflictError("The purge keeps storing its progress. Cancel it again.")

    def watch(self) -> None:
        """Start a thread that continues a purge whose process has ended."""
        threading.Thread(target=self._watch_purge, name="purge-watch", daemon=True).start()

    def close(self) -> None:
        self._closed.set()

    def _watch_purge(self) -> None:
        revision, since = -1, time.monotonic()
        while not self._closed.wait(_POLL_INTERVAL_S):
            try:
                document = self._context.shared.document(PURGE_KEY)
                job = read_job(document)
                is_own = self._thread is not None and self._thread.is_alive()
                if job is None or not job.progress.running or is_own or document.revision != revision:
                    revision, since = document.revision, time.monotonic()
                elif time.monotonic() - since > SILENT_AFTER_S:
                    self.take_over(document, job)
            except AwsError as error:
                self._log.warning("purge_not_watched", error=str(error))

    def take_over(self, document: Document, job: PurgeJob) -> None:
        """Continue a purge whose process has ended, unless another process does. Raises: AwsError."""
        own = job.model_copy(update={"owner": secrets.token_hex(8), "attempts": job.attempts + 1})
        if job.attempts >= MAX_ATTEMPTS:
            end = {"running": False, "phase": "failed", "finished_at": datetime.now(UTC)}
            end["error"] = "It was interrupted too often. The log of the api shows the reasons."
            own = own.model_copy(update={"progress": job.progress.model_copy(update=end)})
        try:
            written = self._context.shared.write(PURGE_KEY, document, dump_job(own))
        except WriteConflictError:
            return
        self._log.warning("purge_continued", purge=job.progress.id, phase=job.progress.phase, attempts=job.attempts)
        if own.progress.running:
            self._start_run(written, own)

    def _start_run(self, document: Document, job: PurgeJob) -> None:
        self._thread = threading.Thread(target=PurgeRun(self._patient, document, job).run, name="purge", daemon=True)
        self._thread.start()
        self._context.changed()

    def _wait_for_cutoff(self) -> datetime:
        """Wait for the next whole second of S3's clock and return it.

        LastModified has whole seconds. Objects stored before the call are older than the result, objects stored after
        the return are not. Raises: AwsError.
        """
        until = time.monotonic() + _CLOCK_WITHIN_S
        cutoff = self._context.bucket.clock() + timedelta(seconds=1)
        while self._context.bucket.clock() < cutoff:
            if time.monotonic() > until:
                raise ServiceError("S3's clock does not move on")
            time.sleep(_CLOCK_EVERY_S)
        return cutoff
