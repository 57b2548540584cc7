"""Deliberate bugs in the removal of a video whose upload was deleted."""

from tests.model.planting import Bug

_REMOVAL = "services.aws.removal"
_FOLLOWER = "services.worker.deletion"
_PROCESS = "services.worker.process"
_TESTS = "tests.services.worker.test_interrupted_removal"
_LATE_TESTS = "tests.services.worker.test_late_pictures"

_MARK = "    if not is_being_removed(record):\n        try:\n            record = videos.replace("

REMOVAL_BUGS = (
    Bug(
        "a removal begins with the record",
        _REMOVAL,
        _MARK,
        "    try:\n        videos.remove([record])\n    except WriteConflictError:\n        return None\n"
        "    clear_frames(bucket, frame_folder(record.key))\n"
        "    if record.base:\n        return clear_base(bucket, videos, record.base)\n" + _MARK,
        "the claim and the pictures of an interrupted removal stay if another delivery has settled the message",
        # The rarest bug of all: three schedules of 333,200 show it.
        found_by=96029012,
    ),
    Bug(
        "an interrupted removal settles its message",
        _FOLLOWER,
        "        if is_being_removed(before):\n            return self._is_stored(key) is False and",
        "        if is_being_removed(before):\n            return True or",
        "record, claim and pictures of a deleted video stay",
        test=f"{_TESTS}:test_the_event_of_the_upload_finishes_an_interrupted_removal",
    ),
    Bug(
        "a video put again is claimed over a removal",
        _PROCESS,
        "            if before is not None and self._deletions.finish_removal(before):\n",
        "            if False:\n",
        "a video is taken for done whose pictures are deleted",
        test=f"{_TESTS}:test_a_video_put_again_gets_another_base_after_an_interrupted_removal",
    ),
    Bug(
        "a removal deletes pictures without a look at the record",
        _REMOVAL,
        '        if found.get(record.key, {}).get("revision") != record.revision:\n',
        "        if False:\n",
        "the pictures of the next upload are deleted",
        test=f"{_TESTS}:test_a_slow_removal_deletes_no_pictures_of_the_next_upload",
    ),
    Bug(
        "a storing worker leaves a removal to the other process",
        _FOLLOWER,
        "        if self._follows and record is not None and self.finish_removal(record):\n",
        "        if False:\n",
        "a picture that was stored after the listing stays",
        test=f"{_LATE_TESTS}:test_a_storing_worker_finishes_a_removal_that_has_begun",
    ),
)
