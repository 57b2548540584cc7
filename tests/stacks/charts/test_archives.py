"""Archives of public charts: fetched once, checked by digest, and used in place of the repository."""

import hashlib
import tarfile
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path

import pytest

from stacks.charts.archives import ChartError, fetch_archives, read_archives
from stacks.charts.pins import KEDA, PUBLIC_CHARTS, PublicChart


class _QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Write nothing."""


def make_archive(name: str, version: str, note: str = "") -> bytes:
    buffer = BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        text = f"apiVersion: v2\nname: {name}\nversion: {version}\n# {note}\n".encode()
        entry = tarfile.TarInfo(f"{name}/Chart.yaml")
        entry.size = len(text)
        archive.addfile(entry, BytesIO(text))
    return buffer.getvalue()


@pytest.fixture
def served(tmp_path: Path) -> Path:
    folder = tmp_path / "served"
    folder.mkdir()
    return folder


@pytest.fixture
def chart(served: Path) -> Iterator[PublicChart]:
    """Return a chart whose repository is a server on this machine, which has its archive."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_QuietHandler, directory=str(served)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    made = PublicChart(name="keda", version="9.9.9", repository=f"http://127.0.0.1:{server.server_address[1]}")
    (served / made.file_name).write_bytes(make_archive("keda", "9.9.9"))
    yield made
    server.shutdown()
    server.server_close()


def fetch(folder: Path, chart: PublicChart) -> list[str]:
    said: list[str] = []
    fetch_archives(folder, [chart], say=said.append)
    return said


def test_a_second_fetch_asks_no_repository(chart: PublicChart, served: Path, tmp_path: Path) -> None:
    folder = tmp_path / "charts"
    assert fetch(folder, chart) == [f"Fetched the chart keda 9.9.9 into {folder}: commit this folder."]
    (served / chart.file_name).unlink()
    assert fetch(folder, chart) == []
    assert read_archives(folder, [chart]) == {"keda": folder / "keda-9.9.9.tgz"}


def test_later_fetches_must_match_the_recorded_digest(chart: PublicChart, served: Path, tmp_path: Path) -> None:
    folder = tmp_path / "charts"
    fetch(folder, chart)
    digest = hashlib.sha256((folder / chart.file_name).read_bytes()).hexdigest()
    assert f'[keda]\nversion = "9.9.9"\nsha256 = "{digest}"' in (folder / "charts.lock").read_text(encoding="utf-8")
    (folder / chart.file_name).unlink()
    (served / chart.file_name).write_bytes(make_archive("keda", "9.9.9", "published again"))
    with pytest.raises(ChartError, match=f"is not the pinned chart: its SHA-256 is .*, and {digest} is expected"):
        fetch(folder, chart)
    assert not (folder / chart.file_name).exists()


def test_first_fetch_must_match_the_pinned_digest(chart: PublicChart, tmp_path: Path) -> None:
    with pytest.raises(ChartError, match=f"and {'0' * 64} is expected"):
        fetch(tmp_path / "charts", replace(chart, sha256="0" * 64))


def test_a_changed_archive_is_refused(chart: PublicChart, tmp_path: Path) -> None:
    folder = tmp_path / "charts"
    fetch(folder, chart)
    (folder / chart.file_name).write_bytes(make_archive("keda", "9.9.9", "changed"))
    with pytest.raises(ChartError, match=r"keda-9\.9\.9\.tgz is not the pinned chart"):
        read_archives(folder, [chart])


def test_another_version_replaces_archive_and_digest(chart: PublicChart, served: Path, tmp_path: Path) -> None:
    folder = tmp_path / "charts"
    fetch(folder, chart)
    newer = replace(chart, version="10.0.0")
    (served / newer.file_name).write_bytes(make_archive("keda", "10.0.0"))
    fetch(folder, newer)
    assert {file.name for file in folder.iterdir()} == {"keda-10.0.0.tgz", "charts.lock"}
    assert 'version = "10.0.0"' in (folder / "charts.lock").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "content", [b"<html>log in</html>", make_archive("keda", "9.9.8"), make_archive("other", "9.9.9"), b""]
)
def test_an_answer_other_than_the_chart_is_discarded(
    chart: PublicChart, served: Path, tmp_path: Path, content: bytes
) -> None:
    (served / chart.file_name).write_bytes(content)
    with pytest.raises(ChartError, match=r"answered with something other than the chart keda 9\.9\.9"):
        fetch(tmp_path / "charts", chart)
    assert not (tmp_path / "charts").exists()


def test_a_repository_without_the_version_is_named(chart: PublicChart, served: Path, tmp_path: Path) -> None:
    (served / chart.file_name).unlink()
    with pytest.raises(ChartError, match=r"keda 9\.9\.9 could not be fetched from http://127.*404.*put the archive"):
        fetch(tmp_path / "charts", chart)


def test_a_broken_lock_file_is_named(chart: PublicChart, tmp_path: Path) -> None:
    (tmp_path / "charts.lock").write_text("[keda]\nversion = 1", encoding="utf-8")
    with pytest.raises(ChartError, match=r"charts\.lock is not readable: restore it"):
        fetch(tmp_path, chart)


def test_pins_name_archives_over_https() -> None:
    assert KEDA.url == f"https://kedacore.github.io/charts/keda-{KEDA.version}.tgz"
    assert all(chart.url.startswith("https://") for chart in PUBLIC_CHARTS)
