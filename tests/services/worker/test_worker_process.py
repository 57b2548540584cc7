"""The worker as it is started: its settings, its ports, its end."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

from services.aws.shared import SharedItems
from services.aws.table.published_settings import read_settings
from services.contract.resources import SHARDS_KEY
from services.contract.settings import WorkerSettings
from services.contract.shards import choose_shard, index_key_of, totals_key
from tests.support.driver import PATIENCE_S, eventually
from tests.support.place import Place
from tests.support.ports import held_ports
from tests.support.sandboxes import WITHOUT_SECCOMP

ROOT = Path(__file__).parents[3]
COMMAND = [sys.executable, "-m", "services.worker", "run"]


def get(port: int, path: str) -> str | None:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return str(answer.read().decode())
    except OSError:
        return None


def environment_of(place: Place) -> dict[str, str]:
    return {
        **os.environ,
        **place.environment(),
        "AWS_ENDPOINT_URL": place.endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "RECEIVE_WAIT_S": "1",
    }


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


def test_a_worker_serves_probes_and_metrics_until_sigterm(place: Place) -> None:
    with held_ports(2) as (health, metrics):
        ports = {"WORKER_HEALTH_PORT": str(health), "WORKER_METRICS_PORT": str(metrics)}
        environment = {**environment_of(place), **ports}
        worker = subprocess.Popen(COMMAND, env=environment, stdout=subprocess.PIPE, text=True)
        try:
            assert eventually(lambda: get(health, "/health"), "the probe") == "alive\n"
            assert "thumbnail_worker_videos_in_progress" in eventually(lambda: get(metrics, "/metrics"), "the metrics")
        finally:
            worker.send_signal(signal.SIGTERM)
            output, _ = worker.communicate(timeout=PATIENCE_S)

    assert worker.returncode == 0
    assert '"event": "worker_stopped"' in output


START = """
import sys
from services.worker.__main__ import main

sys.argv = ["services.worker", "run"]
sys.exit(main())
"""


def test_a_worker_without_kernel_filters_warns_once_and_starts(place: Place) -> None:
    command = [sys.executable, "-c", WITHOUT_SECCOMP + START]
    worker = subprocess.Popen(command, env=environment_of(place), cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert worker.stdout is not None
    try:
        lines = [next(worker.stdout)]
        while "worker_started" not in lines[-1]:
            lines.append(next(worker.stdout))
    finally:
        worker.send_signal(signal.SIGTERM)
        rest, _ = worker.communicate(timeout=PATIENCE_S)
    events = [json.loads(line)["event"] for line in [*lines, *rest.splitlines()]]
    assert events.count("children_less_confined") == 1
    assert events.index("children_less_confined") < events.index("worker_started")
    assert worker.returncode == 0


def test_a_worker_publishes_its_settings_after_its_start(place: Place) -> None:
    shared = SharedItems(place.clients.dynamodb, place.resources.table.name)
    environment = {**environment_of(place), "WORKER_NAME": "worker-7", "THUMBNAIL_WIDTH_PX": "320"}
    worker = subprocess.Popen(COMMAND, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        [variant] = eventually(lambda: read_settings(shared, "worker").variants, "the published settings")
    finally:
        worker.send_signal(signal.SIGTERM)
        output, _ = worker.communicate(timeout=PATIENCE_S)
    items = {item.name: item for item in variant.items}
    assert list(items) == [name.upper() for name in WorkerSettings.model_fields]
    width = items["THUMBNAIL_WIDTH_PX"]
    assert (width.value, width.source, width.default) == ("320", "environment", "640")
    assert items["WORKER_NAME"].value is None
    assert "settings_not_published" not in output
    assert worker.returncode == 0


def test_a_worker_writes_its_configured_shard_count(place: Place) -> None:
    key = "uploads/none.mp4"
    place.bucket.put(key, b"not a video", content_type="video/mp4")
    worker = subprocess.Popen(COMMAND, env={**environment_of(place), "TABLE_SHARDS": "64"}, stdout=subprocess.DEVNULL)
    try:
        eventually(lambda: (record := place.videos.get(key)) and record.finished_at, "the end of the video")
    finally:
        worker.send_signal(signal.SIGTERM)
        worker.wait(timeout=60)

    items = {item["pk"]: item for item in place.videos.scan()}
    assert items[SHARDS_KEY]["shards"] == 64
    assert items[key]["state"] == index_key_of(key, "failed", 64)
    assert totals_key(choose_shard(key, 64)) in items
