"""One run of a purge: delete every upload, record and picture that was stored before the purge's cutoff.

The uploads are deleted first, so that workers begin no more videos. Then the records: a record is removed only if its
upload is deleted and if it has not changed since it was read; the purge takes its claim in the same transaction.
Pictures are deleted after the records, so that a worker that reads a record can rely on its pictures. If a worker is
processing a video, the purge marks its record (`purged_at`) and waits until the worker finishes it. Claims are released
at the end.

If the purge is cancelled, it deletes no more uploads, and finishes what belongs to the deleted ones.

Each phase can run twice: cutoff, versions and the table's conditions decide which objects a run deletes. If the process
of a run ends, another process continues from the phase in the table.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any, TypeVar

import structlog

from services.api.actions.dead_letters import DeadLetterStore, Letter
from services.api.actions.purge_job import PurgeJob, dump_job
from services.aws.bucket import DELETE_AT_ONCE, Bucket, ObjectVersion
from services.aws.errors import AwsError, ObjectMissingError, WriteConflictError
from services.aws.removal import clear_frames
from services.aws.shared import Document, SharedItems
from services.aws.table.items import parse_record
from services.aws.videos import RELEASE_AT_ONCE, REMOVE_AT_ONCE, VideosTable
from services.contract.keys import UPLOAD_PREFIX, is_upload, picture_base
from services.contract.records import VideoRecord
from services.contract.resources import CLAIM_PREFIX, PURGE_KEY, PURGER, RESERVATION_PREFIX

MAX_ATTEMPTS = 20
"""Maximum number of runs of one phase; the purge fails after that."""

_STORE_INTERVAL_S = 1.0
_HEARTBEAT_S = 3.0
_MAX_WAIT_FOR_WORKERS_S = 300.0
_POLL_INTERVAL_S = 0.5
_MAX_PAUSE_S = 30.0
_MAX_LATE_LOOKS = 3
"""A record that a worker writes again and again must not keep a purge from its end."""

T = TypeVar("T")


@dataclass
class _Found:
    """Records in progress, records of videos that were uploaded again after a mark, and keys of old reservations."""

    in_progress: list[VideoRecord] = field(default_factory=list)
    marked: list[VideoRecord] = field(default_factory=list)
    expired: list[str] = field(default_factory=list)


class TakenOverError(Exception):
    """Another process has taken over the purge: this run must stop."""


@dataclass(frozen=True)
class PurgeContext:
    """Services of a purge. It calls `changed` after each progress."""

    bucket: Bucket
    videos: VideosTable
    shared: SharedItems
    dead_letters: DeadLetterStore
    thumbnail_prefix: str
    changed: Callable[[], None]


class PurgeRun:
    """One run of a purge, until it is done, has failed, or another process takes over."""

    def __init__(self, context: PurgeContext, document: Document, job: PurgeJob) -> None:
        self._context = context
        self._bucket = context.bucket
        # A process can be stopped during a write, and continue after another one has taken over and ended the purge.
        self._videos = context.videos.only_while(PURGE_KEY, f'"owner": "{job.owner}"')
        self._log = structlog.get_logger().bind(purge=job.progress.id)
        self._lock = threading.Lock()
        self._document = document
        self._job = job
        self._stored_at = time.monotonic()
        self._ended = threading.Event()
        self._cutoff = job.cutoff

    def run(self) -> None:
        self._log.info("purge_begun", phase=self._job.progress.phase, attempts=self._job.attempts)
        heart = threading.Thread(target=self._send_heartbeats, name="purge-heartbeat", daemon=True)
        heart.start()
        try:
            self._try_until_done()
        except TakenOverError:
            self._log.warning("purge_taken_over")
        except AwsError as error:
            # The end could not be written. Another process sees no more writes and continues the purge.
            self._log.warning("purge_end_not_written", error=str(error))
        finally:
            self._ended.set()
            heart.join()
        self._context.changed()

    def _try_until_done(self) -> None:
        """Run the phases, and repeat them after errors of AWS.

        Raises: TakenOverError, AwsError if the end could not be written.
        """
        while True:
            try:
                self._run_phases()
            except AwsError as error:
                self._log.warning("purge_interrupted", error=str(error), attempts=self._job.attempts)
                if self._job.attempts >= MAX_ATTEMPTS:
                    self._end_purge("failed", str(error))
                    return
                time.sleep(min(_MAX_PAUSE_S, 0.5 * 2.0**self._job.attempts))
                self._job = self._job.model_copy(update={"attempts": self._job.attempts + 1})
            except TakenOverError:
                raise
            except Exception:  # noqa: BLE001 - people must see that the purge failed, whatever the error is
                self._log.exception("purge_failed")
                self._end_purge("failed", "An unexpected error happened. The log of the api shows it.")
                return
            else:
                self._end_purge("done", None)
                self._log.info("purge_done", deleted=self._job.progress.deleted, records=self._job.progress.records)
                return

    def _end_purge(self, phase: str, error: str | None) -> None:
        self._store_progress(phase=phase, running=False, finished_at=datetime.now(UTC), in_work=0, error=error)

    def _run_phases(self) -> None:
        current = self._job.progress.phase
        self._run_phases_from("records" if current == "in_work" else current)
        self._correct_totals()
        # The last step, as a worker that read its video before the deletion can write its record at any time.
        for _ in range(_MAX_LATE_LOOKS):
            if not self._has_late_records():
                return
            # Their phases are stored too, so that another attempt deletes their pictures and releases their claims.
            self._run_phases_from("records")
            self._correct_totals()

    def _run_phases_from(self, first: str) -> None:
        phases = {
            "uploads": self._delete_uploads,
            "records": self._remove_records,
            "thumbnails": self._delete_pictures,
            "dead_letters": self._discard_letters,
        }
        names = list(phases)
        for name in names[names.index(first) :]:
            if name != first:
                self._job = self._job.model_copy(update={"attempts": 1})
            self._store_progress(phase=name)
            phases[name]()

    def _delete_uploads(self) -> None:
        self._delete_versions(
            version for version in self._bucket.versions(UPLOAD_PREFIX) if version.modified_at < self._cutoff
        )

    def _remove_records(self) -> None:
        """Remove the records of deleted uploads; wait for those that a worker is processing."""
        until = time.monotonic() + _MAX_WAIT_FOR_WORKERS_S
        while in_progress := self._remove_ended():
            self._store_progress(phase="in_work", in_work=len(in_progress))
            is_last = time.monotonic() > until
            self._wait_for_workers(in_progress, until)
            if is_last:
                return

    def _remove_ended(self) -> list[VideoRecord]:
        """Remove the records that have ended; mark those in progress and return them."""
        found = _Found()
        for batch in split_batches(self._find_ended(found), min(REMOVE_AT_ONCE, self._videos.remove_at_once)):
            self._remove_records_in(batch)
        self._videos.delete(found.expired)
        for record in found.in_progress:
            self._mark_record(record, datetime.now(UTC))
        for record in found.marked:
            # It was uploaded again. If that upload is deleted too, a reindex must not leave the record to this purge.
            self._mark_record(record, None)
        return found.in_progress

    def _find_ended(self, found: _Found) -> Iterator[VideoRecord]:
        """Yield the records that have ended, and note what else a purge changes."""
        # A video that was uploaded again keeps its record and pictures: a worker decides about both.
        present = {info.key for info in self._bucket.list(UPLOAD_PREFIX)}
        for item in self._videos.scan():
            pk = item["pk"]
            if pk.startswith(RESERVATION_PREFIX):
                if item["until"] < time.time():
                    found.expired.append(pk)
            elif is_upload(pk) and pk in present:
                if "purged_at" in item:
                    found.marked.append(parse_record(item))
            elif is_upload(pk) and self._is_old(record := parse_record(item)):
                if record.finished_at is not None:
                    yield record
                else:
                    found.in_progress.append(record)

    def _has_late_records(self) -> bool:
        """Return True if a worker that read its video just before the deletion has written a record since."""
        records = (parse_record(item) for item in self._videos.scan() if is_upload(item["pk"]))
        return any(self._is_old(record) and not self._is_stored(record.key) for record in records)

    def _is_stored(self, key: str) -> bool:
        try:
            self._bucket.head(key)
        except ObjectMissingError:
            return False
        return True

    def _is_old(self, record: VideoRecord) -> bool:
        """Return True if a record is about an object that was stored before the cutoff."""
        # Records of older versions have no `modified_at`; the event of a later object was sent later.
        return (record.modified_at or record.queued_at) < self._cutoff

    def _remove_records_in(self, records: Sequence[VideoRecord]) -> None:
        try:
            self._videos.remove(records)
        except WriteConflictError:
            # A worker has just written one of them: it stays, or the next scan finds it.
            if len(records) > 1:
                for record in records:
                    self._remove_records_in([record])
            return
        self._store_progress(records=self._job.progress.records + len(records), now=False)

    def _mark_record(self, record: VideoRecord, purged_at: datetime | None) -> None:
        """Mark a record, or remove its mark; a marked record keeps the time of its first mark."""
        if (record.purged_at is None) != (purged_at is None):
            # A conflict means that it has just ended, or has been marked.
            with contextlib.suppress(WriteConflictError):
                self._videos.replace(record, record.model_copy(update={"purged_at": purged_at}))

    def _wait_for_workers(self, in_progress: Sequence[VideoRecord], until: float) -> None:
        """Wait until workers have finished these records; remove those that take too long."""
        keys = [record.key for record in in_progress]
        while keys := [key for key in keys if self._is_in_progress(key)]:
            self._store_progress(in_work=len(keys), now=False)
            if time.monotonic() > until:
                break
            time.sleep(_POLL_INTERVAL_S)
        for key in keys:
            current = self._videos.get(key)
            if current is not None and current.purged_at is not None:
                self._log.warning("purge_gave_up_waiting", object_key=key)
                self._remove_records_in([current])

    def _is_in_progress(self, key: str) -> bool:
        record = self._videos.get(key)
        return record is not None and record.purged_at is not None and record.finished_at is None

    def _delete_pictures(self) -> None:
        """Delete cached frames and the pictures without an owner, then release the claims of the purge."""
        # Those of videos that stay are made again.
        clear_frames(self._bucket)
        owned, kept = self._owned_bases(), 0

        def find_ownerless() -> Iterator[ObjectVersion]:
            nonlocal kept
            for version in self._bucket.versions(self._context.thumbnail_prefix):
                if self._is_ownerless(version, owned):
                    yield version
                elif version.modified_at < self._cutoff:
                    kept += 1

        self._delete_versions(find_ownerless())
        if not self._job.is_cancelled:
            # A worker that follows the deletion of an upload deletes its pictures first.
            gone = self._job.progress.total - kept
            self._store_progress(deleted=max(self._job.progress.deleted, gone), now=False)
        claims = (item for item in self._videos.scan() if item["pk"].startswith(CLAIM_PREFIX))
        seized = (item["pk"].removeprefix(CLAIM_PREFIX) for item in claims if item["upload"] == PURGER)
        for batch in split_batches(seized, RELEASE_AT_ONCE):
            self._videos.release(batch)

    def _owned_bases(self) -> set[str]:
        """Return the bases of uploads that have a record; seize those of uploads that have none."""
        owned = set()
        for item in self._videos.scan():
            pk = item["pk"]
            if pk.startswith(CLAIM_PREFIX) and (owner := item["upload"]) != PURGER:
                base = pk.removeprefix(CLAIM_PREFIX)
                if self._videos.get(owner) is not None or not self._videos.seize(base, owner):
                    owned.add(base)
        return owned

    def _is_ownerless(self, version: ObjectVersion, owned: set[str]) -> bool:
        base = picture_base(version.key)
        if base in owned:
            return False
        if version.modified_at < self._cutoff:
            return True
        # A worker that the purge waited for has stored it; no other can while the purge has the claim.
        return base is not None and self._videos.claim_owner(base) == PURGER

    def _delete_versions(self, versions: Iterable[ObjectVersion]) -> None:
        for batch in split_batches(versions, DELETE_AT_ONCE):
            if self._job.is_cancelled and is_upload(batch[0].key):
                return
            deleted = self._bucket.delete(batch)
            # Whoever reserved the name of an upload has used it.
            used = [version.key for version in deleted if version.is_latest and version.etag and is_upload(version.key)]
            self._videos.delete([RESERVATION_PREFIX + key for key in used])
            self._store_progress(
                deleted=self._job.progress.deleted + len(deleted),
                deleted_bytes=self._job.progress.deleted_bytes + sum(version.size_bytes for version in deleted),
                now=False,
            )

    def _discard_letters(self) -> None:
        self._context.dead_letters.discard(self._is_of_deleted_upload)

    def _is_of_deleted_upload(self, letter: Letter) -> bool:
        # By the time of the upload, as its letter can be much later.
        is_old = is_upload(letter.key) and all(event.time < self._cutoff for event in letter.events)
        # A cancelled purge has left uploads that it counted.
        return is_old and not (self._job.is_cancelled and self._is_stored(letter.key))

    def _correct_totals(self) -> None:
        """Set the totals to zero if no record is left, so that an error in them does not stay."""
        before = self._videos.counters()
        if any(is_upload(item["pk"]) for item in self._videos.scan()):
            return
        if any(count for name, count in self._videos.totals().items() if count):
            try:
                self._videos.correct(before, {})
            except WriteConflictError:
                self._log.info("totals_in_use", consequence="they stay unchanged")

    def _send_heartbeats(self) -> None:
        """Write the document periodically, so that other processes see that this run is alive."""
        while not self._ended.wait(_HEARTBEAT_S):
            # The run itself handles a take-over, or a table that does not answer.
            with contextlib.suppress(AwsError, TakenOverError):
                self._store_progress(now=False)

    def _store_progress(self, *, now: bool = True, **changes: Any) -> None:
        """Store the progress; at most once a second unless it must be `now`. Raises: TakenOverError, AwsError."""
        with self._lock:
            progress = self._job.progress.model_copy(update=changes)
            self._job = self._job.model_copy(update={"progress": progress})
            if not now and time.monotonic() - self._stored_at < _STORE_INTERVAL_S:
                return
            try:
                self._document = self._context.shared.write(PURGE_KEY, self._document, dump_job(self._job))
            except WriteConflictError:
                self._resolve_conflict()
            self._stored_at = time.monotonic()
        self._context.changed()

    def _resolve_conflict(self) -> None:
        """Write again if the conflict was with a cancellation, or a write of this run whose answer was lost.

        Raises: TakenOverError.
        """
        document = self._context.shared.document(PURGE_KEY)
        content = document.content or {}
        if content.get("owner") != self._job.owner:
            raise TakenOverError
        if content.get("is_cancelled"):
            self._job = self._job.model_copy(update={"is_cancelled": True})
        self._document = self._context.shared.write(PURGE_KEY, document, dump_job(self._job))


def split_batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
