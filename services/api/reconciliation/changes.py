"""Changes for the findings of a reconciler: a dry run counts them, a run makes them."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from services.api.actions.lost_pictures import are_stored, list_picture_keys
from services.api.reconciliation.decisions import QUEUED, Finding, read_overrides
from services.api.reconciliation.pace import Pace
from services.api.reconciliation.reconciler import ReconcilerContext
from services.api.schema.reconciliation_models import ReconciliationExample
from services.aws.bucket import ObjectInfo
from services.aws.errors import WriteConflictError
from services.aws.queue import MAX_BATCH, MessageQueue
from services.aws.removal import clear_base, delete_versions, remove_video
from services.contract.events import REGENERATE, UploadEvent, make_notification_body
from services.contract.keys import is_upload
from services.contract.records import VideoRecord

_MAX_EXAMPLES = 20
RECONCILE = "ObjectCreated:Reconcile"
"""Event name for a video without a record of its content."""


class Tally:
    """Counts, examples and the position of a reconciliation; `changed` is called after each change."""

    def __init__(self, counts: Mapping[str, int], position: str, changed: Callable[[], None]) -> None:
        self.counts = Counter(counts)
        self.position = position
        self.examples: list[ReconciliationExample] = []
        self._changed = changed

    def add(self, **counts: int) -> None:
        self.counts.update(counts)
        self._changed()

    def show(self, key: str, finding: Any) -> None:
        if len(self.examples) < _MAX_EXAMPLES:
            self.examples.append(ReconciliationExample(key=key, finding=finding))


class CountingChanges:
    """Changes of a dry run, which only counts."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally

    def note_listed(self, **counts: int) -> None:
        self._tally.add(**counts)

    def remove_record(self, record: VideoRecord) -> None:
        self._tally.show(record.key, "gone")
        self._tally.add(gone=1)

    def remove_pictures(
        self, base: str, pictures: Sequence[ObjectInfo], owner: str | None, record: VideoRecord | None
    ) -> None:
        del base, owner, record
        self._tally.show(pictures[0].key, "surplus")
        self._tally.add(surplus=len(pictures), surplus_bytes=sum(picture.size_bytes for picture in pictures))

    def settle_upload(self, info: ObjectInfo, finding: Finding, item: Mapping[str, Any] | None) -> None:
        del item
        if finding in QUEUED:
            self._tally.show(info.key, finding)
            self._tally.add(queued_bytes=info.size_bytes)
        self._tally.add(**{finding: 1})

    def pass_page(self, last: str) -> None:
        self._tally.position = last
        self._tally.add()


class ApplyingChanges(CountingChanges):
    """Changes of a run. Each depends on the record that was read before, and has no second effect."""

    def __init__(
        self, tally: Tally, context: ReconcilerContext, queue: MessageQueue, pace: Pace, *, wait: Callable[[], None]
    ) -> None:
        """Set the services; `wait` returns after a moment, or raises an error if the run must stop."""
        super().__init__(tally)
        self._bucket = context.bucket
        self._videos = context.videos
        self._queue = queue
        self._pace = pace
        self._wait = wait
        self._pending: list[tuple[ObjectInfo, Finding, Mapping[str, Any] | None]] = []

    def remove_record(self, record: VideoRecord) -> None:
        removed = remove_video(self._bucket, self._videos, record, datetime.now(UTC))
        if removed is not None:
            self._tally.show(record.key, "gone")
            self._tally.add(gone=1, surplus=removed.objects, surplus_bytes=removed.size_bytes)

    def remove_pictures(
        self, base: str, pictures: Sequence[ObjectInfo], owner: str | None, record: VideoRecord | None
    ) -> None:
        if record is None:
            if owner is not None and is_upload(owner) and not self._videos.seize(base, owner):
                return
            removed = clear_base(self._bucket, self._videos, base)
        else:
            keys = [picture.key for picture in pictures]
            versions = [version for key in keys for version in self._bucket.versions(key) if version.key == key]
            try:
                # A slow worker that has stored one of them must not end its claim: it starts again.
                self._videos.replace(record, record.model_copy(update={"changes": record.changes + 1}))
            except WriteConflictError:
                # A worker has claimed the record since it was read, and may have stored one of the versions.
                return
            removed = delete_versions(self._bucket, versions)
        self._tally.show(pictures[0].key, "surplus")
        self._tally.add(surplus=removed.objects, surplus_bytes=removed.size_bytes)

    def settle_upload(self, info: ObjectInfo, finding: Finding, item: Mapping[str, Any] | None) -> None:
        if finding not in QUEUED:
            self._tally.add(**{finding: 1})
            return
        self._pending.append((info, finding, item))
        if len(self._pending) >= min(MAX_BATCH, self._pace.window):
            self._send_pending()

    def pass_page(self, last: str) -> None:
        self._send_pending()
        super().pass_page(last)

    def _send_pending(self) -> None:
        while self._pending:
            room = self._pace.measure_room()
            if room == 0:
                self._wait()
                continue
            batch = self._pending[: min(room, MAX_BATCH)]
            if events := [event for one in batch if (event := self._make_event(*one))]:
                self._queue.send([make_notification_body(event) for event in events])
            del self._pending[: len(batch)]
            for info, finding, item in batch:
                self._pace.note_sent(info.key, int(item["revision"]) if item else None)
                self._tally.show(info.key, finding)
            self._tally.position = batch[-1][0].key
            sizes = sum(info.size_bytes for info, _, _ in batch)
            self._tally.add(**Counter(str(finding) for _, finding, _ in batch), queued_bytes=sizes)

    def _make_event(self, info: ObjectInfo, finding: Finding, item: Mapping[str, Any] | None) -> UploadEvent | None:
        """Return the event that lets a worker process the video, None if its record has just changed.

        Options that a person has chosen for the same content stay.
        """
        if finding is Finding.LOST:
            # The listing can be older than the record, whose pictures a worker has stored since.
            record = self._videos.get(info.key)
            if record is None or record.etag != info.etag or are_stored(self._bucket, list_picture_keys(record)):
                return None
        return UploadEvent(
            name=REGENERATE if finding in (Finding.OUTDATED, Finding.LOST) else RECONCILE,
            time=info.modified_at or datetime.now(UTC),
            bucket=self._bucket.name,
            key=info.key,
            etag=info.etag,
            size_bytes=info.size_bytes,
            options=read_overrides(item) if finding in (Finding.OUTDATED, Finding.LOST) else None,
            is_background=True,
        )
