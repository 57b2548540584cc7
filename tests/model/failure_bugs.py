"""Deliberate bugs in the end of a video that nobody could process, which S3 or a stopped worker delays."""

from tests.model.planting import Bug

_PROCESS = "services.worker.process"
_TESTS = "tests.services.worker.test_failures"

FAILURE_BUGS = (
    Bug(
        "without S3 a failure is of the event",
        _PROCESS,
        "                if record is not None and record.message_id == delivery.message_id:\n",
        "                if False:\n",
        "the dead letter is of an overwritten upload, and the claimed one stays in processing",
        test=f"{_TESTS}:test_without_s3_a_failure_is_of_its_claim",
    ),
    Bug(
        "a message leaves the claim of an earlier one",
        _PROCESS,
        "        if needs_message(record, delivery):\n",
        "        if False:\n",
        "a video stays in processing after a stopped delivery of that message has claimed it",
        test=f"{_TESTS}:test_a_message_stays_while_an_earlier_claim_is_open",
    ),
    Bug(
        "a failing worker leaves a removal that has begun",
        _PROCESS,
        "        if record is not None:\n            self._deletions.finish_removal(record)\n",
        "",
        "the failed record of a deleted video stays",
        test=f"{_TESTS}:test_a_failing_worker_removes_a_deleted_video_that_was_ended",
    ),
    Bug(
        "other content of the same event is older",
        "services.contract.records",
        "(not event.sequencer or is_newer(event.sequencer, record.sequencer))",
        "(not event.sequencer or not is_newer(record.sequencer, event.sequencer))",
        "a late duplicate writes the failure of an overwritten upload over the newer one",
        test=f"{_TESTS}:test_a_message_leaves_a_later_claim",
    ),
    Bug(
        "a message leaves a failed record that it could open",
        "services.contract.history",
        "not in (VideoState.PROCESSING, VideoState.FAILED, VideoState.DISMISSED):",
        "is not VideoState.PROCESSING:",
        "a video stays in processing after a stopped delivery of that message has claimed it",
        test=f"{_TESTS}:test_a_message_stays_that_could_open_a_failed_record",
    ),
    Bug(
        "a later sequencer alone is a later upload",
        "services.contract.records",
        "    return not is_known and event",
        "    return is_newer(event.sequencer, record.sequencer) or event",
        "a deleted video is failed after its own event, as a late one had made it",
        test=f"{_TESTS}:test_the_own_event_of_a_deleted_video_leaves_it",
    ),
    Bug(
        "a failure keeps the mark of a purge of another upload",
        "services.worker.process",
        '"purged_at": before.purged_at if before and before.identity == record.identity else None,',
        '"purged_at": before.purged_at if before else None,',
        "the record of a deleted video is left to a purge that spares it",
        test="tests.services.worker.test_failures:test_a_failure_of_other_content_has_no_mark_of_a_purge",
    ),
    Bug(
        "a last attempt leaves a claim that a deletion marks meanwhile",
        "services.worker.deletion",
        "        if not self.close_record(key, delivery):\n",
        "        if not self.close_record(key, delivery) and False:\n",
        "the deleted video stays in processing, as both messages are deleted",
        test=f"{_TESTS}:test_the_last_attempt_stays_if_a_deletion_marks_its_claim",
    ),
)
