"""Deliberate bugs in the code of the protocol. The model or a fast test must find each of them."""

from tests.model.planting import Bug

_PROCESS = "services.worker.process"
_LOOP = "services.worker.loop"
_RECORDS = "services.contract.records"
_VIDEOS = "services.aws.videos"
_PICTURES = "services.worker.pictures"
_PURGE_RUN = "services.api.actions.purge_run"
_PURGE = "services.api.actions.purge"
_REINDEX = "services.api.actions.reindex"
_LETTERS = "services.api.actions.dead_letters"
_BUCKET = "services.aws.bucket"
_SHARED = "services.aws.shared"

BUGS = (
    Bug(
        "finish ignores a conflict",
        _PROCESS,
        "                found = self._videos.get(claimed.key)\n",
        "                return Stored(after)\n",
        "a record stays in processing after its worker has lost a race",
        test="tests.services.worker.test_process:test_a_finished_record_keeps_the_mark_of_a_purge",
    ),
    Bug(
        "finish writes over another upload",
        _RECORDS,
        "    if not is_same_claim(record, claimed):\n        return FinishDecision.START_AGAIN\n",
        "",
        "the thumbnails of another upload",
        seeds=3000,
        found_by=2771,
    ),
    Bug(
        "claims are not compared by ETag",
        _RECORDS,
        "return (record.etag, record.settings_hash, record.base) == (claimed.etag,",
        "return (record.base, claimed.settings_hash, claimed.base) == (record.base,",
        "the thumbnails of another upload",
        found_by=101,
    ),
    Bug(
        "the mark of a purge is lost at the end",
        _PROCESS,
        "            purged_at = before.purged_at\n",
        "            purged_at = None\n",
        "a purge leaves a record",
        test="tests.services.worker.test_process:test_a_finished_record_keeps_the_mark_of_a_purge",
    ),
    Bug(
        "pictures are stored without a condition",
        _PICTURES,
        "metadata=metadata, replaces=replaces)",
        "metadata=metadata)",
        "a slow worker replaces the thumbnails of a newer upload",
        found_by=1260,
    ),
    Bug(
        "pictures are replaced without a look at the record",
        _PICTURES,
        "                if not self._is_current():\n                    raise SupersededError(key) from None\n",
        "                pass\n",
        "a slow worker replaces the thumbnails of a newer upload",
        found_by=689,
    ),
    Bug(
        "the ETag is read after the record",
        _PICTURES,
        "                replaces = self._current_etag(key)\n                if not self._is_current():\n"
        "                    raise SupersededError(key) from None\n",
        "                if not self._is_current():\n                    raise SupersededError(key) from None\n"
        "                replaces = self._current_etag(key)\n",
        "a slow worker replaces the thumbnails of a newer upload",
        test="tests.services.worker.test_settling:test_the_etag_of_a_picture_is_read_before_the_record",
    ),
    Bug(
        "a claim ignores the revision",
        _VIDEOS,
        'put["ConditionExpression"] = "revision = :revision"',
        'put["ConditionExpression"] = "attribute_exists(pk) OR revision = :revision"',
        "a write is lost",
        found_by=15,
    ),
    Bug(
        "revisions are counted from one",
        _VIDEOS,
        'update={"revision": secrets.randbits(_REVISION_BITS)}',
        'update={"revision": before.revision + 1 if before else 1}',
        "a record of before a purge replaces a later one",
        test="tests.services.aws.test_videos:test_a_record_of_before_a_purge_replaces_no_later_one",
    ),
    Bug(
        "a base is claimed without a condition",
        _VIDEOS,
        '"ConditionExpression": "attribute_not_exists(pk) OR upload = :key",',
        '"ConditionExpression": "attribute_not_exists(pk) OR attribute_exists(pk) OR upload = :key",',
        "two uploads share thumbnails",
        found_by=5,
    ),
    Bug(
        "the totals count the old record twice",
        _VIDEOS,
        "        changes = change_of_totals(before, written)\n",
        "        changes = change_of_totals(None, written)\n",
        "totals differ from the records",
    ),
    Bug(
        "removed records stay in the totals",
        _VIDEOS,
        "changes[name] = changes.get(name, 0) - count",
        "changes[name] = changes.get(name, 0)",
        "totals differ from the records",
        found_by=5,
    ),
    Bug(
        "the message is deleted before the video is settled",
        _LOOP,
        "        if all(is_settled):\n",
        "        if True:\n",
        "an upload is lost when an attempt fails",
    ),
    Bug(
        "a failed video has no dead letter",
        _LOOP,
        "        self._services.dead_letters.put(\n            make_notification_body(failed), reason_code=error.code, "
        "reason=error.reason, attempts=delivery.receive_count\n        )\n",
        "",
        "a failed upload has no dead letter",
        found_by=3,
    ),
    Bug(
        "the record is failed before the dead letter is sent",
        _LOOP,
        "        self._services.dead_letters.put(\n            make_notification_body(failed), reason_code=error.code, "
        "reason=error.reason, attempts=delivery.receive_count\n        )\n"
        "        self._services.processor.record_failure(failed, delivery, error)\n",
        "        self._services.processor.record_failure(failed, delivery, error)\n"
        "        self._services.dead_letters.put(\n            make_notification_body(failed), reason_code=error.code, "
        "reason=error.reason, attempts=delivery.receive_count\n        )\n",
        "a worker that dies in between leaves a failed upload without a dead letter",
        test="tests.services.worker.test_settling:test_no_record_fails_before_its_letter_is_sent",
    ),
    Bug(
        "the dead letter names the event's upload",
        _LOOP,
        "make_notification_body(failed), reason_code",
        "make_notification_body(event), reason_code",
        "an overwritten upload has the letter of the newer one",
        found_by=217,
    ),
    Bug(
        "a failure without a claim replaces a newer record",
        _PROCESS,
        "            if is_about_another and not self._is_stored(failed):\n                return\n",
        "",
        "a newer record is replaced",
        test="tests.services.worker.test_failed_videos:test_an_overwritten_upload_s_failure_leaves_the_newer_record",
    ),
    Bug(
        "a video given up without a try has no version",
        _PROCESS,
        "                self._identify(failed, before),\n",
        "                ObjectInfo(failed.key, failed.etag, failed.size_bytes),\n",
        "a late duplicate opens a failed record, which stays in processing",
        test="tests.services.worker.test_failed_videos:test_a_late_duplicate_opens_no_video_given_up_unclaimed",
    ),
    Bug(
        "giving up looks at the event alone",
        _PROCESS,
        "                failed = adopt_object(event, info.identity, info.size_bytes)\n",
        "                failed = event\n",
        "a poisoned upload stays in processing",
        found_by=1787,
    ),
    Bug(
        "a done video can fail",
        _RECORDS,
        "        return record.state not in (VideoState.DONE, VideoState.DEGRADED)\n",
        "        return True\n",
        "a late duplicate fails a video that is done",
        test="tests.services.worker.test_failed_videos:test_a_duplicate_during_an_outage_leaves_a_done_video",
    ),
    Bug(
        "the same content is not renewed",
        _RECORDS,
        "        if is_same_object:\n",
        "        if is_same_object or record.settings_hash == settings_hash:\n",
        "a purge removes the record of an upload that came after it",
        test="tests.services.worker.test_process:test_the_same_content_uploaded_again_renews_the_record",
    ),
    Bug(
        "a failure ends the claim of a later message",
        _RECORDS,
        "            return record.message_id == delivery.message_id or record.queued_at <= delivery.sent_at\n",
        "            return True\n",
        "a redrive loses the dead letter",
        test="tests.services.worker.test_failed_videos:test_a_slow_failure_leaves_the_claim_of_a_redrive",
    ),
    Bug(
        "a slow failure names an older upload of its content",
        _RECORDS,
        '    names = ("queued_at", "message_id", "version_id", "modified_at", "sequencer")\n',
        '    names = ("queued_at", "message_id")\n',
        "a late duplicate opens a failed record, which stays in processing",
        test="tests.services.worker.test_failed_videos:test_a_slow_failure_keeps_the_version_of_a_later_upload",
    ),
    Bug(
        "a failed message is tried again for ever",
        _RECORDS,
        "record.message_id != delivery.message_id and (not",
        "(not",
        "a video that failed is tried again without a request",
        test="tests.services.worker.test_failed_videos:test_the_same_message_never_retries_a_failed_video",
    ),
    Bug(
        "a later message does not try again",
        _RECORDS,
        "    return Decision.PROCESS if is_later else Decision.ALREADY_FAILED\n",
        "    return Decision.ALREADY_FAILED\n",
        "a redrive loses the dead letter",
        found_by=151,
    ),
    Bug(
        "a processing record of a deleted video stays open",
        _PROCESS,
        "                if self._close_record(event.key, delivery):\n",
        "                if True:\n",
        "a record is stuck in processing",
        test="tests.services.worker.test_process:test_a_video_deleted_while_it_is_read_closes_its_record",
    ),
    Bug(
        "another message closes a record in progress",
        _PROCESS,
        " or before.message_id != delivery.message_id:",
        ":",
        "a purge no longer waits for a worker, whose pictures stay",
        test="tests.services.worker.test_process:test_another_message_never_closes_a_record_in_progress",
    ),
    Bug(
        "a slow worker does not read its record again",
        _PICTURES,
        "if now - self._current_at > _CHECK_AFTER:",
        "if False:",
        "pictures stay after a purge",
        test="tests.services.worker.test_process:test_a_slow_worker_stores_nothing_for_a_purged_video",
    ),
    Bug(
        "a record is closed without a second look at the object",
        _PROCESS,
        "        with contextlib.suppress(ObjectMissingError):\n"
        "            self._bucket.head(key)\n            return False\n",
        "",
        "an upload that has just arrived is closed as deleted",
        test="tests.services.worker.test_process:test_a_video_uploaded_just_before_its_close_is_processed",
    ),
    Bug(
        "an upload under changed settings is renewed",
        _RECORDS,
        "        return Decision.RENEW if record.settings_hash == settings_hash else Decision.PROCESS\n",
        "        return Decision.RENEW\n",
        "thumbnails keep old settings",
        test="tests.services.worker.test_process:test_an_upload_under_changed_settings_gets_new_thumbnails",
    ),
    Bug(
        "a duplicate under changed settings opens a done record",
        _RECORDS,
        "        if is_same_object:\n",
        "        if is_same_object and record.settings_hash == settings_hash:\n",
        "a record stays in processing, as its message is deleted",
        test="tests.services.worker.test_process:test_a_duplicate_under_changed_settings_opens_no_done_record",
    ),
    Bug(
        "a duplicate of a retry opens a failed record",
        _RECORDS,
        "(not is_same_object or delivery.sent_at > record.queued_at)",
        "(not is_same_object or delivery.sent_at != record.queued_at)",
        "a record stays in processing, as its message is deleted",
        test="tests.services.worker.test_failed_videos:test_a_late_duplicate_of_a_retry_opens_no_failed_record",
    ),
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
        "            if record.purged_at is not None:\n",
        "            if False:\n",
        "pictures stay after a purge",
        test="tests.services.api.actions.test_reindex:test_a_record_that_a_purge_has_marked_is_left_to_the_purge",
    ),
    Bug(
        "a reindex replaces the totals unconditionally",
        "services.aws.table.totals",
        "        if reading.counters.get(WRITES, 0) != before.get(WRITES, 0):\n",
        "        if False:\n",
        "totals differ from the records",
        test="tests.services.api.actions.test_steps:test_totals_are_corrected_only_if_nobody_has_changed_them",
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
        "a refused entry of a batch is ignored",
        "services.aws.queue",
        '        _check_batch(answer, "send messages")\n',
        "        pass\n",
        "a redrive loses a dead letter that SQS did not accept",
        test="tests.services.api.actions.test_steps:test_a_refused_entry_of_a_batch_is_an_error",
    ),
)
