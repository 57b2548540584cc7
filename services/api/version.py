"""The version of the project: one for all of its parts."""

import tomllib
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_PROJECT = Path(__file__).parents[2] / "pyproject.toml"


@cache
def project_version() -> str:
    """As installed, or as pyproject.toml says where the sources run as they lie; `unknown` where neither is there."""
    try:
        return version("thumbnail-pipeline")
    except PackageNotFoundError:
        pass
    try:
        return str(tomllib.loads(_PROJECT.read_text(encoding="utf-8"))["project"]["version"])
    except (OSError, KeyError, ValueError):
        return "unknown"
