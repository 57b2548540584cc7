"""Deliberate bugs in purges, reindexes, dead letters and shared calls of AWS, and in what workers make of people."""

from tests.model.planting import Bug

_PURGE_RUN = "services.api.actions.purge_run"
_PURGE = "services.api.actions.purge"
_DELETION = "services.api.actions.deletion"
_DISMISSAL = "services.api.actions.dismissal"
_RETRY_TESTS = "tests.services.api.actions.test_retries"
_REINDEX_TESTS = "tests.services.api.actions.test_reindex_records"
_LATE_TESTS = "tests.services.worker.test_late_pictures"
_FOLLOWER = "services.worker.deletion"
_CHANGES = "services.api.reconciliation.changes"
_REMOVAL = "services.aws.removal"
_RECORDS = "services.contract.records"
_REINDEX = "services.api.actions.reindex"
_LETTERS = "services.api.actions.dead_letters"
_BUCKET = "services.aws.bucket"
_SHARED = "services.aws.shared"
_PROCESS = "services.worker.process"

ACTION_BUGS = (
    Bug(
        "a purge deletes newer uploads",
        _PURGE_RUN,
        "version for version in self._bucket.versions(UPLOAD_PREFIX) if version.modified_at < self._cutoff",
        "version for version in self._bucket.versions(UPLOAD_PREFIX)",
        "an upload after the count is lost",
        test="tests.services.api.actions.test_steps:test_a_purge_leaves_uploads_from_after_its_cutoff",
    ),
    Bug(
        "a purge does not wait for workers",
        _PURGE_RUN,
        "                if record.finished_at is not None:\n                    yield record\n"
        "                else:\n                    found.in_progress.append(record)\n",
        "                yield record\n",
        "a worker stores pictures after the purge",
        test="tests.services.api.actions.test_steps:test_a_purge_marks_a_record_in_progress_and_keeps_it",
    ),
    Bug(
        "a purge releases no claims",
        _PURGE_RUN,
        "            self._videos.release(batch)\n",
        "            pass\n",
        "the purge keeps the claims",
        found_by=36,
    ),
    Bug(
        "a purge discards the letters of newer uploads",
        _PURGE_RUN,
        "all(event.time < self._cutoff for event in letter.events)",
        "True",
        "a failed upload has no dead letter",
        found_by=146,
    ),
    Bug(
        "a purge removes records of present uploads",
        _PURGE_RUN,
        "elif is_upload(pk) and pk in present",
        "elif is_upload(pk) and False",
        "an upload that was put again has no record",
        test="tests.services.api.actions.test_steps:test_a_purge_keeps_the_record_of_a_present_upload",
    ),
    Bug(
        "no process takes over a purge",
        _PURGE,
        "                    self.take_over(document, job)\n",
        "                    pass\n",
        "a purge never ends",
        found_by=21,
    ),
    Bug(
        "a redrive deletes letters before it sends them",
        _LETTERS,
        "                    self._queue.send([make_retry_body(letter.message.body) for letter in batch])\n"
        "                    self._dead_letters.delete_all([letter.message for letter in batch])\n",
        "                    self._dead_letters.delete_all([letter.message for letter in batch])\n"
        "                    self._queue.send([make_retry_body(letter.message.body) for letter in batch])\n",
        "a dead letter is lost",
        test="tests.services.api.actions.test_steps:test_a_redrive_that_cannot_send_keeps_its_letters",
    ),
    Bug(
        "a reindex removes what a purge has marked",
        _REINDEX,
        " or record.purged_at is not None:\n",
        ":\n",
        "pictures stay after a purge",
        test="tests.services.api.actions.test_reindex:test_a_record_that_a_purge_has_marked_is_left_to_the_purge",
    ),
    Bug(
        "a reindex does not look again at a rebuilt video",
        _REINDEX,
        "    if _remove_if_gone(context, written):\n",
        "    if False:\n",
        "the record of a video stays that was deleted meanwhile",
        test=f"{_REINDEX_TESTS}:test_no_record_is_made_of_a_video_deleted_meanwhile",
    ),
    Bug(
        "a reindex writes a record without a look at the video",
        _REINDEX,
        "    if not _is_stored(context.bucket, info.key):\n",
        "    if False:\n",
        "the record of a deleted video stays if the reindex is killed",
        test=f"{_REINDEX_TESTS}:test_a_reindex_killed_after_a_write_leaves_no_deleted_video",
    ),
    Bug(
        "a late worker clears only the base of a removed record",
        _FOLLOWER,
        "        if record is None or record.state is VideoState.DELETED or record.base != claimed.base:\n",
        "        if record is None or record.state is VideoState.DELETED:\n",
        "pictures stay under the base that a video had before it was put again",
        test=f"{_LATE_TESTS}:test_a_worker_clears_its_base_if_the_video_got_another",
    ),
    Bug(
        "a late worker clears nothing of a video put again",
        _FOLLOWER,
        "        if record is None or record.state is VideoState.DELETED or",
        "        if record is None and self._is_stored(claimed.key):\n            return\n"
        "        if record is None or record.state is VideoState.DELETED or",
        "pictures stay until the video that was put again is purged",
        test=f"{_LATE_TESTS}:test_a_worker_clears_its_base_before_the_next_claim",
    ),
    Bug(
        "a deletion leaves the claim",
        _REMOVAL,
        "    if owner == PURGER and releases:\n        videos.release([base])\n",
        "",
        "a deletion keeps the claim for ever",
        found_by=6,
    ),
    Bug(
        "a deletion does not wait for the worker",
        _DELETION,
        "        if _is_in_progress(found):\n",
        "        if False:\n",
        "a worker stores the pictures of a deleted video",
        test="tests.services.api.actions.test_deletion:test_a_deletion_waits_for_the_worker_of_the_video",
    ),
    Bug(
        "a late event brings a deleted video back",
        _RECORDS,
        "    if record.state is VideoState.DELETED and is_same_object and record.restored_at is None:\n",
        "    if record.state is VideoState.DELETED and is_same_object and not regenerates:\n",
        "a request to regenerate from before a deletion restores the video",
        test=f"{_RETRY_TESTS}:test_a_regeneration_from_before_a_deletion_restores_nothing",
    ),
    Bug(
        "a restoration is not written into the record",
        _DELETION,
        '{"restored_at": datetime.now(UTC)}',
        '{"restored_at": None}',
        "a restored video stays deleted",
        test=f"{_RETRY_TESTS}:test_a_deleted_video_is_restored_by_a_regeneration",
    ),
    Bug(
        "a deletion keeps the mark of a restoration",
        _DELETION,
        '        again = record.model_copy(update={"restored_at": None, **present})\n',
        "        again = record.model_copy(update=present)\n",
        "a request to restore from before a deletion restores the video",
        test=f"{_RETRY_TESTS}:test_a_deletion_undoes_the_restoration_before_it",
    ),
    Bug(
        "a second deletion forgets the upload put since",
        _DELETION,
        '        again = record.model_copy(update={"restored_at": None, **present})\n',
        '        again = record.model_copy(update={"restored_at": None})\n',
        "a video that was answered to be deleted is processed",
        test="tests.services.api.actions.test_deletion:test_a_second_deletion_is_of_the_upload_put_since",
    ),
    Bug(
        "a regeneration is taken for a duplicate",
        _RECORDS,
        "            return Decision.PROCESS if regenerates and is_later else Decision.ALREADY_DONE\n",
        "            return Decision.ALREADY_DONE\n",
        "a regeneration makes no thumbnails",
        test=f"{_RETRY_TESTS}:test_a_regeneration_applies_the_workers_present_settings",
    ),
    Bug(
        "a dismissal discards the letter of a video that failed again",
        _DISMISSAL,
        "if letter.key not in wanted or not needs_no_letter(stores, letter.key):",
        "if letter.key not in wanted:",
        "a failed upload has no dead letter",
        test="tests.services.api.actions.test_dismissal:test_a_letter_of_a_later_failure_stays",
    ),
    Bug(
        "the undoing of a dismissal sends no letter",
        _DISMISSAL,
        "    if info is not None and info.etag == record.etag:\n        event",
        "    if info is None:\n        event",
        "a failed upload has no dead letter",
        test="tests.services.api.actions.test_dismissal:test_an_undone_dismissal_has_its_dead_letter_again",
    ),
    Bug(
        "a reconciliation deletes pictures without a look at the record",
        _CHANGES,
        'self._videos.replace(record, record.model_copy(update={"changes": record.changes + 1}))',
        "pass",
        "a reconciliation deletes the thumbnails that a worker has just stored",
        test="tests.services.api.reconciliation.test_reconciliation:test_a_picture_that_a_worker_has_just_stored_stays",
    ),
    Bug(
        "a reconciliation leaves no trace in the record",
        _CHANGES,
        '"changes": record.changes + 1',
        '"changes": record.changes',
        "a done video lists pictures that a reconciliation has deleted",
        test=f"{_LATE_TESTS}:test_a_claim_finishes_no_record_whose_pictures_were_reconciled",
    ),
    Bug(
        "a slow failure takes back the number of changes",
        _PROCESS,
        '                    "changes": count_changes(before, record),\n',
        "",
        "a done video lists pictures that a reconciliation has deleted",
        test=f"{_LATE_TESTS}:test_a_slow_failure_hides_no_reconciliation",
    ),
    Bug(
        "a document is written without a condition",
        _SHARED,
        '                ConditionExpression="attribute_not_exists(pk) OR revision = :revision",\n'
        '                ExpressionAttributeValues={":revision": {"N": str(before.revision)}},\n'
        "            )\n        return Document",
        "            )\n        return Document",
        "two processes run one purge",
        test="tests.services.api.actions.test_steps:test_a_document_is_replaced_only_as_it_was_read",
    ),
    Bug(
        "a deletion is compared with the api's clock",
        _RECORDS,
        "            return not is_claimed and _is_of_later_upload(event, record)\n",
        "            return not is_claimed and event.time > record.updated_at\n",
        "a late duplicate fails a video that a person has deleted",
        test="tests.services.worker.test_failed_videos:test_a_duplicate_during_an_outage_leaves_a_deleted_video",
    ),
    Bug(
        "a slow failure takes back a dismissal",
        _RECORDS,
        "            return not is_claimed and record.queued_at < delivery.sent_at\n",
        "            return True\n",
        "a failed video has no dead letter",
        test="tests.services.worker.test_failed_videos:test_a_slow_failure_leaves_a_dismissed_video",
    ),
    Bug(
        "a failure is recorded of nothing",
        _PROCESS,
        "error.record is None and (before is None or before.etag != failed.etag)",
        "error.record is None and before is not None and before.etag != failed.etag",
        "a video that was purged meanwhile has a failed record",
        test="tests.services.worker.test_failed_videos:test_a_failure_without_record_and_upload_is_not_recorded",
    ),
    Bug(
        "a restoration without its event is not repeated",
        _DELETION,
        "elif record.state is not VideoState.PROCESSING or not queue_claimed(stores, record):",
        "else:",
        "a record is stuck in processing",
        test="tests.services.api.actions.test_deletion:test_a_repeated_restoration_queues_what_a_late_worker_claimed",
    ),
    Bug(
        "a regeneration that restores without its event is not repeated",
        "services.api.actions.retries",
        "        queue_claimed(stores, record)\n",
        "",
        "a record is stuck in processing",
        test="tests.services.api.actions.test_deletion:test_a_repeated_regeneration_queues_what_a_late_worker_claimed",
    ),
    Bug(
        "a deletion keeps the mark of a purge of another upload",
        _DELETION,
        '{"deleted_at": None, "purged_at": None}',
        '{"deleted_at": None}',
        "the record of a deleted video is left to a purge that spares it",
        test="tests.services.api.actions.test_deletion:test_a_deletion_ends_the_purge_of_an_upload_before_it",
    ),
)
