"""Deliberate bugs in the storing of pictures, and in the outputs that a pin takes from an earlier result."""

from tests.model.planting import Bug

_PICTURES = "services.worker.pictures"
_RESULTS = "services.worker.earlier_results"

PICTURE_BUGS = (
    Bug(
        "pictures are stored without a condition",
        _PICTURES,
        "metadata=metadata, replaces=replaces)",
        "metadata=metadata)",
        "a slow worker replaces the thumbnails of a newer upload",
        test="tests.services.worker.test_process:test_a_worker_that_dies_storing_leaves_newer_pictures",
    ),
    Bug(
        "pictures are replaced without a look at the record",
        _PICTURES,
        "                if not self._is_current():\n                    raise SupersededError(key) from None\n",
        "                pass\n",
        "a slow worker replaces the thumbnails of a newer upload",
        test="tests.services.worker.test_process:test_older_pictures_do_not_replace_newer_ones",
    ),
    Bug(
        "the ETag is read after the record",
        _PICTURES,
        "                replaces = self._current_etag(key)\n                if not self._is_current():\n"
        "                    raise SupersededError(key) from None\n",
        "                if not self._is_current():\n                    raise SupersededError(key) from None\n"
        "                replaces = self._current_etag(key)\n",
        "a slow worker replaces the thumbnails of a newer upload",
        test="tests.services.worker.test_pictures:test_the_etag_of_a_picture_is_read_before_the_record",
    ),
    Bug(
        "known pictures are replaced without a look at the record",
        _PICTURES,
        "                self._require_current(pictures[0].key, self._now())\n",
        "",
        "a slow worker replaces the thumbnails of a newer upload",
        test="tests.services.worker.test_pictures:test_known_pictures_are_replaced_with_one_write_each",
    ),
    Bug(
        "ETags of known pictures are read after the record",
        _PICTURES,
        "                replaced = list(pool.map(self._current_etag, [picture.key for picture in pictures]))\n"
        "                self._require_current(pictures[0].key, self._now())\n",
        "                self._require_current(pictures[0].key, self._now())\n"
        "                replaced = list(pool.map(self._current_etag, [picture.key for picture in pictures]))\n",
        "a slow worker replaces the thumbnails of a newer upload",
        test="tests.services.worker.test_pictures:test_the_etag_of_a_known_picture_is_read_before_the_record",
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
        "a pin takes files of other settings",
        _RESULTS,
        "    if made_of != (record.key, record.etag, settings_hash, VERSION) or",
        "    if made_of == () or",
        "a video has outputs of other settings",
        test="tests.services.worker.test_regeneration:test_a_pin_takes_only_files_of_its_own_result",
    ),
    Bug(
        "a pin takes files that were replaced",
        _RESULTS,
        "output.size_bytes, etag=output.etag)",
        "output.size_bytes, etag=bucket.head(output.key).etag)",
        "a video has outputs of other settings",
        test="tests.services.worker.test_regeneration:test_a_pin_takes_only_files_of_its_own_result",
    ),
)
