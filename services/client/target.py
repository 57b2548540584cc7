"""Address and token of the pipeline that a command talks to."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

URL_VARIABLE = "PIPELINE_URL"
TOKEN_VARIABLE = "PIPELINE_TOKEN"  # noqa: S105 - the name of a variable
DEFAULT_DATA = Path(".thumbnails")
_ENDPOINTS = "endpoints.json"
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


class UsageError(Exception):
    """The command cannot begin. The message says why, and what to change."""


@dataclass(frozen=True)
class PipelineTarget:
    url: str
    token: str | None = field(repr=False)
    is_local: bool = False
    """True for an address of this machine, which no proxy reaches."""


def find_target(*, url: str | None, token: str | None, data: Path, environment: Mapping[str, str]) -> PipelineTarget:
    """Return the target: the options, or else the environment variables, or else the demo that runs on `data`.

    Raises: UsageError.
    """
    token = token or environment.get(TOKEN_VARIABLE) or None
    url = url or environment.get(URL_VARIABLE) or None
    if url is None:
        return _find_demo(data, token)
    if not url.startswith(("http://", "https://")):
        raise UsageError(f"The address {url} does not begin with http:// or https://.")
    return PipelineTarget(url, token, is_local=urlsplit(url).hostname in _LOOPBACK)


def _find_demo(data: Path, token: str | None) -> PipelineTarget:
    try:
        endpoints = json.loads((data / _ENDPOINTS).read_text(encoding="utf-8"))
        # A killed demo leaves its file behind.
        os.kill(endpoints["pid"], 0)
        token = token or Path(endpoints["token_file"]).read_text(encoding="ascii").strip()
        return PipelineTarget(endpoints["api"], token, is_local=True)
    except (OSError, ValueError, KeyError, TypeError):
        raise UsageError(
            f"No demo runs on {data.absolute()}. Start one with ./noxw demo, name its folder with --data, or give the "
            f"address of a pipeline with --url and --token, or as {URL_VARIABLE} and {TOKEN_VARIABLE}."
        ) from None
