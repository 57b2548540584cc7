"""One step of a job: the change of a batch of videos. Each that is refused has its reason, and the others go on."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from services.api.actions.deletion import remove_video, restore_video
from services.api.actions.dismissal import dismiss_videos, restore_failure
from services.api.actions.retries import prepare_retry, regenerate_record
from services.api.actions.stores import Stores
from services.api.jobs.job import UNDO, StepResult, StoredJob
from services.api.schema.action_models import JobFailure, RedriveRequest
from services.api.schema.problems import ApiError, ConflictError, NotFoundError
from services.aws.errors import AwsError
from services.aws.queue import MAX_BATCH
from services.contract.events import UploadEvent, make_notification_body
from services.contract.thumbnails import ThumbnailOverrides

if TYPE_CHECKING:
    from services.api.actions.dead_letters import Letter

_THREADS = 8
_PAUSES_S = (1.0, 4.0)
"""Pauses before further attempts at one video after an error of AWS."""

_WORKER_WAIT_S = 30.0

Errors = dict[str, Exception]


def change_videos(stores: Stores, job: StoredJob, keys: Sequence[str], *, is_repeated: bool) -> StepResult:
    """Change videos of a job; each that is refused has its reason.

    `is_repeated` says that an interrupted run may have changed some of them. Raises: AwsError.
    """
    final: set[str] = set()
    done_before: type[ApiError] | tuple[()] = ()
    match job.kind:
        case "delete":
            errors, final = _delete_batch(stores, keys, with_upload=job.upload)
            done_before = NotFoundError
        case "dismiss":
            errors = {**dismiss_videos(stores, keys)}
        case "retry":
            errors = _retry_batch(stores, keys)
        case "regenerate":
            errors = _for_each(keys, partial(_regenerate, stores, job.options))
        case "restore":
            errors, done_before = _for_each(keys, partial(restore_video, stores)), ConflictError
        case "undismiss":
            errors, done_before = _for_each(keys, partial(_undismiss, stores)), ConflictError
    if is_repeated:
        errors = {key: error for key, error in errors.items() if not isinstance(error, done_before)}
    failures = [JobFailure(key=key, reason=_explain(error)) for key, error in errors.items()]
    undoable = [key for key in keys if key not in errors and key not in final] if job.kind in UNDO else []
    return StepResult(failures, undoable)


def _delete_batch(stores: Stores, keys: Sequence[str], *, with_upload: bool) -> tuple[Errors, set[str]]:
    """Delete videos; return the errors, and the keys of those that cannot be restored."""
    tests: list[Callable[[Letter], bool]] = []
    final: set[str] = set()

    def delete(key: str) -> None:
        deleted, is_letter_of_it = remove_video(stores, key, with_upload=with_upload, wait_s=_WORKER_WAIT_S)
        if not deleted.restorable:
            final.add(key)
        if is_letter_of_it is not None:
            tests.append(is_letter_of_it)

    errors = _for_each(keys, delete)
    if tests:
        stores.dead_letters.discard(lambda letter: any(is_letter_of_it(letter) for is_letter_of_it in tests))
    return errors, final


def _retry_batch(stores: Stores, keys: Sequence[str]) -> Errors:
    """Redrive the dead letters of the videos, and send a new event for each that has none."""
    events: dict[str, UploadEvent] = {}

    def prepare(key: str) -> None:
        record = stores.videos.get(key)
        if record is None:
            raise NotFoundError("There is no such video.")
        events[key] = prepare_retry(stores, record)

    errors = _for_each(keys, prepare)
    if events:
        sent = stores.dead_letters.redrive(RedriveRequest(keys=list(events), limit=len(events)))
        left = [make_notification_body(event) for key, event in events.items() if key not in set(sent.keys)]
        for start in range(0, len(left), MAX_BATCH):
            stores.queue.send(left[start : start + MAX_BATCH])
    return errors


def _regenerate(stores: Stores, overrides: ThumbnailOverrides | None, key: str) -> None:
    record = stores.videos.get(key)
    if record is None:
        raise NotFoundError("There is no such video.")
    regenerate_record(stores, record, overrides)


def _undismiss(stores: Stores, key: str) -> None:
    record = stores.videos.get(key)
    if record is None:
        raise NotFoundError("There is no such video.")
    restore_failure(stores, record)


def _for_each(keys: Sequence[str], change: Callable[[str], None]) -> Errors:
    """Change several videos at once; return the errors."""

    def attempt(key: str) -> Exception | None:
        for pause_s in (*_PAUSES_S, None):
            try:
                change(key)
            except ApiError as error:
                return error
            except AwsError as error:
                if pause_s is None:
                    return error
                time.sleep(pause_s)
            else:
                return None
        return None

    with ThreadPoolExecutor(_THREADS, thread_name_prefix="job") as pool:
        found = zip(keys, pool.map(attempt, keys), strict=True)
        return {key: error for key, error in found if error is not None}


def _explain(error: Exception) -> str:
    return error.detail if isinstance(error, ApiError) else f"AWS does not answer correctly: {error}"[:300]
