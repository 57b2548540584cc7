"""The purge: what it would take, its beginning, how far it is. What it does is in `purge_run.py`."""

import secrets
import threading
from datetime import UTC, datetime
from itertools import islice

from services.api.models import PurgePreview, PurgeProgress
from services.api.problems import ConflictError
from services.api.purge_run import PurgeParts, Run, content_of, progress_of
from services.aws.errors import WriteConflictError
from services.contract.resources import PURGE_KEY

COUNT_MOST = 100_000
"""Versions of objects that a preview counts at most: a hundred requests."""


class Purge:
    """Counts, runs, and tells how far it is. One purge at a time, in whichever process."""

    def __init__(self, parts: PurgeParts) -> None:
        self._parts = parts

    def preview(self) -> PurgePreview:
        """What there is to delete. Raises: AwsError."""
        versions = (version for prefix in self._parts.prefixes for version in self._parts.bucket.versions(prefix))
        counted = list(islice(versions, COUNT_MOST + 1))
        totals = self._parts.videos.totals()
        return PurgePreview(
            objects=min(len(counted), COUNT_MOST),
            bytes=sum(version.size_bytes for version in counted[:COUNT_MOST]),
            records=sum(count for name, count in totals.items() if name.startswith("videos_")),
            is_complete=len(counted) <= COUNT_MOST,
            last=progress_of(self._parts.shared.document(PURGE_KEY)),
        )

    def start(self) -> tuple[PurgePreview, PurgeProgress]:
        """Begins a purge in a thread of its own.

        Raises: ConflictError if one runs already, AwsError.
        """
        before = self._parts.shared.document(PURGE_KEY)
        running = progress_of(before)
        if running is not None and running.running:
            raise ConflictError("A purge is running: its progress comes with GET /api/purge.")
        preview = self.preview()
        progress = PurgeProgress(
            id=secrets.token_hex(8),
            running=True,
            phase="uploads",
            deleted=0,
            total=preview.objects,
            deleted_bytes=0,
            records=0,
            in_work=0,
            started_at=datetime.now(UTC),
        )
        try:
            document = self._parts.shared.write(PURGE_KEY, before, content_of(progress))
        except WriteConflictError:
            raise ConflictError("A purge has just begun elsewhere.") from None
        self._parts.changed()
        run = Run(self._parts, document, progress)
        threading.Thread(target=run.run, name="purge", daemon=True).start()
        return preview, progress
