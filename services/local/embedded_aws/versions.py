"""Deletion of noncurrent versions, as by the lifecycle rule of the stacks; ministack keeps all versions."""
# ruff: noqa: SLF001 - as in objects.py

import shutil
from pathlib import Path

from ministack.services import s3


def load_current_versions(folder: Path) -> None:
    """Let ministack load the objects from `folder`, and delete noncurrent versions and delete markers.

    The bytes of a current version are in the object's own file.
    """
    shutil.rmtree(folder / s3._VERSIONS_DIR, ignore_errors=True)
    s3._load_persisted_data()
    history = s3._object_versions._data
    for account, (bucket, key) in list(history):
        versions = history[account, (bucket, key)]
        if versions[-1].get("is_delete_marker"):
            del history[account, (bucket, key)]
            with s3._in_account(account):
                s3._delete_persisted_object(bucket, key)
        else:
            versions[:] = versions[-1:]
