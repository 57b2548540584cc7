"""Course of the measurement: queues, running programs, uploads, and the moment at which thumbnails can be read."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from benchmarks.latency.delay import DelayProxy
from benchmarks.latency.ways import Way
from services.aws.queue import MAX_BATCH, MessageQueue
from services.contract.events import parse_notification
from services.contract.keys import THUMBNAIL_PREFIX, UPLOAD_PREFIX, thumbnail_bases
from services.local.pipeline import LocalPipeline
from services.local.supervisor import Program, Supervisor

PICTURES = 3
_POLL_S = 2
_HIDDEN_S = 600
_UPLOADERS = 4
_STOP_S = 30.0


class ThumbnailWatch:
    """Watcher of new thumbnails: the bucket tells a queue of its own, so that no polling loads the embedded AWS."""

    def __init__(self, pipeline: LocalPipeline, queue_url: str) -> None:
        self._pipeline = pipeline
        self._queue = MessageQueue(pipeline.clients.sqs, queue_url)
        self._seen: dict[str, set[str]] = {}
        self._readable_at: dict[str, float] = {}
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watch", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()

    def wait(self, keys: Sequence[str], until_s: float) -> dict[str, float]:
        """Return the time at which the third thumbnail of each upload could be read, of those that have it by then."""
        bases = {thumbnail_bases(key)[0]: key for key in keys}
        with self._changed:
            self._changed.wait_for(
                lambda: bases.keys() <= self._readable_at.keys(), timeout=max(until_s - time.monotonic(), 0)
            )
            return {key: self._readable_at[base] for base, key in bases.items() if base in self._readable_at}

    def _watch(self) -> None:
        while not self._stopping.is_set():
            messages = self._queue.receive(MAX_BATCH, wait_s=_POLL_S, visibility_timeout_s=_HIDDEN_S)
            for event in (event for message in messages for event in parse_notification(message.body)):
                base = event.key.rpartition("_")[0]
                seen = self._seen.setdefault(base, set())
                seen.add(event.key)
                if len(seen) == PICTURES and base not in self._readable_at:
                    self._note_readable(base, event.key)
            if messages:
                self._queue.delete_all(messages)

    def _note_readable(self, base: str, key: str) -> None:
        answer = self._pipeline.clients.s3.get_object(Bucket=self._pipeline.endpoints.bucket, Key=key)
        answer["Body"].read()
        with self._changed:
            self._readable_at[base] = time.monotonic()
            self._changed.notify_all()


@dataclass(frozen=True)
class Entrant:
    """A running program and its folder of uploads. A distant one reaches S3 through the proxy."""

    way: Way
    is_distant: bool

    @property
    def prefix(self) -> str:
        return f"{UPLOAD_PREFIX}{self.way.name}-{'distant' if self.is_distant else 'near'}/"


@dataclass
class Course:
    """The local pipeline with all programs of the comparison, each with a queue that S3 notifies."""

    pipeline: LocalPipeline
    proxy: DelayProxy
    watch: ThumbnailWatch
    _number: int = field(default=0)

    @contextlib.contextmanager
    def staged(self, path: Path, *, duration_s: int) -> Iterator[str]:
        """Upload a film outside the folders that S3 notifies of, and return its key; delete it with the context."""
        key = f"films/film-{duration_s}s{path.suffix}"
        version = self._put(path, key)
        try:
            yield key
        finally:
            self._delete(key, version)

    def measure(self, entrant: Entrant, film: Path | str, count: int, *, duration_s: int, patience_s: float) -> "Run":
        """Upload a film `count` times at once, and wait for the thumbnails.

        A path is uploaded each time. A key is copied within S3, which sends the same event; a large upload would take
        longer than everything else.
        """
        name = f"film-{duration_s}s{Path(film).suffix}"
        keys = [f"{entrant.prefix}{self._number + number}/{name}" for number in range(count)]
        self._number += count
        began_at = time.monotonic()

        def upload(key: str) -> tuple[float, str]:
            version = self._put(film, key) if isinstance(film, Path) else self._copy(film, key)
            return time.monotonic(), version

        with ThreadPoolExecutor(_UPLOADERS) as pool:
            uploaded = dict(zip(keys, pool.map(upload, keys), strict=True))
        readable = self.watch.wait(keys, began_at + patience_s)
        for key, (_, version) in uploaded.items():
            if key in readable:
                self._delete(key, version)
        latencies = sorted(readable[key] - uploaded[key][0] for key in readable)
        total_s = max(readable.values(), default=time.monotonic()) - began_at
        return Run(tuple(latencies), count, total_s)

    def measure_round_trip_s(self, rounds: int = 9) -> float:
        """Return the median time of the smallest request to S3, without a delay."""
        took = []
        for _ in range(rounds):
            began_at = time.monotonic()
            self.pipeline.bucket.check()
            took.append(time.monotonic() - began_at)
        return sorted(took)[rounds // 2]

    def _put(self, path: Path, key: str) -> str:
        with path.open("rb") as body:
            answer = self.pipeline.clients.s3.put_object(Bucket=self.pipeline.endpoints.bucket, Key=key, Body=body)
        return answer["VersionId"]

    def _delete(self, key: str, version: str) -> None:
        self.pipeline.clients.s3.delete_object(Bucket=self.pipeline.endpoints.bucket, Key=key, VersionId=version)

    def _copy(self, source: str, key: str) -> str:
        bucket = self.pipeline.endpoints.bucket
        answer = self.pipeline.clients.s3.copy_object(
            Bucket=bucket, Key=key, CopySource={"Bucket": bucket, "Key": source}
        )
        return answer["VersionId"]


@dataclass(frozen=True)
class Run:
    """Latencies in seconds of the videos that had their thumbnails in time, sorted; `total_s` is from the first PUT."""

    latencies_s: tuple[float, ...]
    count: int
    total_s: float


@contextlib.contextmanager
def run_course(pipeline: LocalPipeline, entrants: Sequence[Entrant], *, say: Callable[[str], None]) -> Iterator[Course]:
    """Run the programs of all entrants against a pipeline that has no worker of its own.

    `say` is called with a message for each program that ends and is started again.
    """
    sqs = pipeline.clients.sqs
    urls = {entrant: sqs.create_queue(QueueName=_name_queue(entrant))["QueueUrl"] for entrant in entrants}
    pictures = sqs.create_queue(QueueName="pictures")["QueueUrl"]
    _notify(pipeline, {**{entrant.prefix: url for entrant, url in urls.items()}, THUMBNAIL_PREFIX: pictures})
    with contextlib.ExitStack() as stack:
        proxy = stack.enter_context(DelayProxy(pipeline.endpoints.aws))
        programs = [_make_program(pipeline, entrant, url, proxy) for entrant, url in urls.items()]
        stack.enter_context(Supervisor(programs, say=say, grace_s=_STOP_S))
        yield Course(pipeline, proxy, stack.enter_context(ThumbnailWatch(pipeline, pictures)))


def _make_program(pipeline: LocalPipeline, entrant: Entrant, queue_url: str, proxy: DelayProxy) -> Program:
    name = _name_queue(entrant)
    environment = {
        **pipeline.endpoints.environment(),
        "SQS_QUEUE_URL": queue_url,
        "WORKER_NAME": name,
        "RECEIVE_WAIT_S": "2",
        "SHUTDOWN_GRACE_S": "5",
        **({"AWS_ENDPOINT_URL_S3": proxy.endpoint} if entrant.is_distant else {}),
    }
    return Program(name, entrant.way.command, environment, pipeline.data / "logs" / f"{name}.log")


def _name_queue(entrant: Entrant) -> str:
    return entrant.prefix.removeprefix(UPLOAD_PREFIX).rstrip("/")


def _notify(pipeline: LocalPipeline, queues: dict[str, str]) -> None:
    """Let S3 send the events of each prefix to its queue."""
    wanted: list[Any] = []
    for prefix, url in queues.items():
        answer = pipeline.clients.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        rule = {"Name": "prefix", "Value": prefix}
        wanted.append(
            {
                "QueueArn": answer["Attributes"]["QueueArn"],
                "Events": ["s3:ObjectCreated:*"],
                "Filter": {"Key": {"FilterRules": [rule]}},
            }
        )
    pipeline.clients.s3.put_bucket_notification_configuration(
        Bucket=pipeline.endpoints.bucket, NotificationConfiguration={"QueueConfigurations": wanted}
    )
