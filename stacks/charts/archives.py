"""Archives of the public charts in the instance's folder `charts/`, and their digests in `charts/charts.lock`.

An instance commits the folder. Then no deployment, plan or destroy needs a chart repository. If the pins have no digest
of a chart, the first fetch records it, and later fetches must match it.
"""

import hashlib
import http.client
import re
import tarfile
import tomllib
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from io import BytesIO
from pathlib import Path

from stacks.charts.pins import PublicChart

FOLDER = "charts"
LOCK_FILE = "charts.lock"

_MAX_ARCHIVE_BYTES = 20_000_000
_TIMEOUT_S = 60
_HEADER = "# SHA-256 digests of the archives in this folder, written by `./noxw charts`. Commit it with them.\n"


class ChartError(Exception):
    """A chart cannot be fetched or is not the pinned one; the message says which and what to do."""


def read_archives(folder: Path, charts: Iterable[PublicChart]) -> dict[str, Path]:
    """Return the archives that are in the folder, by the names of their charts.

    Raises: ChartError if the digest of one is not the pinned or recorded one.
    """
    recorded = _read_lock(folder)
    found = {}
    for chart in charts:
        archive = folder / chart.file_name
        if archive.is_file():
            _check_digest(archive.read_bytes(), chart, recorded, source=str(archive))
            found[chart.name] = archive
    return found


def fetch_archives(folder: Path, charts: Iterable[PublicChart], *, say: Callable[[str], None]) -> None:
    """Fetch the archives that are not in the folder, check all digests, and record those that are new.

    Raises: ChartError if an archive cannot be fetched, or is not the pinned one.
    """
    charts = list(charts)
    kept, recorded = read_archives(folder, charts), _read_lock(folder)
    for chart in charts:
        if chart.name in kept:
            content = kept[chart.name].read_bytes()
        else:
            content = _download(chart)
            _check_content(content, chart)
            _check_digest(content, chart, recorded, source=chart.url)
            _store(folder / chart.file_name, content)
            say(f"Fetched the chart {chart.name} {chart.version} into {folder}: commit this folder.")
        previous = recorded.get(chart.name)
        recorded[chart.name] = {"version": chart.version, "sha256": hashlib.sha256(content).hexdigest()}
        if previous and previous["version"] != chart.version:
            (folder / f"{chart.name}-{previous['version']}.tgz").unlink(missing_ok=True)
    _write_lock(folder, recorded)


def _check_digest(
    content: bytes, chart: PublicChart, recorded: Mapping[str, Mapping[str, str]], *, source: str
) -> None:
    known = recorded.get(chart.name, {})
    wanted = chart.sha256 or (known["sha256"] if known.get("version") == chart.version else None)
    found = hashlib.sha256(content).hexdigest()
    if wanted is not None and found != wanted:
        raise ChartError(
            f"{source} is not the pinned chart: its SHA-256 is {found}, and {wanted} is expected. Do not deploy it. "
            "Delete the file if it exists, and run `./noxw charts`. If that fails too, find out who changed the chart."
        )


def _check_content(content: bytes, chart: PublicChart) -> None:
    """Raise ChartError for anything but this chart: a proxy may answer with a page of its own."""
    try:
        with tarfile.open(fileobj=BytesIO(content), mode="r:gz") as archive:
            member = archive.extractfile(f"{chart.name}/Chart.yaml")
            text = member.read().decode() if member else ""
    except (tarfile.TarError, OSError, EOFError, KeyError, UnicodeDecodeError):
        text = ""
    if not re.search(rf"^version: *[\"']?v?{re.escape(chart.version)}[\"']?\s*$", text, re.MULTILINE):
        raise ChartError(f"{chart.url} answered with something other than the chart {chart.name} {chart.version}.")


def _download(chart: PublicChart) -> bytes:
    try:
        with urllib.request.urlopen(chart.url, timeout=_TIMEOUT_S) as answer:  # noqa: S310 - an address of our own pins
            content: bytes = answer.read(_MAX_ARCHIVE_BYTES + 1)
    except (OSError, http.client.HTTPException) as error:
        raise ChartError(
            f"The chart {chart.name} {chart.version} could not be fetched from {chart.url} ({error}): try again, or "
            f"put the archive into {FOLDER}/ yourself."
        ) from None
    if len(content) > _MAX_ARCHIVE_BYTES:
        raise ChartError(f"{chart.url} is larger than {_MAX_ARCHIVE_BYTES / 1e6:g} MB, so it is not the chart.")
    return content


def _store(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(".part")
    part.write_bytes(content)
    part.replace(file)


def _read_lock(folder: Path) -> dict[str, dict[str, str]]:
    file = folder / LOCK_FILE
    if not file.is_file():
        return {}
    try:
        entries = tomllib.loads(file.read_text(encoding="utf-8"))
        return {
            name: {"version": str(entry["version"]), "sha256": str(entry["sha256"])} for name, entry in entries.items()
        }
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, TypeError):
        raise ChartError(f"{file} is not readable: restore it from the repository's history.") from None


def _write_lock(folder: Path, recorded: Mapping[str, Mapping[str, str]]) -> None:
    sections = [
        f'\n[{name}]\nversion = "{entry["version"]}"\nsha256 = "{entry["sha256"]}"\n'
        for name, entry in sorted(recorded.items())
    ]
    text = "".join([_HEADER, *sections])
    file = folder / LOCK_FILE
    if not file.is_file() or file.read_text(encoding="utf-8") != text:
        folder.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
