"""History of a record: its earlier attempts, for people, and the result that a failed regeneration keeps. Pure."""

from datetime import datetime

from services.contract.events import Delivery
from services.contract.records import EarlierResult, ReasonCode, VideoRecord, VideoState

MAX_ATTEMPTS_KEPT = 20
"""Attempts that a record keeps; the oldest ones are dropped."""


def continue_history(before: VideoRecord | None, etag: str) -> dict[str, object]:
    """Return the fields of the next attempt that continue the history of a record; empty for other content."""
    if before is None or before.etag != etag:
        return {}
    return {
        "attempt": before.attempts[-1].number + 1,
        "first_queued_at": before.uploaded_at,
        "earlier_attempts": before.attempts[1 - MAX_ATTEMPTS_KEPT :],
    }


def count_changes(before: VideoRecord | None, claim: VideoRecord) -> int:
    """Return the number of changes of content or settings up to a claim that replaces `before`."""
    if before is None:
        return 0
    return before.changes + ((before.etag, before.settings_hash) != (claim.etag, claim.settings_hash))


def note_failure(record: VideoRecord, now: datetime, code: ReasonCode, reason: str) -> VideoRecord:
    """Return the record of a claim with its attempt as failed; the next attempt will have its own claim."""
    failed = {"state": VideoState.FAILED, "ended_at": now, "reason_code": code, "reason": reason}
    noted = record.current_attempt.model_copy(update=failed)
    return record.model_copy(update={"earlier_attempts": (*record.earlier_attempts, noted)})


def close_history(record: VideoRecord) -> dict[str, object]:
    """Return the fields of a deleted video that keep the end of each attempt: the deletion is not the end of one."""
    attempts = record.attempts
    return {"attempt": attempts[-1].number, "earlier_attempts": attempts[-MAX_ATTEMPTS_KEPT:]}


def keep_result(before: VideoRecord | None, record: VideoRecord) -> EarlierResult | None:
    """Return the result of which `record`, a claim that replaces `before`, has all pictures under its base."""
    if before is None or (before.etag, before.base) != (record.etag, record.base):
        return None
    if before.state in (VideoState.DONE, VideoState.DEGRADED):
        return EarlierResult.model_validate(before, from_attributes=True)
    return before.earlier_result if before.state is VideoState.PROCESSING else None


def bring_back_result(record: VideoRecord, now: datetime, code: ReasonCode, reason: str) -> VideoRecord | None:
    """Return the record with its earlier result, and with its attempt as failed; None if it has no such result.

    Identity and message stay those of the failed attempt: a duplicate of its message is no further request.
    """
    kept = record.earlier_result
    if kept is None or record.state is not VideoState.PROCESSING:
        return None
    others = tuple(one for one in record.earlier_attempts if one.number != record.attempt)
    failed = note_failure(record.model_copy(update={"earlier_attempts": others}), now, code, reason)
    fields = {name: getattr(kept, name) for name in EarlierResult.model_fields}
    return failed.model_copy(update={**fields, "updated_at": now, "earlier_result": None})


def keep_history(record: VideoRecord, before: VideoRecord | None) -> VideoRecord:
    """Return the result of an attempt with the history of the record that it replaces.

    Another attempt at the same content may have begun meanwhile: the number of attempts never decreases.
    """
    if before is None or before.etag != record.etag or before.attempt <= record.attempt:
        return record
    names = ("attempt", "first_queued_at", "earlier_attempts")
    return record.model_copy(update={name: getattr(before, name) for name in names})


def find_claim(record: VideoRecord | None, etag: str, message_id: str) -> VideoRecord | None:
    """Return the record if it is the open claim of this message: a failure without a result is no attempt more."""
    if record is None or record.state is not VideoState.PROCESSING:
        return None
    return record if (record.etag, record.message_id) == (etag, message_id) else None


def needs_message(record: VideoRecord | None, delivery: Delivery) -> bool:
    """Return True if a video is in progress, or has failed, by a claim of this message or of an earlier one.

    Earlier messages leave the video to a later one. Nobody would end it if this message were deleted, and a delivery of
    it that was stopped then claimed the video.
    """
    if record is None or record.state not in (VideoState.PROCESSING, VideoState.FAILED, VideoState.DISMISSED):
        return False
    if record.message_id == delivery.message_id:
        return record.state is VideoState.PROCESSING
    return record.queued_at <= delivery.sent_at
