"""Live state: sampled once per tick for any number of clients."""

import asyncio
import contextlib
import secrets
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

import structlog

from services.api.actions.processing import show_processing
from services.api.actions.purge_job import read_progress
from services.api.live import figures
from services.api.live.figures import Samples, StateSample
from services.api.live.sockets import Sockets
from services.api.live.sources.queues import QueuesReading
from services.api.live.sources.source import LiveSource
from services.api.live.sources.videos import VideosReading
from services.api.schema.models import Metrics, Processing, PurgeProgress, Queue, State
from services.aws.errors import AwsError, WriteConflictError
from services.aws.shared import SharedItems
from services.aws.table.processing import Switch, parse_processing
from services.contract.pods import Pod
from services.contract.records import VideoState
from services.contract.resources import SAMPLES_KEY
from services.contract.statistics.ends import Ends

_DEBOUNCE_S = 1.0
_PATIENCE_S = 2.0
"""Time that a tick waits for its sources, also where it is longer than the interval: a slow answer is not an outage."""
_PURGE_SHOWN_S = 60
_LATEST = 3
"""Number of samples in each push after the first: one more than a client can miss between two."""


@dataclass(frozen=True)
class Readers:
    """Functions that read the sources; each call can block."""

    queues: Callable[[], QueuesReading]
    videos: Callable[[], VideosReading]
    pods: Callable[[], list[Pod]]


class LiveState:
    """State that a tick renews until it is cancelled. Use all but `request_push` only on the event loop."""

    def __init__(self, readers: Readers, shared: SharedItems, sockets: Sockets, *, interval_s: float) -> None:
        self._executor = ThreadPoolExecutor(4, thread_name_prefix="source")
        self.queues = LiveSource("queue", readers.queues, self._executor)
        self.videos = LiveSource("metrics", readers.videos, self._executor)
        self.pods = LiveSource("pods", readers.pods, self._executor)
        self.sockets = sockets
        self.tick_s = 0.0
        self._shared = shared
        self._interval_s = interval_s
        self._samples = Samples()
        self._sampling: asyncio.Task[None] | None = None
        self._server = secrets.token_hex(4)
        self._seq = 0
        self._whole = ""
        self._push_requested = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._log = structlog.get_logger()

    def request_push(self) -> None:
        """Ask for a push soon, because the state has changed. Any thread may call it."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._push_requested.set)

    @property
    def generation(self) -> int:
        """Return a number that changes when this process learns of a change of videos."""
        return self.videos.value.shared.writes if self.videos.value else -1

    async def run(self) -> None:
        self._loop = asyncio.get_running_loop()
        while True:
            begun = time.monotonic()
            try:
                await self.tick()
            except Exception:  # noqa: BLE001 - the next tick can succeed, and clients notice a missing one
                self._log.exception("tick_failed")
            await self._wait_for_tick(begun)

    async def _wait_for_tick(self, begun: float) -> None:
        """Wait until the next tick is due, or earlier if a push is requested and the last one is old enough."""
        rest_s = max(0.0, self._interval_s - (time.monotonic() - begun))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._push_requested.wait(), rest_s)
            await asyncio.sleep(max(0.0, min(_DEBOUNCE_S, rest_s) - (time.monotonic() - begun)))
        self._push_requested.clear()

    async def tick(self) -> None:
        """Read all sources, keep a sample, and push the state."""
        begun = time.monotonic()
        await asyncio.gather(*(source.refresh(_PATIENCE_S) for source in (self.queues, self.videos, self.pods)))
        await self._keep_sample_within(max(0.0, _PATIENCE_S - (time.monotonic() - begun)))
        self._seq += 1
        state = self.state()
        self._whole = state.model_dump_json()
        if self.sockets:
            history = state.queue.history[-_LATEST:] if state.queue else []
            queue = state.queue.model_copy(update={"history": history}) if state.queue else None
            self.sockets.broadcast(state.model_copy(update={"queue": queue}).model_dump_json())
        self.tick_s = time.monotonic() - begun

    def first_message(self) -> str:
        """Return the first message for a new client: the state of the last tick with the whole history."""
        return self._whole

    async def _keep_sample_within(self, patience_s: float) -> None:
        """Keep a sample; wait at most `patience_s` for it, as a write that hangs must not stop the ticks."""
        if self._sampling is None or self._sampling.done():
            self._sampling = asyncio.create_task(self._keep_sample())
        done, _ = await asyncio.wait([self._sampling], timeout=patience_s)
        for task in done:
            task.result()

    async def _keep_sample(self) -> None:
        """Add a sample to the shared ones, unless another process has added one for this time."""
        queues, videos = self.queues.value, self.videos.value
        if videos is not None:
            self._samples = self._samples.merged(Samples.from_json(videos.shared.samples.content))
        at_s = figures.floor_to_grid(time.time())
        is_known = bool(self._samples.recent) and self._samples.recent[-1].at_s >= at_s
        if queues is None or videos is None or not self.queues.is_fresh or is_known:
            return
        depth = queues.queue
        sample = StateSample(
            at_s, depth.visible, depth.in_flight, depth.delayed, queues.dead_letters, videos.shared.ended
        )
        samples = self._samples.with_sample(sample)
        if self.videos.is_fresh:
            loop = asyncio.get_running_loop()
            write = partial(self._shared.write, SAMPLES_KEY, videos.shared.samples, samples.to_json())
            with contextlib.suppress(AwsError):
                try:
                    await loop.run_in_executor(self._executor, write)
                except WriteConflictError:
                    # Another process has just written its sample; use it, as all processes must show the same.
                    document = await loop.run_in_executor(self._executor, self._shared.document, SAMPLES_KEY)
                    samples = self._samples.merged(Samples.from_json(document.content))
        # Show the sample only now that it is stored, so that a later process shows it too.
        self._samples = samples

    def state(self) -> State:
        """Return the known state, without any request."""
        return State(
            server=self._server,
            seq=self._seq,
            at=datetime.now(UTC),
            sources={
                "queue": self.queues.freshness(),
                "pods": self.pods.freshness(),
                "metrics": self.videos.freshness(),
            },
            queue=self.queue(),
            pods=self.pods.value,
            metrics=self.metrics(),
            videos=list(self.videos.value.feed) if self.videos.value else [],
            purge=self._shown_purge(),
            jobs=list(self.videos.value.jobs) if self.videos.value else [],
            processing=self.processing(),
        )

    def queue(self) -> Queue | None:
        reading = self.queues.value
        if reading is None:
            return None
        queued: Sequence[datetime] = self.videos.value.queued if self.videos.value else ()
        visible = reading.queue.visible
        return Queue(
            visible=visible,
            in_flight=reading.queue.in_flight,
            delayed=reading.queue.delayed,
            oldest_age_s=figures.estimate_oldest_age_s(time.time(), visible, self._samples, queued),
            dead_letters=reading.dead_letters,
            history=figures.build_history(self._samples.recent),
        )

    def processing(self) -> Processing | None:
        """Return whether processing is paused, None if the table has not answered yet."""
        return self.show_switch(parse_processing(self.videos.value.shared.processing)) if self.videos.value else None

    def show_switch(self, switch: Switch) -> Processing:
        """Return the state of a switch that was read later than the last tick."""
        queue = self.queues.value.queue if self.queues.value else None
        return show_processing(switch, queue, self.oldest_sent_at(), datetime.now(UTC))

    def oldest_sent_at(self) -> datetime | None:
        """Return a time before which no message in the queue was sent, None if it is not known."""
        queue, now = self.queue(), datetime.now(UTC)
        if queue is None or self.queues.value is None or (queue.visible and queue.oldest_age_s is None):
            return None
        times = [now - timedelta(seconds=queue.oldest_age_s or 0)]
        if self.videos.value and queue.in_flight + queue.delayed:
            # A worker can hand back what it has. Records without a message are older than any message.
            since = now - timedelta(seconds=self.queues.value.queue.retention_s)
            feed = self.videos.value.feed
            times += [one.queued_at for one in feed if one.finished_at is None and one.queued_at > since]
        return min(times)

    def metrics(self) -> Metrics | None:
        reading = self.videos.value
        if reading is None:
            return None
        totals, now_s = reading.shared.totals, time.time()
        rate = figures.measure_throughput(self._samples, reading.shared.ended, now_s)
        queues = self.queues.value
        waiting = queues.queue.visible + queues.queue.in_flight + queues.queue.delayed if queues else 0
        pods = self.pods.value or []
        workers = sum(pod.component == "worker" and pod.ready for pod in pods)
        return Metrics(
            videos={state: max(0, totals.get(f"videos_{state}", 0)) for state in VideoState},
            thumbnails=max(0, totals.get("thumbnails", 0)),
            upload_bytes=max(0, totals.get("upload_bytes", 0)),
            thumbnail_bytes=max(0, totals.get("thumbnail_bytes", 0)),
            running_pods=sum(pod.phase == "Running" for pod in pods),
            total_pods=len(pods),
            throughput=rate,
            latency=figures.measure_latency(reading.times),
            drain_s=figures.estimate_drain_s(waiting, workers, reading.spans),
        )

    def ends(self) -> Ends | None:
        """Return the counters of ended videos, None if the table has not answered yet."""
        return self.videos.value.shared.ends if self.videos.value else None

    def _shown_purge(self) -> PurgeProgress | None:
        progress = read_progress(self.videos.value.shared.purge) if self.videos.value else None
        if progress is None or progress.running:
            return progress
        ended = progress.finished_at or progress.started_at
        return progress if (datetime.now(UTC) - ended).total_seconds() < _PURGE_SHOWN_S else None

    def close(self) -> None:
        self._executor.shutdown(wait=False, cancel_futures=True)
