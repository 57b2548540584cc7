"""One run of a job, until it has ended or another process takes over.

A run first selects the videos of a filter, and stores their keys in documents of `BATCH` keys. Each document is one
step. The job's own document has the number of the next step, so that another process can continue it.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog

from services.api.actions.purge_run import split_batches
from services.api.actions.stores import Stores
from services.api.jobs.batches import change_videos
from services.api.jobs.job import BATCH, StoredJob, add_step, dump_job, job_key, read_job
from services.api.schema.action_models import JobFilter
from services.api.schema.models import JobKind
from services.aws.errors import AwsError, WriteConflictError
from services.aws.shared import Document, SharedItems
from services.aws.table.listing import VideoListing
from services.contract.records import VideoRecord, VideoState

MAX_ATTEMPTS = 20
"""Maximum number of runs of one step; the job fails after that."""

_HEARTBEAT_S = 3.0
_PAGE = 250
_STATES: dict[JobKind, tuple[VideoState, ...]] = {
    "delete": (VideoState.DONE, VideoState.DEGRADED, VideoState.FAILED, VideoState.PROCESSING, VideoState.DISMISSED),
    "regenerate": (VideoState.DONE, VideoState.DEGRADED),
    "retry": (VideoState.FAILED,),
    "dismiss": (VideoState.FAILED,),
    "restore": (VideoState.DELETED,),
    "undismiss": (VideoState.DISMISSED,),
}
"""States that a filter without a state selects."""


class JobTakenOverError(Exception):
    """Another process has taken over the job: this run must stop."""


class JobRefusedError(Exception):
    """The job cannot begin. The message is its error."""


@dataclass(frozen=True)
class JobContext:
    """Services of a job. It calls `changed` after each progress."""

    stores: Stores
    listing: VideoListing
    shared: SharedItems
    changed: Callable[[], None]


class JobRun:
    def __init__(self, context: JobContext, document: Document, job: StoredJob) -> None:
        self._context = context
        self._log = structlog.get_logger().bind(job=job.id, kind=job.kind)
        self._lock = threading.Lock()
        self._document = document
        self._job = job
        self._ended = threading.Event()

    def run(self) -> None:
        self._log.info("job_begun", step=self._job.step, attempts=self._job.attempts)
        heart = threading.Thread(target=self._send_heartbeats, name="job-heartbeat", daemon=True)
        heart.start()
        try:
            self._run_steps()
        except JobTakenOverError:
            self._log.warning("job_taken_over")
        except JobRefusedError as error:
            self._end("failed", str(error))
        except AwsError as error:
            # Another process, or this one, sees no more writes and continues the job.
            self._log.warning("job_interrupted", error=str(error))
        except Exception:  # noqa: BLE001 - people must see that the job failed, whatever the error is
            self._log.exception("job_failed")
            self._end("failed", "An unexpected error happened. The log of the api shows it.")
        finally:
            self._ended.set()
            heart.join()
        self._context.changed()

    def _run_steps(self) -> None:
        if self._job.phase == "selecting":
            self._select_videos()
        is_repeated = self._job.attempts > 1
        while not self._job.is_cancelled:
            document = self._context.shared.document(self._job.step_key(self._job.step))
            if document.content is None:
                break
            keys: list[str] = document.content
            job = self._job
            result = change_videos(self._context.stores, job, keys, is_repeated=is_repeated)
            for failure in result.failures:
                self._log.warning("job_item_failed", object_key=failure.key, reason=failure.reason)
            self._store(lambda job, keys=keys, result=result: add_step(job, keys, result))  # type: ignore[misc]
            if job.keeps_steps:
                store_step(self._context.shared, job, job.step, result.undoable)
            else:
                self._delete_steps(job.step, job.step + 1)
            is_repeated = False
        if self._job.is_cancelled:
            self._delete_steps(self._job.step, self._job.step_count)
        self._end("cancelled" if self._job.is_cancelled else "done", None)

    def _select_videos(self) -> None:
        """Store the keys of the videos that match the filter.

        Raises: RefusedError if there are too many, TakenOverError, AwsError.
        """
        total = 0
        for number, keys in enumerate(split_batches(self._list_keys(), BATCH)):
            total += len(keys)
            if self._job.max_videos is not None and total > self._job.max_videos:
                self._delete_steps(0, number)
                raise JobRefusedError(f"More than {self._job.max_videos} videos match the filter. Nothing was changed.")
            store_step(self._context.shared, self._job, number, keys)
            if self._job.is_cancelled:
                break
        self._store(lambda job: job.model_copy(update={"phase": "running", "total": total}))

    def _list_keys(self) -> Iterator[str]:
        chosen = self._job.filter or JobFilter()
        states = (chosen.state,) if chosen.state else _STATES[self._job.kind]

        is_chosen = chosen.make_test() or (lambda _: True)

        def matches(record: VideoRecord) -> bool:
            return record.updated_at <= self._job.created_at and is_chosen(record)

        page = self._context.listing.page(states, _PAGE, matches=matches)
        while True:
            yield from (record.key for record in page.records)
            if page.is_last:
                return
            page = self._context.listing.page(states, _PAGE, start=page.positions, matches=matches)

    def _delete_steps(self, first: int, end: int) -> None:
        self._context.stores.videos.delete([self._job.step_key(number) for number in range(first, end)])

    def _end(self, phase: str, error: str | None) -> None:
        end = {"phase": phase, "error": error, "finished_at": datetime.now(UTC)}
        try:
            self._store(lambda job: job.model_copy(update=end))
        except (AwsError, JobTakenOverError) as reason:
            self._log.warning("job_end_not_written", error=str(reason))
            return
        self._log.info("job_ended", phase=phase, done=self._job.done, failed=self._job.failed)

    def _send_heartbeats(self) -> None:
        """Write the document periodically, so that other processes see that this run is alive."""
        while not self._ended.wait(_HEARTBEAT_S):
            # The run itself handles a take-over, or a table that does not answer.
            with contextlib.suppress(AwsError, JobTakenOverError):
                self._store(lambda job: job)

    def _store(self, change: Callable[[StoredJob], StoredJob]) -> None:
        """Store a change of the job. Raises: TakenOverError, AwsError."""
        with self._lock:
            changed = change(self._job)
            try:
                self._document = self._write(self._document, changed)
            except WriteConflictError:
                document = self._context.shared.document(job_key(changed.id))
                stored = read_job(document)
                if stored is None or stored.owner != changed.owner:
                    raise JobTakenOverError from None
                # A cancellation, or a write of this run whose answer was lost.
                changed = changed.model_copy(update={"is_cancelled": stored.is_cancelled or changed.is_cancelled})
                self._document = self._write(document, changed)
            self._job = changed
        self._context.changed()

    def _write(self, document: Document, job: StoredJob) -> Document:
        return self._context.shared.write(job_key(job.id), document, dump_job(job))


def store_step(shared: SharedItems, job: StoredJob, number: int, keys: Sequence[str]) -> None:
    """Store the keys of one step, also over those that are there. Raises: AwsError."""
    key = job.step_key(number)
    content: Any = list(keys)
    try:
        shared.write(key, Document(0, None), content)
    except WriteConflictError:
        shared.write(key, shared.document(key), content)
