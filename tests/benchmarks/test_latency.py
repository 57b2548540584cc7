"""The benchmark of the latency: its figures, its proxy, and one clip through the real pipeline."""

from __future__ import annotations

import http.client
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from benchmarks.latency.__main__ import make_plan
from benchmarks.latency.course import Entrant, run_course
from benchmarks.latency.delay import DelayProxy
from benchmarks.latency.table import Cell, Row, burst_headings, format_burst, format_single, percentile, single_headings
from benchmarks.latency.ways import OURS, WAYS
from services.local.pipeline import run_pipeline

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.videos import Videos

PATIENCE_S = 240
"""For a machine with many other programs."""


@pytest.mark.parametrize(("share_pct", "expected"), [(1, 1), (50, 5), (95, 10), (99, 10), (100, 10)])
def test_a_percentile_is_a_measured_value(share_pct: float, expected: float) -> None:
    assert percentile([10, 9, 8, 7, 6, 5, 4, 3, 2, 1], share_pct) == expected


def a_row(ours: Cell, *, count: int = 1, **peers: Cell) -> Row:
    return Row("10 s", "10 s mp4", 0, count, 0.05, {OURS: ours, **peers})


def test_a_row_shows_percentiles_the_bound_and_each_peer() -> None:
    row = a_row(Cell([0.1, 0.1, 0.2]), ffmpeg=Cell([1.0, 2.0]), pyav=Cell(missing=1))

    shown = dict(zip(single_headings(WAYS), format_single(row, WAYS), strict=True))

    assert shown == {
        "film": "10 s mp4", "added ms": "0", "videos": "3", "p50 s": "0.100", "p95 s": "0.200", "p99 s": "0.200",
        "bound s": "0.050", "p50/bound": "2.0", "A p50 / p95": "1.00 / 2.00", "B p50 / p95": "-",
        "C p50 / p95": "none in time", "D p50 / p95": "-",
    }  # fmt: skip


def test_a_burst_shows_videos_a_second_of_all() -> None:
    row = a_row(Cell([1.0, 2.0], total_s=4.0), count=2, ffmpeg=Cell([9.0], missing=1, total_s=10.0))

    shown = dict(zip(burst_headings(WAYS), format_burst(row, WAYS), strict=True))

    assert (shown["all s"], shown["videos/s"], shown["A videos/s"], shown["C videos/s"]) == ("4.0", "0.5", "0.1", "-")


@pytest.mark.parametrize(
    ("row", "lost"),
    [
        (a_row(Cell([0.1]), ffmpeg=Cell([0.2])), []),
        (a_row(Cell([0.1]), ffmpeg=Cell([0.09])), ["10 s mp4: ffmpeg takes 0.090 s, ours 0.100 s"]),
        (a_row(Cell([0.1, 0.3])), ["10 s mp4: p95 is 0.300 s, the goal 0.12 s"]),
        (a_row(Cell(missing=1)), ["10 s mp4: 1 of 1 videos have no thumbnails"]),
        (
            a_row(Cell([1.0] * 2, total_s=2.0), count=2, ffmpeg=Cell([1.0] * 2, total_s=1.0)),
            ["10 s mp4, burst of 2: ffmpeg does 2.0 videos/s, ours 1.0"],
        ),
    ],
)
def test_a_faster_peer_and_a_missed_goal_are_named(row: Row, lost: list[str]) -> None:
    assert list(row.list_lost(WAYS)) == lost


def test_the_plan_has_every_film_and_bursts_by_name() -> None:
    whole = make_plan(named=[], bursts=[100, 1000], rounds=1, is_quick=False)
    some = make_plan(named=["2 h ts"], bursts=[100], rounds=1, is_quick=False)

    assert {(film.name, delay) for film, delay in whole.rows} >= {("10 s flv", 0), ("2 h mkv", 0), ("10 min ts", 50)}
    assert [(film.name, count) for film, count in whole.bursts if count == 1000] == [("10 s mp4", 1000)]
    assert [(film.name, delay) for film, delay in some.rows] == [("2 h ts", 0), ("2 h ts", 20), ("2 h ts", 50)]
    assert some.bursts == ()


class _Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Log nothing."""


def test_the_proxy_delays_each_request_once_and_changes_no_byte() -> None:
    body = bytes(range(256)) * 4096
    with ThreadingHTTPServer(("127.0.0.1", 0), _Echo) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            with DelayProxy(f"http://127.0.0.1:{server.server_address[1]}") as proxy:
                client = http.client.HTTPConnection(urlsplit(proxy.endpoint).netloc, timeout=PATIENCE_S)
                answers = []
                for _ in range(2):
                    client.request("PUT", "/", body)
                    answers.append(client.getresponse().read())
                client.close()
                assert (answers, proxy.requests) == ([body, body], 2)
        finally:
            server.shutdown()
            thread.join()


def test_a_clip_is_measured_through_the_real_pipeline(tmp_path: Path, videos: Videos) -> None:
    clip = videos.video("clip.mp4", duration_s=4)
    ours = Entrant(WAYS[0], is_distant=True)
    with (
        run_pipeline(tmp_path / "data", workers=0, say=lambda _: None) as pipeline,
        run_course(pipeline, [ours], say=print) as course,
    ):
        uploaded = course.measure(ours, clip, 1, duration_s=4, patience_s=PATIENCE_S)
        with course.staged(clip, duration_s=4) as source:
            copied = course.measure(ours, source, 2, duration_s=4, patience_s=PATIENCE_S)

    assert [len(run.latencies_s) for run in (uploaded, copied)] == [1, 2]
    # Each of the three reads its film once at least, and stores three thumbnails.
    assert course.proxy.requests >= 12
