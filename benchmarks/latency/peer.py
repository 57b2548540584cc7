"""Worker around another tool: `python -m benchmarks.latency.peer ffmpeg|ffmpegthumbnailer|pyav|imagorvideo`.

It takes the same events as our worker, as many at a time, and stores three thumbnails under the same keys. It keeps no
records, checks nothing and separates no videos, which saves it time. A film's length is in its name (`-591s.mp4`), so
that no peer has to look for it.
"""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import imageio_ffmpeg

from benchmarks.extraction.ways import POSITIONS, WIDTH_PX, pyav_thumbnails
from services.aws.bucket import Bucket
from services.aws.clients import make_clients
from services.aws.queue import MAX_BATCH, Message, MessageQueue
from services.contract.events import parse_notification
from services.contract.keys import thumbnail_bases, thumbnail_key

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

SLOTS = (os.cpu_count() or 1) + 1
"""Videos at a time: the default of our worker."""
_VISIBILITY_S = 600
_WAIT_S = 2
_START_S = 30.0
_DURATION = re.compile(r"-(\d+)s\.\w+$")


class Storage:
    """The bucket, for the tools: downloads and signed URLs."""

    def __init__(self, s3: "S3Client", bucket: Bucket) -> None:
        self.s3 = s3
        self.bucket = bucket

    def sign(self, key: str) -> str:
        return self.bucket.sign(key, valid_s=3600)


Tool = Callable[[Storage, str], list[bytes]]
"""Function that returns the three thumbnails of an upload."""


def ffmpeg_three_times(storage: Storage, key: str) -> list[bytes]:
    """Download the film, then seek and decode with ffmpeg, once for each thumbnail."""
    named = _DURATION.search(key)
    assert named, f"{key} does not name its length"  # noqa: S101 - the benchmark names it
    with tempfile.TemporaryDirectory() as directory:
        copy = Path(directory) / f"film{Path(key).suffix}"
        storage.s3.download_file(storage.bucket.name, key, str(copy))
        return [
            _run(
                *(imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-ss", f"{int(named[1]) * position:.3f}"),
                *("-i", str(copy), "-frames:v", "1", "-vf", f"scale={WIDTH_PX}:-2", "-strict", "unofficial"),
                *("-f", "mjpeg", "-"),
            )
            for position in POSITIONS
        ]


def ffmpegthumbnailer(storage: Storage, key: str) -> list[bytes]:
    """Run ffmpegthumbnailer on a signed URL, once for each thumbnail."""
    url = storage.sign(key)
    return [
        _run("ffmpegthumbnailer", "-i", url, "-t", f"{position:.0%}", "-s", str(WIDTH_PX), "-c", "jpeg", "-o", "-")
        for position in POSITIONS
    ]


def pyav(storage: Storage, key: str) -> list[bytes]:
    """Open a signed URL with PyAV, and decode the keyframe before each position."""
    return pyav_thumbnails(storage.sign(key))


@contextlib.contextmanager
def run_imagorvideo() -> Iterator[Tool]:
    """Run an imagorvideo server on a free port, and return the tool that asks it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        "imagorvideo",
        "-bind",
        f"127.0.0.1:{port}",
        "-imagor-unsafe",
        "-http-loader-allowed-sources",
        "127.0.0.1*",
    ]
    with subprocess.Popen(command) as server:  # noqa: S603 - a peer that the user has installed
        try:
            _wait_for_port(port)
            yield lambda storage, key: [
                _fetch(
                    f"http://127.0.0.1:{port}/unsafe/{WIDTH_PX}x0/filters:frame({position:g}):format(jpeg)/"
                    + quote(storage.sign(key), safe="")
                )
                for position in POSITIONS
            ]
        finally:
            server.terminate()


def _wait_for_port(port: int) -> None:
    until = time.monotonic() + _START_S
    while time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise RuntimeError(f"imagorvideo does not listen on port {port}")


def _fetch(url: str) -> bytes:
    with urllib.request.urlopen(url) as answer:  # noqa: S310 - the peer's own server
        body: bytes = answer.read()
    return body


def _run(*command: str) -> bytes:
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL).stdout  # noqa: S603


TOOLS: dict[str, Tool] = {"ffmpeg": ffmpeg_three_times, "ffmpegthumbnailer": ffmpegthumbnailer, "pyav": pyav}


def _process(message: Message, queue: MessageQueue, storage: Storage, tool: Tool) -> None:
    for event in parse_notification(message.body):
        pictures = tool(storage, event.key)
        base = thumbnail_bases(event.key)[0]
        for number, picture in enumerate(pictures, start=1):
            storage.bucket.put(thumbnail_key(base, number), picture, content_type="image/jpeg")
    queue.delete(message)


def run_loop(queue: MessageQueue, storage: Storage, tool: Tool, stopping: threading.Event) -> None:
    """Process messages until the process is asked to stop."""
    slots = threading.Semaphore(SLOTS)

    def process(message: Message) -> None:
        try:
            _process(message, queue, storage, tool)
        except Exception as error:  # noqa: BLE001 - any failure of a tool is a row without a figure
            print(f"{type(error).__name__}: {error}", flush=True)  # noqa: T201 - the log of this program
        finally:
            slots.release()

    with ThreadPoolExecutor(SLOTS) as pool:
        while not stopping.is_set():
            slots.acquire()
            count = 1
            while count < MAX_BATCH and slots.acquire(blocking=False):
                count += 1
            messages = queue.receive(count, wait_s=_WAIT_S, visibility_timeout_s=_VISIBILITY_S)
            for _ in range(count - len(messages)):
                slots.release()
            for message in messages:
                pool.submit(process, message)


def main(name: str) -> None:
    """Run the worker of a tool until SIGTERM."""
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    clients = make_clients(os.environ["AWS_REGION"], connections=SLOTS * 10)
    bucket = Bucket(clients.s3, os.environ["S3_BUCKET"])
    queue = MessageQueue(clients.sqs, os.environ["SQS_QUEUE_URL"])
    with run_imagorvideo() if name == "imagorvideo" else contextlib.nullcontext(TOOLS[name]) as tool:
        run_loop(queue, Storage(clients.s3, bucket), tool, stopping)


if __name__ == "__main__":
    main(sys.argv[1])
