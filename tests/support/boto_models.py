"""botocore's models of AWS, decoded once in a process instead of once in each session of boto3."""

import gc
import pickle
from typing import Any

from botocore.loaders import JSONFileLoader

_load_file = JSONFileLoader.load_file
_pickled: dict[str, bytes] = {}


def keep_models() -> None:
    """Give each session a copy of its own, as botocore changes a model: a third of the CPU time of decoding."""
    JSONFileLoader.load_file = _copy_file  # type: ignore[method-assign]


def _copy_file(self: JSONFileLoader, file_path: str) -> Any:
    if file_path not in _pickled:
        model = _load_file(self, file_path)
        if model is None:
            return None
        _pickled[file_path] = pickle.dumps(model, pickle.HIGHEST_PROTOCOL)
    # A model has a million objects and no cycle: collections while they are made would find nothing.
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        return pickle.loads(_pickled[file_path])  # noqa: S301 - pickled by this process
    finally:
        if was_enabled:
            gc.enable()
