"""`python -m stacks.engine.warm`: does once what each synth would do otherwise; nothing when it is done already.

- jsii unpacks its packages into a cache (0.6 GB) and indexes them in the background. A fast synth ends before that is
  done, and the next one starts over: this waits until every package has its index, some 15 s.
- The provider modules that the stacks use are compiled: 1.7 s of CPU of each synth where Python is told to write no
  bytecode, as it often is in containers.
"""

import importlib
import os
import sys
import time
from pathlib import Path

_LONGEST_S = 120.0
_PACKAGE, _INDEX = ".jsii", ".jsii.runtime.v1.json"


def warm_caches(longest_s: float = _LONGEST_S) -> None:
    """Waits until every package in the cache has its index, or for that long."""
    sys.dont_write_bytecode = False
    importlib.import_module("stacks.app")
    deadline = time.monotonic() + longest_s
    while _unindexed(_cache()) and time.monotonic() < deadline:
        time.sleep(0.2)


def _cache() -> Path:
    """https://github.com/aws/jsii/blob/main/packages/%40jsii/kernel/src/tar-cache/default-cache-root.ts"""
    given = os.environ.get("JSII_RUNTIME_PACKAGE_CACHE_ROOT")
    if given:
        return Path(given)
    caches = Path.home() / ("Library/Caches/com.amazonaws.jsii" if sys.platform == "darwin" else ".cache/aws/jsii")
    return caches / "package-cache"


def _unindexed(cache: Path) -> set[Path]:
    packages = {file.parent for file in cache.glob(f"**/{_PACKAGE}")}
    return packages - {file.parent for file in cache.glob(f"**/{_INDEX}")}


if __name__ == "__main__":
    warm_caches()
