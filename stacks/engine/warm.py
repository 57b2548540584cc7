"""`python -m stacks.engine.warm`: does once what each synth would do otherwise; nothing when it is done already.

- jsii unpacks its packages into a cache (0.6 GB) and indexes them in the background. A fast synth ends before that is
  done, and the next one starts over: this waits until every package has its index, some 15 s.
- The provider modules that the stacks use are compiled: 1.7 s of CPU of each synth if Python is set to write no
  bytecode, as it often is in containers.

A file in the environment says what was done, because finding it out takes as much CPU as a synth.
"""

import contextlib
import importlib
import json
import os
import sys
import time
from importlib.metadata import distributions
from pathlib import Path

_MAX_WAIT_S = 120.0
_PACKAGE, _INDEX = ".jsii", ".jsii.runtime.v1.json"
_DONE = "warm.json"
_UNPACKED = ("cdktf", "cdktn", "constructs", "jsii")


def warm_caches(max_s: float = _MAX_WAIT_S, environment: Path = Path(sys.prefix)) -> None:
    """Wait until every package in the cache has its index, at most `max_s` seconds."""
    done = environment / _DONE
    if _is_done(done):
        return
    sys.dont_write_bytecode = False
    importlib.import_module("stacks.app")
    deadline = time.monotonic() + max_s
    while _unindexed(_cache()) and time.monotonic() < deadline:
        time.sleep(0.2)
    if not _unindexed(_cache()):
        packages = sorted(map(str, _packages(_cache())))
        with contextlib.suppress(OSError):  # an environment that is read-only: the next call warms again
            done.write_text(json.dumps({"of": _versions(), "packages": packages}), encoding="utf-8")


def _is_done(file: Path) -> bool:
    """Return whether an earlier call has warmed these versions, and its packages are still in this cache."""
    try:
        done = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    packages = {Path(package) for package in done["packages"]}
    there = _packages(_cache())
    return done["of"] == _versions() and bool(packages) and packages <= there and not _unindexed(_cache())


def _versions() -> list[str]:
    """Return the engine, and the installed packages that jsii unpacks, with their versions."""
    found = {f"{one.name} {one.version}" for one in distributions() if one.name.startswith(_UNPACKED)}
    return [os.environ.get("STACKS_ENGINE") or "cdktf", *sorted(found)]


def _cache() -> Path:
    """Return jsii's cache folder.

    https://github.com/aws/jsii/blob/main/packages/%40jsii/kernel/src/tar-cache/default-cache-root.ts
    """
    given = os.environ.get("JSII_RUNTIME_PACKAGE_CACHE_ROOT")
    if given:
        return Path(given)
    caches = Path.home() / ("Library/Caches/com.amazonaws.jsii" if sys.platform == "darwin" else ".cache/aws/jsii")
    return caches / "package-cache"


def _packages(cache: Path) -> set[Path]:
    return {file.parent for file in cache.glob(f"**/{_PACKAGE}")}


def _unindexed(cache: Path) -> set[Path]:
    return _packages(cache) - {file.parent for file in cache.glob(f"**/{_INDEX}")}


if __name__ == "__main__":
    warm_caches()
