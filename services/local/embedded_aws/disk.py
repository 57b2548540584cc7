"""Atomic writes to disk, undone changes and reports of a full disk."""
# ruff: noqa: SLF001 - as in objects.py

import json
import logging
import os
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Final

from ministack.services import s3

from services.local.embedded_aws.bodies import FileBody, finish_file
from services.local.errors import FULL

INSUFFICIENT_STORAGE: Final = 507
_MESSAGE: Final = "The disk of the embedded AWS takes no more data. Nothing was stored."

_log = logging.getLogger(__name__)


class Disk:
    """Reporter of the first write that fails, and of the first one that succeeds afterwards."""

    def __init__(self, folder: Path, report: Callable[[str], None]) -> None:
        self._folder = folder
        self._report = report
        self._has_failed = False

    def report_failure(self, error: OSError) -> None:
        _log.error("A write failed.", exc_info=error)
        if not self._has_failed:
            self._has_failed = True
            what = "is full" if error.errno in FULL else "cannot be written"
            self._report(
                f"The disk with {self._folder} {what} ({error.strerror}). Stored data are kept, new data are refused. "
                "Free some space: the pipeline then continues."
            )

    def report_success(self) -> None:
        if self._has_failed:
            self._has_failed = False
            self._report(f"The disk with {self._folder} can be written again.")


def make_refusal(action: str) -> tuple[int, dict[str, str], bytes]:
    """Return the answer to a write that was not stored. `action` is empty for S3, which answers in XML."""
    if action:
        body = json.dumps({"__type": "InsufficientStorage", "message": _MESSAGE})
        return INSUFFICIENT_STORAGE, {"Content-Type": "application/x-amz-json-1.0"}, body.encode()
    status, headers, document = s3._error("InsufficientStorage", _MESSAGE, INSUFFICIENT_STORAGE)
    return status, headers, document


def replace_files(*files: tuple[Path, Any], to_disk: bool = False) -> None:
    """Replace each file by its new content (bytes or a FileBody), or none of them.

    With `to_disk`, the new content is on the disk before it replaces the old one.

    Raises:
        OSError: the disk is full, for example.
    """
    staged = [(path.with_name(f"{path.name}.tmp"), path) for path, _ in files]
    try:
        for (temporary, path), (_, data) in zip(staged, files, strict=True):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            temporary.unlink(missing_ok=True)
            if isinstance(data, FileBody):
                data.copy_to(temporary)
            else:
                with open(temporary, "xb", opener=_open_private) as file:
                    file.write(data)
                    finish_file(file)
                    if to_disk:
                        os.fsync(file.fileno())
    except OSError:
        for temporary, _ in staged:
            temporary.unlink(missing_ok=True)
        raise
    for temporary, path in staged:
        temporary.replace(path)
        # rename(2) does nothing if both names are the same file, as when an object is copied onto itself.
        temporary.unlink(missing_ok=True)


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


# The changes of the current S3 request in memory.
_change: ContextVar["_Change | None"] = ContextVar("_change", default=None)
_dispatch: Final = s3._dispatch
_record_object_version: Final = s3._record_object_version
_record_delete_marker: Final = s3._record_delete_marker
_delete_object_version: Final = s3._delete_object_version


class _Change:
    """Previous state of the key that a request changes, and the events to send after the change."""

    def __init__(self) -> None:
        self.events: list[Callable[[], None]] = []
        self._uploads = dict(s3._multipart_uploads._data)
        self._key: tuple[str, str] | None = None
        self._object: Any = None
        self._versions: list[Any] = []

    def begin(self, bucket: str, key: str, current: Any) -> None:
        self._key, self._object = (bucket, key), current
        self._versions = [dict(version) for version in s3._object_versions.get((bucket, key)) or []]

    def undo(self) -> None:
        uploads = s3._multipart_uploads._data
        uploads.clear()
        uploads.update(self._uploads)
        if self._key is None:
            return
        bucket, key = self._key
        objects = s3._buckets[bucket]["objects"]
        objects.pop(key, None)
        s3._object_versions.pop(self._key, None)
        if self._object is not None:
            objects[key] = self._object
        if self._versions:
            s3._object_versions[self._key] = self._versions


def dispatch_request(disk: Disk, *request: Any) -> Any:
    """Answer a request to S3. If its write fails, undo the change in memory and answer 507.

    ministack changes its memory and sends the event first; it only logs that the object could not be written.
    """
    change = _Change()
    token = _change.set(change)
    try:
        answer = _dispatch(*request)
    except OSError as error:
        change.undo()
        disk.report_failure(error)
        return make_refusal("")
    finally:
        _change.reset(token)
    for send in change.events:
        send()
    return answer


def send_after_change(send: Callable[[], None]) -> None:
    """Send an event after its change is on disk, or at once outside a request to S3."""
    change = _change.get()
    if change is None:
        send()
    else:
        change.events.append(send)


def record_object_version(bucket: str, key: str, prior: Any, obj: Any, data: Any) -> Any:
    _begin_change(bucket, key, prior)
    return _record_object_version(bucket, key, prior, obj, data)


def record_delete_marker(bucket: str, key: str, prior: Any) -> Any:
    _begin_change(bucket, key, prior)
    return _record_delete_marker(bucket, key, prior)


def delete_object_version(bucket: Any, name: str, key: str, version_id: str) -> Any:
    _begin_change(name, key, bucket["objects"].get(key))
    return _delete_object_version(bucket, name, key, version_id)


def persist_object(bucket: str, key: str, obj: Any) -> None:
    """Write an object and its metadata to disk, and drop its body from memory. Raises: OSError."""
    path = Path(s3._object_disk_path(bucket, key))
    meta = {**s3._object_meta_from_record(obj), **s3._key_history_meta(bucket, key), "key": key}
    files: Sequence[tuple[Path, Any]] = [(path.with_name(f"{path.name}.meta.json"), json.dumps(meta).encode())]
    if obj.get("body") is not None:
        files = [(path, obj["body"]), *files]
    replace_files(*files)
    obj["body"] = None


def write_file(path: str, data: Any, *, text: bool = False) -> None:
    replace_files((Path(path), data.encode() if text else data))


def _begin_change(bucket: str, key: str, current: Any) -> None:
    if change := _change.get():
        change.begin(bucket, key, current)
