"""The worker as it is started: its settings, its ports, its end."""

import os
import signal
import socket
import subprocess
import sys
import urllib.request

from tests.driver import eventually
from tests.place import Place

COMMAND = [sys.executable, "-m", "services.worker", "run"]


def a_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def get(port: int, path: str) -> str | None:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return str(answer.read().decode())
    except OSError:
        return None


def test_wrong_settings_are_all_named_at_once(place: Place) -> None:
    environment = {**os.environ, **place.environment(), "WORKER_CONCURRENCY": "many", "THUMBNAIL_POSITIONS": "0,50"}
    del environment["VIDEOS_TABLE"]

    worker = subprocess.run(COMMAND, env=environment, capture_output=True, text=True, check=False)

    assert worker.returncode == 2
    assert "3 wrong settings" in worker.stderr
    assert "WORKER_CONCURRENCY = 'many'" in worker.stderr
    assert "THUMBNAIL_POSITIONS = '0,50'" in worker.stderr
    assert "between 0 and 100" in worker.stderr
    assert "VIDEOS_TABLE is not set" in worker.stderr
    assert "example: VIDEOS_TABLE=thumbnails-videos" in worker.stderr
    assert "Traceback" not in worker.stderr


def test_a_worker_serves_probes_and_metrics_and_ends_on_sigterm(place: Place) -> None:
    health, metrics = a_free_port(), a_free_port()
    environment = {
        **os.environ,
        **place.environment(),
        "AWS_ENDPOINT_URL": place.endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "RECEIVE_WAIT_S": "1",
        "WORKER_HEALTH_PORT": str(health),
        "WORKER_METRICS_PORT": str(metrics),
    }
    worker = subprocess.Popen(COMMAND, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert eventually(lambda: get(health, "/health"), "the probe") == "alive\n"
        assert "thumbnail_worker_videos_in_work" in eventually(lambda: get(metrics, "/metrics"), "the metrics")
    finally:
        worker.send_signal(signal.SIGTERM)
        output, _ = worker.communicate(timeout=60)

    assert worker.returncode == 0
    assert '"event": "worker_stopped"' in output
