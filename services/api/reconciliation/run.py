"""One run of a reconciliation, until it is done, has failed, is cancelled, or another process takes over.

Every change can happen twice without harm. After an error, or in another process, the run lists everything again and
goes on with the creation behind the last upload that it has settled.
"""

import contextlib
import os
import secrets
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from services.api.reconciliation.changes import ApplyingChanges, CountingChanges, Tally
from services.api.reconciliation.estimate import make_estimate
from services.api.reconciliation.job import ReconciliationJob, dump_job, read_job
from services.api.reconciliation.key_filter import KeyFilter
from services.api.reconciliation.pace import POLL_S, Pace
from services.api.reconciliation.reconciler import Reconciler, ReconcilerContext
from services.api.schema.reconciliation_models import ReconciliationCounts
from services.aws.errors import AwsError, WriteConflictError
from services.aws.queue import MessageQueue
from services.aws.shared import Document, SharedItems
from services.contract.resources import RECONCILIATION_KEY

MAX_ATTEMPTS = 20
CONFIRMED_FOR = timedelta(hours=1)
_STORE_INTERVAL_S = 1.0
_HEARTBEAT_S = 3.0
_MAX_PAUSE_S = 30.0
_LISTED = ("uploads", "records", "pictures")
_SPARE_REMOVALS = 100
"""Removals beyond those of the dry run, or a tenth of them, that do not end a run."""


class _StopError(Exception):
    """The run must stop: it is cancelled, its process ends, or another process has taken over."""


class _MoreThanConfirmedError(Exception):
    """The run finds much more to remove than its dry run: something is wrong."""


@dataclass(frozen=True)
class ReconciliationContext:
    """Services of a reconciliation, which the live state does not show: no progress asks for a push."""

    reconciler: ReconcilerContext
    shared: SharedItems
    queue: MessageQueue
    filter_bits: int = 2**29


class ReconciliationRun:
    def __init__(
        self, context: ReconciliationContext, document: Document, job: ReconciliationJob, closed: threading.Event
    ) -> None:
        """Set the services, the stored job, and the event that ends the run together with its process."""
        self._context = context
        self._document = document
        self._job = job
        self._closed = closed
        self._log = structlog.get_logger().bind(reconciliation=job.progress.id)
        self._lock = threading.RLock()
        self._ended = threading.Event()
        self._is_lost = False
        self._stored_at = time.monotonic()
        self._tally = self._make_tally()

    def run(self) -> None:
        self._log.info("reconciliation_begun", dry_run=self._job.progress.dry_run, attempts=self._job.attempts)
        heart = threading.Thread(target=self._send_heartbeats, name="reconciliation-heartbeat", daemon=True)
        heart.start()
        try:
            self._try_until_done()
        except _StopError:
            self._leave()
            self._log.info("reconciliation_stopped", cancelled=self._job.is_cancelled)
        except AwsError as error:
            # The end could not be written. Another process sees no more writes and continues.
            self._log.warning("reconciliation_end_not_written", error=str(error))
        finally:
            self._ended.set()
            heart.join()

    def _leave(self) -> None:
        """Write the end of a cancelled run, or the position from which another process goes on."""
        # Without the write, that process does a little twice.
        with contextlib.suppress(AwsError, _StopError):
            if self._job.is_cancelled:
                self._end("cancelled", None)
            else:
                self._store()

    def _try_until_done(self) -> None:
        while True:
            try:
                self._reconcile()
            except AwsError as error:
                self._log.warning("reconciliation_interrupted", error=str(error), attempts=self._job.attempts)
                if self._job.attempts >= MAX_ATTEMPTS:
                    self._end("failed", f"AWS failed {MAX_ATTEMPTS} times, at last: {error}. Its changes stay.")
                    return
                self._closed.wait(min(_MAX_PAUSE_S, 0.5 * 2.0**self._job.attempts))
                self._note_counts()
                self._job = self._job.model_copy(update={"attempts": self._job.attempts + 1})
                self._tally = self._make_tally()
            except _MoreThanConfirmedError as error:
                self._end("failed", str(error))
                return
            except _StopError:
                raise
            except Exception:  # noqa: BLE001 - people must see that it failed, whatever the error is
                self._log.exception("reconciliation_failed")
                self._end("failed", "An unexpected error happened. The log of the api shows it.")
                return
            else:
                return

    def _reconcile(self) -> None:
        """List, compare and change everything once. Raises: AwsError, _StopError, _MoreThanConfirmedError."""
        asked = self._job.progress
        filtered = KeyFilter(os.urandom(16), bits=self._context.filter_bits)
        reconciler = Reconciler(self._context.reconciler, self._make_changes(), filtered)
        if asked.remove:
            self._store(phase="uploads")
            reconciler.list_uploads()
            self._store(phase="records")
            reconciler.find_gone_records()
        self._store(phase="thumbnails")
        reconciler.find_surplus(removes=asked.remove)
        if asked.create:
            self._store(phase="create")
            reconciler.find_missing(after=self._tally.position)
        self._finish(reconciler)

    def _finish(self, reconciler: Reconciler) -> None:
        if not self._job.progress.dry_run:
            self._end("done", None)
            return
        counts = self._count()
        estimate = make_estimate(counts, window=self._job.progress.window, video_s=reconciler.video_s)
        until = datetime.now(UTC) + CONFIRMED_FOR
        confirmation = secrets.token_urlsafe(16)
        self._end("done", None, estimate=estimate, confirmation=confirmation, confirmation_until=until)

    def _make_tally(self) -> Tally:
        """Return the counts to go on from: those of a dry run begin again, those of a run are what it has done."""
        progress = self._job.progress
        if progress.dry_run:
            return Tally({}, "", self._note_progress)
        done = {name: count for name, count in progress.counts.model_dump().items() if name not in _LISTED}
        return Tally(done, progress.position, self._note_progress)

    def _make_changes(self) -> CountingChanges:
        context, progress = self._context, self._job.progress
        if progress.dry_run:
            return CountingChanges(self._tally)
        pace = Pace(context.queue, context.reconciler.videos, progress.window)
        return ApplyingChanges(self._tally, context.reconciler, context.queue, pace, wait=self._wait)

    def _wait(self) -> None:
        self._closed.wait(POLL_S)
        self._note_progress()

    def _note_progress(self) -> None:
        """Store the counts once a second, and stop if the run must. Raises: AwsError, _StopError."""
        if self._closed.is_set() or self._is_lost or self._job.is_cancelled:
            raise _StopError
        self._check_removals()
        if time.monotonic() - self._stored_at >= _STORE_INTERVAL_S:
            self._store()

    def _check_removals(self) -> None:
        planned, counts = self._job.progress.planned, self._tally.counts
        if planned is None:
            return
        for name in ("gone", "surplus"):
            confirmed = getattr(planned, name)
            if counts[name] > confirmed + max(_SPARE_REMOVALS, confirmed // 10):
                raise _MoreThanConfirmedError(
                    f"The run found more to remove than was confirmed ({counts[name]:,} instead of {confirmed:,}, "
                    f"{name}), and stopped. Make another dry run, and look at its examples."
                )

    def _count(self) -> ReconciliationCounts:
        return ReconciliationCounts(**self._tally.counts)

    def _end(self, state: str, error: str | None, **more: Any) -> None:
        self._store(state=state, error=error, finished_at=datetime.now(UTC), **more)
        self._log.info("reconciliation_ended", state=state, error=error, counts=self._count().model_dump())

    def _send_heartbeats(self) -> None:
        """Write the document periodically, so that other processes see that this run is alive."""
        while not self._ended.wait(_HEARTBEAT_S):
            # The run itself handles a take-over, or a table that does not answer.
            with contextlib.suppress(AwsError, _StopError):
                if time.monotonic() - self._stored_at >= _HEARTBEAT_S / 2:
                    self._store()

    def _store(self, **changes: Any) -> None:
        """Write the job with its counts. Raises: AwsError; _StopError if another process has the job."""
        with self._lock:
            if self._is_lost:
                raise _StopError
            self._note_counts(**changes)
            try:
                self._write()
            except WriteConflictError:
                self._resolve_conflict()
            self._stored_at = time.monotonic()

    def _note_counts(self, **changes: Any) -> None:
        """Note the counts and the position in the job, and other changes of its progress."""
        tally = self._tally
        counted = {"counts": self._count(), "examples": tuple(tally.examples), "position": tally.position}
        progress = self._job.progress.model_copy(update={**counted, **changes})
        # Progress ends the count of attempts, so that a long run survives many short outages.
        has_moved = progress.position != self._job.progress.position
        self._job = self._job.model_copy(
            update={"progress": progress, "attempts": 1 if has_moved else self._job.attempts}
        )

    def _write(self) -> None:
        self._document = self._context.shared.write(RECONCILIATION_KEY, self._document, dump_job(self._job))

    def _resolve_conflict(self) -> None:
        """Take over a request to cancel, or write again if only the answer to a write was lost. Raises: _StopError."""
        document = self._context.shared.document(RECONCILIATION_KEY)
        found = read_job(document)
        if found is None or found.owner != self._job.owner:
            self._is_lost = True
            raise _StopError
        self._document = document
        self._job = self._job.model_copy(update={"is_cancelled": found.is_cancelled})
        self._write()
