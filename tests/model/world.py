"""One schedule: users, operators, workers and apis on a simulated AWS, all chosen by the bytes of a buffer."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cache, lru_cache
from types import SimpleNamespace
from typing import Any

from services.api.access.secret_key import SecretKey
from services.api.actions import confirmations, dead_letters, purge, purge_run, reindex
from services.api.actions.purge_job import is_purge_running
from services.api.reconciliation.changes import ApplyingChanges, Tally
from services.api.reconciliation.decisions import Wanted
from services.api.reconciliation.key_filter import KeyFilter
from services.api.reconciliation.pace import Pace
from services.api.reconciliation.reconciler import Reconciler, ReconcilerContext
from services.aws import queue, videos
from services.aws.bucket import Bucket
from services.aws.errors import AwsError
from services.aws.shared import SharedItems
from services.contract.formats import VIDEO_EXTENSIONS
from services.contract.outbox.events import Outbox
from services.contract.records import VideoState
from services.contract.resources import DEFAULT_TRIES, PURGE_KEY, SPARE_RECEIVES
from services.contract.settings import WorkerSettings
from services.worker import loop, process
from services.worker.health import HealthServer
from tests.model.aws.calls import Boundary
from tests.model.aws.dynamodb import SimulatedDynamoDb
from tests.model.aws.s3 import SimulatedBucket, SimulatedS3
from tests.model.aws.sqs import SimulatedQueue, SimulatedSqs
from tests.model.extraction import SimulatedSandbox
from tests.model.people import BUCKET, PAUSES_S, TABLE, People
from tests.model.shortcuts import CountingMetrics
from tests.model.simulation import Choices, Process, Simulation
from tests.model.threads import clock_s, current

QUEUE_URL, DEAD_URL = "https://sqs.simulated/queue", "https://sqs.simulated/dead"
_CLOCKS_S = (0.0, 0.0, 0.0, 25.0, -25.0, 3.0, -3.0, 90.0)
_SHARDS = (1, 1, 3, 17)
_FAULTS_OF_256 = (0, 4, 12, 24)
_RECONCILE_POLL_S = 5.0


class UnsignedBucket(Bucket):
    """A bucket whose URLs have no signature, which takes as long as a tenth of a schedule."""

    def sign(self, key: str, *, valid_s: int) -> str:  # noqa: ARG002 - the base class's interface
        return f"https://s3.simulated/{self.name}/{key}"


@cache
def settings_of(width_px: int, concurrency: int) -> WorkerSettings:
    return WorkerSettings.from_environment(
        aws_region="us-east-1",
        sqs_queue_url=QUEUE_URL,
        sqs_dlq_url=DEAD_URL,
        s3_bucket=BUCKET,
        videos_table=TABLE,
        worker_name="worker",
        worker_concurrency=str(concurrency),
        thumbnail_width_px=str(width_px),
        thumbnail_positions="25,75",
        visibility_timeout_s="30",
        retry_delay_s="3",
        shutdown_grace_s="20",
    )


_HEALTH = HealthServer(60)


@lru_cache(maxsize=256)
def _is_running(job: str) -> bool:
    """Return True for the document of a purge that has not ended."""
    return bool(json.loads(job)["progress"]["running"])


class World:
    """The state of one schedule."""

    def __init__(self, buffer: bytes, *, is_traced: bool = False, has_events: bool = False) -> None:
        self.choices = choices = Choices(buffer)
        self.simulation = Simulation(choices)
        if is_traced:
            self.simulation.trace = []
        self.has_events = has_events
        self.boundary = Boundary()
        self.bucket = SimulatedBucket(BUCKET, is_versioned=choices.below(3) < 2)
        self.s3 = SimulatedS3(
            self.boundary, [self.bucket], notify=self._notify, clock_ahead_s=_CLOCKS_S[choices.below(8)]
        )
        receives = DEFAULT_TRIES + SPARE_RECEIVES
        self.queue = SimulatedQueue(QUEUE_URL, most_receives=receives, dead=DEAD_URL)
        self.dead = SimulatedQueue(DEAD_URL)
        self.sqs = SimulatedSqs(self.boundary, [self.queue, self.dead], clock_ahead_s=_CLOCKS_S[choices.below(8)])
        self.table = SimulatedDynamoDb(self.boundary)
        self.boundary.faults.of_256 = _FAULTS_OF_256[choices.below(4)]
        self.has_faults = self.boundary.faults.of_256 > 0
        self.pending_events = 0
        self.scripts = 0
        self.is_healed = False
        self.width_px = 640
        self.shards = _SHARDS[choices.below(4)]
        self.loops: dict[Process, loop.WorkerLoop] = {}
        self.apis: dict[Process, Any] = {}
        self.tried: dict[bytes, int] = {}
        self.without_pin: dict[str, str] = {}
        """Hash of the settings without the pin of a poster, by their hash."""
        self.people = People(self)
        self.listed: list[str] = []
        """Keys of all videos as the api lists them at the end."""
        self.metrics = CountingMetrics()
        self.simulation.s3 = self.s3

    def run(self) -> None:
        """Run the schedule to its end, when nothing is left to do. Raises: the error of a task."""
        choices = self.choices
        with current(self.simulation) as simulation:
            for _ in range(1 + choices.below(2)):
                self.start_worker(1 + choices.below(2))
            for _ in range(1 + choices.below(2) * choices.below(2)):
                self.start_api()
            self.people.begin()
            simulation.run(self._is_finished)
            simulation.end()
            if simulation.error is not None:
                raise simulation.error
            if not simulation.is_endless:
                self.listed = [record.key for record in self.people.list_videos(tuple(VideoState))]

    def close(self) -> None:
        """Forget everything, so that most objects are freed at once and not by a collection of garbage."""
        for process_ in self.simulation.processes:
            vars(process_).clear()
        for one in (self.simulation, self.people, self):
            vars(one).clear()

    def _notify(self, key: str, body: str) -> None:
        if not key.startswith("uploads/"):
            return
        self.pending_events += 1
        pause = PAUSES_S[self.choices.below(8)]
        self.simulation.at(self.simulation.now + 0.2 + pause, lambda: self._deliver(body))
        if self.boundary.faults.of_256 and self.choices.happens(16):
            self.pending_events += 1
            later = PAUSES_S[self.choices.below(8)]
            self.simulation.at(self.simulation.now + 0.2 + later, lambda: self._deliver(body))

    def _deliver(self, body: str) -> None:
        self.pending_events -= 1
        self.sqs.put(QUEUE_URL, body)

    def _is_finished(self) -> bool:
        if self.scripts:
            return False
        if not self.is_healed:
            self.is_healed = True
            self.simulation.note("no more faults")
            self.boundary.faults.of_256 = 0
            self.people.repeat_unanswered()
            if self.scripts:
                return False
        if self.pending_events or self.queue.messages or any(one._held for one in self.loops.values()):  # noqa: SLF001
            return False
        return not self._runs_purge()

    def _runs_purge(self) -> bool:
        item = self.table.items.get(PURGE_KEY)
        return item is not None and _is_running(item["content"]["S"])

    # Processes.

    def _make_process(self, name: str, restart: Callable[[], object]) -> Process:
        process = Process(self.simulation, name, clock_ahead_s=_CLOCKS_S[self.choices.below(8)])
        pause = 1.0 + PAUSES_S[self.choices.below(4)]

        def start_again() -> None:
            self.loops.pop(process, None)
            self.apis.pop(process, None)
            self.simulation.at(self.simulation.now + pause, restart)

        process.on_end = start_again
        return process

    def _open_table(self) -> videos.VideosTable:
        outbox = Outbox() if self.has_events else None
        return videos.VideosTable(self.table, TABLE, self.shards, outbox=outbox)  # type: ignore[arg-type]

    def start_worker(self, concurrency: int) -> None:
        """Start a worker, and another one when it has ended."""
        process_ = self._make_process("worker", lambda: self.start_worker(concurrency))
        settings = settings_of(self.width_px, concurrency)
        sandbox = SimulatedSandbox(settings.thumbnail_options, self.tried, self.without_pin)
        bucket = UnsignedBucket(self.s3, BUCKET)  # type: ignore[arg-type]
        table = self._open_table()
        now = lambda: datetime.fromtimestamp(clock_s(), UTC)  # noqa: E731
        services = loop.WorkerServices(
            queue=queue.MessageQueue(self.sqs, QUEUE_URL),  # type: ignore[arg-type]
            dead_letters=queue.DeadLetterQueue(self.sqs, DEAD_URL),  # type: ignore[arg-type]
            processor=process.Processor(settings, bucket, table, sandbox, now),
            sandbox=sandbox,
            metrics=self.metrics,  # type: ignore[arg-type]
            health=_HEALTH,
        )

        def work() -> None:
            worker = loop.WorkerLoop(settings, services)
            self.loops[process_] = worker
            worker.run()
            process_.end()

        process_.spawn(work)

    def start_api(self) -> None:
        """Start a process of the api, which continues purges whose process has ended."""
        process_ = self._make_process("api", self.start_api)
        bucket = UnsignedBucket(self.s3, BUCKET)  # type: ignore[arg-type]
        table = self._open_table()
        shared = SharedItems(self.table, TABLE)  # type: ignore[arg-type]
        main_queue = queue.MessageQueue(self.sqs, QUEUE_URL)  # type: ignore[arg-type]

        def serve() -> None:
            letters = dead_letters.DeadLetterStore(main_queue, queue.DeadLetterQueue(self.sqs, DEAD_URL))  # type: ignore[arg-type]
            context = purge_run.PurgeContext(bucket, table, shared, letters, "thumbnails/", lambda: None)
            own = purge.Purge(context, context, confirmations.Confirmations(SecretKey(shared)))
            self.apis[process_] = SimpleNamespace(
                purge=own,
                dead_letters=letters,
                videos=table,
                bucket=bucket,
                queue=main_queue,
                live=SimpleNamespace(request_push=lambda: None),
            )
            own.watch()

        process_.spawn(serve)

    def start_reindex(self) -> None:
        """Run a reindex, and again if AWS fails."""
        process_ = Process(self.simulation, "reindex", clock_ahead_s=_CLOCKS_S[self.choices.below(8)])
        self.scripts += 1
        process_.on_end = self._count_script

        def rebuild() -> None:
            main_queue = queue.MessageQueue(self.sqs, QUEUE_URL)  # type: ignore[arg-type]
            letters = dead_letters.DeadLetterStore(main_queue, queue.DeadLetterQueue(self.sqs, DEAD_URL))  # type: ignore[arg-type]
            context = reindex.ReindexContext(
                bucket=UnsignedBucket(self.s3, BUCKET),  # type: ignore[arg-type]
                videos=self._open_table(),
                queue=main_queue,
                dead_letters=letters,
                thumbnail_prefix="thumbnails/",
                count=2,
            )
            try:
                for _ in range(3):
                    try:
                        reindex.reindex_table(context, lambda _: None)
                    except AwsError as error:
                        self.simulation.note(f"reindex failed: {error}")
                    else:
                        break
            finally:
                process_.end()

        process_.spawn(rebuild)

    def start_reconcile(self) -> None:
        """Run a reconciliation that creates and removes, and again if AWS fails."""
        process_ = Process(self.simulation, "reconcile", clock_ahead_s=_CLOCKS_S[self.choices.below(8)])
        self.scripts += 1
        process_.on_end = self._count_script
        table = self._open_table()
        shared = SharedItems(self.table, TABLE)  # type: ignore[arg-type]
        context = ReconcilerContext(
            bucket=UnsignedBucket(self.s3, BUCKET),  # type: ignore[arg-type]
            videos=table,
            wanted=Wanted(settings_of(self.width_px, 1).thumbnail_options),
            thumbnail_prefix="thumbnails/",
            extensions=VIDEO_EXTENSIONS,
            is_purge_running=lambda: is_purge_running(shared),
        )
        main_queue = queue.MessageQueue(self.sqs, QUEUE_URL)  # type: ignore[arg-type]

        def compare() -> None:
            tally = Tally({}, "", lambda: None)
            pace = Pace(main_queue, table, 2, lambda: self.simulation.now)
            changes = ApplyingChanges(
                tally, context, main_queue, pace, wait=lambda: self.simulation.sleep(_RECONCILE_POLL_S)
            )
            reconciler = Reconciler(context, changes, KeyFilter(b"", bits=2**16))
            reconciler.list_uploads()
            reconciler.find_gone_records()
            reconciler.find_surplus(removes=True)
            reconciler.find_missing(after=tally.position)

        def reconcile() -> None:
            try:
                for _ in range(3):
                    try:
                        compare()
                    except AwsError as error:
                        self.simulation.note(f"reconciliation failed: {error}")
                    else:
                        break
            finally:
                process_.end()

        process_.spawn(reconcile)

    def start_script(
        self, name: str, act: Callable[[], object], times: int, pauses_s: Sequence[float] = PAUSES_S
    ) -> None:
        """Start a person, who acts so many times, each time after one of eight pauses."""
        person = Process(self.simulation, name, killable=False)
        self.scripts += 1

        def play() -> None:
            for _ in range(times):
                pause = pauses_s[self.choices.below(8)]
                if pause:
                    self.simulation.sleep(pause)
                act()
            self._count_script()

        person.spawn(play)

    def _count_script(self) -> None:
        self.scripts -= 1

    def drain(self) -> None:
        """Stop a worker, which another one replaces."""
        workers = list(self.loops.values())
        if workers:
            worker = workers[self.choices.below(len(workers))]
            worker.stop()
            if self.choices.below(2):
                worker.stop()

    def change_settings(self) -> None:
        """Begin a rolling update: processes that start from now on make other thumbnails, and write more shards."""
        self.width_px = 960 - self.width_px
        # Fewer shards would need a reindex after all processes have changed. One that runs must know the largest.
        shards = max(self.shards, _SHARDS[self.choices.below(4)])
        if not any(one.name == "reindex" and not one.is_dead for one in self.simulation.processes):
            self.shards = shards
        self.drain()
