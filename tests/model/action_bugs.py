"""Deliberate bugs in the code of purges, reindexes and dead letters, and in the calls of AWS that they share."""

from tests.model.planting import Bug

_PURGE_RUN = "services.api.actions.purge_run"
_PURGE = "services.api.actions.purge"
_REINDEX = "services.api.actions.reindex"
_LETTERS = "services.api.actions.dead_letters"
_BUCKET = "services.aws.bucket"
_SHARED = "services.aws.shared"

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
        found_by=5,
    ),
    Bug(
        "a purge discards the letters of newer uploads",
        _PURGE_RUN,
        "all(event.time < self._cutoff for event in letter.events)",
        "True",
        "a failed upload has no dead letter",
        found_by=93,
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
        found_by=5,
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
        "    if record.purged_at is not None:\n",
        "    if False:\n",
        "pictures stay after a purge",
        test="tests.services.api.actions.test_reindex:test_a_record_that_a_purge_has_marked_is_left_to_the_purge",
    ),
    Bug(
        "a reindex does not look again at a rebuilt video",
        _REINDEX,
        "    if _remove_if_gone(context, written):\n",
        "    if False:\n",
        "the record of a video stays that was deleted meanwhile",
        test="tests.services.api.actions.test_reindex_records:test_no_record_is_made_of_a_video_deleted_meanwhile",
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
)
