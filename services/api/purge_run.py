"""One run of the purge: every upload, every thumbnail, every record that was there when it began.

Uploads go first, so that no worker can begin a video any more. Then the thumbnails, then the records with their
claims on names. A worker may still be in the middle of a video, and may only store, not delete: its record is marked
(`purged_at`), and its claim stays, so that its thumbnails can lie over nobody else's. The worker, or the next one that
gets its message, ends the record; then the purge removes that too. What was uploaded after the beginning stays.
"""

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, TypeVar

import structlog

from services.api.dead_letters import DeadLetterBox
from services.api.models import PurgeProgress
from services.aws.bucket import DELETE_AT_ONCE, Bucket, ObjectVersion
from services.aws.errors import AwsError, WriteConflictError
from services.aws.shared import Document, SharedItems
from services.aws.videos import REMOVE_AT_ONCE, VideosTable, record_of
from services.contract.keys import UPLOAD_PREFIX, is_of_base, is_upload
from services.contract.records import VideoRecord
from services.contract.resources import CLAIM_PREFIX, PURGE_KEY, PURGER, RESERVATION_PREFIX

_HEARTBEAT_S = 1.0
_DEAD_AFTER_S = 30.0
_WAIT_FOR_WORK_S = 300.0
_LOOK_EVERY_S = 0.5
_CLOCKS = timedelta(seconds=10)
"""How far the clocks of api and workers may be apart."""

T = TypeVar("T")


@dataclass(frozen=True)
class PurgeParts:
    """What a purge works with. `changed` hears that there is progress to be shown."""

    bucket: Bucket
    videos: VideosTable
    shared: SharedItems
    dead_letters: DeadLetterBox
    thumbnail_prefix: str
    changed: Callable[[], None]

    @property
    def prefixes(self) -> tuple[str, str]:
        return UPLOAD_PREFIX, self.thumbnail_prefix


class Run:
    """One purge. Ends when all is done, when something breaks for good, or when another process has taken over."""

    def __init__(self, parts: PurgeParts, document: Document, progress: PurgeProgress) -> None:
        self._parts = parts
        self._bucket = parts.bucket
        self._videos = parts.videos
        self._log = structlog.get_logger().bind(purge=progress.id)
        self._document = document
        self._progress = progress
        self._told_at = time.monotonic()
        # What was there when it began; S3 tells times in whole seconds.
        self._cutoff = progress.started_at.replace(microsecond=0) + timedelta(seconds=1)

    def run(self) -> None:
        self._log.info("purge_begun", objects=self._progress.total)
        try:
            self._purge()
            self._tell(phase="done", running=False, finished_at=datetime.now(UTC), in_work=0)
            self._log.info("purge_done", deleted=self._progress.deleted, records=self._progress.records)
        except WriteConflictError:
            self._log.warning("purge_taken_over")
        except Exception as error:  # noqa: BLE001 - whatever it is, people must see that it did not end well
            self._log.exception("purge_failed")
            reason = str(error) if isinstance(error, AwsError) else "It failed; the log of the api tells why."
            self._end(reason)
        self._parts.changed()

    def _end(self, reason: str) -> None:
        try:
            self._tell(phase="failed", running=False, finished_at=datetime.now(UTC), error=reason)
        except AwsError as error:
            self._log.warning("purge_end_not_told", error=str(error))

    def _purge(self) -> None:
        for phase, prefix in zip(("uploads", "thumbnails"), self._parts.prefixes, strict=True):
            self._tell(phase=phase)
            self._delete(self._bucket.versions(prefix))
        self._tell(phase="records")
        until = time.monotonic() + _WAIT_FOR_WORK_S
        while in_work := self._remove_records():
            self._tell(phase="in_work", in_work=len(in_work))
            self._await(in_work, until)
        self._tell(phase="dead_letters", in_work=0)
        self._parts.dead_letters.discard(lambda letter: is_upload(letter.key) and letter.at < self._cutoff)
        self._correct_totals()

    def _delete(self, versions: Iterable[ObjectVersion]) -> None:
        for batch in batches((one for one in versions if one.modified_at < self._cutoff), DELETE_AT_ONCE):
            self._bucket.delete(batch)
            self._tell(
                deleted=self._progress.deleted + len(batch),
                deleted_bytes=self._progress.deleted_bytes + sum(version.size_bytes for version in batch),
                now=False,
            )

    def _remove_records(self) -> list[VideoRecord]:
        """Removes what has ended, marks what is in work and returns that. Claims without a record go too."""
        in_work: list[VideoRecord] = []
        claims: dict[str, str] = {}
        expired: list[str] = []

        def ended() -> Iterator[VideoRecord]:
            for item in self._videos.scan():
                pk = item["pk"]
                if pk.startswith(CLAIM_PREFIX):
                    claims[pk.removeprefix(CLAIM_PREFIX)] = item["upload"]
                elif pk.startswith(RESERVATION_PREFIX) and item["until"] < time.time():
                    expired.append(pk)
                elif is_upload(pk) and (record := record_of(item)).queued_at < self._cutoff:
                    if record.finished_at is not None:
                        yield record
                    else:
                        in_work.append(record)

        removed: set[str] = set()
        for batch in batches(ended(), REMOVE_AT_ONCE):
            self._remove(batch)
            removed.update(record.base for record in batch)
        self._videos.delete(expired)
        for record in in_work:
            self._mark(record)
        self._take_claims({base: owner for base, owner in claims.items() if base not in removed})
        return in_work

    def _take_claims(self, claims: Mapping[str, str]) -> None:
        """Clears what lies under claims without a record: of a purge that was interrupted, of a worker that was."""
        for base, owner in claims.items():
            if owner == PURGER or (self._videos.get(owner) is None and self._videos.seize(base, owner)):
                self._clear([base])

    def _remove(self, records: Sequence[VideoRecord]) -> None:
        try:
            self._videos.remove(records)
        except WriteConflictError:
            # One of them has changed: the next look at the table sees how.
            if len(records) > 1:
                for record in records:
                    self._remove([record])
            return
        bases = {record.base: record.finished_at for record in records if record.base}
        # Who ended after the thumbnails were listed, or has not ended, may have stored some since.
        since = self._progress.started_at - _CLOCKS
        late = [base for base, finished_at in bases.items() if finished_at is None or finished_at >= since]
        self._clear(late)
        self._videos.release([base for base in bases if base not in late])
        self._tell(records=self._progress.records + len(records), now=False)

    def _mark(self, record: VideoRecord) -> None:
        if record.purged_at is None:
            # A conflict means that it has just ended, or has been marked.
            with contextlib.suppress(WriteConflictError):
                self._videos.replace(record, record.model_copy(update={"purged_at": datetime.now(UTC)}))

    def _await(self, in_work: Sequence[VideoRecord], until: float) -> None:
        """Until the workers have ended these; those that take too long are removed as they are."""
        keys = [record.key for record in in_work]
        while keys := [key for key in keys if self._is_in_work(key)]:
            self._tell(in_work=len(keys), now=False)
            if time.monotonic() > until:
                break
            time.sleep(_LOOK_EVERY_S)
        for key in keys:
            current = self._videos.get(key)
            if current is not None and current.purged_at is not None:
                self._log.warning("purge_gave_up_waiting", object_key=key)
                self._remove([current])

    def _is_in_work(self, key: str) -> bool:
        record = self._videos.get(key)
        return record is not None and record.purged_at is not None and record.finished_at is None

    def _clear(self, bases: Sequence[str]) -> None:
        """Deletes what lies under bases that are the purge's, and gives them back to all."""
        for base in bases:
            stored = (version for version in self._bucket.versions(f"{base}_") if is_of_base(version.key, base))
            for batch in batches(stored, DELETE_AT_ONCE):
                self._bucket.delete(batch)
        self._videos.release(bases)

    def _correct_totals(self) -> None:
        """An error that has crept into the totals ends with the records that it came from."""
        before = self._videos.counters()
        if any(is_upload(item["pk"]) for item in self._videos.scan()):
            return
        if any(count for name, count in self._videos.totals().items() if count):
            try:
                self._videos.correct(before, {})
            except WriteConflictError:
                self._log.info("totals_in_use", consequence="they are left as they are")

    def _tell(self, *, now: bool = True, **changes: Any) -> None:
        """Puts down how far it is; at most once a second unless it must be `now`.

        Raises: WriteConflictError if another process has taken over, ServiceError.
        """
        self._progress = self._progress.model_copy(update=changes)
        if now or time.monotonic() - self._told_at > _HEARTBEAT_S:
            self._document = self._parts.shared.write(PURGE_KEY, self._document, content_of(self._progress))
            self._told_at = time.monotonic()
            self._parts.changed()


def progress_of(document: Document) -> PurgeProgress | None:
    """The purge that a document tells of; one whose process has fallen silent is interrupted."""
    if not document.content:
        return None
    progress = PurgeProgress.model_validate(document.content["progress"])
    if progress.running and time.time() - document.content["told_at_s"] > _DEAD_AFTER_S:
        return progress.model_copy(update={"running": False, "phase": "interrupted"})
    return progress


def content_of(progress: PurgeProgress) -> Any:
    return {"progress": progress.model_dump(mode="json"), "told_at_s": time.time()}


def batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
