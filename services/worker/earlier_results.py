"""Earlier results of videos that are regenerated: a failed attempt brings the result before it back.

The record of a video in progress has its earlier result while all pictures of that result are stored. A worker gives
the result up before it replaces the first of them: both are writes on the revision of the record, so that no record
ever lists pictures that a worker is replacing.

A pin changes only the poster. The storyboard, the preview and the candidates are then read from the bucket, which saves
most of the extraction. The manifest proves each byte: it is of this upload, these settings and this version, and has
the MD5 of every file. So no other worker, which may replace the files meanwhile, can mix two results.
"""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime

from services.aws.bucket import Bucket
from services.aws.errors import AwsError, WriteConflictError
from services.aws.videos import VideosTable
from services.contract.events import Delivery, UploadEvent
from services.contract.history import bring_back_result
from services.contract.outputs.manifest import Manifest
from services.contract.records import EarlierResult, ReasonCode, VideoRecord, VideoState, is_failure, is_same_claim
from services.contract.storyboards.bif import unpack_bif
from services.contract.storyboards.layout import StoryboardFormat
from services.contract.storyboards.stored import StoredStoryboard
from services.contract.thumbnails import ThumbnailOptions
from services.contract.version import VERSION
from services.worker.deletion import DeletionFollower
from services.worker.extraction.outcome import (
    ExtractedFile,
    ExtractedPreview,
    ExtractedStoryboard,
    Outcome,
    ScoredFrame,
)
from services.worker.extraction.reading.source import VideoSource
from services.worker.extraction.sandbox.sandbox import Sandbox
from services.worker.pictures import WRITES_AT_ONCE, SupersededError

_MAX_ROUNDS = 5


class EarlierResults:
    """Keeps and gives up the earlier results of claims."""

    def __init__(self, videos: VideosTable, deletions: DeletionFollower, now: Callable[[], datetime]) -> None:
        self._videos = videos
        self._deletions = deletions
        self._now = now

    def give_up(self, claimed: VideoRecord) -> VideoRecord:
        """Give up the earlier result, whose pictures are replaced from now on; return the claim.

        Raises: SupersededError if another attempt has brought that result back, or taken the record; AwsError.
        """
        before = claimed
        for _ in range(_MAX_ROUNDS):
            if before.earlier_result is None:
                return claimed
            try:
                written = self._videos.replace(before, before.model_copy(update={"earlier_result": None}))
            except WriteConflictError:
                found = self._videos.get(claimed.key)
                if found is None or found.state is not VideoState.PROCESSING or not is_same_claim(found, claimed):
                    raise SupersededError(claimed.key) from None
                before = found
            else:
                return written if before is claimed else claimed
        raise WriteConflictError(f"the record of {claimed.key} kept changing")

    def is_current(self, claimed: VideoRecord) -> bool:
        """Return False if another upload, other settings or a purge have taken the record. Raises: ServiceError."""
        record = self._videos.get(claimed.key)
        return record is not None and is_same_claim(record, claimed)

    def bring_back(
        self, failed: UploadEvent, delivery: Delivery, *, claimed: VideoRecord | None, code: ReasonCode, reason: str
    ) -> bool:
        """End the failed regeneration of `failed` with the result before it, whose pictures are all stored.

        `claimed` is the claim of the attempt, if it got that far. Return False if there is no such result: then the
        video has failed. Raises: AwsError.
        """
        for _ in range(_MAX_ROUNDS):
            record = self._videos.get(failed.key)
            if record is None or record.etag != failed.etag or not is_failure(record, claimed, failed, delivery):
                return False
            after = bring_back_result(record, self._now(), code, reason)
            if after is None:
                return False
            with contextlib.suppress(WriteConflictError):
                self._deletions.settle_marks(self._videos.replace(record, after))
                return True
        raise WriteConflictError(f"the record of {failed.key} kept changing")


def extract_changed(
    sandbox: Sandbox, source: VideoSource, bucket: Bucket, claimed: VideoRecord, settings: ThumbnailOptions
) -> Outcome:
    """Return the outcome of a claim. After a new pin, what the pin leaves unchanged is read from the bucket.

    `settings` are those of the worker. Raises: SandboxError.
    """
    options = settings.replace(claimed.options)
    unchanged = _find_unchanged(bucket, claimed, settings)
    if unchanged:
        outcome = sandbox.extract_pin(source, options)
        if outcome.state is VideoState.FAILED:
            return outcome
        if outcome.poster and not outcome.index_failure:
            return unchanged.complete(outcome)
    return sandbox.extract(source, options)


@dataclass(frozen=True)
class _Unchanged:
    """Outputs of a result with its files by key. The poster's candidates do not depend on the pin."""

    result: EarlierResult
    files: Mapping[str, bytes]

    def complete(self, outcome: Outcome) -> Outcome:
        """Return an outcome that has a pinned poster, with these outputs."""
        storyboard, preview, poster = self.result.storyboard, self.result.preview, self.result.poster
        if poster and outcome.poster:
            candidates = tuple(ScoredFrame(**one.model_dump()) for one in poster.candidates)
            strip = ExtractedFile(self.files[poster.candidates_key])
            outcome = replace(outcome, poster=replace(outcome.poster, strip=strip, candidates=candidates))
        if storyboard:
            made = ExtractedStoryboard(
                interval_s=storyboard.interval_s,
                tiles=storyboard.tiles,
                columns=storyboard.columns,
                rows=storyboard.sheet_rows,
                tile_width_px=storyboard.tile_width_px,
                tile_height_px=storyboard.tile_height_px,
                sheets=tuple(ExtractedFile(self.files[key]) for key in storyboard.sheet_keys),
                frames=tuple(
                    ExtractedFile(frame) for key in _bif_keys(storyboard) for frame in unpack_bif(self.files[key])
                ),
            )
            outcome = replace(outcome, storyboard=made)
        if preview:
            about = preview.model_dump(exclude={"key", "size_bytes"})
            outcome = replace(outcome, preview=ExtractedPreview(**about, data=self.files[preview.key]))
        return outcome


def _find_unchanged(bucket: Bucket, claimed: VideoRecord, settings: ThumbnailOptions) -> _Unchanged | None:
    """Return the outputs of a claim's earlier result that a pin leaves as they are; None if it changes more."""
    result, options = claimed.earlier_result, settings.replace(claimed.options)
    if result is None or not isinstance(options.poster_time_s, float):
        return None
    made_with = settings.replace(result.options)
    # The same pin again is a request to make everything again.
    is_new_pin = made_with != options and _without_pin(made_with) == _without_pin(options)
    has_all = (result.storyboard is not None, result.preview is not None) == (options.storyboard, options.preview)
    if not is_new_pin or not has_all or made_with.fingerprint != result.settings_hash:
        return None
    if not result.manifest or not result.poster or not result.poster.candidates:
        return None
    keys = [result.poster.candidates_key]
    if result.storyboard:
        keys += [*result.storyboard.sheet_keys, *_bif_keys(result.storyboard)]
    if result.preview:
        keys.append(result.preview.key)
    # An extraction replaces what S3 does not answer, and what is lost or of another result.
    with contextlib.suppress(AwsError, ValueError):
        return _Unchanged(result, _read_files(bucket, result.manifest.key, keys, claimed, result.settings_hash))
    return None


def _read_files(
    bucket: Bucket, manifest_key: str, keys: Sequence[str], record: VideoRecord, settings_hash: str
) -> Mapping[str, bytes]:
    """Return files that are as the manifest lists them.

    Raises: AwsError; ValueError if the manifest is of another result.
    """
    manifest = Manifest.model_validate_json(bucket.get(manifest_key)[1])
    made_of = manifest.upload.key, manifest.upload.etag, manifest.settings_hash, manifest.pipeline_version
    listed = [output for output in manifest.outputs if output.key in keys]
    if made_of != (record.key, record.etag, settings_hash, VERSION) or len(listed) != len(keys):
        raise ValueError("made of another upload, settings or version")
    with ThreadPoolExecutor(WRITES_AT_ONCE, thread_name_prefix="reuse") as pool:
        bodies = pool.map(lambda output: bucket.read(output.key, 0, output.size_bytes, etag=output.etag), listed)
        return {output.key: body for output, body in zip(listed, bodies, strict=True)}


def _bif_keys(storyboard: StoredStoryboard) -> list[str]:
    return [key for one, key in storyboard.format_keys.items() if one is StoryboardFormat.BIF]


def _without_pin(options: ThumbnailOptions) -> ThumbnailOptions:
    return options.model_copy(update={"poster_time_s": None})
